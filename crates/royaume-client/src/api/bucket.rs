//! How many requests an API takes now: a bucket of tokens, fed by what the API says of it.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::retry_after::{least, retry_after};
use crate::kept::later;

/// The rate that is assumed after a 429 of an API that never said one; each further 429 halves it, down to one a second.
const GUESS: f64 = 10.0;
/// A guess is forgotten after so long without a 429.
const GUESS_LASTS: Duration = Duration::from_secs(60);
/// A 429 without `Retry-After` pauses for so long.
const PAUSE: Duration = Duration::from_secs(1);
/// And one with it for this at least.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
/// A clock that goes back by more makes every moment that was noted worthless.
const CLOCK_STEP: Duration = Duration::from_secs(60);
/// What is lost in reckoning with fractions.
const NEARLY: f64 = 1e-6;

/// How many requests go through: so many a second, and so many at once after a rest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Requests a second, more than none.
    pub per_second: f64,
    /// Requests at once, one at least.
    pub burst: u32,
}

impl Rate {
    /// So many a second, as many at once. Less than one request in a thousand seconds is taken for that.
    pub fn per_second(requests: f64) -> Self {
        let per_second = if requests.is_finite() { requests.max(0.001) } else { f64::from(u32::MAX) };
        // Saturating, as numbers are cast.
        Self { per_second, burst: per_second.ceil() as u32 }
    }

    /// The same, with so many at once.
    #[must_use]
    pub fn with_burst(self, burst: u32) -> Self {
        Self { burst: burst.max(1), ..self }
    }
}

/// The bucket.
#[derive(Debug)]
pub(super) struct Bucket {
    configured: Option<Rate>,
    told: Option<Rate>,
    guessed: Option<(f64, Timestamp)>,
    /// So many were left at that moment.
    left: f64,
    at: Timestamp,
    /// Nobody goes through before.
    paused_until: Option<Timestamp>,
}

impl Bucket {
    pub(super) fn new() -> Self {
        let (configured, told, guessed) = (None, None, None);
        Self { configured, told, guessed, left: f64::MAX, at: Timestamp::MIN, paused_until: None }
    }

    /// Holds to that rate, whatever the API allows.
    pub(super) fn configure(&mut self, rate: Rate) {
        self.configured = Some(rate);
    }

    /// Takes one out, if it may go through now.
    pub(super) fn take(&mut self, now: Timestamp) -> bool {
        if !self.wait(0, now).is_zero() {
            return false;
        }
        self.left -= 1.0;
        true
    }

    /// How long until one goes through that has so many before it.
    pub(super) fn wait(&mut self, before: usize, now: Timestamp) -> Duration {
        let rate = self.settle(now);
        let pause = self.paused_until.map_or(Duration::ZERO, |until| {
            Duration::try_from(until.duration_since(now)).unwrap_or_default()
        });
        let lacking = before as f64 + 1.0 - self.left;
        match rate {
            Some(rate) if lacking > NEARLY => {
                // A moment more, so that it is there when one comes back.
                pause
                    + Duration::try_from_secs_f64(lacking / rate.per_second).unwrap_or(Duration::MAX / 2)
                    + Duration::from_micros(1)
            }
            _ => pause,
        }
    }

    /// What an answer says of the limit. True when everybody has to pause.
    pub(super) fn learn(&mut self, status: StatusCode, headers: &HeaderMap, now: Timestamp) -> bool {
        self.settle(now);
        let burst = least(headers, "x-ratelimit-burst-capacity");
        let per_second = least(headers, "x-ratelimit-replenish-rate").filter(|rate| *rate > 0.0);
        // An API that says how many at once and not how many a second: as many.
        if let Some(per_second) = per_second.or(burst.filter(|burst| *burst > 0.0)) {
            let rate = Rate::per_second(per_second);
            self.told = Some(rate.with_burst(burst.map_or(rate.burst, |burst| burst as u32)));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            return self.pause(retry_after(headers, now), now);
        }
        if self.paused_until.is_none()
            && let Some(remaining) = least(headers, "x-ratelimit-remaining")
        {
            self.left = self.left.min(remaining);
            if self.told.is_none() && remaining < 1.0 {
                let rate = self.guessed.map_or(GUESS, |(rate, _)| rate);
                self.guessed = Some((rate, later(now, GUESS_LASTS)));
            }
        }
        false
    }

