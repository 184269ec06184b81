//! Tokens, limits and repetition around a client that a program has already: as a layer of tower (feature `tower`), or as a
//! middleware of reqwest-middleware (feature `reqwest-middleware`).
//!
//! It is the loop of [`Api`], and the same queue as that of the Api it comes from.

use std::fmt;

use http::{HeaderMap, HeaderValue, Method, header};

use crate::api::{Answer, Ended, Failed, Record, Repeatable, is_idempotent};
use crate::{Api, Clock, TokenSource};

#[cfg(feature = "tower")]
mod layer;
#[cfg(feature = "reqwest-middleware")]
mod network;

#[cfg(feature = "tower")]
pub use layer::Authorized;

/// What an [`Api`] does around each call, around the requests of another client ([`Api::authorize`]).
///
/// Requests have whole addresses below the base of the Api; any other is refused with [`ApiError::Request`](crate::ApiError::Request). Whatever the
/// API answers in the end is an answer here, but for a 429 that the deadline does not allow to wait for. The sandbox's
/// paths are the caller's to write ([`sandbox_path`](crate::sandbox_path)).
///
/// As a middleware, its client must follow no redirects, and bound its answers itself. A body that is a stream is sent once.
pub struct Authorize<S, C>(Api<S, (), C>);

impl<S, C> Clone for Authorize<S, C> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S, C> fmt::Debug for Authorize<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Authorize").field(&self.0).finish()
    }
}

impl<S, C> Authorize<S, C> {
    pub(crate) fn new(api: Api<S, (), C>) -> Self {
        Self(api)
    }
}

impl<S: TokenSource, C: Clock> Authorize<S, C> {
    /// Sends that request until there is an answer to keep.
    async fn carry<A, E, F, Sent>(
        &self,
        (method, address): (&Method, &str),
        is_whole: bool,
        record: &Record,
        send: F,
    ) -> Result<A, Ended<E>>
    where
        A: Answer,
        F: FnMut(HeaderValue) -> Sent,
        Sent: Future<Output = Result<A, Failed<E>>>,
    {
        self.0.reaches(address).map_err(Ended::Here)?;
        let repeatable = match (is_whole, is_idempotent(method)) {
            (false, _) => Repeatable::Never,
            (true, true) => Repeatable::Idempotent,
            (true, false) => Repeatable::IfNotDone,
        };
        // Of a path that nobody wrote as a template, nobody knows what it says about whom.
        self.0.carry((method, "below the base"), repeatable, record, send).await
    }

    /// The token and what else every request carries, and nothing of that from elsewhere.
    fn write(&self, headers: &mut HeaderMap, authorization: HeaderValue) {
        for (name, value) in self.0.headers() {
            headers.insert(name, value.clone());
        }
        headers.insert(header::AUTHORIZATION, authorization);
    }
}
