//! The schema: found, created if asked, and brought up to date by one of the nodes.

use tokio_postgres::Client;

use super::fault::fault;
use super::pool::Lease;
use crate::schema::{self, Found, Missing, Step};
use crate::{StoreError, failpoint};

pub(super) const STEPS: &[Step] =
    &[Step { version: 1, oldest: 1, sql: include_str!("schema/0001-rows.sql") }];

/// Held by the node that migrates: "Royaume!".
const LOCK: i64 = 0x526f_7961_756d_6521;

/// Checks the server and the schema, and runs the steps that are missing.
pub(super) async fn prepare(
    lease: &mut Lease,
    missing: Missing,
    place: &str,
    steps: &[Step],
) -> Result<(), StoreError> {
    check_server(lease, place).await?;
    if found(lease, place).await?.is_none() && missing == Missing::Refuse {
        return Err(StoreError::Missing { place: place.to_owned() });
    }
    while !schema::missing(version(lease, place).await?, steps, place)?.is_empty() {
        // Closed with its connection, a transaction is undone.
        lease.doubt();
        migrate(lease, place, steps).await?;
        lease.trust();
    }
    Ok(())
}

/// One step, in one transaction, by one node.
async fn migrate(client: &Client, place: &str, steps: &[Step]) -> Result<(), StoreError> {
    let run = async |sql: &str| client.batch_execute(sql).await.map_err(|error| fault(&error));
    run(&format!(
        "BEGIN; SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = 0;
         SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock({LOCK})"
    ))
    .await?;
    // Another node may have been faster.
    if let Some(step) = schema::missing(version(client, place).await?, steps, place)?.first() {
        if step.version == 1 {
            // A schema that was made for us is used; to make one needs the right to.
            let there = client
                .query_opt("SELECT 1 FROM pg_namespace WHERE nspname = 'royaume'", &[])
                .await
                .map_err(|error| fault(&error))?;
            if there.is_none() {
                run("CREATE SCHEMA royaume").await?;
            }
            run("CREATE TABLE schema_version (version int NOT NULL, oldest int NOT NULL)").await?;
        }
        run(step.sql).await?;
        let (version, oldest) = (step.version, step.oldest);
        run(&format!("DELETE FROM schema_version; INSERT INTO schema_version VALUES ({version}, {oldest})"))
            .await?;
        failpoint::before("store.before_migration_commit")?;
    }
    run("COMMIT").await
}

async fn version(client: &Client, place: &str) -> Result<Found, StoreError> {
    Ok(found(client, place).await?.unwrap_or(Found { version: 0, oldest: 0 }))
}

/// What the database says of its schema. One that holds other tables and no version is none of ours.
async fn found(client: &Client, place: &str) -> Result<Option<Found>, StoreError> {
    let tables = client
        .query(
            "SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'royaume' AND c.relkind = 'r'",
            &[],
        )
        .await
        .map_err(|error| fault(&error))?;
    if tables.is_empty() {
        return Ok(None);
    }
    if !tables.iter().any(|row| row.get::<_, &str>(0) == "schema_version") {
        let why = "it holds tables, but none that Royaume made".to_owned();
        return Err(StoreError::Unusable { place: place.to_owned(), why });
    }
    let row = client
        .query_opt("SELECT version, oldest FROM schema_version", &[])
        .await
        .map_err(|error| fault(&error))?
        .ok_or_else(|| StoreError::Corrupt(format!("{place} has lost its version")))?;
    let number = |at: usize| u32::try_from(row.get::<_, i32>(at)).unwrap_or(u32::MAX);
    Ok(Some(Found { version: number(0), oldest: number(1) }))
}

async fn check_server(client: &Client, place: &str) -> Result<(), StoreError> {
    let unusable = |why: String| Err(StoreError::Unusable { place: place.to_owned(), why });
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int, current_setting('synchronous_commit'),
                    current_setting('server_encoding')",
            &[],
        )
        .await
        .map_err(|error| fault(&error))?;
    let (version, commit, encoding): (i32, &str, &str) = (row.get(0), row.get(1), row.get(2));
    if version < 150_000 {
        return unusable(format!("the server is PostgreSQL {}, and 15 or later is needed", version / 10_000));
    }
    if commit == "off" {
        return unusable(
            "synchronous_commit is off there, so that a power cut could bring back what was spent".to_owned(),
        );
    }
    if encoding != "UTF8" {
        return unusable(format!("the database is encoded in {encoding}, and UTF8 is needed"));
    }
    Ok(())
}
