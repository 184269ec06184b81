//! Clients: applications known to a realm (RFC 6749 §2).

use jiff::Timestamp;
use royaume_jose::{Algorithm, Entropy, JwkSet, MacKey, ServerKey, base64url, constant_time_eq};
use royaume_protocol::{
    ApplicationType, ClientAuthenticationMethod, GrantType, RedirectUri, ResponseType, Scope, Secret,
    SubjectType,
};
use royaume_store::{Kind, RealmName, RowId};
use serde::{Deserialize, Serialize};

use super::encryption::Encryption;
use super::{Named, Storable};
use crate::refusal::Fault;

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
    /// The secret itself, sealed under the server key, for a client whose secret is the key of a MAC
    /// (`client_secret_jwt`, OIDC Core §9): a digest computes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
}

impl SecretDigest {
    /// The digest of a generated secret.
    pub fn of(secret: &str, key: &MacKey, created_at: Timestamp) -> Self {
        let digest = base64url::encode(&key.mac(&[b"client-secret", secret.as_bytes()]));
        Self { digest, created_at, sealed: None }
    }

    /// Keeps the secret itself beside its digest, for that client of that realm alone.
    #[must_use]
    pub fn with_secret(
        self,
        secret: &Secret,
        realm: &RealmName,
        client_id: &str,
        server_key: &ServerKey,
        entropy: &dyn Entropy,
    ) -> Self {
        let sealed = server_key.seal(&sealing(realm, client_id), secret.expose().as_bytes(), entropy);
        Self { sealed: Some(base64url::encode(&sealed)), ..self }
    }

    /// Forgets the secret itself.
    pub(crate) fn forget_secret(&mut self) {
        self.sealed = None;
    }

    /// Can the secret itself be had?
    pub(crate) fn has_secret(&self) -> bool {
        self.sealed.is_some()
    }
}

/// The context of a sealed secret: one that is moved to another client or realm does not open there.
fn sealing(realm: &RealmName, client_id: &str) -> String {
    format!("client secret\0{realm}\0{client_id}")
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
    /// Where it runs.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// What the authorization endpoint may answer it with.
    #[serde(default = "only_code")]
    pub response_types: Vec<ResponseType>,
    /// Its public keys, or where they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<ClientKeys>,
    /// What people are shown of it.
    #[serde(default)]
    pub presentation: Presentation,
    /// What it is told of people, and in which form.
    #[serde(default)]
    pub answers: Answers,
    /// What it asks for, and in which form.
    #[serde(default)]
    pub requests: Requests,
    /// How it learns of a logout.
    #[serde(default)]
    pub logout: LogoutNotices,
    /// Which software it is (RFC 7591 §2).
    #[serde(default)]
    pub software: Software,
    /// It registered itself: nobody has verified what it says of itself, and people are asked before they are sent there.
    #[serde(default)]
    pub self_registered: bool,
    /// How it manages its own registration, when it may (RFC 7592).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// It ends then, unless a person has said yes to it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_until: Option<Timestamp>,
}

fn only_code() -> Vec<ResponseType> {
    vec![ResponseType::Code]
}

/// The public keys of a client (RFC 7591 §2): by value or by reference, never both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKeys {
    /// `jwks`.
    Jwks(JwkSet),
    /// `jwks_uri`.
    JwksUri(String),
}

/// Which software a client is, whichever copy of it (RFC 7591 §2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Software {
    /// `software_id`.
    pub id: Option<String>,
    /// `software_version`.
    pub version: Option<String>,
}

/// How a client manages its own registration (RFC 7592 §1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Management {
    /// The keyed digest of its registration access token.
    pub token: String,
    /// It was registered with an initial access token: an operator knew of it.
    pub invited: bool,
}

/// What people are shown of a client (RFC 7591 §2). Addresses are https.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Presentation {
    /// A page about it.
    pub client_uri: Option<String>,
    /// Its picture.
    pub logo_uri: Option<String>,
    /// What it does with what it learns.
    pub policy_uri: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// How to reach its people.
    pub contacts: Vec<String>,
}

/// What a client is told of people, and in which form (OIDC Registration §2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    /// The algorithm of its id tokens; the realm's when absent.
    pub id_token_signed_response_alg: Option<Algorithm>,
    /// The algorithm of its userinfo; plain JSON when absent.
    pub userinfo_signed_response_alg: Option<Algorithm>,
    /// How its id tokens are encrypted once they are signed; not at all when absent.
    pub id_token_encrypted_response: Option<Encryption>,
    /// How its userinfo is encrypted, signed or not; not at all when absent.
    pub userinfo_encrypted_response: Option<Encryption>,
    /// Which `sub` it is told.
    pub subject_type: SubjectType,
    /// Where all its redirect URIs are listed; their host names the sector.
    pub sector_identifier_uri: Option<String>,
    /// Its id tokens always say when the person signed in.
    pub require_auth_time: bool,
}

