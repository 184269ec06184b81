//! Refresh tokens (RFC 6749 §6): one row per generation, all of one family.

use jiff::Timestamp;
use royaume_protocol::Scope;
use royaume_store::Kind;
use serde::{Deserialize, Serialize};

use super::Storable;
use super::asked_claims::AskedClaims;

/// What a refresh token stands for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    pub(crate) client_id: String,
    pub(crate) subject: String,
    /// What the person granted: a refresh may ask for less, never for more.
    pub(crate) scope: Scope,
    pub(crate) auth_time: Timestamp,
    /// The credential that it was done with: [`Account::credential`](super::account::Account::credential).
    pub(crate) credential: u32,
    pub(crate) amr: Vec<String>,
    pub(crate) sid: String,
    /// Claims that were asked for by name.
    #[serde(default, skip_serializing_if = "AskedClaims::is_empty")]
    pub(crate) asked: AskedClaims,
    /// 1 for the first, one more at each rotation.
    pub(crate) generation: u64,
    /// This generation is dead after.
    pub(crate) expires_at: Timestamp,
    /// The whole family is dead after, however often it is renewed.
    pub(crate) ends_at: Timestamp,
}

impl Storable for RefreshToken {
    const KIND: Kind = Kind::new("refresh-token");
}
