//! The executable specification: one module per standard, one test per sentence.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod client;
mod conformance;
mod faults;
mod france_travail;
mod house;
mod licences;
mod oidc_core;
mod oidc_discovery;
mod oidc_logout_backchannel;
mod oidc_logout_frontchannel;
mod oidc_logout_rp;
mod oidc_registration;
mod pages;
mod realms;
mod rfc6749;
mod rfc6750;
mod rfc7009;
mod rfc7523;
mod rfc7591;
mod rfc7592;
mod rfc7636;
mod rfc7662;
mod rfc8252;
mod rfc8414;
mod rfc9068;
mod rfc9101;
mod rfc9207;
mod rfc9700;
