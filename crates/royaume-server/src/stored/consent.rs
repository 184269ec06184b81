//! Consents: what a person has allowed an application to see, remembered.

use jiff::Timestamp;
use royaume_protocol::Scope;
use royaume_store::{Kind, RealmName, RowId};
use serde::{Deserialize, Serialize};

use super::Storable;

/// Kept for thirteen months after it was last given, then asked again.
pub(crate) const KEPT_SECONDS: u64 = 395 * 24 * 3600;

/// One person, one client, the scopes allowed so far.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Consent {
    /// Everything allowed, over time.
    pub(crate) scope: Scope,
    /// Claims that no scope of these releases, allowed by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) claims: Vec<String>,
    /// When it was last given.
    pub(crate) given_at: Timestamp,
}

impl Storable for Consent {
    const KIND: Kind = Kind::new("consent");
}

/// Where the consent of `subject` for `client_id` lies. A subject never holds a zero byte.
pub(crate) fn id(realm: &RealmName, subject: &str, client_id: &str) -> RowId {
    let key = royaume_jose::sha256(format!("{subject}\0{client_id}").as_bytes());
    RowId::new(realm, Consent::KIND, key)
}
