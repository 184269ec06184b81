//! Calling APIs with tokens: asked for when they are needed, at the rate that the API takes, within a deadline.

mod agent;
mod attempts;
mod backoff;
mod bucket;
mod call;
mod content_range;
mod error;
mod limiter;
mod pages;
mod refusal;
mod retry_after;
mod return_code;
mod source;
mod target;
mod window;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method};
use royaume_jose::{Entropy, SystemEntropy};
use royaume_protocol::Scope;
use royaume_realm::{BaseUrl, sandbox_scope};
use tracing::Instrument as _;

use self::attempts::{Attempts, Patience};
use self::limiter::Limiter;
use crate::{Clock, Transport};

pub(crate) use self::attempts::{Answer, Ended, Failed, Record, Repeatable};
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub(crate) use self::backoff::is_idempotent;

pub use self::agent::Agent;
pub use self::bucket::Rate;
pub use self::call::Call;
pub use self::error::ApiError;
pub use self::pages::{Page, Pages};
pub use self::return_code::{AgentAnswer, ReturnCode, null_as_none};
pub use self::source::TokenSource;
pub use self::window::Window;

/// The APIs of one family, such as `https://api.francetravail.io/partenaire`, called with the tokens of one application
/// ([`Machine`](crate::Machine)) or one person ([`Session`](crate::Session)).
///
/// A clone is the same: all clones share one queue before the API, so make one, and share it. What a call may cost:
/// - **401**: the token is dropped, and the call is sent once more if there is another one.
/// - **429**: the call is sent again when the API allows it, whatever its method: it was not carried out. `Retry-After`
///   pauses all clones, `X-Ratelimit-…` slows them down; whoever waits goes through in the order of arrival, at that rate.
/// - **Trouble** (5xx, a connection that breaks): an idempotent call is sent again, 3 times at most, ever later and by
///   chance; a `Retry-After` is obeyed. Another call is not sent again, because it may have been carried out.
/// - **30 s** in all, tokens and waiting included. What would have to wait beyond that ends at once.
///
/// Redirects are never followed, and no path leads out of the base: no token goes anywhere else.
pub struct Api<S, T, C> {
    shared: Arc<Shared<S, C>>,
    transport: T,
    scope: Scope,
    patience: Patience,
    entropy: Arc<dyn Entropy>,
    headers: HeaderMap,
    sandbox: bool,
}

/// What all clones have together.
struct Shared<S, C> {
    base: BaseUrl,
    source: S,
    clock: C,
    limiter: Limiter,
}

impl<S, T: Clone, C> Clone for Api<S, T, C> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            transport: self.transport.clone(),
            scope: self.scope.clone(),
            patience: self.patience,
            entropy: Arc::clone(&self.entropy),
            headers: self.headers.clone(),
            sandbox: self.sandbox,
        }
    }
}

impl<S, T, C> fmt::Debug for Api<S, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api")
            .field("base", &self.shared.base)
            .field("scope", &self.scope)
            .field("patience", &self.patience)
            .field("headers", &self.headers)
            .field("sandbox", &self.sandbox)
            .finish_non_exhaustive()
    }
}

impl<S: TokenSource, T: Clone, C: Clock> Api<S, T, C> {
    /// The APIs there. The transport carries the calls alone: tokens are asked for over that of their source.
    pub fn new(base: BaseUrl, source: S, scope: Scope, transport: T, clock: C) -> Self {
        let limiter = Limiter::new();
        Self {
            shared: Arc::new(Shared { base, source, clock, limiter }),
            transport,
            scope,
            patience: Patience::default(),
            entropy: Arc::new(SystemEntropy),
            headers: HeaderMap::new(),
            sandbox: false,
        }
    }
}

impl<S: TokenSource, T: Transport, C: Clock> Api<S, T, C> {
    /// A call of that method. A path begins at the base; `{name}` in it stands for a value ([`Call::value`]).
    pub fn request(&self, method: Method, path: &str) -> Call<S, T, C> {
        Call::new(self.clone(), method, path)
    }

    /// A call that reads.
    pub fn get(&self, path: &str) -> Call<S, T, C> {
        self.request(Method::GET, path)
    }

