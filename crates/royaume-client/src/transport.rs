//! The transport: anything that turns a request into a response.

use std::fmt::Display;
use std::future::poll_fn;

use bytes::Bytes;
use http::{Request, Response};
use tower_service::Service;

use crate::ClientError;

/// What carries requests: a network client, or a server in the same process.
pub trait Transport: Clone + Send + Sync + 'static {
    /// Sends one request. Redirects are never followed: an answer is an answer (RFC 9700 §4.12).
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Response<Bytes>, ClientError>> + Send;
}

impl<S> Transport for S
where
    S: Service<Request<Bytes>, Response = Response<Bytes>> + Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: Display,
{
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ClientError> {
        let mut service = self.clone();
        let failed = |error: S::Error| ClientError::Unavailable {
            reason: crate::error::harmless(&error.to_string()),
            retry_after: None,
        };
        poll_fn(|cx| service.poll_ready(cx)).await.map_err(failed)?;
        service.call(request).await.map_err(failed)
    }
}

#[cfg(feature = "reqwest")]
mod network;

#[cfg(feature = "reqwest")]
pub use network::{ReqwestTransport, ReqwestTransportBuilder};
