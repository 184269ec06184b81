//! Readers: a few connections with everything prepared, used in place. A lookup takes microseconds, less than to wait
//! for another thread, and in WAL nothing makes a reader wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;

use rusqlite::Connection;

use super::fault::fault;
use super::file::DatabaseFile;
use super::statements;
use crate::{RealmName, StoreError};

/// How long a reader waits while another process recovers the log. Rare and short.
const PATIENCE: Duration = Duration::from_secs(1);

/// The pool. A slot is empty until it is needed, and again after an error.
pub(super) struct Readers {
    file: Arc<DatabaseFile>,
    slots: Box<[Mutex<Option<Reader>>]>,
}

/// One connection, and what it has seen of the epochs.
pub(super) struct Reader {
    connection: Connection,
    data_version: i64,
    epochs: HashMap<RealmName, u64>,
}

impl Readers {
    pub(super) fn new(file: Arc<DatabaseFile>, slots: usize) -> Self {
        Self { file, slots: (0..slots.max(1)).map(|_| Mutex::default()).collect() }
    }

    /// Reads with the first free connection.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.file.check_not_lost()?;
        let mut slot = self.free();
        let reader = match &mut *slot {
            Some(reader) => reader,
            empty => empty.insert(Reader::open(&self.file)?),
        };
        let answer = read(reader);
        if answer.is_err() {
            *slot = None;
        }
        answer
    }

    /// The first ones are the warmest. If none is free the first will be at once.
    fn free(&self) -> MutexGuard<'_, Option<Reader>> {
        for slot in &self.slots {
            match slot.try_lock() {
                Ok(free) => return free,
                Err(TryLockError::Poisoned(poisoned)) => return emptied(poisoned),
                Err(TryLockError::WouldBlock) => {}
            }
        }
        self.slots[0].lock().unwrap_or_else(emptied)
    }
}

/// Whatever panicked may have left a statement half-way.
fn emptied(poisoned: PoisonError<MutexGuard<'_, Option<Reader>>>) -> MutexGuard<'_, Option<Reader>> {
    let mut slot = poisoned.into_inner();
    *slot = None;
    slot
}

impl Reader {
    fn open(file: &DatabaseFile) -> Result<Self, StoreError> {
        file.check_still_there()?;
        let connection = file.connect().map_err(fault)?;
        connection.busy_timeout(PATIENCE).map_err(fault)?;
        connection.pragma_update(None, "query_only", true).map_err(fault)?;
        connection.pragma_update(None, "cache_size", -4096).map_err(fault)?;
        let data_version = statements::at_data_version(&connection, Ok)?;
        Ok(Self { connection, data_version, epochs: HashMap::new() })
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Asks the table only if something has been committed since it was last asked.
    pub(super) fn epoch(&mut self, realm: &RealmName) -> Result<u64, StoreError> {
        let Self { connection, data_version, epochs } = self;
        statements::at_data_version(connection, |now| {
            if now != *data_version {
                epochs.clear();
                *data_version = now;
            }
            if let Some(epoch) = epochs.get(realm) {
                return Ok(*epoch);
            }
            let epoch = statements::epoch(connection, realm)?;
            epochs.insert(realm.clone(), epoch);
            Ok(epoch)
        })
    }
}
