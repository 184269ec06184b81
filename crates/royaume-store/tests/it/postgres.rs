//! PostgreSQL keeps the promises, and every fault of it is told as what it is.

use std::sync::Arc;
use std::time::Duration;

use royaume_store::conformance::{self, Place};
use royaume_store::testing::{PrivatePostgres, fresh_database, unhurried};
use royaume_store::{Missing, Outcome, Postgres, PostgresOptions, Store, StoreError};
use tokio_postgres::NoTls;

use crate::proxy::{Commit, Proxy};
use crate::rows::{create, create_both, is_there, keep};

struct Database(String);

#[async_trait::async_trait]
impl Place for Database {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(Postgres::connect(&self.0, unhurried()).await.unwrap())
    }
}

/// What somebody else does to the database.
async fn execute(address: &str, sql: &str) {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(sql).await.unwrap();
}

/// Ends every connection but the one that asks.
const END_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn connect(address: &str) -> Result<Postgres, StoreError> {
    Postgres::connect(address, PostgresOptions { missing: Missing::Refuse, ..unhurried() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_every_promise() {
    conformance::run(async || Database(fresh_database().await)).await;
}

#[tokio::test]
async fn a_schema_that_is_not_there_is_made_only_when_that_is_asked_for() {
    let address = fresh_database().await;
    assert!(matches!(connect(&address).await, Err(StoreError::Missing { .. })));
    Postgres::connect(&address, unhurried()).await.unwrap();
    connect(&address).await.unwrap();
}

#[tokio::test]
async fn of_several_nodes_that_make_the_schema_at_once_all_find_it_made() {
    let address = fresh_database().await;
    let nodes = (0..8).map(|_| {
        let address = address.clone();
        tokio::spawn(async move { Postgres::connect(&address, unhurried()).await.map(drop) })
    });
    for node in nodes.collect::<Vec<_>>() {
        node.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_the_program_that_is_needed_is_named() {
    let address = fresh_database().await;
    Postgres::connect(&address, unhurried()).await.unwrap();
    execute(&address, "UPDATE royaume.schema_version SET version = 7, oldest = 6").await;
    let error = connect(&address).await.unwrap_err();
    assert!(matches!(error, StoreError::SchemaTooNew { found: 7, supported: 1, .. }), "{error}");
    execute(&address, "UPDATE royaume.schema_version SET oldest = 1").await;
    connect(&address).await.unwrap();
}

#[tokio::test]
async fn tables_of_somebody_else_are_refused_and_left_as_they_were() {
    let address = fresh_database().await;
    execute(&address, "CREATE SCHEMA royaume; CREATE TABLE royaume.recipes (name text)").await;
    let error = Postgres::connect(&address, unhurried()).await.unwrap_err();
    assert!(
        matches!(&error, StoreError::Unusable { why, .. } if why.contains("none that Royaume made")),
        "{error}"
    );
    execute(&address, "SELECT name FROM royaume.recipes").await;
}

#[tokio::test]
async fn a_server_that_forgets_in_a_power_cut_is_refused() {
    let address = fresh_database().await;
    let set = "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$";
    execute(&address, set).await;
    let error = Postgres::connect(&address, unhurried()).await.unwrap_err().to_string();
    assert!(error.contains("synchronous_commit is off"), "{error}");
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_names_no_password() {
    let address = "postgresql://royaume:hunter2@127.0.0.1:1/royaume";
    let error = Postgres::connect(address, unhurried()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn connections_that_are_ended_are_made_anew_and_nothing_is_lost() {
    let address = fresh_database().await;
    let store: Arc<dyn Store> = Arc::new(Postgres::connect(&address, unhurried()).await.unwrap());
    keep(&*store, "a").await;
    execute(&address, END_ALL).await;
    assert!(is_there(&store, "a").await, "a question is asked again");
    execute(&address, END_ALL).await;
    // What was asked of a connection that died may be unknown; the next request has another one.
    let _ = store.write(create("b")).await;
    keep(&*store, "c").await;
    assert_eq!(store.ping().await, Ok(()));
}

#[tokio::test]
async fn a_database_that_only_reads_is_unavailable_for_writing_and_refuses_nothing() {
    let address = fresh_database().await;
    let store: Arc<dyn Store> = Arc::new(Postgres::connect(&address, unhurried()).await.unwrap());
    keep(&*store, "a").await;
    let set = |value: &str| {
        format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = {value}', current_database()); END $$; {END_ALL}"
        )
    };
    execute(&address, &set("on")).await;
    // Whoever comes first finds out that the connections are gone.
    assert!(store.ping().await.is_err());
    assert!(matches!(store.write(create("b")).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    let writing = format!("{address}?options=-c%20default_transaction_read_only%3Doff");
    execute(&writing, &set("off")).await;
    // A server that comes back is not trampled: for half a second after a failure nobody connects.
    let back = async {
        while store.ping().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), back).await.expect("the store works again by itself");
    keep(&*store, "b").await;
}

/// A commit whose answer never comes: the rows are there, and nobody is told so.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_unknown_and_never_a_success() {
    let server = PrivatePostgres::shared();
    let database = server.fresh_database().await;
    let direct: Arc<dyn Store> = Arc::new(Postgres::connect(&database, unhurried()).await.unwrap());
    let proxy = Proxy::before(server).await;
    let store = connect(&proxy.address(&database)).await.unwrap();
    keep(&store, "a").await;

    for (commit, writes, key) in
        [(Commit::OfStatement, create("b"), "b"), (Commit::OfTransaction, create_both("c", "d"), "c")]
    {
        proxy.swallow_next(commit);
        let outcome = store.write(writes.clone()).await;
        assert!(matches!(outcome, Err(StoreError::OutcomeUnknown(_))), "{key}: {outcome:?}");
        assert!(is_there(&direct, key).await, "{key} is there all the same");
        let again = store.write(writes).await.unwrap();
        assert!(
            matches!(again, Outcome::Refused { index: 0, .. }),
            "asked again, it is found done: {again:?}"
        );
    }
}
