//! Client authentication as a value (RFC 6749 §2.3, OIDC Core §9): one method, never two.

use std::sync::Arc;

use jiff::Timestamp;
use royaume_jose::jws::{self, HmacKey, MacAlgorithm};
use royaume_jose::{Entropy, KeyError, SigningKey};
use royaume_protocol::{BasicCredentials, ClientAssertion, Secret, client_assertion};

/// Who the application is, and how it proves it.
#[derive(Debug, Clone)]
pub enum ClientAuthentication {
    /// Id and secret in the body: what France Travail takes.
    Post {
        /// The application.
        client_id: String,
        /// What proves it.
        secret: Secret,
    },
    /// Id and secret in the `Authorization` header.
    Basic {
        /// The application.
        client_id: String,
        /// What proves it.
        secret: Secret,
    },
    /// An assertion signed with the application's own key, made anew for each request (RFC 7523 §2.2, OIDC Core §9).
    PrivateKeyJwt {
        /// The application.
        client_id: String,
        /// What proves it. Its public part is registered with the provider.
        key: SigningKey,
        /// For whom assertions are made, if not for the issuer.
        audience: Option<String>,
    },
    /// An assertion under a MAC with the secret, made anew for each request: the secret itself is never sent (OIDC Core
    /// §9).
    ClientSecretJwt {
        /// The application.
        client_id: String,
        /// What proves it.
        key: Arc<HmacKey>,
        /// For whom assertions are made, if not for the issuer.
        audience: Option<String>,
    },
    /// A public application, which only says its name.
    None {
        /// The application.
        client_id: String,
    },
}

impl ClientAuthentication {
    /// Id and secret in the body.
    pub fn post(client_id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self::Post { client_id: client_id.into(), secret: secret.into() }
    }

    /// Id and secret in the header.
    pub fn basic(client_id: impl Into<String>, secret: impl Into<Secret>) -> Self {
        Self::Basic { client_id: client_id.into(), secret: secret.into() }
    }

    /// Assertions signed with that key.
    pub fn private_key_jwt(client_id: impl Into<String>, key: SigningKey) -> Self {
        Self::PrivateKeyJwt { client_id: client_id.into(), key, audience: None }
    }

    /// Assertions under a MAC with that secret: HS256.
    ///
    /// # Errors
    /// [`KeyError::SecretSize`] when it has fewer than 32 bytes (RFC 7518 §3.2).
    pub fn client_secret_jwt(
        client_id: impl Into<String>,
        secret: impl Into<Secret>,
    ) -> Result<Self, KeyError> {
        let key = HmacKey::from_secret(MacAlgorithm::Hs256, secret.into().expose().as_bytes())?;
        Ok(Self::ClientSecretJwt { client_id: client_id.into(), key: Arc::new(key), audience: None })
    }

    /// A public application.
    pub fn none(client_id: impl Into<String>) -> Self {
        Self::None { client_id: client_id.into() }
    }

    /// The same, its assertions made for that audience: some servers insist on the address of their token endpoint. The
    /// issuer is what every newer one takes. Methods without assertions stay as they are.
    #[must_use]
    pub fn for_audience(mut self, meant: impl Into<String>) -> Self {
        match &mut self {
            Self::PrivateKeyJwt { audience, .. } | Self::ClientSecretJwt { audience, .. } => {
                *audience = Some(meant.into());
            }
            Self::Post { .. } | Self::Basic { .. } | Self::None { .. } => {}
        }
        self
    }

    /// The application.
    pub fn client_id(&self) -> &str {
        match self {
            Self::Post { client_id, .. }
            | Self::Basic { client_id, .. }
            | Self::PrivateKeyJwt { client_id, .. }
            | Self::ClientSecretJwt { client_id, .. }
            | Self::None { client_id } => client_id,
        }
    }

    /// What proves it to that issuer in one request. An assertion is good for a minute and once, so each request, a
    /// repeated one included, needs another proof.
    pub fn proof(&self, issuer: &str, now: Timestamp, entropy: &dyn Entropy) -> Proof {
        let named = |client_id: &String| ("client_id", Secret::from(client_id.as_str()));
        let asserted = |client_id: &String, audience: &Option<String>, sign: &dyn Fn(&_) -> String| {
            let audience = audience.as_deref().unwrap_or(issuer);
            let assertion = sign(&ClientAssertion::new(client_id, audience, now, entropy));
            let kind = ("client_assertion_type", Secret::from(client_assertion::TYPE));
            vec![named(client_id), kind, (ASSERTION, Secret::from(assertion))]
        };
        let typ = Some(client_assertion::TYP);
        let (pairs, header) = match self {
            Self::Post { client_id, secret } => (vec![named(client_id), (SECRET, secret.clone())], None),
            Self::Basic { client_id, secret } => {
                let credentials = BasicCredentials { client_id: client_id.clone(), secret: secret.clone() };
                (Vec::new(), Some((credentials.header(), secret.clone())))
            }
            Self::PrivateKeyJwt { client_id, key, audience } => {
                (asserted(client_id, audience, &|claims| jws::sign(key, typ, claims)), None)
            }
            Self::ClientSecretJwt { client_id, key, audience } => {
                (asserted(client_id, audience, &|claims| jws::sign_mac(key, typ, claims)), None)
            }
            Self::None { client_id } => (vec![named(client_id)], None),
        };
        Proof { pairs, header }
    }
}

const SECRET: &str = "client_secret";
const ASSERTION: &str = "client_assertion";

/// What an application proves itself with in one request.
#[derive(Debug)]
pub struct Proof {
    pairs: Vec<(&'static str, Secret)>,
    /// The value of the header, and the secret in it.
    header: Option<(Secret, Secret)>,
}

impl Proof {
    /// What goes into the body.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'static str, String)> {
        self.pairs.iter().map(|(name, value)| (*name, value.expose().to_owned()))
    }

    /// What goes into the header.
    pub(crate) fn header(&self) -> Option<&Secret> {
        self.header.as_ref().map(|(header, _)| header)
    }

    /// Every text that a server could repeat and nobody may see.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let sent = self.pairs.iter().filter(|(name, _)| [SECRET, ASSERTION].contains(name));
        let header = self.header.iter().flat_map(|(header, secret)| {
            // What stands behind the name of the scheme is the secret.
            [header.expose().rsplit(' ').next().unwrap_or_default(), secret.expose()]
        });
        sent.map(|(_, value)| value.expose()).chain(header).collect()
    }
}
