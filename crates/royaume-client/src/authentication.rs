//! Client authentication as a value (RFC 6749 §2.3): one method, never two.

use jiff::Timestamp;
use royaume_jose::{Entropy, SigningKey, jws};
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
    /// An assertion signed with the application's own key (RFC 7523 §2.2). It is good once: each request needs its own.
    Assertion {
        /// The application.
        client_id: String,
        /// What proves it.
        assertion: Secret,
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

    /// An assertion for that audience, made now with the application's key: the issuer of the provider is what every
    /// server takes. It is good for a minute and for one request.
    pub fn private_key_jwt(
        client_id: impl Into<String>,
        key: &SigningKey,
        audience: &str,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Self {
        let client_id = client_id.into();
        let claims = ClientAssertion::new(&client_id, audience, now, entropy);
        let assertion = Secret::from(jws::sign(key, Some(client_assertion::TYP), &claims));
        Self::Assertion { client_id, assertion }
    }

    /// A public application.
    pub fn none(client_id: impl Into<String>) -> Self {
        Self::None { client_id: client_id.into() }
    }

    /// The application.
    pub fn client_id(&self) -> &str {
        match self {
            Self::Post { client_id, .. }
            | Self::Basic { client_id, .. }
            | Self::Assertion { client_id, .. }
            | Self::None { client_id } => client_id,
        }
    }

    /// Every text that a server could repeat and nobody may see.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Post { secret, .. } | Self::Assertion { assertion: secret, .. } => vec![secret.clone()],
            Self::Basic { secret, .. } => std::iter::once(secret.clone()).chain(self.header()).collect(),
            Self::None { .. } => Vec::new(),
        }
    }

    /// What goes into the body.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Post { client_id, secret } => {
                vec![("client_id", client_id.clone()), ("client_secret", secret.expose().to_owned())]
            }
            Self::Basic { .. } => Vec::new(),
            Self::Assertion { client_id, assertion } => vec![
                ("client_id", client_id.clone()),
                ("client_assertion_type", client_assertion::TYPE.to_owned()),
                ("client_assertion", assertion.expose().to_owned()),
            ],
            Self::None { client_id } => vec![("client_id", client_id.clone())],
        }
    }

    /// What goes into the header.
    pub(crate) fn header(&self) -> Option<Secret> {
        match self {
            Self::Basic { client_id, secret } => {
                Some(BasicCredentials { client_id: client_id.clone(), secret: secret.clone() }.header())
            }
            Self::Post { .. } | Self::Assertion { .. } | Self::None { .. } => None,
        }
    }
}
