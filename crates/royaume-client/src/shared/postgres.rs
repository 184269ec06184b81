//! A table of PostgreSQL that processes of several machines share: for each key a row, and an advisory lock of a session.
//!
//! Whoever holds a key has a connection of its own. When its process dies the connection breaks, and the server lets the
//! lock go. When its machine or the network dies, the server finds out by TCP keepalives, within half a minute; a holder that
//! is stopped loses the key after two minutes, and can write nothing any more. A pooler in between must pool sessions, not
//! transactions.

use std::future::IntoFuture as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, NoTls, Row};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Answered, FileCache, Held, LARGEST_VALUE, SharedCache, SharedCacheError, SharedKey, fits};

mod tls;

/// How a database is used. Every wait has an end.
#[derive(Debug, Clone)]
pub struct PostgresCacheOptions {
    /// The table, with or without its schema: lower case letters, digits and `_`. Default `royaume_shared`.
    pub table: String,
    /// Make the table if it is missing. Default no: `CREATE TABLE royaume_shared (key bytea PRIMARY KEY, value bytea NOT
    /// NULL, written_at timestamptz NOT NULL DEFAULT now())`.
    pub create: bool,
    /// A PEM file with the authorities whose certificates are believed. Default: those that the system trusts.
    pub authorities: Option<PathBuf>,
    /// How long to wait for whoever holds a key. Default 75 s, as [`FileCache::PATIENCE`].
    pub patience: Duration,
    /// How long the server may take for a connection, or for an answer. Default 3 s.
    pub answer: Duration,
}

impl Default for PostgresCacheOptions {
    fn default() -> Self {
        Self {
            table: "royaume_shared".to_owned(),
            create: false,
            authorities: None,
            patience: FileCache::PATIENCE,
            answer: Duration::from_secs(3),
        }
    }
}

/// The table. A clone is the same. It is used in a tokio runtime with time and network enabled.
///
/// Values are tokens in clear: whoever reads the database reads them, unless they are [`super::Sealed`].
#[derive(Clone)]
pub struct PostgresCache {
    table: Arc<Table>,
}

struct Table {
    config: Config,
    tls: Option<MakeRustlsConnect>,
    /// Where it is, without user or password.
    place: String,
    name: String,
    patience: Duration,
    answer: Duration,
    /// The connection of those who read without holding.
    reader: Mutex<Option<Arc<Client>>>,
}

impl std::fmt::Debug for PostgresCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresCache").field("place", &self.table.place).finish_non_exhaustive()
    }
}

impl PostgresCache {
    /// A table of `postgresql://user:password@host/database`. Over a network only with TLS and a certificate that is
    /// believed, unless the address says `sslmode=disable`. Nothing is asked of the server unless the table is to be made.
    ///
    /// # Errors
    /// [`SharedCacheError::Unavailable`]: the address or the options cannot be used, or the table cannot be made.
    pub async fn open(address: &str, options: PostgresCacheOptions) -> Result<Self, SharedCacheError> {
        let place = "the database".to_owned();
        let unusable =
            |reason: &str| SharedCacheError::Unavailable { place: place.clone(), reason: reason.to_owned() };
        if !is_name(&options.table) {
            return Err(unusable("the name of its table has more than lower case letters, digits and _"));
        }
        // What is wrong with an address may repeat its password.
        let mut config: Config = address.parse().map_err(|_| unusable("its address does not read"))?;
        let settings = format!(
            "{} -c statement_timeout={} -c lock_timeout={} -c idle_session_timeout=120s -c tcp_keepalives_idle=10 \
             -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
            config.get_options().unwrap_or_default(),
            options.answer.as_millis().max(1),
            options.answer.as_millis().max(1),
        );
        config.options(settings.trim_start());
        config.connect_timeout(options.answer);
        config.tcp_user_timeout(options.answer);
        config.keepalives_idle(Duration::from_secs(30));
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        let tls = if tls::is_needed(&config) {
            config.ssl_mode(SslMode::Require);
            Some(tls::connector(options.authorities.as_deref()).map_err(|reason| unusable(&reason))?)
        } else {
            config.ssl_mode(SslMode::Disable);
            None
        };
        let table = Table {
            config,
            tls,
            place: format!("table {} of the database", options.table),
            name: options.table,
            patience: options.patience,
            answer: options.answer,
            reader: Mutex::default(),
        };
        if options.create {
            table.create().await?;
        }
        Ok(Self { table: Arc::new(table) })
    }
}

