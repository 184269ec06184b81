//! The command line of everything a client does: which application, at which server, by which profile.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use royaume_server::stored::client::Application;
use serde::{Deserialize, Serialize};

use crate::realms::Realms;

/// Which server.
#[derive(Debug, Clone, Args)]
pub(crate) struct Server {
    /// Base URL of the server, or `production` for France Travail itself [default: the profile's, or
    /// http://127.0.0.1:8080].
    #[arg(long, env = "ROYAUME_SERVER")]
    pub(crate) server: Option<String>,
}

/// Which application, where.
#[derive(Debug, Clone, Args)]
pub(crate) struct Who {
    /// A profile: what it says goes where no option and no ROYAUME_* variable says otherwise [default: the profile in
    /// use].
    #[arg(long, env = "ROYAUME_PROFILE", value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The realm: partenaire, individu, entreprise or agent [default: the profile's].
    #[arg(long)]
    pub(crate) realm: Option<String>,
    #[command(flatten)]
    pub(crate) server: Server,
    /// Another OpenID provider, instead of --realm and --server: the issuer of a realm of your own server, or of anybody's.
    #[arg(long, conflicts_with = "realm")]
    pub(crate) issuer: Option<String>,
    /// The application [default: a sample application, when the server is a rehearsal on this machine].
    #[arg(long, env = "ROYAUME_CLIENT_ID", allow_hyphen_values = true)]
    pub(crate) client_id: Option<String>,
    /// File with the secret, `-` for standard input; ROYAUME_CLIENT_SECRET is read otherwise, then the profile's.
    #[arg(long)]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Kind of application [default: the one that fits the command].
    #[arg(long, value_enum)]
    pub(crate) app: Option<Kind>,
    /// Data directory of the rehearsal whose sample applications are used [default: the user's data directory,
    /// royaume/dev].
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) realms: Realms,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Kind of application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Speaks for itself (client credentials).
    Machine,
    /// Signs people in from a server.
    Private,
    /// Signs people in from a browser or a device.
    Public,
}

impl Kind {
    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Private => "private",
            Self::Public => "public",
        }
    }
}

impl From<Kind> for Application {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Machine => Self::Machine,
            Kind::Private => Self::Private,
            Kind::Public => Self::Public,
        }
    }
}
