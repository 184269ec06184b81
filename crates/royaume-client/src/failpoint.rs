//! Places where a test ends the process: the crate `fail`, with the feature `failpoints`; otherwise nothing at all.

/// Reached.
#[cfg_attr(not(feature = "failpoints"), expect(unused_variables, reason = "nothing there"))]
#[inline]
pub(crate) fn reached(point: &str) {
    #[cfg(feature = "failpoints")]
    fail::fail_point!(point);
}
