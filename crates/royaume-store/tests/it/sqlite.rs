//! SQLite keeps the promises, and refuses what is no database of ours.

use std::path::PathBuf;
use std::sync::Arc;

use royaume_store::conformance::{self, Place};
use royaume_store::{Missing, Sqlite, SqliteOptions, Store};
use tempfile::TempDir;

struct Directory(TempDir);

impl Directory {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("royaume.db")
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
