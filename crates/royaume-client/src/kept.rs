//! A token that is kept, and when it is what: fresh, to be renewed, dead.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use royaume_protocol::Secret;
use serde::{Deserialize, Serialize};

use crate::TokenSet;

/// A token whose life the server did not tell is renewed after so long.
const UNTOLD_LIFE: Duration = Duration::from_secs(300);
/// A clock that goes back by more makes a token old: nobody knows any more how old it is.
const CLOCK_STEP: Duration = Duration::from_secs(60);

/// Tokens, and when they are what.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) tokens: Arc<TokenSet>,
    pub(crate) received_at: Timestamp,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

/// As processes share it. Whoever renews says so first, so that a holder that dies on the way is succeeded by one that
/// renews at once, with the same refresh token.
#[derive(Serialize, Deserialize)]
pub(crate) struct Shared {
    tokens: TokenSet,
    received_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    renewing_since: Option<Timestamp>,
}

impl Kept {
    pub(crate) fn new(tokens: TokenSet, received_at: Timestamp) -> Self {
        let expires_at = tokens.expires_at.unwrap_or(Timestamp::MAX);
        let renew_at = match tokens.expires_at {
            Some(expires_at) => {
                let life = Duration::try_from(expires_at.duration_since(received_at)).unwrap_or_default();
                expires_at.checked_sub(TokenSet::margin(life)).unwrap_or(received_at)
            }
            None => later(received_at, UNTOLD_LIFE),
        };
        Self { tokens: Arc::new(tokens), received_at, renew_at, expires_at }
    }

    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.renew_at && self.is_good(now)
    }

    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.received_at <= later(now, CLOCK_STEP)
    }

    /// The same, to be renewed at once; it serves until then.
    pub(crate) fn due_now(self) -> Self {
        Self { renew_at: Timestamp::MIN, ..self }
    }

    /// The same, to be served to nobody: an API refused it.
    pub(crate) fn refused(&self) -> Self {
        Self { renew_at: Timestamp::MIN, expires_at: Timestamp::MIN, ..self.clone() }
    }

    /// Is it the one that an API refused?
    pub(crate) fn is(&self, refused: Option<&Secret>) -> bool {
        refused == Some(&self.tokens.access_token)
    }

    /// As it is shared, by whoever is renewing it since then.
    pub(crate) fn written(&self, renewing_since: Option<Timestamp>) -> Vec<u8> {
        let shared =
            Shared { tokens: TokenSet::clone(&self.tokens), received_at: self.received_at, renewing_since };
        serde_json::to_vec(&shared).expect("tokens always serialise")
    }
}

impl Shared {
    /// What was shared; nothing if it is no such thing.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// Did whoever renewed it last not finish?
    pub(crate) fn is_unfinished(&self) -> bool {
        self.renewing_since.is_some()
    }
}

impl From<Shared> for Kept {
    fn from(shared: Shared) -> Self {
        Self::new(shared.tokens, shared.received_at)
    }
}

/// A moment later, or the last there is.
pub(crate) fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
