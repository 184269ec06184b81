//! The one way out.

use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use crate::configuration::{Configuration, Limits, Unusable};
use crate::deadline::Deadline;
use crate::error::{FetchError, Stage};
use crate::exchange::exchange;
use crate::host::{AllowedHost, Host, Target};
use crate::pinned::Pinned;
use crate::places::{Place, Places};
use crate::resolve::Resolve;
use crate::trust;

/// Sends requests to where strangers say, and nowhere inside. Clones share their limits.
///
/// Every request has a connection of its own: looked up, judged, connected, asked, closed. No proxy is used, whatever the
/// environment says; no redirect is followed; no content coding is undone.
#[derive(Debug, Clone)]
pub struct Fetch {
    way: Arc<Way>,
    limits: Limits,
}

#[derive(Debug)]
struct Way {
    allow: Vec<AllowedHost>,
    resolver: Arc<dyn Resolve>,
    tls: Arc<ClientConfig>,
    places: Places,
}

impl Fetch {
    /// Reads the authorities that are believed.
    ///
    /// # Errors
    /// [`Unusable`] when a file of authorities does not read, or a limit is 0.
    pub fn new(configuration: Configuration) -> Result<Self, Unusable> {
        let Configuration { allow, trust_roots, limits, resolver } = configuration;
        limits.check()?;
        let way = Way { allow, resolver, tls: trust::tls(&trust_roots)?, places: Places::new(&limits) };
        Ok(Self { way: Arc::new(way), limits })
    }

    /// The same way, for answers whose body is smaller still.
    #[must_use]
    pub fn at_most(&self, body_bytes: usize) -> Self {
        let body_bytes = body_bytes.min(self.limits.body_bytes);
        Self { way: Arc::clone(&self.way), limits: Limits { body_bytes, ..self.limits.clone() } }
    }

    /// Sends one request to the absolute URI that it has, and gives back whatever is answered, a redirect too.
    ///
    /// Dropping the future ends the request, and the connection with it.
    ///
    /// # Errors
    /// [`FetchError`], when it is refused, when nobody answers, or when the answer is not within the limits.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, FetchError> {
        let target = Target::of(request.uri())?;
        let allowed = self.way.allow.iter().any(|allowed| allowed.covers(&target));
        if !target.https && !allowed {
            return Err(FetchError::NotHttps { host: target.to_string() });
        }
        let deadline = Deadline::after(self.limits.time, &target);
        let place = Arc::new(deadline.within(Stage::Place, self.way.places.take(&target.host)).await?);
        let found = self.way.look_up(&target, &place, deadline).await?;
        let pinned = Pinned::judge(&target, &found, allowed)?;
        let socket = deadline
            .within(Stage::Connection, pinned.connect())
            .await?
            .map_err(|error| FetchError::Unreachable { host: target.to_string(), why: error.to_string() })?;
        if !target.https {
            return exchange(socket, request, &target, &self.limits, deadline).await;
        }
        let stream = self.way.secure(socket, &target, deadline).await?;
        exchange(stream, request, &target, &self.limits, deadline).await
    }
}

impl Way {
    async fn look_up(
        &self,
        target: &Target,
        place: &Arc<Place>,
        deadline: Deadline<'_>,
    ) -> Result<Vec<IpAddr>, FetchError> {
        let name = match &target.host {
            Host::Address(address) => return Ok(vec![*address]),
            Host::Name(name) => name,
        };
        // The system goes on looking when we no longer wait, and keeps the place for so long: whoever owns a name whose
        // servers are silent has no more lookups than requests.
        let (resolving, place) = (self.resolver.resolve(name), Arc::clone(place));
        let looking = tokio::spawn(async move {
            let found = resolving.await;
            drop(place);
            found
        });
        let unknown = |why: String| FetchError::Unknown { host: target.to_string(), why };
        let found =
            deadline.within(Stage::Lookup, looking).await?.map_err(|error| unknown(error.to_string()))?;
        found.map_err(|error| unknown(error.to_string()))
    }

    async fn secure(
        &self,
        socket: TcpStream,
        target: &Target,
        deadline: Deadline<'_>,
    ) -> Result<TlsStream<TcpStream>, FetchError> {
        let name = match &target.host {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|_| FetchError::Malformed("its host is no name of a server"))?,
        };
        let connecting = TlsConnector::from(Arc::clone(&self.tls)).connect(name, socket);
        deadline.within(Stage::Handshake, connecting).await?.map_err(|error| {
            let host = target.to_string();
            match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(rustls::Error::InvalidCertificate(why)) => {
                    FetchError::Untrusted { host, why: trust::words(why) }
                }
                _ => FetchError::Handshake { host, why: error.to_string() },
            }
        })
    }
}

impl Service<Request<Bytes>> for Fetch {
    type Response = Response<Bytes>;
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, FetchError>> + Send>>;

    /// Always: waiting for a place is part of the request's time.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), FetchError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let fetch = self.clone();
        Box::pin(async move { fetch.send(request).await })
    }
}
