//! Addresses, names, TLS, answers, time and places, over real loopback sockets.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod addresses;
mod allowed;
mod answers;
mod errors;
mod names;
mod places;
mod time;
mod trust;
mod world;
