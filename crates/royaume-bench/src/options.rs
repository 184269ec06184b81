//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use royaume_jose::Algorithm;

/// Measures Royaume beside a bare HTTP server of the same kind.
#[derive(Debug, Parser)]
#[command(name = "royaume-bench", version, about, args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Some two minutes instead of some six; the figures are rougher.
    #[arg(long)]
    quick: bool,
    /// Only what has this in its name; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave PostgreSQL out.
    #[arg(long)]
    without_postgres: bool,
    /// Connections, all of them busy.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=1000))]
    connections: u16,
    /// Turns of floor and server [default: 5, or 2 when quick].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,
    /// Milliseconds of each turn [default: 1000, or 200 when quick].
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    milliseconds: Option<u16>,
    /// The server to measure [default: royaume beside this program, which cargo builds first].
    #[arg(long, value_name = "FILE")]
    pub(crate) server: Option<PathBuf>,
}

/// What else the program can be.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Be the bare server; started by the benchmark itself.
    #[command(hide = true)]
    Floor(Floor),
}

/// What the bare server does for an answer.
#[derive(Debug, Args)]
pub(crate) struct Floor {
    /// Where it listens.
    #[arg(long)]
    pub(crate) listen: SocketAddr,
    /// Behind the accept loop of the house instead of hyper alone.
    #[arg(long)]
    pub(crate) limits: bool,
    /// What it signs with.
    #[arg(long)]
    pub(crate) sign: Option<Algorithm>,
    /// It hashes a password, too.
    #[arg(long)]
    pub(crate) hash: bool,
    /// The SQLite file in which it keeps a row.
    #[arg(long)]
    pub(crate) sqlite: Option<PathBuf>,
    /// The database in which it keeps a row.
    #[arg(long)]
    pub(crate) postgres: Option<String>,
}

/// Where the server keeps its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    Sqlite,
    Postgres,
}

impl Store {
    /// Its name, as it ends that of a scenario.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl Options {
    /// The stores to measure on.
    pub(crate) fn stores(&self) -> Vec<Store> {
        if self.without_postgres { vec![Store::Sqlite] } else { vec![Store::Sqlite, Store::Postgres] }
    }

    /// Shall that be measured?
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(part.as_str()))
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.into()
    }

    pub(crate) fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 2 } else { 5 }).into()
    }

    pub(crate) fn round(&self) -> Duration {
        Duration::from_millis(self.milliseconds.unwrap_or(if self.quick { 200 } else { 1_000 }).into())
    }
}
