//! Connections: a bounded pool, every wait with an end, and none that is in doubt is used again.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::{
    Client, ClientWrapper, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime,
};
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Config, Row, Socket};

use super::PostgresOptions;
use super::fault::{Trouble, before_commit, breaks_connection, unconnected};
use crate::StoreError;

/// After a connection could not be made, so long nobody tries, so that a server that comes back is not trampled.
const PAUSE: Duration = Duration::from_millis(500);
/// How often a statement is tried again that had no effect and may have one at once.
pub(super) const AGAIN: u64 = 3;

pub(super) struct Connections {
    pool: Pool,
    answer: Duration,
    failed: Mutex<Option<(Instant, StoreError)>>,
}

/// A connection out of the pool. It goes back when dropped, unless a transaction was left open on it or it is broken.
pub(super) struct Lease {
    client: Option<Client>,
    clean: bool,
}

impl Connections {
    pub(super) fn new<T>(config: Config, options: &PostgresOptions, tls: T) -> Result<Self, StoreError>
    where
        T: MakeTlsConnect<Socket> + Clone + Sync + Send + 'static,
        T::Stream: Sync + Send,
        T::TlsConnect: Sync + Send,
        <T::TlsConnect as TlsConnect<Socket>>::Future: Send,
    {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let pool = Pool::builder(Manager::from_config(config, tls, recycling))
            .max_size(options.connections.max(1))
            .wait_timeout(Some(options.patience))
            .create_timeout(Some(options.connect))
            .recycle_timeout(Some(options.connect))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { pool, answer: options.answer, failed: Mutex::new(None) })
    }

    #[expect(clippy::disallowed_methods, reason = "paces attempts to connect; no rule depends on it")]
    pub(super) async fn lease(&self) -> Result<Lease, StoreError> {
        let last = self.failed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, error)) = last
            && self.pool.status().available == 0
            && at.elapsed() < PAUSE
        {
            return Err(error);
        }
        let leased = self.pool.get().await.map_err(unconnected);
        let failed = leased.as_ref().err().map(|error| (Instant::now(), error.clone()));
        let mut last = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.is_some() && last.is_none() {
            tracing::warn!(error = %leased.as_ref().err().map(ToString::to_string).unwrap_or_default(), "no connection to the database");
        }
        *last = failed;
        leased.map(|client| Lease { client: Some(client), clean: true })
    }

    /// One statement that changes nothing, or may be done again.
    pub(super) async fn query(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let mut again = 0;
        loop {
            match self.try_query(sql, values).await {
                Err(Trouble::Again(_)) if again < AGAIN => again += 1,
                other => return other.map_err(StoreError::from),
            }
        }
    }

    async fn try_query(
        &self,
        sql: &'static str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, Trouble> {
        let mut lease = self.lease().await?;
        let query = async {
            let statement = lease.prepare_cached(sql).await?;
            lease.query(&statement, values).await
        };
        match tokio::time::timeout(self.answer, query).await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => {
                if breaks_connection(&error) {
                    lease.doubt();
                }
                Err(before_commit(&error))
            }
            Err(_) => {
                lease.doubt();
                Err(Trouble::Final(self.silent()))
            }
        }
    }

    /// What to say when the server says nothing and nothing has been asked of it that would matter.
    pub(super) fn silent(&self) -> StoreError {
        StoreError::Unavailable(format!("the database has not answered for {} s", self.answer.as_secs_f32()))
    }

    /// Waits for an answer, not for ever.
    pub(super) async fn within<T>(
        &self,
        answer: impl Future<Output = T>,
    ) -> Result<T, tokio::time::error::Elapsed> {
        tokio::time::timeout(self.answer, answer).await
    }
}

impl Lease {
    /// From now on it must not go back to the pool.
    pub(super) fn doubt(&mut self) {
        self.clean = false;
    }

    /// All is well: it may go back.
    pub(super) fn trust(&mut self) {
        self.clean = true;
    }
}

impl Deref for Lease {
    type Target = ClientWrapper;

    fn deref(&self) -> &ClientWrapper {
        self.client.as_ref().expect("a lease has its client until it is dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(client) = self.client.take()
            && !self.clean
        {
            // Taken out of the pool it is closed, and the server undoes what it had begun.
            drop(Object::take(client));
        }
    }
}

/// The address with all that the store relies on, whatever role, database or server have set.
pub(super) fn configure(address: &str, options: &PostgresOptions) -> Result<Config, StoreError> {
    let mut config: Config =
        address.parse().map_err(|error: tokio_postgres::Error| StoreError::Unusable {
            place: "the address of the database".to_owned(),
            why: super::fault::text(&error),
        })?;
    let settings = format!(
        "{} -c search_path=royaume -c default_transaction_isolation=read\\ committed \
         -c statement_timeout={} -c lock_timeout={} -c idle_in_transaction_session_timeout={}",
        config.get_options().unwrap_or_default(),
        options.statement.as_millis(),
        options.lock.as_millis(),
        options.answer.as_millis(),
    );
    config.options(settings.trim_start());
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(options.connect);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(options.answer);
    }
    config.keepalives_idle(Duration::from_secs(30));
    if config.get_application_name().is_none() {
        config.application_name("royaume");
    }
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    Ok(config)
}

/// Where that is, without user or password.
pub(super) fn place(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "the local server".to_owned(),
    };
    let database = config.get_dbname().or(config.get_user()).unwrap_or("the default database");
    format!("schema royaume of {database} at {host}")
}
