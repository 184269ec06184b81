//! The layer of tower.

use std::fmt::Display;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use super::Authorize;
use crate::api::{Ended, Failed, Record};
use crate::{ApiError, Clock, TokenSource};

/// A service whose requests carry tokens.
#[derive(Debug, Clone)]
pub struct Authorized<Inner, S, C> {
    inner: Inner,
    authorize: Authorize<S, C>,
}

impl<Inner, S, C> Layer<Inner> for Authorize<S, C> {
    type Service = Authorized<Inner, S, C>;

    fn layer(&self, inner: Inner) -> Self::Service {
        Authorized { inner, authorize: self.clone() }
    }
}

/// An error of the service inside is trouble: nobody knows whether the request arrived.
impl<Inner, B, S, C> Service<Request<Bytes>> for Authorized<Inner, S, C>
where
    Inner: Service<Request<Bytes>, Response = Response<B>> + Clone + Send + 'static,
    Inner::Future: Send,
    Inner::Error: Display + Send,
    B: Send + 'static,
    S: TokenSource,
    C: Clock,
{
    type Response = Response<B>;
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<B>, ApiError>> + Send>>;

    /// The service inside is asked before each attempt.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ApiError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let Self { inner, authorize } = self.clone();
        Box::pin(async move {
            let address = request.uri().to_string();
            let record = Record::default();
            let (asked, tokens) = (&request, &authorize);
            // Services that only one thread may use at a time are copied, never shared.
            let send = move |authorization: HeaderValue| {
                let (mut service, mut request) = (inner.clone(), asked.clone());
                tokens.write(request.headers_mut(), authorization);
                async move {
                    let trouble = |error: Inner::Error| Failed::Trouble(error);
                    poll_fn(|cx| service.poll_ready(cx)).await.map_err(trouble)?;
                    service.call(request).await.map_err(trouble)
                }
            };
            let answered = authorize.carry((request.method(), &address), true, &record, send).await;
            answered.map_err(|end| match end {
                Ended::Here(error) => error,
                Ended::There(error) => unavailable(&error, &record),
            })
        })
    }
}

fn unavailable(error: &impl Display, record: &Record) -> ApiError {
    let reason = crate::error::harmless(&error.to_string());
    ApiError::Unavailable { reason, attempts: record.attempts(), retry_after: None }
}