impl Table {
    async fn create(&self) -> Result<(), SharedCacheError> {
        let client = self.connect().await?;
        let statement = format!(
            "CREATE TABLE IF NOT EXISTS {} (key bytea PRIMARY KEY, value bytea NOT NULL, \
             written_at timestamptz NOT NULL DEFAULT now())",
            self.name
        );
        match self.within(self.answer, client.batch_execute(&statement)).await? {
            // Several at once may all find it missing; one has made it.
            Err(error)
                if [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT]
                    .iter()
                    .any(|state| error.code() == Some(state)) =>
            {
                Ok(())
            }
            made => made.map_err(|error| self.failed(&error)),
        }
    }

    /// A connection of one's own; dropped, it is closed, and what it locked is let go.
    async fn connect(&self) -> Result<Client, SharedCacheError> {
        let runtime = Handle::try_current().map_err(|_| self.unavailable("there is no tokio runtime"))?;
        let connecting = async {
            match &self.tls {
                Some(tls) => {
                    let (client, connection) = self.config.connect(tls.clone()).await?;
                    runtime.spawn(connection.into_future());
                    Ok(client)
                }
                None => {
                    let (client, connection) = self.config.connect(NoTls).await?;
                    runtime.spawn(connection.into_future());
                    Ok(client)
                }
            }
        };
        self.within(self.answer * 2, connecting)
            .await?
            .map_err(|error: tokio_postgres::Error| self.failed(&error))
    }

    async fn reader(&self) -> Result<Arc<Client>, SharedCacheError> {
        let known = self.reader.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(client) = known.filter(|client| !client.is_closed()) {
            return Ok(client);
        }
        let client = Arc::new(self.connect().await?);
        *self.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&client));
        Ok(client)
    }

    async fn read(&self, client: &Client, key: &SharedKey) -> Result<Option<Vec<u8>>, SharedCacheError> {
        let statement = format!(
            "SELECT CASE WHEN octet_length(value) <= {LARGEST_VALUE} THEN value END FROM {} WHERE key = $1",
            self.name
        );
        let rows = self.query(client, &statement, &[&key.as_bytes().as_slice()]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let unreadable = |reason: String| SharedCacheError::Unreadable { place: self.place.clone(), reason };
        let value: Option<Vec<u8>> = row.try_get(0).map_err(|error| unreadable(error.to_string()))?;
        value.map(Some).ok_or_else(|| unreadable(format!("a value has more than {LARGEST_VALUE} bytes")))
    }

    async fn query(
        &self,
        client: &Client,
        statement: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, SharedCacheError> {
        let rows = self.within(self.answer, client.query(statement, values)).await?;
        rows.map_err(|error| self.failed(&error))
    }

    async fn within<A>(
        &self,
        patience: Duration,
        answer: impl Future<Output = A>,
    ) -> Result<A, SharedCacheError> {
        let answer = tokio::time::timeout(patience, answer).await;
        answer.map_err(|_| self.unavailable("it does not answer"))
    }

    /// What the server says of it has no value in it, unless a statement does; ours have none.
    fn failed(&self, error: &tokio_postgres::Error) -> SharedCacheError {
        let said = error.as_db_error().map(|said| crate::error::harmless(said.message()));
        self.unavailable(&said.unwrap_or_else(|| "no connection, or it broke".to_owned()))
    }

    fn unavailable(&self, reason: &str) -> SharedCacheError {
        SharedCacheError::Unavailable { place: self.place.clone(), reason: reason.to_owned() }
    }
}

impl SharedCache for PostgresCache {
    fn hold<'a>(&'a self, key: &'a SharedKey) -> Answered<'a, Box<dyn Held>> {
        Box::pin(async move {
            let table = &self.table;
            let client = table.connect().await?;
            let wait = table.patience.as_millis().max(1);
            let patience =
                format!("SET lock_timeout = {wait}; SET statement_timeout = {}", wait.saturating_add(1000));
            let ready = table.within(table.answer, client.batch_execute(&patience)).await?;
            ready.map_err(|error| table.failed(&error))?;
            // Of 64 bits two keys may agree: then their holders wait for each other, and nothing else.
            let number = key.as_bytes().first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes));
            let locking = async { client.execute("SELECT pg_advisory_lock($1)", &[&number]).await };
            match table.within(table.patience + table.answer, locking).await? {
                Ok(_) => {}
                Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                    return Err(SharedCacheError::Busy(table.place.clone()));
                }
                Err(error) => return Err(table.failed(&error)),
            }
            Ok(Box::new(HeldRow { table: Arc::clone(table), client, key: *key }) as Box<dyn Held>)
        })
    }

    fn read<'a>(&'a self, key: &'a SharedKey) -> Answered<'a, Option<Vec<u8>>> {
        Box::pin(async move {
            let reader = self.table.reader().await?;
            match self.table.read(&reader, key).await {
                // The server closes what was idle for long; a new connection is not.
                Err(SharedCacheError::Unavailable { .. }) if reader.is_closed() => {
                    self.table.read(&*self.table.reader().await?, key).await
                }
                answer => answer,
            }
        })
    }
}

