//! Clients: applications known to a realm (RFC 6749 §2).

use jiff::Timestamp;
use royaume_jose::{MacKey, base64url, constant_time_eq};
use royaume_protocol::{ClientAuthenticationMethod, GrantType, RedirectUri, Scope};
use royaume_store::{Kind, RealmName, RowId};
use serde::{Deserialize, Serialize};

use super::{Named, Storable};

/// What kind of application it is: whether it can keep a secret, and whom it speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Application {
    /// Speaks for itself: client credentials (RFC 6749 §4.4).
    Machine,
    /// Signs people in from a server that keeps a secret (confidential, RFC 6749 §2.1).
    Private,
    /// Signs people in from a browser or a device, where nothing stays secret (public, RFC 6749 §2.1).
    Public,
}

impl Application {
    /// The word used in configuration and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Private => "private",
            Self::Public => "public",
        }
    }

    /// The grants it has unless told otherwise.
    pub fn usual_grants(self) -> Vec<GrantType> {
        match self {
            Self::Machine => vec![GrantType::ClientCredentials],
            Self::Private | Self::Public => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        }
    }
}

/// A secret's keyed digest: the secret has 256 bits of chance, so a fast digest is enough, and a stolen database
/// without the server key is of no use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretDigest {
    digest: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl SecretDigest {
    /// The digest of a generated secret.
    pub fn of(secret: &str, key: &MacKey, created_at: Timestamp) -> Self {
        Self { digest: base64url::encode(&key.mac(&[b"client-secret", secret.as_bytes()])), created_at }
    }
}

/// An application of one realm.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    /// RFC 6749 §2.2.
    pub client_id: String,
    /// What people are told it is called.
    pub name: String,
    /// Machine, private or public.
    pub application: Application,
    /// Digests of the secrets that are valid now: at most two, so that one can be replaced without a gap.
    #[serde(default)]
    pub secrets: Vec<SecretDigest>,
    /// How it may authenticate. Empty for a public client, which does not.
    #[serde(default)]
    pub authentication: Vec<ClientAuthenticationMethod>,
    /// Where answers may be sent (RFC 6749 §3.1.2.2).
    #[serde(default)]
    pub redirect_uris: Vec<RedirectUri>,
    /// Where people may be sent after logout (RP-Initiated Logout 1.0 §3).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// What it may ask for at the token endpoint.
    pub grants: Vec<GrantType>,
    /// The widest scope it may be given.
    pub scope: Scope,
    /// It may introspect tokens of other clients of its realm: it guards an API (RFC 7662 §2.1).
    #[serde(default)]
    pub introspects_all: bool,
    /// Refused everywhere while true.
    #[serde(default)]
    pub disabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
}

impl Storable for Client {
    const KIND: Kind = Kind::new("client");
}

impl Named for Client {}

impl Client {
    /// Where the client of that id lies.
    pub fn id(realm: &RealmName, client_id: &str) -> RowId {
        <Self as Named>::id(realm, client_id)
    }

    /// Can it keep a secret?
    pub fn confidential(&self) -> bool {
        self.application != Application::Public
    }

    /// Is this one of its secrets? Takes the same time whatever the answer.
    pub fn has_secret(&self, secret: &str, key: &MacKey) -> bool {
        let presented = base64url::encode(&key.mac(&[b"client-secret", secret.as_bytes()]));
        self.secrets
            .iter()
            .fold(false, |found, kept| found | constant_time_eq(kept.digest.as_bytes(), presented.as_bytes()))
    }

    /// May it use that grant?
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// Is that one of its redirect URIs (RFC 9700 §2.1: exact, loopback ports aside)?
    pub fn redirects_to(&self, asked: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered.matches(asked))
    }

    /// May people be sent there after logout?
    pub fn logs_out_to(&self, asked: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|registered| registered.matches(asked))
    }
}
