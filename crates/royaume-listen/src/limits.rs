//! The limits, with their defaults: each in one place.

use std::io;
use std::time::Duration;

use serde::Deserialize;

/// What one listener grants to strangers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Connections open at once; one more is closed. Never more than the process has descriptors for, less some for
    /// the store and the logs.
    pub connections: usize,
    /// Connections open at once from one address, or one /64 of IPv6, which one subscriber owns. Proxies that are
    /// named to the listener are free of it.
    pub connections_per_address: usize,
    /// Seconds after which a connection is closed when the request in hand is answered, so that load and new
    /// versions spread.
    pub connection_seconds: u64,
    /// Requests being answered at once; one more is answered 503. A request whose body is on its way is not one.
    pub requests_in_flight: usize,
    /// Bytes of a request's head, names and values together.
    pub head_bytes: usize,
    /// Fields of a request's head.
    pub head_fields: usize,
    /// Bytes of a request's target (RFC 9110 §15.5.15).
    pub target_bytes: usize,
    /// Seconds from a head's first byte, or from accepting, in which it must be complete.
    pub head_seconds: u64,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Seconds in which a body must be complete.
    pub body_seconds: u64,
    /// Seconds before a body's rate matters.
    pub body_grace_seconds: u64,
    /// Bytes per second that a body must then have come at, on average.
    pub body_bytes_per_second: u64,
    /// Bytes of bodies on their way, of all connections together; one more is answered 503.
    pub bodies_bytes: usize,
    /// Seconds that a connection may wait between two requests.
    pub idle_seconds: u64,
    /// Seconds in which an answer must be taken by whoever asked.
    pub write_seconds: u64,
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
            connection_seconds: 3_600,
            requests_in_flight: 2_000,
            head_bytes: 32 * 1024,
            head_fields: 64,
            target_bytes: 16 * 1024,
            head_seconds: 10,
            body_bytes: 256 * 1024,
            body_seconds: 20,
            body_grace_seconds: 5,
            body_bytes_per_second: 1024,
            bodies_bytes: 64 * 1024 * 1024,
            idle_seconds: 30,
            write_seconds: 20,
            streams: 32,
            drain_seconds: 8,
        }
    }
}

impl Limits {
    /// Refuses limits under which nobody would be served.
    pub(crate) fn check(&self) -> io::Result<()> {
        let served = [
            ("connections", self.connections > 0),
            ("connections_per_address", self.connections_per_address > 0),
            ("connection_seconds", self.connection_seconds > 0),
            ("requests_in_flight", self.requests_in_flight > 0),
            ("head_bytes", self.head_bytes > 0),
            ("head_fields", self.head_fields > 0),
            ("target_bytes", self.target_bytes > 0),
            ("head_seconds", self.head_seconds > 0),
            ("body_seconds", self.body_seconds > 0),
            ("write_seconds", self.write_seconds > 0),
        ];
        match served.iter().find(|(_, served)| !served) {
            None => Ok(()),
            Some((name, _)) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("the limit {name} is 0, which serves nobody: leave it out for its default"),
            )),
        }
    }

    pub(crate) fn connection_time(&self) -> Duration {
        Duration::from_secs(self.connection_seconds)
    }

    pub(crate) fn head_time(&self) -> Duration {
        Duration::from_secs(self.head_seconds)
    }

    pub(crate) fn idle_time(&self) -> Duration {
        Duration::from_secs(self.idle_seconds)
    }

    pub(crate) fn write_time(&self) -> Duration {
        Duration::from_secs(self.write_seconds)
    }

    pub(crate) fn drain_time(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    /// The time that a body has, of which so much has come.
    pub(crate) fn body_time(&self, come: usize) -> Duration {
        let earned = (come as u64).checked_div(self.body_bytes_per_second).unwrap_or(u64::MAX);
        Duration::from_secs(self.body_seconds.min(self.body_grace_seconds.saturating_add(earned)))
    }
}
