//! SQLite keeps the promises, and refuses what is no database of ours.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use royaume_store::conformance::{self, Place};
use royaume_store::{Expect, Missing, Outcome, Sqlite, SqliteOptions, Store, StoreError, Write};
use tempfile::TempDir;

use crate::rows::{create, create_both, is_there, keep, row};

struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("royaume.db")
    }

    /// Opens what is there.
    fn opened(&self) -> Result<Arc<dyn Store>, StoreError> {
        Ok(Arc::new(Sqlite::open(self.file(), SqliteOptions::default())?))
    }

    /// Opens a database with one row in it, and closes it.
    async fn with_a_row(self) -> Self {
        keep(&*self.open().await, "a").await;
        self
    }

    /// What somebody else does to the file.
    fn execute(&self, sql: &str) {
        rusqlite::Connection::open(self.file()).unwrap().execute_batch(sql).unwrap();
    }
}

fn creating() -> SqliteOptions {
    SqliteOptions { missing: Missing::Create, ..SqliteOptions::default() }
}

#[async_trait::async_trait]
impl Place for Directory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(Sqlite::open(self.file(), creating()).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_every_promise() {
    conformance::run(async || Directory::new()).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_when_the_file_is_opened_again() {
    let place = Directory::new().with_a_row().await;
    assert!(is_there(&place.opened().unwrap(), "a").await);
}

#[test]
fn a_file_that_is_not_there_is_made_only_when_that_is_asked_for() {
    let place = Directory::new();
    assert!(matches!(place.opened(), Err(StoreError::Missing { .. })));
    assert!(!place.file().exists());
    let nowhere = place.0.path().join("no-such-directory/royaume.db");
    let error = Sqlite::open(nowhere, creating()).unwrap_err().to_string();
    assert!(error.contains("does not exist"), "{error}");
}

#[tokio::test]
async fn the_file_is_for_its_owner_alone() {
    let place = Directory::new().with_a_row().await;
    let mode = fs::metadata(place.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_file_of_somebody_else_is_refused_and_left_as_it_was() {
    for (contents, why) in [
        (
            &b"once upon a time, there was no database in this file, and then there was a long line of text"
                [..],
            "it is not a SQLite database",
        ),
        (b"", "the file is empty"),
    ] {
        let place = Directory::new();
        fs::write(place.file(), contents).unwrap();
        let error = Sqlite::open(place.file(), creating()).unwrap_err();
        assert!(matches!(&error, StoreError::Unusable { why: said, .. } if said.contains(why)), "{error}");
        assert_eq!(fs::read(place.file()).unwrap(), contents);
    }
    let place = Directory::new();
    place.execute("CREATE TABLE recipes (name TEXT)");
    let error = Sqlite::open(place.file(), creating()).unwrap_err().to_string();
    assert!(error.contains("none that Royaume made"), "{error}");
    place.execute("SELECT name FROM recipes");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_the_program_that_is_needed_is_named() {
    let place = Directory::new().with_a_row().await;
    place.execute("UPDATE schema_version SET version = 7, oldest = 6");
    let error = place.opened().err().unwrap();
    assert!(matches!(error, StoreError::SchemaTooNew { found: 7, supported: 1, .. }), "{error}");
    assert!(error.to_string().contains("start the version that migrated it"), "{error}");
}

#[tokio::test]
async fn a_newer_schema_that_allows_for_this_program_is_used() {
    let place = Directory::new().with_a_row().await;
    place
        .execute("UPDATE schema_version SET version = 7, oldest = 1; ALTER TABLE rows ADD COLUMN later TEXT");
    let store = place.opened().unwrap();
    assert!(is_there(&store, "a").await);
    keep(&*store, "b").await;
}

#[tokio::test]
async fn a_database_that_vanished_is_not_begun_anew_beside_its_log() {
    let place = Directory::new().with_a_row().await;
    let store = place.opened().unwrap();
    keep(&*store, "b").await;
    fs::remove_file(place.file()).unwrap();
    let error = Sqlite::open(place.file(), creating()).unwrap_err().to_string();
    assert!(error.contains("restore it from a backup"), "{error}");
    drop(store);
}

#[tokio::test]
async fn a_file_that_is_removed_under_way_acknowledges_nothing_more() {
    let place = Directory::new().with_a_row().await;
    let store = place.opened().unwrap();
    fs::remove_file(place.file()).unwrap();
    let refused = store.write(create("b")).await;
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("removed or replaced")),
        "{refused:?}"
    );
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
}

#[tokio::test]
async fn a_damaged_file_is_called_damaged() {
    let place = Directory::new().with_a_row().await;
    let mut bytes = fs::read(place.file()).unwrap();
    for byte in &mut bytes[4096..] {
        *byte = 0xa5;
    }
    fs::write(place.file(), bytes).unwrap();
    assert!(matches!(place.opened(), Err(StoreError::Corrupt(_))));
}

#[tokio::test]
async fn somebody_who_holds_the_lock_costs_an_answer_and_no_row() {
    let place = Directory::new().with_a_row().await;
    let options = SqliteOptions { patience: Duration::from_millis(200), ..SqliteOptions::default() };
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(place.file(), options).unwrap());
    let other = rusqlite::Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.write(create("b")).await;
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("another process")),
        "{refused:?}"
    );
    assert!(is_there(&store, "a").await, "whoever reads does not wait");
    other.execute_batch("COMMIT").unwrap();
    keep(&*store, "b").await;
}

