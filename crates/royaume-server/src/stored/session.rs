//! Sessions: somebody is signed in to one realm in one browser.

use std::time::Duration;

use jiff::Timestamp;
use royaume_store::{Family, Kind};
use serde::{Deserialize, Serialize};

use super::Storable;

/// A signed-in person in a browser. Its row id comes from the cookie's handle; its family ends at logout, and with
/// it every token that was obtained through it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Whose.
    pub(crate) subject: String,
    /// When the person last proved who they are (OIDC Core §2 `auth_time`).
    pub(crate) auth_time: Timestamp,
    /// How (RFC 8176).
    pub(crate) amr: Vec<String>,
    /// The session's own name, hexadecimal: `sid` of OpenID Connect, and the family of its row.
    pub(crate) sid: String,
    /// Never usable after this.
    pub(crate) ends_at: Timestamp,
}

impl Storable for Session {
    const KIND: Kind = Kind::new("session");
}

impl Session {
    /// Usable now?
    pub(crate) fn live_at(&self, now: Timestamp) -> bool {
        now < self.ends_at
    }

    /// Is the proof recent enough for `max_age` (OIDC Core §3.1.2.1)?
    pub(crate) fn fresh_enough(&self, max_age: Option<Duration>, now: Timestamp) -> bool {
        max_age.is_none_or(|age| now.duration_since(self.auth_time).unsigned_abs() <= age)
    }

    /// The family named by `sid`.
    pub(crate) fn family(&self) -> Option<Family> {
        self.sid.parse().ok()
    }
}
