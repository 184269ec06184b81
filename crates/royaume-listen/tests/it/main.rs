//! Time, shutdown, HTTP/2 and hygiene, over real loopback sockets.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod http2;
mod hygiene;
mod shutdown;
mod time;
mod world;
