//! PostgreSQL keeps the promises, and every fault of it is told as what it is.

use std::sync::Arc;

use royaume_store::conformance::{self, Place};
use royaume_store::testing::fresh_database;
use royaume_store::{Missing, Postgres, PostgresOptions, Store};

fn creating() -> PostgresOptions {
    PostgresOptions { missing: Missing::Create, ..PostgresOptions::default() }
}

struct Database(String);

#[async_trait::async_trait]
impl Place for Database {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(Postgres::connect(&self.0, creating()).await.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_keeps_every_promise() {
    conformance::run(async || Database(fresh_database().await)).await;
}
