//! The command line of tokens: an application's own, those of a person who signs in, and what is done with them.

use clap::{Args, ValueEnum};

use super::Who;

#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(flatten)]
    pub(crate) who: Who,
    /// What the token is for: scopes with spaces between them [default: the profile's].
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// How to print it.
    #[arg(long, value_enum, conflicts_with = "json")]
    pub(crate) format: Option<Format>,
    /// Print the header that carries it, as --format header.
    #[arg(long, conflicts_with_all = ["format", "json"])]
    pub(crate) header: bool,
    /// Ask for a new token, although one is kept.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Base URL of the API, whose host netrc needs [default: the profile's, or that of France Travail].
    #[arg(long)]
    pub(crate) api: Option<String>,
}

/// How a token is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The token alone.
    Token,
    /// JSON, with when it ends.
    Json,
    /// `Authorization: Bearer …`.
    Header,
    /// `export ACCESS_TOKEN=…`, for eval in a shell.
    Env,
    /// `ACCESS_TOKEN=…`, for a .env file or docker --env-file.
    Dotenv,
    /// A line of a .netrc file, for the host of the API.
    Netrc,
    /// A configuration of curl, for `curl --config -`.
    Curl,
}

impl Token {
    /// How it is to be printed.
    pub(crate) fn format(&self) -> Format {
        match self.format {
            Some(format) => format,
            None if self.who.json => Format::Json,
            None if self.header => Format::Header,
            None => Format::Token,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    #[command(flatten)]
    pub(crate) who: Who,
    /// What the application asks for [default: all it may have of a sample application, else openid].
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Where people come back to, as it is registered for the application [default: the profile's, or an address of
    /// this machine]. From an address elsewhere the callback is pasted.
    #[arg(long, conflicts_with_all = ["port", "callback_path"])]
    pub(crate) redirect_uri: Option<String>,
    /// Port of the callback on this machine; any free one when 0 or absent.
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Path of the callback on this machine [default: /callback].
    #[arg(long)]
    pub(crate) callback_path: Option<String>,
    /// Only print the address to open.
    #[arg(long)]
    pub(crate) no_browser: bool,
    /// Only print the address to open, and read the callback from standard input, whichever comes first: for a machine
    /// without a browser.
    #[arg(long)]
    pub(crate) paste: bool,
    /// Seconds to wait for the person.
    #[arg(long, default_value_t = 300)]
    pub(crate) timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Saved {
    #[command(flatten)]
    pub(crate) who: Who,
}

#[derive(Debug, Args)]
pub(crate) struct Whoami {
    #[command(flatten)]
    pub(crate) who: Who,
    /// Ask the server, instead of saying what it said at the login.
    #[arg(long)]
    pub(crate) online: bool,
    /// Everybody who is signed in by any application, in a line each.
    #[arg(long, conflicts_with_all = ["online", "profile", "realm", "issuer"])]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OneToken {
    #[command(flatten)]
    pub(crate) who: Who,
    /// The token; standard input when absent or `-`, where no other process can read it.
    #[arg(allow_hyphen_values = true)]
    pub(crate) token: Option<String>,
}
