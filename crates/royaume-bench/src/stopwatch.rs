//! The clocks of a benchmark: the one program of the house whose subject is time.

use std::time::Instant;

use jiff::Timestamp;

/// This moment, for durations.
#[expect(clippy::disallowed_methods, reason = "durations are what a benchmark is about")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day, for the heading of a report and the rows of the floor.
#[expect(clippy::disallowed_methods, reason = "no rule depends on it")]
pub(crate) fn today() -> Timestamp {
    Timestamp::now()
}
