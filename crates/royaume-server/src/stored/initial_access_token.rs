//! Initial access tokens: an operator's leave to register clients (RFC 7591 §3).

use jiff::Timestamp;
use royaume_store::Kind;
use serde::{Deserialize, Serialize};

use super::Storable;

/// What the bearer may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InitialAccessToken {
    /// How many more clients may be registered. The last of them spends the row.
    pub(crate) uses: u32,
    /// Until when.
    pub(crate) expires_at: Timestamp,
}

impl Storable for InitialAccessToken {
    const KIND: Kind = Kind::new("initial-access-token");
}
