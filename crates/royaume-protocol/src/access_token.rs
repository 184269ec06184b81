//! JWT access tokens (RFC 9068).

use serde::{Deserialize, Serialize};

use crate::Scope;

/// The type in the header (§2.1).
pub const TYP: &str = "at+jwt";

/// The claims (§2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// Whom it speaks for: a person, or the client itself.
    pub sub: String,
    /// Whom it is for.
    pub aud: String,
    /// Who may present it.
    pub client_id: String,
    /// What it is good for (§2.2.3).
    pub scope: Scope,
    /// Issued at, in seconds since 1970.
    pub iat: i64,
    /// Dead after, in seconds since 1970.
    pub exp: i64,
    /// Its own name.
    pub jti: String,
    /// The session it came from, when a person granted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}
