//! Chores: what has ended is removed, a little at a time, and keys that are old are rotated, while the clock can be
//! believed. And applications that did not take word of a logout are told again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use royaume_server::{Clock as _, Server, SystemClock};
use tokio::time::{Instant, MissedTickBehavior};

/// Rows removed in one go, and how often one looks.
const AT_ONCE: usize = 500;
const EVERY: Duration = Duration::from_secs(60);

/// A clock of the wall that differs so much from a steady one has been set.
const SET: SignedDuration = SignedDuration::from_secs(60);
/// How long nothing is done then: a clock that is ahead would remove what lives, and take keys for old, for every node
/// of the store.
const REST: Duration = Duration::from_secs(24 * 3600);

/// Does the chores, for ever.
pub(super) async fn chores(server: Server) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = (SystemClock.now(), Instant::now());
    let mut rests_until = None;
    loop {
        every.tick().await;
        let now = (SystemClock.now(), Instant::now());
        if was_set(last, now) {
            tracing::warn!(
                hours = REST.as_secs() / 3600,
                "the clock was set: for a while nothing that has ended is removed, and no key is rotated"
            );
            rests_until = Some(now.1 + REST);
        }
        last = now;
        if rests_until.is_none_or(|until| until <= now.1) {
            rotate(&server).await;
            sweep(&server).await;
        }
    }
}

/// How often notices of logout are looked for that are due: the shortest pause between two tries is 15 seconds.
const DELIVERS_EVERY: Duration = Duration::from_secs(5);

/// Tells applications of logouts again, for ever.
pub(super) async fn deliveries(server: Server) {
    let mut every = tokio::time::interval(DELIVERS_EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        if let Err(fault) = server.deliver().await {
            tracing::warn!(%fault, "notices of logout could not be looked for; trying again later");
        }
    }
}

/// Do the two clocks disagree about the time that has passed?
fn was_set(last: (Timestamp, Instant), now: (Timestamp, Instant)) -> bool {
    let steady = SignedDuration::try_from(now.1 - last.1).unwrap_or(SignedDuration::MAX);
    (now.0.duration_since(last.0) - steady).abs() > SET
}

async fn rotate(server: &Server) {
    if let Err(fault) = server.rotate_keys().await {
        tracing::warn!(%fault, "signing keys could not be looked after; trying again later");
    }
}

async fn sweep(server: &Server) {
    loop {
        match server.sweep(AT_ONCE).await {
            Ok(removed) if removed >= AT_ONCE => tokio::task::yield_now().await,
            Ok(_) => return,
            Err(fault) => {
                tracing::warn!(%fault, "what has ended could not be removed; trying again later");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_is_told_from_time_that_passes() {
        let wall: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let steady = Instant::now();
        let after = |wall_seconds: i64, steady_seconds: u64| {
            (wall + SignedDuration::from_secs(wall_seconds), steady + Duration::from_secs(steady_seconds))
        };
        for (wall_seconds, steady_seconds, set) in
            [(60, 60, false), (118, 60, false), (7_260, 7_260, false), (3_660, 60, true), (-60, 60, true)]
        {
            assert_eq!(was_set((wall, steady), after(wall_seconds, steady_seconds)), set, "{wall_seconds}");
        }
    }
}
