//! What a store cannot do. None of it is the fault of whoever asked the server: it is a 503, never a refusal.

/// Why a store has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing has happened; later it may.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The answer to a commit was lost: the batch has happened as a whole or not at all, and it is not known which.
    #[error("the store did not say whether it kept the last change: {0}")]
    OutcomeUnknown(String),
    /// What is stored cannot be what we stored.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
    /// A batch that no store takes: the limits of [`Write`](crate::Write). The caller's mistake; nothing has happened.
    #[error("the store does not take this: {0}")]
    Invalid(String),
    /// Opened a place where no database is, without having been told to create one.
    #[error(
        "there is no database at {place}: if it was lost, restore it; if this is the first start, create it"
    )]
    Missing {
        /// File or schema.
        place: String,
    },
    /// What is at that place cannot serve as the store. Nothing has been changed.
    #[error("{place} cannot serve as the store: {why}")]
    Unusable {
        /// File, schema or address (without its password).
        place: String,
        /// One clear sentence, without the full stop.
        why: String,
    },
    /// The database was migrated by a later version, which says that ours must not touch it.
    #[error(
        "{place} has schema {found} and this program knows {supported}: start the version that migrated it, or a later one"
    )]
    SchemaTooNew {
        /// File or schema.
        place: String,
        /// The schema's number.
        found: u32,
        /// The highest that this program knows.
        supported: u32,
    },
}
