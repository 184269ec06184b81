//! The authorization server: one service from request to response, OAuth 2.0 and OpenID Connect with realms.
//!
//! Read `server.rs`, then `endpoints/mod.rs`, then one endpoint: the rest can be guessed. Four pillars stand side by
//! side and never import each other: `client_auth` (who is calling?), `interaction` (what is missing?), `grants`
//! (what is allowed?), `tokens` (what is handed out?).

pub mod admin;
pub mod pages;
pub mod passwords;
pub mod stored;

mod answer;
mod client_auth;
mod client_keys;
mod clients;
mod context;
mod cookies;
mod endpoints;
mod grants;
mod handle;
mod holder;
mod interaction;
mod kept;
mod keys;
mod notices;
mod outbound;
mod people;
mod realms;
mod refusal;
mod server;
mod throttle;
mod tokens;

pub use clients::Unfit;
pub use context::{Clock, MovableClock, Peer, SystemClock};
pub use holder::TokenHolder;
pub use outbound::{Nowhere, Outbound, Sending, Unreached};
pub use refusal::{Fault, Refusal};
pub use server::{Configuration, Server};
pub use throttle::Allowance;

/// A page with every header that protects it, for whoever serves pages beside the server's own.
pub fn page(status: http::StatusCode, html: String) -> http::Response<bytes::Bytes> {
    let mut answer = answer::page(status, html, None);
    answer::protect(answer.headers_mut(), false);
    answer
}

/// A page that stands alone, as [`pages::Loopback`] does, with every header that protects it.
pub fn page_alone(status: http::StatusCode, html: String) -> http::Response<bytes::Bytes> {
    let mut answer = answer::page_alone(status, html);
    answer::protect(answer.headers_mut(), false);
    answer
}

/// A page that loads frames from these origins, as [`pages::LoggedOut`] may, with every header that protects it.
pub fn page_with_frames(html: String, origins: &[String]) -> http::Response<bytes::Bytes> {
    let mut answer = answer::page_with_frames(html, origins);
    answer::protect(answer.headers_mut(), false);
    answer
}

/// A point where a test may end the process or make it fail; nothing in a release.
#[cfg(feature = "failpoints")]
async fn failpoint(name: &'static str) -> Result<(), Fault> {
    fail::fail_point!(name, |_| Err(Fault::Store(format!("failpoint {name}"))));
    Ok(())
}

/// A point where a test may end the process or make it fail; nothing in a release.
#[cfg(not(feature = "failpoints"))]
#[expect(clippy::unused_async, reason = "as with failpoints")]
async fn failpoint(_: &'static str) -> Result<(), Fault> {
    Ok(())
}
