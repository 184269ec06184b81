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
pub use network::ReqwestTransport;

#[cfg(feature = "reqwest")]
mod network {
    //! The network.

    use std::time::Duration;

    use super::{Bytes, ClientError, Request, Response, Transport};
    use crate::answers::LONGEST_BODY;
    use crate::provider::is_safe;

    /// A transport over the network: rustls, http on this machine only, no redirects, bounded in time and size. The
    /// proxy that the environment names is used for https, which it cannot read, and never for http.
    #[derive(Debug, Clone)]
    pub struct ReqwestTransport {
        network: reqwest::Client,
        this_machine: reqwest::Client,
    }

    impl ReqwestTransport {
        /// A transport with a connect limit of 5 s and a total limit of 30 s.
        ///
        /// # Errors
        /// [`ClientError::Unavailable`] when the system has no trust roots.
        pub fn new() -> Result<Self, ClientError> {
            let builder = || {
                reqwest::Client::builder()
                    .redirect(reqwest::redirect::Policy::none())
                    .connect_timeout(Duration::from_secs(5))
                    .timeout(Duration::from_secs(30))
                    .user_agent(concat!("royaume/", env!("CARGO_PKG_VERSION")))
            };
            let build =
                |builder: reqwest::ClientBuilder| builder.build().map_err(|error| unavailable(&error));
            Ok(Self { network: build(builder())?, this_machine: build(builder().no_proxy())? })
        }
    }

    impl Transport for ReqwestTransport {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ClientError> {
            let address = request.uri().to_string();
            if !is_safe(&address) {
                return Err(ClientError::Metadata(
                    "an address is neither https nor on this machine".to_owned(),
                ));
            }
            let (mut parts, body) = request.into_parts();
            // The client says the host itself.
            parts.headers.remove(http::header::HOST);
            let client = if address.starts_with("https:") { &self.network } else { &self.this_machine };
            let sent = client.request(parts.method, address).headers(parts.headers).body(body).send().await;
            let mut received = sent.map_err(|error| unavailable(&error))?;
            let status = received.status();
            let headers = received.headers().clone();
            let mut body = Vec::new();
            while let Some(chunk) = received.chunk().await.map_err(|error| unavailable(&error))? {
                if body.len() + chunk.len() > LONGEST_BODY {
                    return Err(ClientError::Unexpected {
                        expected: "an answer of at most one mebibyte",
                        status: status.as_u16(),
                    });
                }
                body.extend_from_slice(&chunk);
            }
            let mut response = Response::new(Bytes::from(body));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        }
    }

    fn unavailable(error: &reqwest::Error) -> ClientError {
        let reason = if error.is_timeout() {
            "it did not answer in time"
        } else if error.is_connect() {
            "no connection: is it running, and is the address right?"
        } else {
            "the connection broke"
        };
        ClientError::Unavailable { reason: reason.to_owned(), retry_after: None }
    }
}
