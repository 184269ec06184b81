//! Counters: one for each limit, and what goes through.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

macro_rules! counters {
    (counts { $($(#[doc = $doc:literal])* $name:ident,)+ } levels { $($(#[doc = $level_doc:literal])* $level:ident,)+ }) => {
        /// What has happened on a listener since it began.
        #[derive(Debug, Default)]
        pub struct Counters {
            $(pub(crate) $name: AtomicU64,)+
            $(pub(crate) $level: AtomicI64,)+
        }

        /// The counters at one moment.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct Snapshot {
            $($(#[doc = $doc])* pub $name: u64,)+
            $($(#[doc = $level_doc])* pub $level: i64,)+
        }

        impl Counters {
            /// Reads them.
            pub fn snapshot(&self) -> Snapshot {
                Snapshot {
                    $($name: self.$name.load(Ordering::Relaxed),)+
                    $($level: self.$level.load(Ordering::Relaxed),)+
                }
            }
        }

        impl Snapshot {
            /// The text format of Prometheus.
            pub fn to_prometheus(&self) -> String {
                let mut text = String::new();
                $(metric(&mut text, stringify!($name), "_total", "counter", concat!($($doc),+), &self.$name);)+
                $(metric(&mut text, stringify!($level), "", "gauge", concat!($($level_doc),+), &self.$level);)+
                text
            }
        }
    };
}

counters! {
    counts {
        /// Connections accepted.
        accepted,
        /// Connections closed at once: too many in total.
        refused_connections,
        /// Connections closed at once: too many from their address.
        refused_connections_of_address,
        /// Connections closed at once: from neither a proxy nor this machine, where nobody else comes in.
        refused_strangers,
        /// Accepting failed, for want of descriptors or memory.
        accept_errors,
        /// Requests answered by the service.
        served,
        /// Requests answered 503: too many in flight.
        refused_in_flight,
        /// Requests answered 503: too many bodies on their way.
        refused_bodies,
        /// Requests answered 400: no or two hosts, or two that differ.
        refused_host,
        /// Requests answered 431: a head too large.
        refused_head,
        /// Requests answered 414: a target too long.
        refused_target,
        /// Requests answered 415: an encoded body.
        refused_encoding,
        /// Requests answered 501: a transfer coding other than chunked, or a tunnel.
        refused_coding,
        /// Requests answered 417: an expectation other than 100-continue.
        refused_expectation,
        /// Requests answered 413: a body too large.
        refused_body,
        /// Requests answered 408: a body too slow.
        slow_body,
        /// Requests answered 400, if anybody was left: a body that broke off or broke its framing.
        broken_body,
        /// Requests answered 400: not HTTP.
        malformed,
        /// Connections closed because no head came in time.
        slow_head,
        /// Connections closed because an answer was not taken in time.
        slow_reader,
        /// Connections closed because no further request came in time.
        idle_closed,
        /// Connections closed because of their age.
        retired,
        /// Connections closed because they abandoned most of their requests.
        abandoning,
        /// Connections that ended with an error of their own.
        connection_errors,
        /// Requests whose service panicked.
        panicked,
    }
    levels {
        /// Connections open now.
        connections,
        /// Requests being answered now.
        in_flight,
    }
}

fn metric(
    text: &mut String,
    name: &str,
    ending: &str,
    kind: &str,
    help: &str,
    value: &dyn std::fmt::Display,
) {
    let name = format!("royaume_listen_{name}{ending}");
    let help = help.trim();
    write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n")
        .expect("a string takes every write");
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Raises a level for as long as it lives.
pub(crate) struct Raised<'a>(&'a AtomicI64);

impl<'a> Raised<'a> {
    pub(crate) fn new(level: &'a AtomicI64) -> Self {
        level.fetch_add(1, Ordering::Relaxed);
        Self(level)
    }

    /// The level, this one included.
    pub(crate) fn level(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
