//! What remembers in a world: the store that `ROYAUME_SPEC_STORE` names, empty.

use std::sync::Arc;

use royaume_store::testing::{fresh_database, unhurried};
use royaume_store::{Memory, Missing, Postgres, PostgresOptions, Sqlite, SqliteOptions, Store};

use crate::trouble::{Trouble, Troubled};

/// A store, and what must live as long as it.
pub struct Place {
    /// The store.
    pub store: Arc<dyn Store>,
    /// How to reach the same rows again, as another node would.
    pub address: Address,
    /// What can be put in the way of the store.
    pub trouble: Trouble,
    _directory: Option<tempfile::TempDir>,
}

/// Where the rows are.
#[derive(Debug, Clone)]
pub enum Address {
    /// In this process only.
    Memory,
    /// In a file.
    Sqlite(std::path::PathBuf),
    /// In a database.
    Postgres(String),
}

impl Place {
    /// An empty one.
    ///
    /// # Panics
    /// When the store cannot be opened: without one there is no specification to run.
    pub async fn fresh() -> Self {
        let place = Self::calm().await;
        let trouble = place.trouble.clone();
        Self { store: Arc::new(Troubled { store: place.store, trouble }), ..place }
    }

    async fn calm() -> Self {
        let trouble = Trouble::default();
        match std::env::var("ROYAUME_SPEC_STORE").as_deref() {
            Err(_) | Ok("memory") => {
                Self { store: Arc::new(Memory::new()), address: Address::Memory, trouble, _directory: None }
            }
            Ok("sqlite") => {
                let directory = tempfile::tempdir().expect("a temporary directory");
                let path = directory.path().join("royaume.db");
                let store = Self::open(&Address::Sqlite(path.clone())).await.expect("a new SQLite file");
                Self { store, address: Address::Sqlite(path), trouble, _directory: Some(directory) }
            }
            Ok("postgres") => {
                let address = Address::Postgres(fresh_database().await);
                let store = Self::open(&address).await.expect("a new PostgreSQL database");
                Self { store, address, trouble, _directory: None }
            }
            Ok(other) => panic!("ROYAUME_SPEC_STORE is memory, sqlite or postgres, not {other}"),
        }
    }

    /// Opens the same rows again; nothing for the one that lives in this process only.
    ///
    /// # Panics
    /// When they cannot be opened.
    pub async fn open(address: &Address) -> Option<Arc<dyn Store>> {
        match address {
            Address::Memory => None,
            Address::Sqlite(path) => {
                // Two nodes of a world wait for each other's commits, as long as on the other stores.
                let patience = unhurried().patience;
                let options =
                    SqliteOptions { missing: Missing::Create, patience, ..SqliteOptions::default() };
                Some(Arc::new(Sqlite::open(path, options).expect("the SQLite file opens")))
            }
            Address::Postgres(address) => {
                // Worlds run side by side: a few connections each are enough, and all of them together fit.
                let options = PostgresOptions { connections: 4, ..unhurried() };
                Some(Arc::new(Postgres::connect(address, options).await.expect("the database answers")))
            }
        }
    }
}
