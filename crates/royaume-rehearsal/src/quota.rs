//! Quotas: how often an API may be called by one application, and by all together.
//!
//! So many calls in so many seconds are so many at once, and then one after each interval. A bucket is kept as the moment
//! at which it will be empty again, so that it needs no clockwork. A call that is turned away costs nothing: whoever goes on
//! trying waits no longer.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use royaume_realm::Rate;

use crate::apis::Located;

/// What everybody has called lately.
#[derive(Default)]
pub(crate) struct Quotas {
    /// By API, and application; all of them together have no name. Values are milliseconds of Unix time.
    empty_at: Mutex<HashMap<(usize, Option<String>), i64>>,
}

/// What an application has left of an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meter {
    rate: Rate,
    remaining: u32,
}

/// Too many calls: how long to wait, in seconds, and what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exhausted {
    pub(crate) retry_after: u64,
    pub(crate) meter: Meter,
}

/// Buckets beyond these are looked through for empty ones.
const MANY: usize = 10_000;

impl Quotas {
    /// Takes one call of an application from both of its quotas, or from neither.
    pub(crate) fn take(
        &self,
        located: &Located<'_>,
        client_id: &str,
        now: Timestamp,
    ) -> Result<Meter, Exhausted> {
        let now = now.as_millisecond();
        let mut empty_at = self.empty_at.lock().unwrap_or_else(PoisonError::into_inner);
        if empty_at.len() >= MANY {
            empty_at.retain(|_, until| *until > now);
        }
        let (mine, all) = ((located.position, Some(client_id.to_owned())), (located.position, None));
        let rate = located.api.per_application;
        let own = level(&empty_at, &mine, rate, now);
        let together = located.api.per_api.map(|rate| (rate, level(&empty_at, &all, rate, now)));
        let waits =
            [Some((rate, own)), together].into_iter().flatten().map(|(rate, level)| wait(rate, level));
        let wait = waits.max().unwrap_or_default();
        if wait > 0 {
            // A clock that was set back must not make anybody wait for the time it was ahead.
            empty_at.insert(mine, now + own);
            if let Some((_, level)) = together {
                empty_at.insert(all, now + level);
            }
            let retry_after = u64::try_from(wait).unwrap_or_default().div_ceil(1000);
            return Err(Exhausted { retry_after, meter: Meter { rate, remaining: left(rate, own) } });
        }
        empty_at.insert(mine, now + own + step(rate));
        if let Some((rate, level)) = together {
            empty_at.insert(all, now + level + step(rate));
        }
        Ok(Meter { rate, remaining: left(rate, own + step(rate)) })
    }
}

