//! Broken at each point around a commit, a store never says more than it knows. A test binary of its own, because
//! failpoints are the process's.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::sync::Arc;

use fail::FailScenario;
use royaume_store::testing::{fresh_database, unhurried};
use royaume_store::{Missing, Outcome, Postgres, PostgresOptions, Sqlite, SqliteOptions, Store, StoreError};

#[path = "it/rows.rs"]
mod rows;

use rows::{create, create_both, is_there, keep};

/// A store of each kind that a release has, and what must live as long.
async fn stores() -> (Vec<Arc<dyn Store>>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let options = SqliteOptions { missing: Missing::Create, ..SqliteOptions::default() };
    let sqlite = Sqlite::open(directory.path().join("royaume.db"), options).unwrap();
    let postgres = Postgres::connect(&fresh_database().await, unhurried()).await.unwrap();
    (vec![Arc::new(sqlite), Arc::new(postgres)], directory)
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_before_a_commit_nothing_has_happened_and_later_it_may() {
    let scenario = FailScenario::setup();
    let (stores, _directory) = stores().await;
    for store in stores {
        for (writes, key) in [(create("a"), "a"), (create_both("b", "c"), "b")] {
            fail::cfg("store.before_commit", "return").unwrap();
            let broken = store.write(writes.clone()).await;
            assert!(matches!(broken, Err(StoreError::Unavailable(_))), "{key}: {broken:?}");
            assert!(!is_there(&store, key).await);
            fail::remove("store.before_commit");
            assert_eq!(store.write(writes).await, Ok(Outcome::Done));
        }
    }
    scenario.teardown();
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_after_a_commit_everything_has_happened_and_nobody_is_told_so() {
    let scenario = FailScenario::setup();
    let (stores, _directory) = stores().await;
    for store in stores {
        for (writes, key) in [(create("a"), "a"), (create_both("b", "c"), "b")] {
            fail::cfg("store.after_commit", "return").unwrap();
            let broken = store.write(writes).await;
            assert!(matches!(broken, Err(StoreError::OutcomeUnknown(_))), "{key}: {broken:?}");
            fail::remove("store.after_commit");
            assert!(is_there(&store, key).await);
        }
        keep(&*store, "d").await;
    }
    scenario.teardown();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_breaks_leaves_nothing_and_runs_again() {
    let scenario = FailScenario::setup();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("royaume.db");
    let address = fresh_database().await;
    let sqlite = || SqliteOptions { missing: Missing::Create, ..SqliteOptions::default() };
    fail::cfg("store.before_migration_commit", "return").unwrap();
    assert!(Sqlite::open(&file, sqlite()).is_err());
    assert_eq!(directory.path().read_dir().unwrap().count(), 0, "no half of a file");
    assert!(Postgres::connect(&address, unhurried()).await.is_err());
    let refused = Postgres::connect(&address, PostgresOptions::default()).await;
    assert!(matches!(refused, Err(StoreError::Missing { .. })), "no half of a schema: {refused:?}");
    fail::remove("store.before_migration_commit");
    keep(&Sqlite::open(&file, sqlite()).unwrap(), "a").await;
    keep(&Postgres::connect(&address, unhurried()).await.unwrap(), "a").await;
    scenario.teardown();
}
