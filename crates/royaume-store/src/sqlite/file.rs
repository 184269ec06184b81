//! The file: whether it is ours, whole and writable. What is not is refused in one sentence and left as it is.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::fault::{fault, is_busy};
use crate::schema::{self, Found, Missing, Step};
use crate::{StoreError, failpoint};

const STEPS: &[Step] = &[Step { version: 1, oldest: 1, sql: include_str!("schema/0001-rows.sql") }];

/// Says in the file's header whose it is: "Roya".
const APPLICATION_ID: i32 = 0x526f_7961;

/// Files up to this size are checked through and through when they are opened, in a fraction of a second.
const CHECKED_WHEN_OPENED: u64 = 32 << 20;

/// How long opening waits for another process.
const OPENING: Duration = Duration::from_secs(4);

/// A database file that was found good, and which file that was.
#[derive(Debug)]
pub(super) struct DatabaseFile {
    path: PathBuf,
    identity: (u64, u64),
    lost: AtomicBool,
}

impl DatabaseFile {
    /// Finds it, or creates it if told to; brings its schema up to date.
    pub(super) fn open(path: &Path, missing: Missing) -> Result<Self, StoreError> {
        Self::open_with(path, missing, STEPS)
    }

    fn open_with(path: &Path, missing: Missing, steps: &[Step]) -> Result<Self, StoreError> {
        let path = std::path::absolute(path).map_err(|error| unusable(path, error.to_string()))?;
        let metadata = match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                check_nothing_left(&path)?;
                if missing == Missing::Refuse {
                    return Err(StoreError::Missing { place: path.display().to_string() });
                }
                create(&path, steps)?;
                fs::metadata(&path)
            }
            found => found,
        };
        let metadata = metadata.map_err(|error| unusable(&path, error.to_string()))?;
        check_file(&path, &metadata)?;
        let file = Self { path, identity: identity(&metadata), lost: AtomicBool::new(false) };
        let connection = file.connect().map_err(|error| file.misread(error))?;
        connection.busy_timeout(OPENING).map_err(fault)?;
        file.check_ours(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(|error| file.misread(error))?;
        migrate(&connection, steps, &file.place())?;
        if metadata.len() <= CHECKED_WHEN_OPENED {
            file.check_whole(&connection)?;
        }
        Ok(file)
    }

    /// A connection that waits for nobody yet and has every promise of durability.
    pub(super) fn connect(&self) -> rusqlite::Result<Connection> {
        let connection = Connection::open_with_flags(
            &self.path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.set_prepared_statement_cache_capacity(32);
        Ok(connection)
    }

    /// Is the file still the one that was opened? SQLite would go on in a file that has no name any more.
    pub(super) fn check_still_there(&self) -> Result<(), StoreError> {
        let found = fs::metadata(&self.path).map(|metadata| identity(&metadata));
        self.lost.store(!matches!(found, Ok(identity) if identity == self.identity), Ordering::Relaxed);
        self.check_not_lost()
    }

    /// Was it, when the writer last looked?
    pub(super) fn check_not_lost(&self) -> Result<(), StoreError> {
        if !self.lost.load(Ordering::Relaxed) {
            return Ok(());
        }
        let place = self.place();
        Err(StoreError::Unavailable(format!(
            "{place} was removed or replaced while it was open: restore it and restart"
        )))
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }

    fn check_ours(&self, connection: &Connection) -> Result<(), StoreError> {
        if connection.is_readonly("main").map_err(fault)? {
            return Err(unusable(&self.path, "the file or its directory is read-only"));
        }
        let id: i32 = connection
            .query_row("PRAGMA application_id", [], |row| row.get(0))
            .map_err(|error| self.misread(error))?;
        if id != APPLICATION_ID {
            return Err(unusable(&self.path, "it is a SQLite database, but none that Royaume made"));
        }
        Ok(())
    }

    fn check_whole(&self, connection: &Connection) -> Result<(), StoreError> {
        let verdict: String = connection
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(|error| self.misread(error))?;
        if verdict == "ok" { Ok(()) } else { Err(self.damaged(&verdict)) }
    }

    fn misread(&self, error: rusqlite::Error) -> StoreError {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseCorrupt, NotADatabase, PermissionDenied, ReadOnly};
        match error.sqlite_error_code() {
            Some(NotADatabase) => unusable(&self.path, "it is not a SQLite database"),
            Some(DatabaseCorrupt) => self.damaged(&error.to_string()),
            Some(ReadOnly | CannotOpen | PermissionDenied) => {
                unusable(&self.path, format!("it cannot be opened for writing ({error})"))
            }
            _ if is_busy(&error) => unusable(&self.path, "another process has locked it"),
            _ => fault(error),
        }
    }

    fn damaged(&self, how: &str) -> StoreError {
        StoreError::Corrupt(format!("{}: {how}; restore it from a backup", self.place()))
    }
}

