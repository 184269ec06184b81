//! The store in PostgreSQL 15 or later, shared by several nodes: every write one conditional statement, every batch one
//! statement or one transaction.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;

use self::epochs::Epochs;
use self::pool::Connections;
use self::statements::{FIND, LIST, REVOKED, SWEEP_REVOKED, SWEEP_ROWS, WRITABLE, stored};
use crate::schema::Missing;
use crate::time::micros;
use crate::write::{check, is_alias};
use crate::{Family, Kind, Outcome, RealmName, RowId, Store, StoreError, Stored, Write};

mod epochs;
mod fault;
mod migration;
mod pool;
mod statements;
mod tls;
mod write;

/// So many rows to a statement of a sweep: locks are held for milliseconds.
const SWEEP_STEP: usize = 500;

/// How a PostgreSQL database is used. Every wait has an end.
#[derive(Debug, Clone)]
pub struct PostgresOptions {
    /// What to do if the database holds no schema of ours.
    pub missing: Missing,
    /// A PEM file with the authorities whose certificates are believed. Default: those that the system trusts.
    pub authorities: Option<PathBuf>,
    /// Connections at most. Default 16.
    pub connections: usize,
    /// How long to wait for a free one. Default 1 s.
    pub patience: Duration,
    /// How long making one may take. Default 3 s.
    pub connect: Duration,
    /// `statement_timeout`. Default 2.5 s.
    pub statement: Duration,
    /// `lock_timeout`. Default 2 s.
    pub lock: Duration,
    /// How long the server may be silent before the connection is given up. Default 3 s.
    pub answer: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            missing: Missing::Refuse,
            authorities: None,
            connections: 16,
            patience: Duration::from_secs(1),
            connect: Duration::from_secs(3),
            statement: Duration::from_millis(2_500),
            lock: Duration::from_secs(2),
            answer: Duration::from_secs(3),
        }
    }
}

/// A store in the schema `royaume` of one PostgreSQL database. Cheap to clone.
#[derive(Clone)]
pub struct Postgres {
    open: Arc<Open>,
}

struct Open {
    connections: Connections,
    epochs: Epochs,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Postgres(…)")
    }
}

impl Postgres {
    /// Connects to `postgresql://user:password@host/database` and brings the schema up to date. Over a network only with
    /// TLS and a certificate that is believed, unless the address says `sslmode=disable`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] while there is no server, [`StoreError::Missing`], [`StoreError::Unusable`] or
    /// [`StoreError::SchemaTooNew`] if what is there cannot be used as it is.
    pub async fn connect(address: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let mut config = pool::configure(address, &options)?;
        let place = pool::place(&config);
        let connections = if tls::is_needed(&config) {
            config.ssl_mode(SslMode::Require);
            Connections::new(config, &options, tls::connector(options.authorities.as_deref(), &place)?)?
        } else {
            config.ssl_mode(SslMode::Disable);
            Connections::new(config, &options, NoTls)?
        };
        let mut lease = connections.lease().await?;
        migration::prepare(&mut lease, options.missing, &place, migration::STEPS).await?;
        drop(lease);
        Ok(Self { open: Arc::new(Open { connections, epochs: Epochs::default() }) })
    }
}

#[async_trait]
impl Store for Postgres {
    async fn get(&self, id: &RowId) -> Result<Option<Stored>, StoreError> {
        write::get(&self.open.connections, id).await
    }

    async fn find(&self, realm: &RealmName, kind: Kind, alias: &str) -> Result<Option<Stored>, StoreError> {
        if !is_alias(alias) {
            return Ok(None);
        }
        let rows = self.open.connections.query(FIND, &[&realm.as_str(), &kind.as_str(), &alias]).await?;
        rows.first().map(|row| stored(row, realm, kind)).transpose()
    }

    async fn list(
        &self,
        realm: &RealmName,
        kind: Kind,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let (after, limit) = (after.unwrap_or_default(), i64::try_from(limit).unwrap_or(i64::MAX));
        let rows =
            self.open.connections.query(LIST, &[&realm.as_str(), &kind.as_str(), &after, &limit]).await?;
        rows.iter().map(|row| stored(row, realm, kind)).collect()
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Outcome, StoreError> {
        check(&writes)?;
        write::write(&self.open.connections, &writes).await
    }

    async fn revoked(&self, realm: &RealmName, family: Family) -> Result<bool, StoreError> {
        let rows =
            self.open.connections.query(REVOKED, &[&realm.as_str(), &family.as_bytes().as_slice()]).await?;
        Ok(!rows.is_empty())
    }

    async fn epoch(&self, realm: &RealmName) -> Result<u64, StoreError> {
        self.open.epochs.epoch(realm, &self.open.connections).await
    }

    async fn sweep(&self, expired_before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let before = micros(expired_before);
        let mut removed = 0;
        for sql in [SWEEP_ROWS, SWEEP_REVOKED] {
            while removed < limit {
                let step = SWEEP_STEP.min(limit - removed);
                let most = i64::try_from(step).unwrap_or(i64::MAX);
                let swept = self.open.connections.query(sql, &[&before, &most]).await?.len();
                removed += swept;
                if swept < step {
                    break;
                }
            }
        }
        Ok(removed)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if self.open.connections.query(WRITABLE, &[]).await?.is_empty() {
            return Err(StoreError::Unavailable("the database is read-only".to_owned()));
        }
        Ok(())
    }
}
