//! Throttles: after some failures from one place, the next attempts have to wait (RFC 6819 §4.3.5, §5.1.4.2.3).
//!
//! Only failures count, so nobody who knows the secret is ever slowed by their own success. State is per process,
//! bounded in entries, and lost at a restart: it slows guessing, it does not lock accounts, so that nobody can lock
//! somebody else out.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use quick_cache::sync::Cache;

/// How many failures are free, and how fast they are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Failures allowed at once.
    pub burst: u32,
    /// One failure is forgotten in this time.
    pub forgets_in: Duration,
}

/// Counts failures per key in constant space: a leaky bucket kept as the moment at which it will be empty.
pub(crate) struct Throttle {
    allowance: Allowance,
    empty_at: Cache<u64, i64>,
    hasher: RandomState,
    writing: Mutex<()>,
}

impl Throttle {
    /// Remembers at most `entries` keys; the least used are forgotten first.
    pub(crate) fn new(allowance: Allowance, entries: usize) -> Self {
        Self { allowance, empty_at: Cache::new(entries), hasher: RandomState::new(), writing: Mutex::new(()) }
    }

    /// May this key try now? There must be room for one more failure.
    pub(crate) fn allows(&self, key: &impl Hash, now: Timestamp) -> bool {
        self.empty_at.get(&self.hasher.hash_one(key)).is_none_or(|empty_at| {
            let level = empty_at - now.as_millisecond();
            // Fuller than full is only what a clock left behind that has been set back since.
            level + self.step() <= self.full() || level > self.full()
        })
    }

    /// Remembers a failure of this key. A bucket that is full holds no more: whoever fails on does not wait longer.
    pub(crate) fn failed(&self, key: &impl Hash, now: Timestamp) {
        let key = self.hasher.hash_one(key);
        let _writing = self.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = now.as_millisecond();
        let level = (self.empty_at.get(&key).unwrap_or(0) - now).max(0);
        self.empty_at.insert(key, now + (level + self.step()).min(self.full()));
    }

    /// Forgets this key: it has shown that it knows the secret.
    pub(crate) fn succeeded(&self, key: &impl Hash) {
        self.empty_at.remove(&self.hasher.hash_one(key));
    }

    /// Milliseconds in which a full bucket is forgotten.
    fn full(&self) -> i64 {
        i64::from(self.allowance.burst).saturating_mul(self.step())
    }

    /// Milliseconds in which one failure is forgotten.
    fn step(&self) -> i64 {
        i64::try_from(self.allowance.forgets_in.as_millis()).unwrap_or(i64::MAX / 1024).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_up_to_the_burst_are_free_and_are_forgotten_with_time() {
        let throttle = Throttle::new(Allowance { burst: 3, forgets_in: Duration::from_secs(10) }, 100);
        let start: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        for _ in 0..3 {
            assert!(throttle.allows(&"camille", start));
            throttle.failed(&"camille", start);
        }
        assert!(!throttle.allows(&"camille", start));
        assert!(throttle.allows(&"dominique", start));
        assert!(throttle.allows(&"camille", start + Duration::from_secs(11)));
        throttle.succeeded(&"camille");
        assert!(throttle.allows(&"camille", start));
    }
    #[test]
    fn whoever_fails_on_waits_no_longer_and_a_clock_that_was_ahead_locks_nobody_out() {
        let throttle = Throttle::new(Allowance { burst: 3, forgets_in: Duration::from_secs(10) }, 100);
        let start: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        for _ in 0..50 {
            throttle.failed(&"camille", start);
        }
        assert!(!throttle.allows(&"camille", start + Duration::from_secs(9)));
        assert!(throttle.allows(&"camille", start + Duration::from_secs(10)));
        throttle.failed(&"dominique", start + Duration::from_secs(3600));
        assert!(throttle.allows(&"dominique", start));
    }
}
