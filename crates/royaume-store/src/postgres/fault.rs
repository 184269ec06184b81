//! What PostgreSQL's errors mean to a caller of the store.

use std::error::Error as _;

use deadpool_postgres::PoolError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, Severity, SqlState};

use crate::StoreError;

/// What an error leaves behind.
pub(super) enum Trouble {
    /// Nothing has happened, and at once it may work: a deadlock, a lost race, a connection that had died meanwhile.
    Again(StoreError),
    /// Nothing more to try.
    Final(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Final(error)
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Again(error) | Trouble::Final(error) => error,
        }
    }
}

/// An error of a statement whose transaction has not been committed.
pub(super) fn before_commit(error: &Error) -> Trouble {
    if is_transient(error) || breaks_connection(error) {
        return Trouble::Again(fault(error));
    }
    Trouble::Final(fault(error))
}

/// An error of a COMMIT, or of a statement that commits by itself. If the server says ERROR it has not; if it goes away,
/// nobody knows.
pub(super) fn at_commit(error: &Error) -> Trouble {
    match error.as_db_error() {
        Some(said) if !is_fatal(said) => before_commit(error),
        Some(_) | None => Trouble::Final(StoreError::OutcomeUnknown(text(error))),
    }
}

/// Is the connection of no more use after that?
pub(super) fn breaks_connection(error: &Error) -> bool {
    match error.as_db_error() {
        None => true,
        Some(said) => {
            is_fatal(said)
                || is_stale(said)
                // The server has become a standby: another one is the primary now.
                || *said.code() == SqlState::READ_ONLY_SQL_TRANSACTION
        }
    }
}

/// The alias or the key is taken.
pub(super) fn is_taken(error: &Error) -> bool {
    error.code() == Some(&SqlState::UNIQUE_VIOLATION)
}

/// A write within a transaction could not be: the one division among the statements was by zero.
pub(super) fn changed_nothing(error: &Error) -> bool {
    error.code() == Some(&SqlState::DIVISION_BY_ZERO)
}

/// An error to be told, with nothing committed.
pub(super) fn fault(error: &Error) -> StoreError {
    let code = error.code().map(SqlState::code);
    match code {
        // Data or index corrupted; a table or column that is not there.
        Some("XX001" | "XX002" | "42P01" | "42703" | "3F000") => StoreError::Corrupt(text(error)),
        Some(_) | None => StoreError::Unavailable(text(error)),
    }
}

/// An error on the way to a connection.
pub(super) fn unconnected(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) => fault(&error),
        PoolError::Timeout(_) => {
            StoreError::Unavailable("no connection to the database is free or can be made".to_owned())
        }
        other => StoreError::Unavailable(other.to_string()),
    }
}

/// In words, with the cause; neither contains what was sent.
pub(super) fn text(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(said), _) => format!("{} ({})", said.message(), said.code().code()),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    }
}

fn is_transient(error: &Error) -> bool {
    matches!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}

fn is_fatal(said: &DbError) -> bool {
    matches!(said.parsed_severity(), None | Some(Severity::Fatal | Severity::Panic))
}

/// A prepared statement that the server no longer has, or whose table has changed under it.
fn is_stale(said: &DbError) -> bool {
    *said.code() == SqlState::INVALID_SQL_STATEMENT_NAME
        || (*said.code() == SqlState::FEATURE_NOT_SUPPORTED && said.message().contains("cached plan"))
}