#[tokio::test]
async fn whoever_waits_for_a_lock_writes_on_what_its_holder_has_written() {
    let place = Directory::new().with_a_row().await;
    let opened = |patience| {
        let store = Sqlite::open(place.file(), SqliteOptions { patience, ..SqliteOptions::default() });
        Arc::new(store.unwrap()) as Arc<dyn Store>
    };
    let (patient, hasty) = (opened(Duration::from_secs(60)), opened(Duration::from_millis(200)));
    let other = rusqlite::Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; UPDATE rows SET version = version + 1").unwrap();
    let change = Write::Put { row: row("a"), expect: Expect::Version(2) };
    let ((), written) = tokio::join!(
        biased;
        async {
            // Once somebody of less patience is told so, the other has met the lock too.
            hasty.write(create("b")).await.unwrap_err();
            other.execute_batch("COMMIT").unwrap();
        },
        patient.write(vec![change]),
    );
    assert_eq!(written, Ok(Outcome::Done));
}

#[tokio::test]
async fn a_snapshot_that_somebody_keeps_hinders_nobody() {
    let place = Directory::new().with_a_row().await;
    let nodes = [place.opened().unwrap(), place.opened().unwrap()];
    let other = rusqlite::Connection::open(place.file()).unwrap();
    other.execute_batch("BEGIN; SELECT count(*) FROM rows").unwrap();
    for round in 0..20 {
        for (number, node) in nodes.iter().enumerate() {
            let (one, both) = (format!("{round}-{number}"), format!("{round}-{number}-both"));
            keep(&**node, &one).await;
            assert_eq!(node.write(create_both(&both, &format!("{both}-2"))).await, Ok(Outcome::Done));
            assert!(is_there(&nodes[1 - number], &both).await, "the other node sees it at once");
        }
    }
    // Whoever kept the snapshot sees what was there, and cannot write on what it has not seen (SQLITE_BUSY_SNAPSHOT).
    let seen: i64 = other.query_row("SELECT count(*) FROM rows", [], |row| row.get(0)).unwrap();
    assert_eq!(seen, 1);
    let refused = other.execute_batch("UPDATE pulse SET beats = beats + 1").unwrap_err();
    assert_eq!(refused.sqlite_error_code(), Some(rusqlite::ErrorCode::DatabaseBusy));
}