    /// A call that does something.
    pub fn post(&self, path: &str) -> Call<S, T, C> {
        self.request(Method::POST, path)
    }

    /// A call that puts something there.
    pub fn put(&self, path: &str) -> Call<S, T, C> {
        self.request(Method::PUT, path)
    }

    /// A call that deletes.
    pub fn delete(&self, path: &str) -> Call<S, T, C> {
        self.request(Method::DELETE, path)
    }
}

/// How calls are made, from there on; clones that were made before stay as they are.
impl<S, T: Clone, C> Api<S, T, C> {
    /// With tokens for that scope. The queue is the same.
    #[must_use]
    pub fn for_scope(&self, scope: Scope) -> Self {
        let scope = if self.sandbox { sandbox_scope(&scope) } else { scope };
        Self { scope, ..self.clone() }
    }

    /// Each call has so long in all (30 s).
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.patience.deadline = deadline;
        self
    }

    /// After trouble an idempotent call is sent again, so many times at most (3).
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.patience.retries = retries;
        self
    }

    /// All clones together keep to that rate, or to a lower one that the API names. Otherwise only what the API says counts.
    #[must_use]
    pub fn with_rate(self, rate: Rate) -> Self {
        self.shared.limiter.configure(rate);
        self
    }

    /// The chance by which repetitions are spread.
    #[must_use]
    pub fn with_entropy(mut self, entropy: Arc<dyn Entropy>) -> Self {
        self.entropy = entropy;
        self
    }

    /// On behalf of that agent: its headers are on every call.
    #[must_use]
    pub fn for_agent(mut self, agent: &Agent) -> Self {
        agent.write(&mut self.headers);
        self
    }

    /// In France Travail's sandbox: `test` comes before the API in the scope and in every path. The application needs a
    /// subscription to the sandbox's API.
    #[must_use]
    pub fn in_sandbox(mut self) -> Self {
        self.scope = sandbox_scope(&self.scope);
        self.sandbox = true;
        self
    }

    /// The same around the requests of a client that exists already, in the same queue.
    #[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
    pub fn authorize(&self) -> crate::middleware::Authorize<S, C> {
        crate::middleware::Authorize::new(Api {
            shared: Arc::clone(&self.shared),
            transport: (),
            scope: self.scope.clone(),
            patience: self.patience,
            entropy: Arc::clone(&self.entropy),
            headers: self.headers.clone(),
            sandbox: self.sandbox,
        })
    }

    /// What tokens are asked for.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }
}

impl<S: TokenSource, T, C: Clock> Api<S, T, C> {
    /// Sends until there is an answer to keep, and leaves a line of it: no query, no value, no secret.
    pub(crate) async fn carry<A, E, F, Sent>(
        &self,
        (method, path): (&Method, &str),
        repeatable: Repeatable,
        record: &Record,
        send: F,
    ) -> Result<A, Ended<E>>
    where
        A: Answer,
        F: FnMut(HeaderValue) -> Sent,
        Sent: Future<Output = Result<A, Failed<E>>>,
    {
        let span = tracing::info_span!(
            "api",
            %method,
            path,
            status = tracing::field::Empty,
            attempts = tracing::field::Empty,
            waited_ms = tracing::field::Empty,
        );
        let ended = self.attempts(record).run(repeatable, send).instrument(span.clone()).await;
        span.record("attempts", record.attempts());
        span.record("waited_ms", record.waited());
        if let Ok(answer) = &ended {
            span.record("status", answer.status().as_u16());
        }
        ended
    }

    /// Are requests to that address carried with our token?
    #[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
    pub(crate) fn reaches(&self, address: &str) -> Result<(), ApiError> {
        target::is_below(&self.shared.base, address)
    }

    /// What every request of it carries besides its token.
    #[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The loop that a call runs.
    fn attempts<'a>(&'a self, record: &'a Record) -> Attempts<'a, S, C> {
        Attempts {
            source: &self.shared.source,
            clock: &self.shared.clock,
            entropy: &*self.entropy,
            limiter: &self.shared.limiter,
            scope: &self.scope,
            patience: self.patience,
            record,
        }
    }
}
