//! What can be wrong with a place that processes share.

use super::LARGEST_VALUE;

/// Why a shared place did not do what it was asked. No variant carries a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SharedCacheError {
    /// Nothing could be done there now: no permission, no space, no database.
    #[error("{place}, where processes share tokens, cannot be used ({reason}): see to it that it can")]
    Unavailable {
        /// Which place.
        place: String,
        /// What was met.
        reason: String,
    },
    /// Somebody holds the key for longer than any request takes.
    #[error(
        "{0}, where processes share tokens, is held by another process that does not end: look for one that is stopped"
    )]
    Busy(String),
    /// Others than its owner can read it: what it holds may be known to them.
    #[error("{place} holds tokens and can be read by others: run chmod {mode:o} {place}")]
    Exposed {
        /// A file or directory.
        place: String,
        /// What its mode should be.
        mode: u32,
    },
    /// What is there was not written here, or is damaged.
    #[error("{place} does not read ({reason}): it is overwritten by the next tokens, or remove it")]
    Unreadable {
        /// Which place.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value of so many bytes.
    #[error("tokens of {0} bytes are not shared: {LARGEST_VALUE} are the most")]
    TooLarge(usize),
}

impl SharedCacheError {
    /// Will the same perhaps succeed later?
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unavailable { .. } | Self::Busy(_) => true,
            Self::Exposed { .. } | Self::Unreadable { .. } | Self::TooLarge(_) => false,
        }
    }
}
