//! Commands: one file each.

use crate::cli::{Cli, Command};
use crate::failure::Failure;

mod account;
mod admin;
mod client;
mod dev;
mod explain;
mod key;
mod realm;
mod run;
mod serve;
mod welcome;

/// Does what was asked.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Dev(dev) => dev::run(dev).await,
        Command::Serve(serve) => serve::run(serve).await,
        Command::Explain(explain) => explain::run(&explain),
        Command::Realm(realm) => realm::run(realm),
        Command::Client(client) => client::run(client).await,
        Command::Account(account) => account::run(account).await,
        Command::Key(key) => key::run(key).await,
        _ => Err(Failure::Other("pending".into())),
    }
}
