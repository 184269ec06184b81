//! The binary, run as its users run it: over real sockets, killed at the worst moments.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod administration;
mod api;
mod client_metadata;
mod command;
mod dev;
mod doctor;
mod examples;
mod exit_codes;
mod explain;
mod explain_error;
mod gateway;
mod http;
mod issuer;
mod keys;
mod kill;
mod logins;
mod manual;
mod paste;
mod process;
mod profiles;
mod secrets;
mod serve;
mod sessions;
mod table;
mod tokens;
