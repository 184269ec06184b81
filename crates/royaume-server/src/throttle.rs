//! Throttles: after some failures from one place, the next attempts have to wait (RFC 6819 §4.3.5, §5.1.4.2.3).
//!
//! A try takes its place before it is tried, and whoever turns out to be right has it back: so many at once have no more
//! tries than one after the other, and nobody who knows the secret is slowed by their own success. State is per process,
//! bounded in entries, and lost at a restart: it slows guessing, it does not lock accounts, so that nobody can lock
//! somebody else out.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use quick_cache::sync::Cache;

/// How many tries are free, and how fast they are forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Tries allowed at once.
    pub burst: u32,
    /// One try is forgotten in this time.
    pub forgets_in: Duration,
}

/// Counts tries per key in constant space: a leaky bucket kept as the moment at which it will be empty.
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

    /// Takes a place for one try of this key, before it is tried: those who try at once have a place each, or none.
    #[must_use]
    pub(crate) fn take(&self, key: &impl Hash, now: Timestamp) -> bool {
        let key = self.hasher.hash_one(key);
        let _writing = self.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = now.as_millisecond();
        let level = (self.empty_at.get(&key).unwrap_or(0) - now).max(0);
        // Fuller than full is only what a clock left behind that has been set back since.
        let level = if level > self.full() { 0 } else { level };
        let room = level + self.step() <= self.full();
        if room {
            self.empty_at.insert(key, now + level + self.step());
        }
        room
    }

    /// Gives a place back: the try was none, or it was right.
    pub(crate) fn give_back(&self, key: &impl Hash) {
        let key = self.hasher.hash_one(key);
        let _writing = self.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(empty_at) = self.empty_at.get(&key) {
            self.empty_at.insert(key, empty_at - self.step());
        }
    }

    /// Forgets this key: it has shown that it knows the secret.
    pub(crate) fn forget(&self, key: &impl Hash) {
        self.empty_at.remove(&self.hasher.hash_one(key));
    }

    /// Milliseconds in which a full bucket is forgotten.
    fn full(&self) -> i64 {
        i64::from(self.allowance.burst).saturating_mul(self.step())
    }

    /// Milliseconds in which one try is forgotten.
    fn step(&self) -> i64 {
        i64::try_from(self.allowance.forgets_in.as_millis()).unwrap_or(i64::MAX / 1024).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> (Throttle, Timestamp) {
        let allowance = Allowance { burst: 3, forgets_in: Duration::from_secs(10) };
        (Throttle::new(allowance, 100), "2026-11-24T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn tries_up_to_the_burst_are_free_and_are_forgotten_with_time() {
        let (throttle, start) = throttle();
        for _ in 0..3 {
            assert!(throttle.take(&"camille", start));
        }
        assert!(!throttle.take(&"camille", start));
        assert!(throttle.take(&"dominique", start));
        assert!(!throttle.take(&"camille", start + Duration::from_secs(9)));
        assert!(throttle.take(&"camille", start + Duration::from_secs(10)));
        assert!(!throttle.take(&"camille", start + Duration::from_secs(10)), "one, and not three");
        throttle.forget(&"camille");
        assert!(throttle.take(&"camille", start));
    }

    #[test]
    fn whoever_goes_on_trying_waits_no_longer() {
        let (throttle, start) = throttle();
        let taken = (0..50).filter(|_| throttle.take(&"camille", start)).count();
        assert_eq!(taken, 3);
        assert!(throttle.take(&"camille", start + Duration::from_secs(10)));
    }

    #[test]
    fn a_place_that_is_given_back_is_free() {
        let (throttle, start) = throttle();
        for _ in 0..50 {
            assert!(throttle.take(&"camille", start));
            throttle.give_back(&"camille");
        }
    }

    #[test]
    fn a_clock_that_was_ahead_locks_nobody_out() {
        let (throttle, start) = throttle();
        assert!(throttle.take(&"camille", start + Duration::from_secs(3_600)));
        assert!(throttle.take(&"camille", start));
    }
}
