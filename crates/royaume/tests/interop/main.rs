//! Relying parties that nobody here wrote, each against a server that has just started: they find it by its issuer, a
//! person signs in, they refresh, and the person signs out. `docs/interoperability.md` shows how each is configured.
//!
//! The tests need Debian's `apache2-bin` and `libapache2-mod-auth-openidc`, Chromium, and in `target/interop` what
//! `programs/package.json` and `programs/requirements.txt` name; `./check` installs them.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

mod authlib;
mod beside;
mod guide;
mod installed;
mod mod_auth_openidc;
mod oidc_client_ts;
mod openid_client;
mod origin;
mod provider;
mod visitor;

// What the other test binaries have of their own, and these tests use a part of.
#[allow(dead_code, reason = "browser uses the rest")]
#[path = "../browser/chromium.rs"]
mod chromium;
#[allow(dead_code, reason = "it uses the rest")]
#[path = "../it/command.rs"]
mod command;
#[allow(dead_code, reason = "it uses the rest")]
#[path = "../it/http.rs"]
mod http;
