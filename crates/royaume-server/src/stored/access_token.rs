//! Opaque access tokens: a row each (JWT access tokens need none).

use jiff::Timestamp;
use royaume_protocol::Scope;
use royaume_store::Kind;
use serde::{Deserialize, Serialize};

use super::Storable;
use super::asked_claims::AskedClaims;

/// What an access token stands for, opaque or not.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    pub(crate) client_id: String,
    /// The person, or the client itself when no person is involved.
    pub(crate) subject: String,
    pub(crate) scope: Scope,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// Present when a person granted it: the session it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
    /// The person's credential behind it: [`Account::credential`](super::account::Account::credential).
    #[serde(default)]
    pub(crate) credential: u32,
    /// Claims that were asked for by name.
    #[serde(default, skip_serializing_if = "AskedClaims::is_empty")]
    pub(crate) asked: AskedClaims,
}

impl Storable for AccessToken {
    const KIND: Kind = Kind::new("access-token");
}
