//! Attendances: which applications took part in a session, and want word when it ends.

use jiff::Timestamp;
use royaume_store::{Family, Kind, RealmName, Row, RowId};
use serde::{Deserialize, Serialize};

use super::{Storable, expiring};

/// An application took part in a session. Its row belongs to the session's family and ends with it; the rows of one
/// session lie together.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attendance {
    pub(crate) client_id: String,
}

impl Storable for Attendance {
    const KIND: Kind = Kind::new("attendance");
}

impl Attendance {
    /// Where it lies: the session's family, then the client.
    pub(crate) fn id(&self, realm: &RealmName, session: Family) -> RowId {
        RowId::new(realm, Self::KIND, [&session.as_bytes()[..], self.client_id.as_bytes()].concat())
    }

    /// Its row, for as long as the session.
    pub(crate) fn row(&self, id: RowId, session: Family, ends_at: Timestamp) -> Row {
        Row { family: Some(session), ..expiring(id, self, ends_at) }
    }
}
