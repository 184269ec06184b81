//! What SQLite's errors mean to a caller of the store.

use rusqlite::{Error, ErrorCode, ffi};

use crate::StoreError;

/// An error of a statement, with nothing committed.
pub(super) fn fault(error: Error) -> StoreError {
    match error {
        Error::SqliteFailure(ref failure, _) => match failure.code {
            ErrorCode::DatabaseCorrupt => {
                StoreError::Corrupt(format!("{error}; restore the database from a backup"))
            }
            ErrorCode::NotADatabase => StoreError::Corrupt(error.to_string()),
            ErrorCode::DiskFull => StoreError::Unavailable("the disk is full".to_owned()),
            _ => StoreError::Unavailable(error.to_string()),
        },
        // A value that is not what our own statements write.
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..) => StoreError::Corrupt(error.to_string()),
        _ => StoreError::Unavailable(error.to_string()),
    }
}

/// An error of COMMIT. A full disk is found before the commit is written; after any other failure a crash might still
/// find it in the log.
pub(super) fn commit_fault(error: Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy) => fault(error),
        _ => StoreError::OutcomeUnknown(error.to_string()),
    }
}

/// Another process has the lock.
pub(super) fn is_busy(error: &Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// The key or the alias is taken.
pub(super) fn is_taken(error: &Error) -> bool {
    matches!(
        error.sqlite_error().map(|failure| failure.extended_code),
        Some(ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_UNIQUE)
    )
}
