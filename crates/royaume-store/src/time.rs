//! Times as the databases keep them: whole microseconds since 1970.

use jiff::Timestamp;

use crate::StoreError;

/// The microseconds of a time. In the last second of the last year there are fewer of them than of other seconds.
pub(crate) fn micros(time: Timestamp) -> i64 {
    let micros = time.as_microsecond();
    if Timestamp::from_microsecond(micros).is_ok() { micros } else { time.as_second() * 1_000_000 }
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
