//! Stored things: the typed face of rows. One file per thing, each with its own rules; none knows HTTP.

use std::time::Duration;

use jiff::Timestamp;
use royaume_store::{Expect, Family, Kind, RealmName, Row, RowId, Stored, Write};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::refusal::Fault;

pub(crate) mod access_token;
pub mod account;
pub(crate) mod asked_claims;
pub(crate) mod assertion_id;
pub(crate) mod attendance;
pub mod client;
pub(crate) mod code;
pub(crate) mod consent;
pub mod encryption;
pub(crate) mod initial_access_token;
pub(crate) mod interaction;
pub mod keyring;
pub(crate) mod logout_notice;
pub(crate) mod refresh_token;
pub(crate) mod registrations;
pub(crate) mod removed_client;
pub(crate) mod session;
pub(crate) mod unused_client;

/// Something that is kept as the body of a row.
pub(crate) trait Storable: Serialize + DeserializeOwned {
    /// The kind of its rows.
    const KIND: Kind;
}

/// Something that lies under a name of its own.
pub(crate) trait Named: Storable {
    /// Where the one of that name lies.
    fn id(realm: &RealmName, name: &str) -> RowId {
        named(realm, Self::KIND, name)
    }

    /// Without what need not stay in memory.
    #[must_use]
    fn held(self) -> Self {
        self
    }
}

/// Reads the body of a row. A body that does not read is our own breakage, never the caller's.
pub(crate) fn read<T: Storable>(stored: &Stored) -> Result<T, Fault> {
    serde_json::from_slice(&stored.row.body)
        .map_err(|error| Fault::Corrupt { kind: T::KIND.as_str(), reason: error.to_string() })
}

/// A row with `value` as its body and nothing else set.
pub(crate) fn row<T: Storable>(id: RowId, value: &T) -> Row {
    let body = serde_json::to_vec(value).expect("a stored type always serialises");
    Row { id, alias: None, family: None, within: None, expires_at: None, body }
}

/// A row that ends by itself.
pub(crate) fn expiring<T: Storable>(id: RowId, value: &T, expires_at: Timestamp) -> Row {
    Row { expires_at: Some(expires_at), ..row(id, value) }
}

/// How long the sweeper leaves what has ended: a second use of a code is recognised for a day, and a clock that is
/// hours ahead removes nothing that lives.
pub(crate) const KEPT_AFTER_END: Duration = Duration::from_secs(24 * 3600);

/// A row that ends by itself and that nobody misses: swept an hour after its end. For what strangers can have made.
pub(crate) fn fleeting<T: Storable>(id: RowId, value: &T, ends_at: Timestamp) -> Row {
    const LEFT: Duration = Duration::from_secs(3600);
    expiring(id, value, ends_at.saturating_sub(KEPT_AFTER_END - LEFT).unwrap_or(ends_at))
}

/// Writes a row that must not exist yet.
pub(crate) fn create(row: Row) -> Write {
    Write::Put { row, expect: Expect::Absent }
}

/// A fresh family: a group of rows that can be ended together.
pub(crate) fn new_family(entropy: &dyn royaume_jose::Entropy) -> Family {
    Family::from(royaume_jose::random::<16>(entropy))
}

/// The id of a row whose key is a name rather than a secret.
pub(crate) fn named(realm: &RealmName, kind: Kind, name: &str) -> RowId {
    RowId::new(realm, kind, name.as_bytes())
}
