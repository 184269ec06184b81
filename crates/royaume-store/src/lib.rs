//! Royaume's store: rows of one realm, kept or spent, in memory, SQLite or PostgreSQL. It knows no OAuth.
//!
//! Everything an authorization server remembers is a [`Row`]. Some rows are kept (clients, accounts, keys): they have no
//! `expires_at`. Some are spent once (codes, refresh tokens, interactions): [`Write::Spend`] has one winner, however many
//! ask at once and from however many processes. [`Store::write`] takes a batch that happens as a whole or not at all, and
//! what it has answered is on disk.
//!
//! | file | idea |
//! |---|---|
//! | `row.rs` | names, ids and rows |
//! | `write.rs` | what can be asked of rows, and how it went |
//! | `store.rs` | the promises |
//! | `memory.rs` | the model: the promises in their plainest form |

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod failpoint;
mod memory;
mod postgres;
mod row;
mod schema;
mod sqlite;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod time;
mod write;

pub use error::StoreError;
pub use memory::Memory;
pub use postgres::{Postgres, PostgresOptions};
pub use row::{BadFamily, BadName, Family, Kind, RealmName, Row, RowId, Stored};
pub use schema::Missing;
pub use sqlite::{Sqlite, SqliteOptions};
pub use store::Store;
pub use write::{ALIAS_MAX, BATCH_MAX, BODY_MAX, Expect, KEY_MAX, Outcome, Why, Write};
