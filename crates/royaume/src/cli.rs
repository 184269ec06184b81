//! The command line: every command and option, with its help. Administration is a file of its own.

mod administration;
mod api;
mod diagnosis;
#[cfg(test)]
mod pages;
mod profile;
mod shell;
mod tokens;
mod who;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::realms::Realms;

pub(crate) use administration::{
    AccountCommand, ClientCommand, Data, KeyCommand, OneAccount, OneClient, RealmCommand,
};
pub(crate) use api::{Api, Layout};
pub(crate) use diagnosis::{Doctor, ExplainError};
pub(crate) use profile::{Add, ProfileCommand};
pub(crate) use shell::{Completions, Man};
pub(crate) use tokens::{Format, Login, OneToken, Saved, Token, Whoami};
pub(crate) use who::{Kind, Who};

/// France Travail's authentication on your own machine, the server behind it, and its clients.
#[derive(Debug, Parser)]
#[command(name = "royaume", version, after_help = AFTER)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER: &str = "\
First steps:
  royaume dev                          in one terminal; then, in another:
  royaume token --realm partenaire     a token for a sample application
  royaume login --realm individu       sign a sample person in
  royaume explain                      which API needs which authentication
  royaume profile add                  keep an application of your own by name

Exit codes:
  0  done
  1  something unforeseen
  2  the command line, a file or the environment asks for what cannot be
  3  the server refused: credentials, scope or grant
  4  the person cancelled, refused, or did not answer in time
  5  not reachable or in trouble: trying again later may help

Environment:
  ROYAUME_SERVER           base URL of the server, or production (as --server)
  ROYAUME_CLIENT_ID        the application (as --client-id)
  ROYAUME_CLIENT_SECRET    its secret; it is never read from the command line
  ROYAUME_PROFILE          the profile (as --profile)
  ROYAUME_PROFILES         the file of profiles
  ROYAUME_KEYRING          auto, on or off: whether the system's keyring holds
                           the key that seals logins and secrets
  ROYAUME_PASSPHRASE       seals them instead of that key
  ROYAUME_PASSPHRASE_FILE  file with the passphrase
  ROYAUME_SERVER_KEY       key of a server, instead of server_key_file
  ROYAUME_DATABASE_URL     PostgreSQL database, instead of what [store] says
  ROYAUME_TOPOLOGY         file that changes realms and APIs (as --topology)
  ROYAUME_LOG              what is logged, such as info or royaume_server=debug
  LC_ALL, LANG             French where it begins with fr, English elsewhere
  NO_COLOR                 no colours; CLICOLOR_FORCE=1 wants them everywhere
  XDG_CONFIG_HOME          where royaume/profiles.toml is
  XDG_DATA_HOME            where royaume/ keeps logins and the rehearsal's data";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run France Travail's authentication here: four realms, sample applications and people.
    Dev(Dev),
    /// Run the server for real use, from a configuration file.
    Serve(Serve),
    /// Say which authentication an API needs: flow, addresses, scopes.
    Explain(Explain),
    /// Say what an answer of France Travail means, and what to do next.
    ExplainError(ExplainError),
    /// Find out what is wrong between an application and its provider, and what to do next.
    ///
    /// Everything is looked at from the ground up: realm, network, TLS, clocks, documents, keys, credentials, redirect URI,
    /// scopes, APIs. Nothing is changed and nobody is signed in; each check sends at most one request a second. The exit
    /// code is that of the first check that finds something wrong.
    Doctor(Doctor),
    /// Get a token for an application (client credentials).
    Token(Token),
    /// Call an API with a token that fits, and show its answer.
    Api(Api),
    /// Sign a person in with the browser (authorization code, PKCE).
    Login(Login),
    /// Say who is signed in, where, for what and until when.
    Whoami(Whoami),
    /// Show what the signed-in person allowed the application to know.
    Userinfo(Saved),
    /// Renew the tokens of the last login.
    Refresh(Saved),
    /// Sign out, and forget the tokens of the last login.
    Logout(Saved),
    /// Ask the server what a token stands for.
    Introspect(OneToken),
    /// Give a token back, so that it is dead from then on.
    ///
    /// Only the application that it was given to can. A server answers alike whosever it was (RFC 7009 §2.2), so with
    /// --json "revoked" is true where the last login shows that it was this application's, and null elsewhere.
    Revoke(OneToken),
    /// Keep applications and their servers under names.
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Look at the realms of a server.
    #[command(subcommand)]
    Realm(RealmCommand),
    /// Administer the applications of a realm.
    #[command(subcommand)]
    Client(ClientCommand),
    /// Administer the people of a realm.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Administer signing keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Print a script that completes this command line in a shell.
    Completions(Completions),
    /// Print the manual page, or write one for each command.
    Man(Man),
}

#[derive(Debug, Args)]
pub(crate) struct Dev {
    /// Where to listen: a loopback address. Port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Where to keep data between runs [default: the user's data directory, royaume/dev].
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Speak as the standards say rather than as France Travail is deployed.
    #[arg(long)]
    pub(crate) standard: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The configuration file (TOML).
    #[arg(long)]
    pub(crate) config: PathBuf,
    /// Make the database, or the schema in it: at the first start only.
    #[arg(long)]
    pub(crate) create: bool,
}

/// Can the application keep a secret?
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum App {
    /// It runs on a server, and can keep a secret.
    Private,
    /// It runs in a browser or on a device, and cannot.
    Public,
}

impl From<App> for royaume_realm::Application {
    fn from(app: App) -> Self {
        match app {
            App::Private => Self::Private,
            App::Public => Self::Public,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The API, by its name, a scope or a word of its title; or a realm. The decision for every realm when absent.
    #[arg(value_name = "API|REALM")]
    pub(crate) name: Option<String>,
    /// List all APIs that are known.
    #[arg(long, conflicts_with = "name")]
    pub(crate) apis: bool,
    /// Can the application keep a secret? Both answers when absent.
    #[arg(long, value_enum)]
    pub(crate) app: Option<App>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Base URL of a server whose addresses are shown, or `production` for France Travail itself.
    #[arg(long, env = "ROYAUME_SERVER", default_value = "production")]
    pub(crate) server: String,
    #[command(flatten)]
    pub(crate) realms: Realms,
}
