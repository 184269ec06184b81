//! The network, over reqwest: rustls, no redirects, bounded in time and size.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{Request, Response};

use super::Transport;
use crate::ClientError;
use crate::answers::LONGEST_BODY;
use crate::provider::safe;

/// A transport over the network: rustls, http on this machine only, no redirects, bounded in time and size. The
/// proxy that the environment names is used for https, which it cannot read, and never for http.
#[derive(Debug, Clone)]
pub struct ReqwestTransport {
    network: reqwest::Client,
    this_machine: reqwest::Client,
    longest_body: usize,
}

/// How a [`ReqwestTransport`] is to be.
#[derive(Debug, Clone)]
#[must_use]
pub struct ReqwestTransportBuilder {
    connect: Duration,
    total: Duration,
    longest_body: usize,
    roots: Vec<Vec<u8>>,
    only_these: bool,
    addresses: Vec<(String, SocketAddr)>,
}

impl ReqwestTransport {
    /// A transport with a connect limit of 5 s, a total limit of 30 s and bodies of 1 MiB: for tokens and documents.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`] when the system has no trust roots.
    pub fn new() -> Result<Self, ClientError> {
        Self::builder().build()
    }

    /// The same, to be changed: an API may have larger answers.
    pub fn builder() -> ReqwestTransportBuilder {
        ReqwestTransportBuilder {
            connect: Duration::from_secs(5),
            total: Duration::from_secs(30),
            longest_body: LONGEST_BODY,
            roots: Vec::new(),
            only_these: false,
            addresses: Vec::new(),
        }
    }
}

impl ReqwestTransportBuilder {
    /// A connection that takes longer has failed (5 s).
    pub fn connect_limit(self, limit: Duration) -> Self {
        Self { connect: limit, ..self }
    }

    /// An answer that takes longer, from the connection to its last byte, has failed (30 s).
    pub fn total_limit(self, limit: Duration) -> Self {
        Self { total: limit, ..self }
    }

    /// A body of more bytes is not read (1 MiB); an API may need 16 MiB.
    pub fn longest_body(self, bytes: usize) -> Self {
        Self { longest_body: bytes, ..self }
    }

    /// Trusts these certificates too, in PEM: those of a company, or of a rehearsal.
    pub fn trusting(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Trusts the certificates that it was given, and none of the system's.
    pub fn trusting_no_other(self) -> Self {
        Self { only_these: true, ..self }
    }

    /// That host is at that address, whatever names say. The port is that of the request, unless this one is not 0.
    pub fn resolving(mut self, host: &str, address: SocketAddr) -> Self {
        self.addresses.push((host.to_owned(), address));
        self
    }

    /// The transport.
    ///
    /// # Errors
    /// [`ClientError::Unavailable`] when what is to be trusted is not PEM, or the system has no trust roots.
    pub fn build(self) -> Result<ReqwestTransport, ClientError> {
        let network = self.client()?.build().map_err(|error| unavailable(&error))?;
        let this_machine = self.client()?.no_proxy().build().map_err(|error| unavailable(&error))?;
        Ok(ReqwestTransport { network, this_machine, longest_body: self.longest_body })
    }

    fn client(&self) -> Result<reqwest::ClientBuilder, ClientError> {
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.connect)
            .timeout(self.total)
            .user_agent(concat!("royaume/", env!("CARGO_PKG_VERSION")));
        let mut roots = Vec::new();
        for pem in &self.roots {
            let certificates = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
            if certificates.is_empty() {
                return Err(because("what is to be trusted is no certificate in PEM"));
            }
            roots.extend(certificates);
        }
        if self.only_these {
            builder = builder.tls_certs_only(roots);
        } else if !roots.is_empty() {
            builder = builder.tls_certs_merge(roots);
        }
        for (host, address) in &self.addresses {
            builder = builder.resolve(host, *address);
        }
        Ok(builder)
    }
}

impl Transport for ReqwestTransport {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ClientError> {
        let address = safe(&request.uri().to_string()).ok_or_else(|| {
            ClientError::Metadata("an address is neither https nor on this machine".to_owned())
        })?;
        let (mut parts, body) = request.into_parts();
        // The client says the host itself.
        parts.headers.remove(http::header::HOST);
        let client = if address.scheme() == "https" { &self.network } else { &self.this_machine };
        let sent = client.request(parts.method, address).headers(parts.headers).body(body).send().await;
        let mut received = sent.map_err(|error| unavailable(&error))?;
        let status = received.status();
        let headers = std::mem::take(received.headers_mut());
        let body = self.body(received).await?;
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl ReqwestTransport {
    /// The body. Most come in one piece, which is not copied.
    async fn body(&self, mut received: reqwest::Response) -> Result<Bytes, ClientError> {
        let status = received.status().as_u16();
        let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
        while let Some(chunk) = received.chunk().await.map_err(|error| unavailable(&error))? {
            if first.len() + rest.len() + chunk.len() > self.longest_body {
                let expected = if self.longest_body == LONGEST_BODY {
                    "an answer of at most one mebibyte"
                } else {
                    "an answer of at most as many bytes as were allowed"
                };
                return Err(ClientError::Unexpected { expected, status });
            }
            if first.is_empty() {
                first = chunk;
            } else {
                rest.extend_from_slice(&chunk);
            }
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let mut whole = BytesMut::with_capacity(first.len() + rest.len());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&rest);
        Ok(whole.freeze())
    }
}

fn unavailable(error: &reqwest::Error) -> ClientError {
    because(if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connect() {
        "no connection: is it running, and is the address right?"
    } else {
        "the connection broke"
    })
}

fn because(reason: &str) -> ClientError {
    ClientError::Unavailable { reason: reason.to_owned(), retry_after: None }
}
