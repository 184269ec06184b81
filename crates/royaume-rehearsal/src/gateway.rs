//! The gateway: who is calling, may they, how often, and then the API that was asked.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use royaume_protocol::bearer;
use royaume_realm::Catalogue;

use crate::answer::{self, Answer};
use crate::apis::{Apis, Desk, Located};
use crate::fault::Fault;
use crate::offers::Offers;
use crate::quota::{Exhausted, Quotas};
use crate::tokens::{Holder, Tokens};
use crate::{agent, people, rome, sandbox};

/// The gateway in front of the APIs: a service from request to response. A clone is the same gateway.
///
/// Its answers are those that integrators meet: 401 without a body for a bearer token that is none, 403 for one that does
/// not open the API, 429 beyond a quota, and the API's own otherwise. Offers are dated before the moment at which the
/// gateway is made, and none is added later.
pub struct Gateway<T> {
    tokens: T,
    parts: Arc<Parts>,
}

struct Parts {
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    apis: Apis,
    quotas: Quotas,
    opened: Timestamp,
    /// Invented when somebody first looks for one.
    offers: OnceLock<Offers>,
}

impl<T: Tokens> Gateway<T> {
    /// A gateway to the APIs of that catalogue which are rehearsed. It asks there whose tokens are, and there what time it
    /// is: once for each request.
    pub fn new(
        catalogue: &Catalogue,
        tokens: T,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        let opened = clock();
        let parts = Parts {
            clock: Box::new(clock),
            apis: Apis::of(catalogue),
            quotas: Quotas::default(),
            opened,
            offers: OnceLock::new(),
        };
        Self { tokens, parts: Arc::new(parts) }
    }

    /// Does an API of the rehearsal lie at that path? What does not is another server's, as userinfo is.
    pub fn has(&self, path: &str) -> bool {
        self.parts.apis.locate(path).is_some()
    }

    /// Answers a request whose body is complete. Where no API lies, nothing is found.
    pub async fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let mut answer = self.answer(&request).await;
        if request.method() == Method::HEAD {
            *answer.body_mut() = Bytes::new();
        }
        answer
    }

    async fn answer(&self, request: &Request<Bytes>) -> Answer {
        let now = (self.parts.clock)();
        let Some(located) = self.parts.apis.locate(request.uri().path()) else {
            return answer::empty(StatusCode::NOT_FOUND);
        };
        let Some(token) = presented(request.headers()) else {
            return answer::empty(StatusCode::UNAUTHORIZED);
        };
        let holder = match self.tokens.holder(token).await {
            Ok(Some(holder)) => holder,
            Ok(None) => return answer::empty(StatusCode::UNAUTHORIZED),
            Err(_) => return unavailable(),
        };
        if let Some(lacking) = located.api.lacking(&holder) {
            tracing::warn!(path = request.uri().path(), client_id = holder.client_id, "forbidden: {lacking}");
            return forbidden(&located.api.row.forbidden);
        }
        match self.parts.quotas.take(&located, &holder.client_id, now) {
            Ok(meter) => {
                let mut answer = match Fault::wished(request.headers()) {
                    Some(fault) => fault.answer(),
                    None => self.desk(&located, request, &holder, now),
                };
                meter.write(answer.headers_mut());
                answer
            }
            Err(exhausted) => too_many(exhausted),
        }
    }

    fn desk(
        &self,
        located: &Located<'_>,
        request: &Request<Bytes>,
        holder: &Holder,
        now: Timestamp,
    ) -> Answer {
        let resource = located.resource;
        match located.api.row.desk {
            Desk::Offers => {
                let offers = self.parts.offers.get_or_init(|| Offers::invent(self.parts.opened));
                offers.answer(request, resource, now)
            }
            Desk::Rome => rome::answer(request.method(), resource),
            Desk::Coordonnees => people::coordonnees(request.method(), resource, holder),
            Desk::Statut => people::statut(request.method(), resource, holder),
            Desk::EtatCivil => people::etat_civil(request.method(), resource, holder),
            Desk::RechercherUsager => agent::rechercher_usager(request, resource, holder),
            Desk::Rqth => agent::rqth(request, resource, holder),
            Desk::Sandbox => sandbox::answer(request, located.api.row.stub.as_ref()),
        }
    }
}

/// The one bearer token of a request (RFC 6750 §2.1); it is read from nowhere else.
fn presented(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    value.to_str().ok().and_then(bearer::parse)
}

fn forbidden(words: &str) -> Answer {
    if words.is_empty() {
        return answer::empty(StatusCode::FORBIDDEN);
    }
    answer::text(StatusCode::FORBIDDEN, words)
}

fn too_many(exhausted: Exhausted) -> Answer {
    let mut answer = answer::text(StatusCode::TOO_MANY_REQUESTS, "Too many requests");
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(exhausted.retry_after));
    exhausted.meter.write(answer.headers_mut());
    answer
}

/// Nothing is known about the token: that is no refusal of it.
fn unavailable() -> Answer {
    let mut answer = answer::empty(StatusCode::SERVICE_UNAVAILABLE);
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    answer
}

impl<T: Clone> Clone for Gateway<T> {
    fn clone(&self) -> Self {
        Self { tokens: self.tokens.clone(), parts: Arc::clone(&self.parts) }
    }
}

impl<T> std::fmt::Debug for Gateway<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("opened", &self.parts.opened).finish_non_exhaustive()
    }
}

impl<T: Tokens> tower_service::Service<Request<Bytes>> for Gateway<T> {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let gateway = self.clone();
        Box::pin(async move { Ok(gateway.handle(request).await) })
    }
}
