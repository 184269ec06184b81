//! The loop: every way to call an API runs it, whatever carries the requests.
//!
//! A request waits for its turn and for its token. What was certainly not carried out is sent again whatever it is: after a
//! 401 once, with another token; after each 429, when the API allows it. What may have been carried out is sent again only
//! if it is idempotent: after trouble, so many times, ever later. The deadline is above all.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use jiff::Timestamp;
use royaume_jose::Entropy;
use royaume_protocol::{Scope, Secret};

use super::backoff::{backoff, is_trouble};
use super::limiter::Limiter;
use super::retry_after::retry_after;
use super::{ApiError, TokenSource};
use crate::kept::later;
use crate::{ClientError, Clock, TokenSet};

/// A provider of tokens that failed says the same again for so long.
const TOKEN_PAUSE: Duration = Duration::from_secs(1);

/// What the loop reads of an answer, whatever carries it.
pub(crate) trait Answer {
    fn status(&self) -> StatusCode;
    fn headers(&self) -> &HeaderMap;
}

impl<B> Answer for Response<B> {
    fn status(&self) -> StatusCode {
        Response::status(self)
    }

    fn headers(&self) -> &HeaderMap {
        Response::headers(self)
    }
}

/// Why there is no answer to an attempt.
#[derive(Debug)]
pub(crate) enum Failed<E> {
    /// Trouble on the way, in which the request may have arrived or not.
    Trouble(E),
    /// Anything that another attempt does not mend.
    Final(E),
}

/// How long a call lasts, and how often it is repeated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) deadline: Duration,
    pub(crate) retries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(30), retries: 3 }
    }
}

/// What may be done with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeatable {
    /// It means the same when it is sent twice (RFC 9110 §9.2.2).
    Idempotent,
    /// It is sent again only when it was not carried out.
    IfNotDone,
    /// Its body is gone once it is sent.
    Never,
}

/// What became of a call, besides its answer.
#[derive(Debug, Default)]
pub(crate) struct Record {
    attempts: AtomicU32,
    waited: AtomicU64,
}

impl Record {
    /// How often the request was sent.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts.load(Ordering::Relaxed)
    }

    /// How long it waited for its turn and between attempts, in milliseconds.
    pub(crate) fn waited(&self) -> u64 {
        self.waited.load(Ordering::Relaxed)
    }

    fn add(&self, wait: Duration) {
        let milliseconds = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.waited.fetch_add(milliseconds, Ordering::Relaxed);
    }
}

/// What a call ended with, when it was not for us to say.
#[derive(Debug)]
pub(crate) enum Ended<E> {
    /// There was no turn, no token, or no time.
    Here(ApiError),
    /// The last attempt had no answer.
    There(E),
}

/// Everything that the loop uses.
pub(crate) struct Attempts<'a, S, C> {
    pub(crate) source: &'a S,
    pub(crate) clock: &'a C,
    pub(crate) entropy: &'a dyn Entropy,
    pub(crate) limiter: &'a Limiter,
    pub(crate) scope: &'a Scope,
    pub(crate) patience: Patience,
    pub(crate) record: &'a Record,
}

