//! The commands that find out what is wrong.

use clap::{Args, ValueEnum};
use royaume_realm::Answerer;

use super::Who;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) who: Who,
    /// Scopes to try, with spaces between them. If they are refused together, each is asked for on its own.
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// A redirect URI of the application. It is tried at the server, and nobody is signed in.
    #[arg(long, value_name = "URI")]
    pub(crate) redirect_uri: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainError {
    /// The body of an error, a callback address, a status, what curl -i printed, or a line of a log; standard input when
    /// absent or `-`. What is secret in it is not repeated.
    #[arg(allow_hyphen_values = true)]
    pub(crate) answer: Option<String>,
    /// HTTP status of the answer, where the text does not show it.
    #[arg(long, value_parser = clap::value_parser!(u16).range(100..600))]
    pub(crate) status: Option<u16>,
    /// Who gave it, where the text does not show it.
    #[arg(long, value_enum)]
    pub(crate) at: Option<At>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Who gave an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum At {
    /// The authorization endpoint, by way of the browser.
    Authorize,
    /// The token endpoint.
    Token,
    /// Userinfo.
    Userinfo,
    /// The logout address.
    Logout,
    /// An API.
    Api,
}

impl From<At> for Answerer {
    fn from(at: At) -> Self {
        match at {
            At::Authorize => Self::Authorization,
            At::Token => Self::Token,
            At::Userinfo => Self::Userinfo,
            At::Logout => Self::Logout,
            At::Api => Self::Api,
        }
    }
}
