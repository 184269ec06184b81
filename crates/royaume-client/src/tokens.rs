//! The tokens of one grant, as an application keeps them.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use royaume_protocol::{IdTokenClaims, Scope, Secret, TokenResponse};
use serde::{Deserialize, Serialize, Serializer};

/// Tokens, when they were received, and what they are good for. Serialised in clear: keep them where secrets are kept.
#[derive(Clone, Serialize, Deserialize)]
pub struct TokenSet {
    /// The access token.
    #[serde(serialize_with = "in_clear")]
    pub access_token: Secret,
    /// Dead after, if the server said so: its `expires_in`, counted from when it was received.
    pub expires_at: Option<Timestamp>,
    /// What it is good for, if the server said so.
    pub scope: Option<Scope>,
    /// The refresh token.
    #[serde(default, serialize_with = "maybe_in_clear")]
    pub refresh_token: Option<Secret>,
    /// The id token as it came, for logout.
    #[serde(default, serialize_with = "maybe_in_clear")]
    pub id_token: Option<Secret>,
    /// What the id token says, once it has been believed.
    #[serde(default)]
    pub claims: Option<IdTokenClaims>,
}

impl TokenSet {
    /// What came, at that moment.
    pub fn received(response: TokenResponse, now: Timestamp) -> Self {
        Self {
            expires_at: response.lifetime().and_then(|lifetime| now.checked_add(lifetime).ok()),
            access_token: Secret::from(response.access_token),
            scope: response.scope,
            refresh_token: response.refresh_token.map(Secret::from),
            id_token: response.id_token.map(Secret::from),
            claims: None,
        }
    }

    /// How long before its end a token of that life is renewed: a fifth of it, a minute at most, so that short lives work
    /// too.
    pub(crate) fn margin(life: Duration) -> Duration {
        (life / 5).min(Duration::from_secs(60))
    }

    /// The tokens after a refresh: what was not sent again stays (RFC 6749 §6).
    #[must_use]
    pub(crate) fn refreshed(self, response: TokenResponse, now: Timestamp) -> Self {
        let new = Self::received(response, now);
        Self {
            refresh_token: new.refresh_token.or(self.refresh_token),
            id_token: new.id_token.or(self.id_token),
            scope: new.scope.or(self.scope),
            claims: self.claims,
            ..new
        }
    }
}

impl fmt::Debug for TokenSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSet")
            .field("expires_at", &self.expires_at)
            .field("scope", &self.scope)
            .field("refresh_token", &self.refresh_token.is_some())
            .field("id_token", &self.id_token.is_some())
            .finish_non_exhaustive()
    }
}

pub(crate) fn in_clear<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose())
}

pub(crate) fn maybe_in_clear<S: Serializer>(
    secret: &Option<Secret>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => serializer.serialize_some(secret.expose()),
        None => serializer.serialize_none(),
    }
}
