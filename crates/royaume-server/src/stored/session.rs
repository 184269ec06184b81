//! Sessions: somebody is signed in to one realm in one browser.

use std::time::Duration;

use jiff::Timestamp;
use royaume_store::{Family, Kind, Row, RowId};
use serde::{Deserialize, Serialize};

use super::{Storable, expiring};

/// A signed-in person in a browser. Its row id comes from the cookie's handle; its family ends at logout, and with
/// it every token that was obtained through it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Whose.
    pub(crate) subject: String,
    /// When the person last proved who they are (OIDC Core §2 `auth_time`).
    pub(crate) auth_time: Timestamp,
    /// The credential that it was done with: [`Account::credential`](super::account::Account::credential).
    pub(crate) credential: u32,
    /// How (RFC 8176).
    pub(crate) amr: Vec<String>,
    /// The session's own name, hexadecimal: `sid` of OpenID Connect, and the family of its row.
    pub(crate) sid: String,
    /// When it last answered an application, give or take an eighth of the time that it may lie idle.
    pub(crate) used_at: Timestamp,
    /// Never usable after this.
    pub(crate) ends_at: Timestamp,
}

impl Storable for Session {
    const KIND: Kind = Kind::new("session");
}

impl Session {
    /// Usable now, if it may lie idle for that long (OWASP ASVS 7.3.1, 7.3.2)?
    pub(crate) fn live_at(&self, now: Timestamp, idle: Duration) -> bool {
        now < self.ends_at && now < later(self.used_at, idle)
    }

    /// Is its use worth a write? Noting each would make every request of a busy browser wait for the others.
    pub(crate) fn use_is_news(&self, now: Timestamp, idle: Duration) -> bool {
        now >= later(self.used_at, idle / 8)
    }

    /// Its row.
    pub(crate) fn row(&self, id: RowId) -> Row {
        Row { family: self.family(), ..expiring(id, self, self.ends_at) }
    }

    /// Is the proof recent enough for `max_age` (OIDC Core §3.1.2.1)? Zero is never: it asks to see the person now.
    pub(crate) fn fresh_enough(&self, max_age: Option<Duration>, now: Timestamp) -> bool {
        let old = now.duration_since(self.auth_time).unsigned_abs();
        max_age.is_none_or(|age| !age.is_zero() && old <= age)
    }

    /// The family named by `sid`.
    pub(crate) fn family(&self) -> Option<Family> {
        self.sid.parse().ok()
    }
}

fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}
