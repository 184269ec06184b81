//! Places where a test may break the store: the crate `fail`, with the feature `failpoints`; otherwise nothing at all.
//!
//! A point configured with `return(text)` fails with that text: as [`Unavailable`](crate::StoreError::Unavailable) before
//! a commit, as [`OutcomeUnknown`](crate::StoreError::OutcomeUnknown) after it. `panic`, `abort`, `pause` and `delay` do
//! what they say.

use crate::StoreError;

/// Reached with nothing committed.
#[cfg_attr(
    not(feature = "failpoints"),
    expect(unused_variables, clippy::unnecessary_wraps, reason = "nothing there")
)]
#[inline]
pub(crate) fn before(point: &str) -> Result<(), StoreError> {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(point, |text| Err(StoreError::Unavailable(text.unwrap_or_else(|| point.to_owned()))));
    Ok(())
}

/// Reached with everything committed and nothing answered.
#[cfg_attr(
    not(feature = "failpoints"),
    expect(unused_variables, clippy::unnecessary_wraps, reason = "nothing there")
)]
#[inline]
pub(crate) fn after(point: &str) -> Result<(), StoreError> {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(point, |text| Err(StoreError::OutcomeUnknown(
        text.unwrap_or_else(|| point.to_owned())
    )));
    Ok(())
}
