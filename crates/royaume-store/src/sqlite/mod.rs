//! The store in one SQLite file: WAL, `synchronous=FULL`, one writer thread that groups commits, readers in place.
//! Other processes may use the same file at the same time.

use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use self::file::DatabaseFile;
use self::readers::Readers;
use self::writer::{Work, Writer};
use crate::schema::Missing;
use crate::time::micros;
use crate::write::check;
use crate::{Family, Kind, Outcome, RealmName, RowId, Store, StoreError, Stored, Write};

mod fault;
mod file;
mod readers;
mod statements;
mod writer;

/// So many rows to a transaction of a sweep: others' writes wait for milliseconds at most.
const SWEEP_STEP: usize = 500;

/// How a SQLite file is used.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// What to do if there is no file.
    pub missing: Missing,
    /// Reading connections. Default: one for each processor, at least 2, at most 8.
    pub readers: usize,
    /// Batches that may wait for the writer. Default 4,096.
    pub queue: usize,
    /// How long a batch waits for room in the queue, and how long for another process's lock. Default 4 s.
    pub patience: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            missing: Missing::Refuse,
            readers: available_parallelism().map_or(2, usize::from).clamp(2, 8),
            queue: 4_096,
            patience: Duration::from_secs(4),
        }
    }
}

/// A store in one SQLite file. Cheap to clone; the last one dropped finishes what was asked and closes the file.
#[derive(Clone)]
pub struct Sqlite {
    open: Arc<Open>,
}

struct Open {
    writer: Writer,
    readers: Readers,
}

impl std::fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sqlite(…)")
    }
}

impl Sqlite {
    /// Opens a file and brings its schema up to date. Blocks for as long as that takes.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Unusable`], [`StoreError::SchemaTooNew`] or [`StoreError::Corrupt`], each
    /// saying what to do, and the file is as it was.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let file = Arc::new(DatabaseFile::open(path.as_ref(), options.missing)?);
        let writer = Writer::start(Arc::clone(&file), options.queue, options.patience)?;
        let readers = Readers::new(file, options.readers);
        Ok(Self { open: Arc::new(Open { writer, readers }) })
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn get(&self, id: &RowId) -> Result<Option<Stored>, StoreError> {
        self.open.readers.read(|reader| statements::get(reader.connection(), id))
    }

    async fn find(&self, realm: &RealmName, kind: Kind, alias: &str) -> Result<Option<Stored>, StoreError> {
        self.open.readers.read(|reader| statements::find(reader.connection(), realm, kind, alias))
    }

    async fn list(
        &self,
        realm: &RealmName,
        kind: Kind,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let after = after.unwrap_or_default();
        self.open.readers.read(|reader| statements::list(reader.connection(), realm, kind, after, limit))
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Outcome, StoreError> {
        check(&writes)?;
        self.open.writer.ask(|answer| Work::Write(writes, answer)).await
    }

    async fn revoked(&self, realm: &RealmName, family: Family) -> Result<bool, StoreError> {
        self.open.readers.read(|reader| statements::revoked(reader.connection(), realm, family))
    }

    async fn epoch(&self, realm: &RealmName) -> Result<u64, StoreError> {
        self.open.readers.read(|reader| reader.epoch(realm))
    }

    async fn sweep(&self, expired_before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let before = micros(expired_before);
        let mut removed = 0;
        while removed < limit {
            let step = SWEEP_STEP.min(limit - removed);
            let swept = self.open.writer.ask(|answer| Work::Sweep { before, limit: step, answer }).await?;
            removed += swept;
            if swept < step {
                break;
            }
        }
        Ok(removed)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.open.writer.ask(Work::Beat).await
    }
}