/// What a client asks for, and in which form (OIDC Registration §2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Requests {
    /// The algorithm of its request objects; any that is supported when absent.
    pub request_object_signing_alg: Option<String>,
    /// Where its request objects may be fetched.
    pub request_uris: Vec<String>,
    /// The algorithm of its assertions; any that is supported when absent.
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// `max_age` unless the request has one. Seconds.
    pub default_max_age: Option<u32>,
    /// `acr_values` unless the request has some.
    pub default_acr_values: Vec<String>,
    /// Where others send people who are to sign in to it (OIDC Core §4).
    pub initiate_login_uri: Option<String>,
}

/// How a client learns of a logout (Back-Channel Logout 1.0 §2.2, Front-Channel Logout 1.0 §2).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LogoutNotices {
    /// Where the server posts a logout token.
    pub backchannel_uri: Option<String>,
    /// The token must name the session.
    pub backchannel_session_required: bool,
    /// What the person's browser loads.
    pub frontchannel_uri: Option<String>,
    /// Its address must name issuer and session.
    pub frontchannel_session_required: bool,
}

impl LogoutNotices {
    /// Does it want word of a logout at all?
    pub(crate) fn any(&self) -> bool {
        self.backchannel_uri.is_some() || self.frontchannel_uri.is_some()
    }
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

    /// Its secrets themselves, the newest first, for the MAC of an assertion (OIDC Core §9). None unless it is registered
    /// for `client_secret_jwt`.
    ///
    /// # Errors
    /// [`Fault`] when one does not open: it was sealed under another server key.
    pub fn secrets_for_mac(&self, realm: &RealmName, server_key: &ServerKey) -> Result<Vec<Secret>, Fault> {
        let unusable = |reason: &str| Fault::Corrupt { kind: "client secret", reason: reason.to_owned() };
        let context = sealing(realm, &self.client_id);
        let sealed = self.secrets.iter().filter_map(|kept| kept.sealed.as_deref());
        sealed
            .map(|sealed| {
                let sealed = base64url::decode(sealed).map_err(|_| unusable("the stored form is damaged"))?;
                let opened = server_key.open(&context, &sealed);
                let opened = opened.map_err(|_| unusable("the server key does not open it"))?;
                let text = std::str::from_utf8(&opened).map_err(|_| unusable("it is no text"))?;
                Ok(Secret::from(text.to_owned()))
            })
            .collect()
    }

    /// The same in the place of `before`: what metadata does not decide stays as it was.
    #[must_use]
    pub(crate) fn replacing(self, before: &Self) -> Self {
        Self {
            secrets: before.secrets.clone(),
            introspects_all: before.introspects_all,
            disabled: before.disabled,
            created_at: before.created_at,
            self_registered: before.self_registered,
            management: before.management.clone(),
            unused_until: before.unused_until,
            ..self
        }
    }

    /// Does it authenticate in that way?
    pub fn authenticates_with(&self, method: ClientAuthenticationMethod) -> bool {
        self.authentication.contains(&method)
    }

    /// Has it ended by itself, since nobody used it?
    pub(crate) fn is_forgotten(&self, now: Timestamp) -> bool {
        self.unused_until.is_some_and(|until| until <= now)
    }

    /// May it use that grant?
    pub fn may_use(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// Is that one of its redirect URIs (RFC 9700 §2.1: exact, loopback ports aside)?
    pub fn redirects_to(&self, asked: &str) -> bool {
        self.redirect_uris.iter().any(|registered| registered.matches(asked))
    }

    /// The sector within which people have one subject for it (OIDC Core §8.1): the host of its sector document, or that
    /// of its redirect URIs. Without either it is a sector of its own; so it is where its redirect URIs have several
    /// hosts, or one that every device has.
    pub(crate) fn sector(&self) -> String {
        let own = || format!("client {}", self.client_id);
        if let Some(uri) = &self.answers.sector_identifier_uri {
            return RedirectUri::host_of(uri).unwrap_or_else(own);
        }
        let mut hosts = self
            .redirect_uris
            .iter()
            .map(|uri| RedirectUri::host_of(uri.as_str()).filter(|_| uri.as_str().starts_with("https://")));
        match hosts.next().flatten() {
            Some(first) if hosts.all(|host| host.as_ref() == Some(&first)) => first,
            Some(_) | None => own(),
        }
    }

    /// May people be sent there after logout?
    pub fn logs_out_to(&self, asked: &str) -> bool {
        self.post_logout_redirect_uris.iter().any(|registered| registered.matches(asked))
    }
}