impl Meter {
    /// Says so in the headers of an answer, as the deployed gateway does.
    pub(crate) fn write(&self, headers: &mut HeaderMap) {
        let a_second = (self.rate.calls / self.rate.seconds.max(1)).max(1);
        for (name, value) in [
            ("x-ratelimit-burst-capacity-clientidlimiter", self.rate.calls),
            ("x-ratelimit-remaining-clientidlimiter", self.remaining),
            ("x-ratelimit-replenish-rate-clientidlimiter", a_second),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

/// How full a bucket is, in milliseconds; never more than full.
fn level(
    empty_at: &HashMap<(usize, Option<String>), i64>,
    key: &(usize, Option<String>),
    rate: Rate,
    now: i64,
) -> i64 {
    empty_at.get(key).map_or(0, |until| until.saturating_sub(now).clamp(0, full(rate)))
}

/// Milliseconds until there is room for one call.
fn wait(rate: Rate, level: i64) -> i64 {
    (level + step(rate) - full(rate)).max(0)
}

/// Calls that there is room for.
fn left(rate: Rate, level: i64) -> u32 {
    u32::try_from((full(rate) - level) / step(rate)).unwrap_or_default()
}

/// What a burst of all the calls fills.
fn full(rate: Rate) -> i64 {
    i64::from(rate.calls.max(1)) * step(rate)
}

/// Milliseconds from one call to the next: rather one too many, so that the rate is never exceeded.
fn step(rate: Rate) -> i64 {
    let calls = i64::from(rate.calls.max(1));
    ((i64::from(rate.seconds) * 1000 + calls - 1) / calls).max(1)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::apis::Apis;
    use crate::apis::tests::apis;

    fn start() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn offers(apis: &Apis) -> Located<'_> {
        apis.locate("/partenaire/offresdemploi/v2/offres/search").unwrap()
    }

    #[test]
    fn a_burst_is_free_and_then_one_call_each_interval() {
        let (apis, quotas) = (apis(), Quotas::default());
        let remaining: Vec<_> =
            (0..10).map(|_| quotas.take(&offers(&apis), "one", start()).unwrap().remaining).collect();
        assert_eq!(remaining, [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        let refused = quotas.take(&offers(&apis), "one", start()).unwrap_err();
        assert_eq!((refused.retry_after, refused.meter.remaining), (1, 0));
        assert!(quotas.take(&offers(&apis), "another", start()).is_ok());
        assert!(quotas.take(&offers(&apis), "one", start() + Duration::from_millis(99)).is_err());
        assert!(quotas.take(&offers(&apis), "one", start() + Duration::from_millis(100)).is_ok());
        assert!(quotas.take(&offers(&apis), "one", start() + Duration::from_millis(100)).is_err());
    }

    #[test]
    fn all_applications_together_have_a_quota_too_and_whoever_is_refused_keeps_their_own() {
        let (apis, quotas) = (apis(), Quotas::default());
        for application in 0..10 {
            for _ in 0..10 {
                assert!(quotas.take(&offers(&apis), &application.to_string(), start()).is_ok());
            }
        }
        let refused = quotas.take(&offers(&apis), "late", start()).unwrap_err();
        assert_eq!((refused.retry_after, refused.meter.remaining), (1, 10));
        let later = start() + Duration::from_millis(10);
        assert_eq!(quotas.take(&offers(&apis), "late", later).unwrap().remaining, 9);
    }

    #[test]
    fn sixty_four_at_once_get_a_burst_between_them_and_not_one_call_more() {
        let (apis, quotas, gate) = (apis(), Quotas::default(), Barrier::new(64));
        let taken = AtomicUsize::new(0);
        for moment in [start(), start() + Duration::from_secs(1), start() + Duration::from_millis(1300)] {
            std::thread::scope(|scope| {
                for _ in 0..64 {
                    scope.spawn(|| {
                        gate.wait();
                        for _ in 0..4 {
                            if quotas.take(&offers(&apis), "one", moment).is_ok() {
                                taken.fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    });
                }
            });
        }
        assert_eq!(taken.into_inner(), 10 + 10 + 3);
    }

    #[test]
    fn a_rate_that_does_not_divide_a_second_is_never_exceeded() {
        for (calls, seconds, milliseconds) in
            [(3, 1, 334), (5, 6, 1200), (7, 2, 286), (1, 60, 60_000), (0, 0, 1)]
        {
            assert_eq!(step(Rate { calls, seconds }), milliseconds, "{calls} in {seconds} s");
        }
    }

    /// A clock that jumps is no way to more calls, and locks nobody out for longer than a burst takes to come back.
    #[test]
    fn a_clock_that_is_set_back_gives_nothing_and_takes_little() {
        let (apis, quotas) = (apis(), Quotas::default());
        let ahead = start() + Duration::from_secs(3600);
        while quotas.take(&offers(&apis), "one", ahead).is_ok() {}
        assert!(quotas.take(&offers(&apis), "one", start()).is_err());
        assert!(quotas.take(&offers(&apis), "one", start() + Duration::from_millis(100)).is_ok());
    }

    #[test]
    fn buckets_that_are_empty_are_forgotten() {
        let (apis, quotas) = (apis(), Quotas::default());
        let mut now = start();
        for application in 0..3 * MANY {
            now += Duration::from_millis(200);
            quotas.take(&offers(&apis), &application.to_string(), now).unwrap();
        }
        assert!(quotas.empty_at.lock().unwrap().len() <= MANY + 1);
    }
}
