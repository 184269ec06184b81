//! The clock: what time it is, and waiting. An argument of whatever waits, so that a test needs no patience.

use std::time::Duration;

use jiff::Timestamp;

/// What time it is, and how to wait.
pub trait Clock: Clone + Send + Sync + 'static {
    /// The moment.
    fn now(&self) -> Timestamp;

    /// Ends after that long.
    fn sleep(&self, wait: Duration) -> impl Future<Output = ()> + Send;
}

#[cfg(feature = "reqwest")]
pub use system::SystemClock;

#[cfg(feature = "reqwest")]
mod system {
    //! The clock of this machine.

    use super::{Clock, Duration, Timestamp};

    /// The clock of this machine, in a tokio runtime.
    #[derive(Debug, Clone, Copy, Default)]
    pub struct SystemClock;

    impl Clock for SystemClock {
        #[expect(clippy::disallowed_methods, reason = "this is the one place where the time is read")]
        fn now(&self) -> Timestamp {
            Timestamp::now()
        }

        async fn sleep(&self, wait: Duration) {
            tokio::time::sleep(wait).await;
        }
    }
}
