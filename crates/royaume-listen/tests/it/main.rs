//! Sizes, time, admission, shutdown, HTTP/2 and hygiene, over real loopback sockets.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod admission;
mod http2;
mod hygiene;
mod shutdown;
mod sizes;
mod time;
mod world;
