//! The binary, run as its users run it: over real sockets, killed at the worst moments.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod http;
mod kill;
mod process;
