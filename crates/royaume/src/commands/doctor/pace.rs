//! The pace of a check: one request a second, because a diagnosis must not be what a quota is spent on.

use std::time::Duration;

use royaume_client::{Clock as _, SystemClock};

/// Between two requests of one check.
const PAUSE: Duration = Duration::from_secs(1);

/// Who asks several times.
#[derive(Debug, Default)]
pub(super) struct Pace {
    asked: bool,
}

impl Pace {
    /// For a check that has asked already.
    pub(super) fn after_one() -> Self {
        Self { asked: true }
    }

    /// Waits until the next request may go out.
    pub(super) async fn next(&mut self) {
        if self.asked {
            SystemClock.sleep(PAUSE).await;
        }
        self.asked = true;
    }
}
