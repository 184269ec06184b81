//! Logout notices: word to one application that a session has ended, until it has been taken.

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Entropy, base64url, random};
use royaume_store::{Kind, RealmName, Row, RowId};
use serde::{Deserialize, Serialize};

use super::{Storable, expiring};
use crate::handle::moment;

/// What lies between one try and the next, and after the last: then somebody sees that it was the last.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(15),
    Duration::from_secs(30),
    Duration::from_secs(60),
    Duration::from_secs(120),
    Duration::from_secs(15),
];

/// Word that is owed. It is of no family: it outlives the session that it tells of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LogoutNotice {
    pub(crate) client_id: String,
    /// The `sub` that the client was told.
    pub(crate) subject: String,
    /// The `sid` that the client was told.
    pub(crate) sid: String,
    /// One event, however often it is told.
    pub(crate) jti: String,
    /// Tries begun.
    tries: u8,
    /// Nobody else tries before then.
    next_try_at: Timestamp,
}

impl Storable for LogoutNotice {
    const KIND: Kind = Kind::new("logout-notice");
}

impl LogoutNotice {
    /// One whose first try belongs to whoever writes it.
    pub(crate) fn new(
        client_id: &str,
        subject: String,
        sid: String,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Self {
        let jti = base64url::encode(&random::<16>(entropy));
        let new = Self { client_id: client_id.to_owned(), subject, sid, jti, tries: 0, next_try_at: now };
        new.tried(now)
    }

    /// Where a new one lies: after those that were owed before.
    pub(crate) fn new_id(realm: &RealmName, now: Timestamp, entropy: &dyn Entropy) -> RowId {
        RowId::new(realm, Self::KIND, [&moment(now)[..], &random::<16>(entropy)].concat())
    }

    /// Its row, for a day: whoever has been away for so long has other ways to learn of it.
    pub(crate) fn row(&self, id: RowId, now: Timestamp) -> Row {
        const OWED: Duration = Duration::from_secs(24 * 3600);
        expiring(id, self, now.saturating_add(OWED).unwrap_or(Timestamp::MAX))
    }

    /// The same, with one more try begun.
    pub(crate) fn tried(&self, now: Timestamp) -> Self {
        let pause = PAUSES[usize::from(self.tries).min(PAUSES.len() - 1)];
        Self {
            tries: self.tries.saturating_add(1),
            next_try_at: now.saturating_add(pause).unwrap_or(Timestamp::MAX),
            ..self.clone()
        }
    }

    /// May it be tried now?
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        now >= self.next_try_at
    }

    /// Has every try been begun?
    pub(crate) fn is_last(&self) -> bool {
        usize::from(self.tries) >= PAUSES.len()
    }
}
