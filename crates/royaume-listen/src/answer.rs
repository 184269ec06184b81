//! From a request to its answer: checked, read, answered by the service, which may panic.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::{Body as _, Incoming};
use tower_service::Service;

use crate::accept::House;
use crate::body;
use crate::counters::{Raised, count};
use crate::line::Turn;
use crate::refusal::Refusal;
use crate::request::{PeerAddress, check};

/// What a listener serves.
pub(crate) trait Answers:
    Service<Request<Bytes>, Response = Response<Bytes>, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Answers for S where
    S: Service<Request<Bytes>, Response = Response<Bytes>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Answers one request, whatever happens.
pub(crate) async fn answer<S: Answers>(
    service: S,
    request: Request<Incoming>,
    peer: SocketAddr,
    house: &House,
    turn: Turn,
) -> Response<Full<Bytes>> {
    let response = match whole(request, peer, house).await {
        Ok(request) => served(service, request, house).await,
        Err(refusal) => Err(refusal),
    };
    let response = response.unwrap_or_else(|refusal| {
        count(refusal.counter(&house.counters));
        refusal.response(turn.http2)
    });
    response.map(|body| Full::new(turn.end(body)))
}

async fn whole(
    request: Request<Incoming>,
    peer: SocketAddr,
    house: &House,
) -> Result<Request<Bytes>, Refusal> {
    let (mut head, body) = request.into_parts();
    check(&head, !body.is_end_stream(), &house.limits)?;
    let body = body::read(body, &house.limits, &house.bodies).await?;
    head.extensions.insert(PeerAddress(peer));
    Ok(Request::from_parts(head, body))
}

async fn served<S: Answers>(
    mut service: S,
    request: Request<Bytes>,
    house: &House,
) -> Result<Response<Bytes>, Refusal> {
    let in_flight = Raised::new(&house.counters.in_flight);
    if in_flight.level() > i64::try_from(house.limits.requests_in_flight).unwrap_or(i64::MAX) {
        return Err(Refusal::InFlight);
    }
    let answering = async move {
        match poll_fn(|cx| service.poll_ready(cx)).await {
            Ok(()) => service.call(request).await,
            Err(never) => Err(never),
        }
    };
    // The service is a clone of this request's own: nobody sees what a panic left in it.
    match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(Ok(response)) => {
            count(&house.counters.served);
            Ok(response)
        }
        Err(_) => {
            tracing::error!("a request panicked; this is a defect of ours");
            Err(Refusal::Panic)
        }
    }
}
