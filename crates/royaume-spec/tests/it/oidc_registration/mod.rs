//! OpenID Connect Dynamic Client Registration 1.0: the modules of the conformance plans that register a client for what they
//! look at.

mod answers;
mod encryption;
mod login;
mod redirects;
mod sector;
mod strangers;
