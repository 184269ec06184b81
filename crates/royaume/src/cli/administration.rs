//! The command line of administration: realms, applications, people and keys of a server.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Kind;

/// Whose data.
#[derive(Debug, Args)]
pub(crate) struct Data {
    /// Data directory of a rehearsal [default: the user's data directory, royaume/dev].
    #[arg(long, conflicts_with = "config")]
    pub(crate) data: Option<PathBuf>,
    /// Configuration file of a server.
    #[arg(long)]
    pub(crate) config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RealmCommand {
    /// Every realm, in a line each.
    List(Data),
    /// One realm, in full.
    Show {
        /// Its name.
        realm: String,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Register an application. Its secret is printed once.
    Add {
        /// The realm.
        #[arg(long)]
        realm: String,
        /// Its kind.
        #[arg(long, value_enum)]
        kind: Kind,
        /// What people are told it is called; client_name of --metadata when absent.
        #[arg(long, required_unless_present = "metadata", default_value = "", hide_default_value = true)]
        name: String,
        /// Its client_id; made up when absent.
        #[arg(long, allow_hyphen_values = true)]
        client_id: Option<String>,
        /// Where people come back to; may be repeated.
        #[arg(long = "redirect-uri")]
        redirect_uris: Vec<String>,
        /// Where people may go after signing out; may be repeated.
        #[arg(long = "post-logout-redirect-uri")]
        post_logout_redirect_uris: Vec<String>,
        /// The widest scope it may be given; everything the realm has when absent.
        #[arg(long)]
        scope: Option<String>,
        /// It guards an API, and may introspect every token of the realm.
        #[arg(long)]
        introspects_all: bool,
        /// A file with what it says of itself, as JSON with the member names of RFC 7591; - is standard input. Where a flag
        /// says the same, the flag holds.
        #[arg(long, value_name = "FILE")]
        metadata: Option<PathBuf>,
        #[command(flatten)]
        data: Data,
    },
    /// Replace all that an application says of itself. Its secret stays while it still needs one; a new one is printed once.
    ///
    /// What the file does not say has its default again: begin with the member metadata of `royaume client show --json`.
    Update {
        #[command(flatten)]
        client: OneClient,
        /// A file as RFC 7591 has it, in JSON; - is standard input.
        #[arg(long, value_name = "FILE")]
        metadata: PathBuf,
    },
    /// Let somebody register applications of their own: prints an initial access token, once.
    ///
    /// It is presented as a bearer at the registration endpoint (RFC 7591 §3). The realm's topology says whether clients may
    /// register with one (registration = "initial_access_token"), without any ("open"), or not at all ("closed").
    RegistrationToken {
        /// The realm.
        #[arg(long)]
        realm: String,
        /// How many applications it registers.
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// Seconds until it ends.
        #[arg(long, default_value_t = 24 * 3600, value_name = "SECONDS")]
        expires_in: u64,
        #[command(flatten)]
        data: Data,
    },
    /// Every application of a realm.
    List {
        /// The realm.
        #[arg(long)]
        realm: String,
        #[command(flatten)]
        data: Data,
    },
    /// One application.
    Show(OneClient),
    /// Make a new secret; the last one stays valid until the next rotation.
    RotateSecret {
        #[command(flatten)]
        client: OneClient,
        /// End the old secrets at once.
        #[arg(long)]
        only: bool,
    },
    /// Refuse an application from now on.
    Disable {
        #[command(flatten)]
        client: OneClient,
        /// Allow it again.
        #[arg(long)]
        undo: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OneClient {
    /// The realm.
    #[arg(long)]
    pub(crate) realm: String,
    /// Its client_id.
    #[arg(allow_hyphen_values = true)]
    pub(crate) client_id: String,
    #[command(flatten)]
    pub(crate) data: Data,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Add a person. The password is asked for, or read from standard input.
    Add {
        #[command(flatten)]
        account: OneAccount,
        /// What userinfo may say, as JSON, such as '{"given_name":"Camille"}'.
        #[arg(long, default_value = "{}")]
        claims: String,
    },
    /// Every person of a realm.
    List {
        /// The realm.
        #[arg(long)]
        realm: String,
        #[command(flatten)]
        data: Data,
    },
    /// Refuse a person from now on.
    Disable {
        #[command(flatten)]
        account: OneAccount,
        /// Allow them again.
        #[arg(long)]
        undo: bool,
    },
    /// Give a person a new password: sessions and tokens from before are dead.
    SetPassword(OneAccount),
}

#[derive(Debug, Args)]
pub(crate) struct OneAccount {
    /// The realm.
    #[arg(long)]
    pub(crate) realm: String,
    /// The user name.
    pub(crate) username: String,
    #[command(flatten)]
    pub(crate) data: Data,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// The signing keys of a realm: announced, signing, published, kept for hints, revoked.
    ///
    /// A server rotates keys by itself, as key_rotation_seconds and key_publication_seconds of the realm say.
    List {
        /// The realm.
        #[arg(long)]
        realm: String,
        #[command(flatten)]
        data: Data,
    },
    /// Publish a new signing key; it takes over once verifiers have met it.
    Rotate {
        /// The realm.
        #[arg(long)]
        realm: String,
        /// RS256, ES256 or EdDSA.
        #[arg(long, default_value = "RS256")]
        algorithm: String,
        /// Seconds between publishing and signing: more than the 300 for which whoever verifies may keep the old set
        /// [default: key_publication_seconds of the realm]. Zero is for emergencies; see also `royaume key revoke`.
        #[arg(long)]
        publish_seconds: Option<u64>,
        #[command(flatten)]
        data: Data,
    },
    /// Withdraw a signing key at once: for one that somebody else may have.
    ///
    /// From its next request on, every server refuses what the key has signed: access tokens in JWT form and hints. The
    /// key is no longer published, its private part is destroyed, and another one signs. What is not signed lives on:
    /// sessions, refresh tokens and opaque access tokens; to end those, disable the client or the account.
    ///
    /// APIs that verify tokens by themselves may keep the published keys for 300 seconds, and those that cache for
    /// longer, for longer: they believe the revoked key until then, unless they are restarted.
    Revoke {
        /// The realm.
        #[arg(long)]
        realm: String,
        /// The key, as `royaume key list` names it.
        #[arg(allow_hyphen_values = true)]
        kid: String,
        #[command(flatten)]
        data: Data,
    },
    /// Make a server key, in a new file that only its owner can read.
    NewServerKey {
        /// The file.
        file: PathBuf,
    },
}
