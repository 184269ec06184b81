//! Clients that registered themselves and to which nobody has said yes yet: a row beside each, so that they can be counted
//! and their end found without reading every client.

use jiff::Timestamp;
use royaume_store::Kind;
use serde::{Deserialize, Serialize};

use super::{Named, Storable};

/// Lies under the client's id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UnusedClient {
    /// Which.
    pub(crate) client_id: String,
    /// When it ends.
    pub(crate) until: Timestamp,
}

impl Storable for UnusedClient {
    const KIND: Kind = Kind::new("unused-client");
}

impl Named for UnusedClient {}
