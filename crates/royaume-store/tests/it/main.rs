//! The stores, through their front door.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod memory;
mod postgres;
mod postgres_tls;
mod proxy;
mod rows;
mod sqlite;
