//! Authorization codes (RFC 6749 §4.1.2): what was granted, waiting to be redeemed once.

use jiff::Timestamp;
use royaume_protocol::{CodeChallenge, Scope};
use royaume_store::Kind;
use serde::{Deserialize, Serialize};

use super::Storable;
use super::asked_claims::AskedClaims;

/// What a code stands for. The code itself is not here: only its digest is the row's id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub(crate) client_id: String,
    /// As it was sent, to be compared at redemption (RFC 6749 §4.1.3).
    pub(crate) redirect_uri: String,
    pub(crate) subject: String,
    pub(crate) scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) auth_time: Timestamp,
    /// The credential that it was done with: [`Account::credential`](super::account::Account::credential).
    pub(crate) credential: u32,
    pub(crate) amr: Vec<String>,
    /// The session it came from.
    pub(crate) sid: String,
    /// Claims that were asked for by name.
    #[serde(default, skip_serializing_if = "AskedClaims::is_empty")]
    pub(crate) asked: AskedClaims,
    pub(crate) expires_at: Timestamp,
}

impl Storable for Code {
    const KIND: Kind = Kind::new("code");
}
