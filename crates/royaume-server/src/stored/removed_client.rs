//! Clients that are gone: a row in the place of each, for as long as anything that it was given could still be used. Whoever
//! had its id meanwhile would have its tokens too.

use std::time::Duration;

use jiff::Timestamp;
use royaume_realm::Lifetimes;
use royaume_store::Kind;
use serde::{Deserialize, Serialize};

use super::{Named, Storable, consent};

/// Lies under the client's id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RemovedClient {
    /// When nothing of it can be used any more.
    pub(crate) until: Timestamp,
}

impl Storable for RemovedClient {
    const KIND: Kind = Kind::new("removed-client");
}

impl Named for RemovedClient {}

impl RemovedClient {
    /// How long something lasts that a client is given: a token, or a person's yes.
    pub(crate) fn longest(lifetimes: &Lifetimes) -> Duration {
        let given = [
            lifetimes.access_token,
            lifetimes.refresh_token,
            lifetimes.refresh_absolute,
            lifetimes.session_absolute,
        ];
        given.into_iter().fold(Duration::from_secs(consent::KEPT_SECONDS), Duration::max)
    }
}
