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
    /// The session that it ends with, when a person granted it who did not allow it to go on in their absence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
    /// The person's credential behind it: [`Account::credential`](super::account::Account::credential).
    #[serde(default)]
    pub(crate) credential: u32,
    /// Claims that were asked for by name.
    #[serde(default, skip_serializing_if = "AskedClaims::is_empty")]
    pub(crate) asked: AskedClaims,
}

impl AccessToken {
    /// A person granted it? Else the client speaks for itself, and no client is called as a person is.
    pub(crate) fn is_of_person(&self) -> bool {
        self.subject != self.client_id
    }
}

impl Storable for AccessToken {
    const KIND: Kind = Kind::new("access-token");
}
