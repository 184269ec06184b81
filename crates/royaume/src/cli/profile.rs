//! The command line of profiles: which application, at which server, by one name.

use clap::{Args, Subcommand};

use super::Kind;

#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// Keep an application and its server under a name.
    Add(Add),
    /// Every profile, in a line each.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// One profile, in full.
    Show {
        /// Its name.
        name: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Use a profile wherever no other is named.
    Use {
        /// Its name.
        #[arg(required_unless_present = "none")]
        name: Option<String>,
        /// Use none from now on.
        #[arg(long, conflicts_with = "name")]
        none: bool,
    },
    /// Forget a profile, and its secret if that was kept here.
    Remove {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// Its name: letters, digits, - and _.
    pub(crate) name: String,
    /// Base URL of the server, or `production` for France Travail itself.
    #[arg(long)]
    pub(crate) server: Option<String>,
    /// Another OpenID provider, instead of --server and --realm.
    #[arg(long, conflicts_with_all = ["server", "realm"])]
    pub(crate) issuer: Option<String>,
    /// The realm.
    #[arg(long, required_unless_present = "issuer")]
    pub(crate) realm: Option<String>,
    /// The application.
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) client_id: Option<String>,
    /// Its kind.
    #[arg(long, value_enum)]
    pub(crate) app: Option<Kind>,
    /// What it asks for: scopes with spaces between them.
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// Where people come back to, as it is registered.
    #[arg(long)]
    pub(crate) redirect_uri: Option<String>,
    /// File with its secret; or `keyring`: it is asked for now, from the terminal or standard input, and kept sealed.
    #[arg(long, requires = "client_id")]
    pub(crate) client_secret_file: Option<String>,
    /// Base URL of the APIs that it calls.
    #[arg(long)]
    pub(crate) api: Option<String>,
    /// Take the place of a profile of that name.
    #[arg(long)]
    pub(crate) replace: bool,
    /// Use it from now on.
    #[arg(long = "use")]
    pub(crate) in_use: bool,
}
