//! A deadline: when all of one request is over, wherever it is.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::FetchError;
use crate::error::Stage;
use crate::host::Target;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline<'a> {
    until: Instant,
    target: &'a Target,
}

impl<'a> Deadline<'a> {
    pub(crate) fn after(time: Duration, target: &'a Target) -> Self {
        Self { until: Instant::now() + time, target }
    }

    /// What this stage comes to, if it does in time.
    pub(crate) async fn within<F: Future>(&self, stage: Stage, future: F) -> Result<F::Output, FetchError> {
        timeout_at(self.until, future)
            .await
            .map_err(|_| FetchError::TimedOut { host: self.target.to_string(), stage })
    }
}
