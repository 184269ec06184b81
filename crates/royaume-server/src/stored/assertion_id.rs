//! Names of client assertions that were used (RFC 7523 §3, item 7): each is good once, on every node and across restarts.

use jiff::Timestamp;
use royaume_protocol::ClientAssertion;
use royaume_store::{Kind, RealmName, RowId, Write};
use serde::{Deserialize, Serialize};

use super::{Storable, create, expiring};

/// One name of one client. Where it lies says all: that it lies there is what counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AssertionId {
    ends_at: Timestamp,
}

impl Storable for AssertionId {
    const KIND: Kind = Kind::new("assertion-id");
}

/// The write that uses an assertion up: it is done for one request, and refused for every other. The row outlives what it
/// names by a day, so that a clock that is hours ahead on one node lets nothing through on another.
pub(crate) fn spend(assertion: &ClientAssertion, realm: &RealmName) -> Write {
    let ends_at = assertion.forgotten_at();
    let key = royaume_jose::sha256(format!("{}\0{}", assertion.sub, assertion.jti).as_bytes());
    create(expiring(RowId::new(realm, AssertionId::KIND, key), &AssertionId { ends_at }, ends_at))
}
