//! OpenID Connect RP-Initiated Logout 1.0.

mod hint;
mod logout;
mod modules;
