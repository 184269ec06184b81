//! The command line of tokens: an application's own, those of a person who signs in, and what is done with them.

use clap::Args;

use super::Who;

#[derive(Debug, Args)]
pub(crate) struct Token {
    #[command(flatten)]
    pub(crate) who: Who,
    /// What the token is for: scopes with spaces between them.
    #[arg(long)]
    pub(crate) scope: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    #[command(flatten)]
    pub(crate) who: Who,
    /// What the application asks for [default: all it may have of a sample application, else openid].
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Port of the callback on this machine; any free one when 0.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Path of the callback.
    #[arg(long, default_value = "/callback")]
    pub(crate) callback_path: String,
    /// Only print the address to open.
    #[arg(long)]
    pub(crate) no_browser: bool,
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
pub(crate) struct OneToken {
    #[command(flatten)]
    pub(crate) who: Who,
    /// The token; standard input when absent or `-`, where no other process can read it.
    #[arg(allow_hyphen_values = true)]
    pub(crate) token: Option<String>,
}
