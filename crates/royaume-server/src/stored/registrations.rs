//! The registrations of strangers in a realm: a row that each of them changes, so that of all who have counted the clients
//! there are, the first to write was right.

use royaume_store::{Kind, RealmName, RowId};
use serde::{Deserialize, Serialize};

use super::{Named, Storable};

/// Says nothing: its version does.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Registrations {}

impl Storable for Registrations {
    const KIND: Kind = Kind::new("registrations");
}

impl Named for Registrations {}

impl Registrations {
    /// Where the one of that realm lies.
    pub(crate) fn of(realm: &RealmName) -> RowId {
        Self::id(realm, "of-strangers")
    }
}
