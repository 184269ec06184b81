//! The accept loop: connections in, requests out to the service, and an orderly end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{Request, Response, StatusCode, Version, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower_service::Service;

use crate::admission::{Admission, Place};
use crate::counters::{Counters, Raised, count};
use crate::limits::Limits;
use crate::request::{PeerAddress, complete, refusal};
use crate::stream::Watched;

/// How long accepting rests after the system had nothing to give.
const REST: Duration = Duration::from_millis(50);

/// A socket that listens.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    limits: Arc<Limits>,
    counters: Arc<Counters>,
}

/// How a listener ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Every request in flight was answered.
    Drained,
    /// The time for that ran out with so many connections left.
    Cut(usize),
}

impl Listener {
    /// Listens on an address; port 0 takes any free one.
    ///
    /// # Errors
    /// What the system says when the address cannot be had.
    pub async fn bind(address: SocketAddr, limits: Limits) -> io::Result<Self> {
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, limits: Arc::new(limits), counters: Arc::default() })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What happens on it.
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.counters)
    }

    /// Serves until `shutdown` ends: then accepts nothing more, answers what is in flight, and closes.
    pub async fn serve<S>(self, service: S, shutdown: impl Future<Output = ()>) -> Stopped
    where
        S: Service<Request<Bytes>, Response = Response<Bytes>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send,
    {
        let admission = Arc::new(Admission::default());
        let (stop, stopping) = watch::channel(());
        let mut open = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                () = &mut shutdown => break,
                Some(_) = open.join_next(), if !open.is_empty() => continue,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let Some(place) = admission.admit(peer.ip(), &self.limits, &self.counters) else {
                        continue;
                    };
                    let connection = Connection {
                        service: service.clone(),
                        limits: Arc::clone(&self.limits),
                        counters: Arc::clone(&self.counters),
                        peer,
                        _place: place,
                    };
                    open.spawn(connection.run(stream, stopping.clone()));
                }
                Err(error) => {
                    // Out of descriptors or memory: connections that wait are not lost, and spinning helps nobody.
                    count(&self.counters.accept_errors);
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(REST).await;
                }
            }
        }
        drop(self.socket);
        // Connections that are told nothing would stay open for the sake of their next request.
        let _ = stop.send(());
        let drained = tokio::time::timeout(self.limits.drain_time(), async {
            while open.join_next().await.is_some() {}
        });
        match drained.await {
            Ok(()) => Stopped::Drained,
            Err(_) => Stopped::Cut(open.len()),
        }
    }
}

/// One connection.
struct Connection<S> {
    service: S,
    limits: Arc<Limits>,
    counters: Arc<Counters>,
    peer: SocketAddr,
    _place: Place,
}

impl<S> Connection<S>
where
    S: Service<Request<Bytes>, Response = Response<Bytes>, Error = Infallible>
        + Clone
        + Send
        + Sync
        + 'static,
    S::Future: Send,
{
    async fn run(self, stream: TcpStream, mut stopping: watch::Receiver<()>) {
        // Small answers leave at once.
        let _ = stream.set_nodelay(true);
        let established = Arc::new(AtomicBool::new(false));
        let watched = Watched::new(
            stream,
            self.limits.idle_time(),
            self.limits.head_time(),
            Arc::clone(&established),
            Arc::clone(&self.counters),
        );
        let builder = self.builder();
        let counters = Arc::clone(&self.counters);
        let connection = Arc::new(self);
        let service = service_fn(move |request| {
            established.store(true, Ordering::Relaxed);
            let connection = Arc::clone(&connection);
            async move { connection.answer(request).await }
        });
        let connection = builder.serve_connection(TokioIo::new(watched), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            _ = stopping.changed() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if ended.is_err() {
            count(&counters.connection_errors);
        }
    }

    fn builder(&self) -> auto::Builder<TokioExecutor> {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_time())
            // Far beyond this hyper hangs up without a word; up to it, we say 431 ourselves.
            .max_headers(self.limits.head_fields * 4)
            .max_buf_size((self.limits.head_bytes + self.limits.target_bytes).max(8 * 1024))
            .pipeline_flush(true);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(self.limits.streams)
            .max_header_list_size(u32::try_from(self.limits.head_bytes).unwrap_or(u32::MAX))
            .keep_alive_interval(self.limits.idle_time() / 2)
            .keep_alive_timeout(self.limits.idle_time() / 2);
        builder
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        let version = request.version();
        let mut response = self.whole_answer(request).await;
        if version == Version::HTTP_2 {
            // RFC 9113 §8.2.2: no connection-specific fields.
            response.headers_mut().remove(header::CONNECTION);
        }
        Ok(response.map(Full::new))
    }

    async fn whole_answer(&self, request: Request<Incoming>) -> Response<Bytes> {
        let in_flight = Raised::new(&self.counters.in_flight);
        if in_flight.level() > i64::try_from(self.limits.requests_in_flight).unwrap_or(i64::MAX) {
            count(&self.counters.refused_in_flight);
            return refusal(StatusCode::SERVICE_UNAVAILABLE);
        }
        let mut request = match complete(request, &self.limits, &self.counters).await {
            Ok(request) => request,
            Err(status) => return refusal(status),
        };
        request.extensions_mut().insert(PeerAddress(self.peer));
        let mut service = self.service.clone();
        let answering = AssertUnwindSafe(async move { service.call(request).await });
        match answering.catch_unwind().await {
            Ok(Ok(response)) => {
                count(&self.counters.served);
                response
            }
            Err(_) => {
                count(&self.counters.panicked);
                tracing::error!("a request panicked; this is a defect of ours");
                refusal(StatusCode::INTERNAL_SERVER_ERROR)
            }
        }
    }
}
