//! Whose is a token? The one question that the gateway asks of an authorization server (RFC 7662 §2).

use std::fmt;
use std::future::Future;

use royaume_protocol::Scope;
use serde_json::{Map, Value};

/// Whoever knows what access tokens stand for.
pub trait Tokens: Clone + Send + Sync + 'static {
    /// Whose is that token? Nobody's, if it is unknown, expired or revoked.
    fn holder(&self, token: &str) -> impl Future<Output = Result<Option<Holder>, TokensUnavailable>> + Send;
}

/// What a live access token stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// The realm that issued it, by its canonical name.
    pub realm: String,
    /// The application.
    pub client_id: String,
    /// The person; the application itself when no person is involved.
    pub subject: String,
    /// What it opens.
    pub scope: Scope,
    /// What is known of the person; empty when no person is involved.
    pub claims: Map<String, Value>,
}

/// The server does not answer: nothing is known about the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokensUnavailable;

impl fmt::Display for TokensUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the authorization server does not say whose the token is: try again")
    }
}

impl std::error::Error for TokensUnavailable {}
