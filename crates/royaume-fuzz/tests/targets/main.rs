//! The fuzz targets: one file per decoder, each with what must be true of whatever it accepts.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod authorization_request;
mod authorization_response;
mod basic_credentials;
mod bearer;
mod callback;
mod claims_request;
mod client_assertion;
mod client_metadata;
mod gateway;
mod https_uri;
mod initiated_login;
mod json;
mod jwe;
mod jwk_set;
mod jws;
mod keys;
mod logout_token;
mod mac;
mod parameters;
mod redirect_uri;
mod registration;
mod request_object;
mod scope;
mod webfinger;
