//! Times as the databases keep them: whole microseconds since 1970.

use jiff::Timestamp;

use crate::StoreError;

/// The microseconds of a time.
pub(crate) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

/// The time that was kept.
pub(crate) fn timestamp(micros: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(micros)
        .map_err(|_| StoreError::Corrupt(format!("{micros} is no number of microseconds of a time")))
}

/// What remains of a time that is kept.
pub(crate) fn whole(time: Timestamp) -> Timestamp {
    timestamp(micros(time)).unwrap_or(time)
}