fn unusable(path: &Path, why: impl Into<String>) -> StoreError {
    StoreError::Unusable { place: path.display().to_string(), why: why.into() }
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Nothing but reading of names here: to open and close the file ourselves would drop the locks that SQLite holds on it
/// in this process.
fn check_file(path: &Path, metadata: &Metadata) -> Result<(), StoreError> {
    if metadata.is_dir() {
        return Err(unusable(path, "it is a directory"));
    }
    if !metadata.is_file() {
        return Err(unusable(path, "it is not a file"));
    }
    if metadata.permissions().mode() & 0o222 == 0 {
        return Err(unusable(path, "the file is read-only"));
    }
    if metadata.len() == 0 {
        return Err(unusable(
            path,
            "the file is empty, as no database is: restore it, or remove it for a first start",
        ));
    }
    Ok(())
}

/// Where there is no file, there must be no log of one either, and there must be room for it.
fn check_nothing_left(path: &Path) -> Result<(), StoreError> {
    let log = beside(path, "-wal");
    if log.exists() {
        let why =
            format!("it is gone but its log {} is still there: restore it from a backup", log.display());
        return Err(unusable(path, why));
    }
    match path.parent() {
        Some(directory) if !directory.is_dir() => {
            Err(unusable(path, format!("the directory {} does not exist", directory.display())))
        }
        _ => Ok(()),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Makes an empty database under another name, whole and on disk, and only then gives it its own: whoever looks sees all
/// of it or nothing. Of several that do so at once one wins and the others open what it made.
fn create(path: &Path, steps: &[Step]) -> Result<(), StoreError> {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    let unfinished = beside(path, &format!(".new-{}-{number}", process::id()));
    let made = fill(&unfinished, steps).and_then(|()| {
        publish(&unfinished, path).map_err(|error| unusable(path, format!("it cannot be created ({error})")))
    });
    for suffix in ["", "-wal", "-shm"] {
        // What is left after a failure is of no use; what is not there need not be removed.
        let _ = fs::remove_file(beside(&unfinished, suffix));
    }
    made
}

fn fill(path: &Path, steps: &[Step]) -> Result<(), StoreError> {
    let failed = |error: io::Error| unusable(path, format!("it cannot be created ({error})"));
    // Readable by its owner alone: it will hold sealed keys.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let connection = Connection::open(path).map_err(fault)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(fault)?;
    connection.pragma_update(None, "synchronous", "FULL").map_err(fault)?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(fault)?;
    migrate(&connection, steps, &path.display().to_string())?;
    connection.close().map_err(|(_, error)| fault(error))?;
    File::open(path).and_then(|file| file.sync_all()).map_err(failed)
}

fn publish(unfinished: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(unfinished, path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        // A file system without links.
        Err(_) if !path.exists() => fs::rename(unfinished, path)?,
        Err(error) => return Err(error),
    }
    match path.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}

/// Runs the steps that are missing, each with its number in one transaction. Of several processes one runs them.
fn migrate(connection: &Connection, steps: &[Step], place: &str) -> Result<(), StoreError> {
    while !schema::missing(found(connection)?, steps, place)?.is_empty() {
        connection.execute_batch("BEGIN IMMEDIATE").map_err(fault)?;
        let done = schema::missing(found(connection)?, steps, place)
            .and_then(|missing| missing.first().map_or(Ok(()), |step| run(connection, *step)));
        match done {
            Ok(()) => connection.execute_batch("COMMIT").map_err(fault)?,
            Err(error) => {
                connection.execute_batch("ROLLBACK").map_err(fault)?;
                return Err(error);
            }
        }
    }
    Ok(())
}

fn run(connection: &Connection, step: Step) -> Result<(), StoreError> {
    connection
        .execute_batch(step.sql)
        .and_then(|()| {
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, oldest INTEGER NOT NULL) STRICT;
                 DELETE FROM schema_version;",
            )
        })
        .and_then(|()| {
            connection.execute(
                "INSERT INTO schema_version (version, oldest) VALUES (?, ?)",
                (step.version, step.oldest),
            )
        })
        .map_err(fault)?;
    failpoint::before("store.before_migration_commit")
}

fn found(connection: &Connection) -> Result<Found, StoreError> {
    let is_there = connection
        .prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'")
        .and_then(|mut table| table.exists([]))
        .map_err(fault)?;
    if !is_there {
        return Ok(Found { version: 0, oldest: 0 });
    }
    connection
        .query_row("SELECT version, oldest FROM schema_version", [], |row| {
            Ok(Found { version: row.get(0)?, oldest: row.get(1)? })
        })
        .optional()
        .map_err(fault)?
        .ok_or_else(|| StoreError::Corrupt("the schema has no version".to_owned()))
}