    fn pause(&mut self, told: Option<Duration>, now: Timestamp) -> bool {
        // Of requests that were on their way together, the first says it all.
        if self.paused_until.is_none() {
            let rate = self.guessed.map_or(GUESS, |(rate, _)| (rate / 2.0).max(1.0));
            self.guessed = Some((rate, later(now, GUESS_LASTS)));
        }
        let until = later(now, told.map_or(PAUSE, |wait| wait.max(SHORTEST_PAUSE)));
        let longer = self.paused_until.is_none_or(|old| old < until);
        if longer {
            self.paused_until = Some(until);
        }
        // One goes through when the pause is over, and the others at the rate.
        (self.left, self.at) = (1.0, now);
        longer
    }

    /// What is in it at that moment, and what flows in.
    fn settle(&mut self, now: Timestamp) -> Option<Rate> {
        if later(now, CLOCK_STEP) < self.at {
            self.paused_until = None;
        }
        if now < self.at {
            self.at = now;
        }
        if self.guessed.is_some_and(|(_, until)| until <= now) {
            self.guessed = None;
        }
        let rate = self.rate();
        match self.paused_until {
            Some(until) if now < until => return rate,
            Some(until) => {
                self.at = self.at.max(until);
                self.paused_until = None;
            }
            None => {}
        }
        match rate {
            Some(rate) => {
                let passed = now.duration_since(self.at).as_secs_f64();
                self.left = (self.left + passed * rate.per_second).min(f64::from(rate.burst.max(1)));
            }
            None => self.left = f64::MAX,
        }
        self.at = now;
        rate
    }

    /// The lowest of those that are known. What was guessed counts only while nothing was told.
    fn rate(&self) -> Option<Rate> {
        let guessed = self.guessed.map(|(rate, _)| Rate::per_second(rate));
        match (self.configured, self.told.or(guessed)) {
            (Some(one), Some(other)) => Some(Rate {
                per_second: one.per_second.min(other.per_second),
                burst: one.burst.min(other.burst),
            }),
            (one, other) => one.or(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let named = |(name, value): &(&'static str, &'static str)| {
            (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
        };
        pairs.iter().map(named).collect()
    }

    fn start() -> Timestamp {
        "2026-11-26T12:00:00Z".parse().unwrap()
    }

    fn taken(bucket: &mut Bucket, now: Timestamp) -> usize {
        (0..1000).take_while(|_| bucket.take(now)).count()
    }

    #[test]
    fn a_rate_lets_a_burst_through_and_then_so_many_a_second() {
        let mut bucket = Bucket::new();
        bucket.configure(Rate::per_second(10.0).with_burst(4));
        assert_eq!(taken(&mut bucket, start()), 4);
        assert_eq!(taken(&mut bucket, start() + Duration::from_millis(250)), 2);
        assert_eq!(taken(&mut bucket, start() + Duration::from_secs(60)), 4);
    }

    #[test]
    fn what_the_api_says_is_left_is_left() {
        let mut bucket = Bucket::new();
        let said = headers(&[
            ("x-ratelimit-burst-capacity-clientidlimiter", "10"),
            ("x-ratelimit-remaining-clientidlimiter", "2"),
            ("x-ratelimit-replenish-rate-clientidlimiter", "4"),
        ]);
        assert!(!bucket.learn(StatusCode::OK, &said, start()));
        assert_eq!(taken(&mut bucket, start()), 2);
        assert_eq!(taken(&mut bucket, start() + Duration::from_millis(510)), 2);
        assert_eq!(taken(&mut bucket, start() + Duration::from_secs(60)), 10);
    }

    #[test]
    fn a_clock_that_goes_back_pauses_nobody_for_long() {
        let mut bucket = Bucket::new();
        let told = headers(&[("retry-after", "30")]);
        assert!(bucket.learn(StatusCode::TOO_MANY_REQUESTS, &told, start()));
        assert_eq!(bucket.wait(0, start()), Duration::from_secs(30));
        assert_eq!(bucket.wait(0, start() - Duration::from_secs(3600)), Duration::ZERO);
    }

    #[test]
    fn absurd_numbers_are_no_rates() {
        for requests in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let rate = Rate::per_second(requests);
            assert!(rate.per_second > 0.0 && rate.per_second.is_finite() && rate.burst > 0, "{requests}");
        }
        let mut bucket = Bucket::new();
        let said = headers(&[
            ("x-ratelimit-burst-capacity", "0"),
            ("x-ratelimit-replenish-rate", "0"),
            ("x-ratelimit-remaining", "1e300"),
        ]);
        assert!(!bucket.learn(StatusCode::OK, &said, start()));
        assert!(taken(&mut bucket, start()) > 100);
    }
}