impl<S: TokenSource, C: Clock> Attempts<'_, S, C> {
    /// Sends until there is an answer to keep, or no time. `send` is given the value of `Authorization`.
    pub(crate) async fn run<A, E, F, Sent>(&self, repeatable: Repeatable, send: F) -> Result<A, Ended<E>>
    where
        A: Answer,
        F: FnMut(HeaderValue) -> Sent,
        Sent: Future<Output = Result<A, Failed<E>>>,
    {
        let deadline = later(self.clock.now(), self.patience.deadline);
        let attempts = pin!(self.until(deadline, repeatable, send));
        let end = pin!(self.clock.sleep(self.patience.deadline));
        match select(attempts, end).await {
            Either::Left((ended, _)) => ended,
            Either::Right(_) => Err(Ended::Here(ApiError::DeadlineExceeded {
                deadline: self.patience.deadline,
                attempts: self.record.attempts(),
            })),
        }
    }

    async fn until<A, E, F, Sent>(
        &self,
        deadline: Timestamp,
        repeatable: Repeatable,
        mut send: F,
    ) -> Result<A, Ended<E>>
    where
        A: Answer,
        F: FnMut(HeaderValue) -> Sent,
        Sent: Future<Output = Result<A, Failed<E>>>,
    {
        let mut failures = 0;
        let mut refused: Option<(Arc<TokenSet>, A)> = None;
        loop {
            self.turn(deadline).await.map_err(Ended::Here)?;
            let tokens = match self.source.token(self.scope, self.clock.now()).await {
                Ok(tokens) => tokens,
                Err(error) => {
                    failures += 1;
                    self.without_token(error, failures, deadline).await.map_err(Ended::Here)?;
                    continue;
                }
            };
            // The same token would be refused again.
            if let Some((_, answer)) = refused.take_if(|(old, _)| old.access_token == tokens.access_token) {
                return Ok(answer);
            }
            let authorization = bearer(&tokens.access_token).map_err(Ended::Here)?;
            self.record.attempts.fetch_add(1, Ordering::Relaxed);
            let answer = match send(authorization).await {
                Ok(answer) => answer,
                Err(Failed::Final(error)) => return Err(Ended::There(error)),
                Err(Failed::Trouble(error)) => {
                    failures += 1;
                    if self.recovers(repeatable, failures, Duration::ZERO, deadline).await {
                        continue;
                    }
                    return Err(Ended::There(error));
                }
            };
            let (status, now) = (answer.status(), self.clock.now());
            self.limiter.learn(status, answer.headers(), now);
            if repeatable == Repeatable::Never {
                return Ok(answer);
            } else if status == StatusCode::UNAUTHORIZED && refused.is_none() {
                self.source.forget(self.scope, &tokens);
                refused = Some((tokens, answer));
            } else if is_trouble(status) {
                failures += 1;
                let told = retry_after(answer.headers(), now).unwrap_or_default();
                if !self.recovers(repeatable, failures, told, deadline).await {
                    return Ok(answer);
                }
            } else if status != StatusCode::TOO_MANY_REQUESTS {
                return Ok(answer);
            }
        }
    }

    /// Waits until the API takes a request.
    async fn turn(&self, deadline: Timestamp) -> Result<(), ApiError> {
        let began = self.clock.now();
        let passed = self.limiter.pass(self.clock, deadline).await;
        let wait = Duration::try_from(self.clock.now().duration_since(began)).unwrap_or_default();
        self.record.add(wait);
        passed.map_err(|wait| ApiError::TooManyRequests { retry_after: Some(wait) })
    }

    /// Waits until the provider of tokens may be asked again, if that helps: nothing was sent to the API.
    async fn without_token(
        &self,
        error: ClientError,
        failures: u32,
        deadline: Timestamp,
    ) -> Result<(), ApiError> {
        let told = error.retry_after().unwrap_or(TOKEN_PAUSE);
        let again =
            error.is_temporary() && self.recovers(Repeatable::Idempotent, failures, told, deadline).await;
        if again { Ok(()) } else { Err(ApiError::Token(error)) }
    }

    /// Waits, after so many failures, for as long as was told and a chance beyond; true when it may be tried again.
    async fn recovers(
        &self,
        repeatable: Repeatable,
        failures: u32,
        told: Duration,
        deadline: Timestamp,
    ) -> bool {
        if repeatable != Repeatable::Idempotent || failures > self.patience.retries {
            return false;
        }
        let wait = told.saturating_add(backoff(failures, self.entropy));
        if later(self.clock.now(), wait) >= deadline {
            return false;
        }
        self.clock.sleep(wait).await;
        self.record.add(wait);
        true
    }
}

/// The value of `Authorization` (RFC 6750 §2.1).
fn bearer(token: &Secret) -> Result<HeaderValue, ApiError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose())).map_err(|_| {
        ApiError::Token(ClientError::TokenRefused(Some("it has characters that no token has".to_owned())))
    })?;
    value.set_sensitive(true);
    Ok(value)
}
