//! RFC 6749: The OAuth 2.0 Authorization Framework, as far as it is served here.

mod authorization;
mod client_authentication;
mod client_credentials;
mod code;
mod parameters;
mod refresh;
mod scope;
mod token;
