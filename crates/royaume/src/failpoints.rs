//! Points where a test ends this process at once; the whole file is absent from a release.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Arms the points that `ROYAUME_ABORT_AT` names, as in `token.before_commit@2`: at the second hit the process ends
/// as if its power were cut.
pub(crate) fn arm() {
    let Ok(points) = std::env::var("ROYAUME_ABORT_AT") else { return };
    for point in points.split(',') {
        let (name, hit) = point.split_once('@').unwrap_or((point, "1"));
        let left = Arc::new(AtomicUsize::new(hit.parse().unwrap_or(1)));
        fail::cfg_callback(name, move || {
            if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                std::process::abort();
            }
        })
        .expect("a callback can be set at any point");
    }
}
