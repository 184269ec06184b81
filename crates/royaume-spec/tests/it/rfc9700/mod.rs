//! RFC 9700: best current practice for OAuth 2.0 security, as attacks that fail.

mod exhaustion;
mod forms;
mod headers;
mod impersonation;
mod leakage;
mod mix_up;
mod origins;
mod races;
mod redirect_uri;
mod rotation;
mod withdrawal;
