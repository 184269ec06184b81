//! The limits, with their defaults: each in one place.

use std::time::Duration;

use serde::Deserialize;

/// What one listener grants to strangers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections open at once.
    pub connections: usize,
    /// Connections open at once from one address. Behind a proxy every connection is the proxy's.
    pub connections_per_address: usize,
    /// Requests being answered at once; one more is answered 503.
    pub requests_in_flight: usize,
    /// Bytes of a request's head, names and values together.
    pub head_bytes: usize,
    /// Fields of a request's head.
    pub head_fields: usize,
    /// Bytes of a request's target (RFC 9110 §15.5.15).
    pub target_bytes: usize,
    /// Seconds in which a head must be complete.
    pub head_seconds: u64,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Seconds in which a body must be complete.
    pub body_seconds: u64,
    /// Seconds in which some byte must travel, in either direction: silent connections and slow readers end here.
    pub idle_seconds: u64,
    /// Streams at once in one HTTP/2 connection.
    pub streams: u32,
    /// Seconds that requests in flight are given at shutdown.
    pub drain_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_address: 2_000,
            requests_in_flight: 2_000,
            head_bytes: 32 * 1024,
            head_fields: 64,
            target_bytes: 16 * 1024,
            head_seconds: 10,
            body_bytes: 256 * 1024,
            body_seconds: 10,
            idle_seconds: 30,
            streams: 100,
            drain_seconds: 10,
        }
    }
}

impl Limits {
    pub(crate) fn head_time(&self) -> Duration {
        Duration::from_secs(self.head_seconds)
    }

    pub(crate) fn body_time(&self) -> Duration {
        Duration::from_secs(self.body_seconds)
    }

    pub(crate) fn idle_time(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    pub(crate) fn drain_time(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}