/// A key whose lock this connection has: without it nothing is written.
struct HeldRow {
    table: Arc<Table>,
    client: Client,
    key: SharedKey,
}

impl Held for HeldRow {
    fn read(&mut self) -> Answered<'_, Option<Vec<u8>>> {
        Box::pin(self.table.read(&self.client, &self.key))
    }

    fn write<'a>(&'a mut self, value: &'a [u8]) -> Answered<'a, ()> {
        Box::pin(async move {
            fits(value)?;
            let statement = format!(
                "INSERT INTO {} (key, value) VALUES ($1, $2) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value, written_at = now()",
                self.table.name
            );
            let key = self.key.as_bytes().as_slice();
            self.table.query(&self.client, &statement, &[&key, &value]).await.map(drop)
        })
    }

    fn remove(&mut self) -> Answered<'_, ()> {
        Box::pin(async move {
            let statement = format!("DELETE FROM {} WHERE key = $1", self.table.name);
            let key = self.key.as_bytes().as_slice();
            self.table.query(&self.client, &statement, &[&key]).await.map(drop)
        })
    }
}

/// A name that needs no quotes, or two with a dot between: schema and table.
fn is_name(text: &str) -> bool {
    let word = |word: &str| {
        let begins = word.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        begins
            && word.len() <= 63
            && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.split_once('.').map_or_else(|| word(text), |(schema, table)| word(schema) && word(table))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_table_is_no_sql() {
        for name in ["royaume_shared", "t", "_1", "tokens.shared"] {
            assert!(is_name(name), "{name}");
        }
        for other in ["", "a b", "A", "a;drop", "a\"", "1a", "a.", ".a", "a.b.c", &"a".repeat(64)] {
            assert!(!is_name(other), "{other}");
        }
    }

    #[tokio::test]
    async fn an_address_that_does_not_read_is_refused_without_its_password() {
        let address = "postgresql://royaume:secret-word@host:port/db";
        let refused = PostgresCache::open(address, PostgresCacheOptions::default()).await.unwrap_err();
        assert!(!format!("{refused} {refused:?}").contains("secret-word"), "{refused}");
    }
}
