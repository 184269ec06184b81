//! Commands: one file each.

use crate::cli::{Cli, Command};
use crate::failure::Failure;

mod account;
mod admin;
mod api;
mod asked;
mod browser;
mod chores;
mod client;
mod dev;
mod doctor;
mod explain;
mod explain_error;
mod gateway;
mod kept_token;
mod key;
mod login;
mod logins;
mod logout;
mod manual;
mod one_token;
mod paste;
mod profile;
mod realm;
mod refresh;
mod run;
mod serve;
mod token;
mod token_format;
mod userinfo;
mod walkthrough;
mod way_back;
mod welcome;
mod who;
mod whoami;

/// Does what was asked.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Dev(dev) => dev::run(dev).await,
        Command::Serve(serve) => serve::run(serve).await,
        Command::Explain(explain) => explain::run(&explain),
        Command::ExplainError(asked) => explain_error::run(&asked),
        Command::Doctor(asked) => doctor::run(asked).await,
        Command::Completions(completions) => {
            manual::completions(&completions);
            Ok(())
        }
        Command::Man(man) => manual::man(man),
        Command::Realm(realm) => realm::run(realm),
        Command::Client(client) => client::run(client).await,
        Command::Account(account) => account::run(account).await,
        Command::Key(key) => key::run(key).await,
        Command::Profile(profile) => profile::run(profile).await,
        Command::Token(token) => token::run(token).await,
        Command::Api(asked) => api::run(asked).await,
        Command::Login(login) => login::run(login).await,
        Command::Userinfo(saved) => userinfo::run(saved).await,
        Command::Refresh(saved) => refresh::run(saved).await,
        Command::Logout(saved) => logout::run(saved).await,
        Command::Whoami(whoami) => whoami::run(whoami).await,
        Command::Introspect(token) => one_token::introspect(token).await,
        Command::Revoke(token) => one_token::revoke(token).await,
    }
}
