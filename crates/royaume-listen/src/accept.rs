//! The accept loop: connections in, requests out to the service, and an orderly end.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use hyper_util::rt::TokioExecutor;
use hyper_util::server::conn::auto;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::task::JoinSet;
use tower_service::Service;

use crate::admission::{Admission, Doors};
use crate::connection;
use crate::counters::{Counters, count};
use crate::limits::Limits;

/// How long accepting rests after the system had nothing to give.
const REST: Duration = Duration::from_millis(50);

/// Descriptors that connections leave to the store, the logs and the rest.
const DESCRIPTORS_KEPT: u64 = 128;

/// A socket that listens.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    limits: Limits,
    counters: Arc<Counters>,
    doors: Doors,
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
    /// The limit of connections is lowered, and a warning logged, when the process may not open enough descriptors.
    ///
    /// # Errors
    /// What the system says when the address cannot be had; `InvalidInput` for limits that serve nobody.
    pub async fn bind(address: SocketAddr, mut limits: Limits) -> io::Result<Self> {
        limits.check()?;
        if let Some(room) = room()
            && limits.connections > room
        {
            tracing::warn!(
                connections = limits.connections,
                room,
                "the process may not open enough descriptors: raise its limit (ulimit -n, LimitNOFILE)"
            );
            limits.connections = room;
        }
        let socket = TcpListener::bind(address).await?;
        let address = socket.local_addr()?;
        Ok(Self { socket, address, limits, counters: Arc::default(), doors: Doors::default() })
    }

    /// Names proxies, whose connections carry many people and are limited in total only.
    #[must_use]
    pub fn proxies(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.doors.proxies.extend(addresses.into_iter().map(|address| address.to_canonical()));
        self
    }

    /// Lets in nobody but the proxies and this machine: what is said here is said in clear.
    #[must_use]
    pub fn only_proxies(mut self) -> Self {
        self.doors.only_proxies = true;
        self
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
    ///
    /// A request reaches the service whole, with [`PeerAddress`](crate::PeerAddress) in its extensions. One that
    /// panics is answered 500.
    pub async fn serve<S>(self, service: S, shutdown: impl Future<Output = ()>) -> Stopped
    where
        S: Service<Request<Bytes>, Response = Response<Bytes>, Error = Infallible> + Clone + Send + 'static,
        S::Future: Send,
    {
        let Self { socket, limits, counters, doors, .. } = self;
        let admission = Arc::new(Admission::new(doors));
        let protocol = connection::protocol(&limits);
        let house = Arc::new(House {
            limits,
            counters,
            protocol,
            bodies: AtomicUsize::new(0),
            stop: Stop::default(),
        });
        let mut open = JoinSet::new();
        let mut shutdown = pin!(shutdown);
        let mut failing = false;
        loop {
            let accepted = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = open.join_next(), if !open.is_empty() => {
                    house.note(ended);
                    continue;
                }
                accepted = socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    failing = false;
                    let Some(place) = admission.admit(peer.ip(), &house.limits, &house.counters) else {
                        continue;
                    };
                    // Small answers leave at once.
                    let _ = stream.set_nodelay(true);
                    open.spawn(connection::run(stream, peer, service.clone(), Arc::clone(&house), place));
                }
                // It was gone before we came to it.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // Out of descriptors or memory: connections that wait are not lost, and spinning helps nobody.
                    count(&house.counters.accept_errors);
                    if !failing {
                        tracing::warn!(%error, "connections cannot be accepted; trying until they can");
                    }
                    failing = true;
                    tokio::select! {
                        () = &mut shutdown => break,
                        () = tokio::time::sleep(REST) => {}
                    }
                }
            }
        }
        drop(socket);
        house.stop.say();
        let drained = tokio::time::timeout(house.limits.drain_time(), async {
            while let Some(ended) = open.join_next().await {
                house.note(ended);
            }
        });
        match drained.await {
            Ok(()) => Stopped::Drained,
            Err(_) => {
                let left = open.len();
                open.shutdown().await;
                Stopped::Cut(left)
            }
        }
    }
}

/// Connections that the process has descriptors for.
fn room() -> Option<usize> {
    let descriptors = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    let kept = DESCRIPTORS_KEPT.min(descriptors / 2);
    usize::try_from(descriptors - kept).ok()
}

/// What all connections of a listener share.
pub(crate) struct House {
    pub(crate) limits: Limits,
    pub(crate) counters: Arc<Counters>,
    pub(crate) protocol: auto::Builder<TokioExecutor>,
    /// Bytes of bodies on their way.
    pub(crate) bodies: AtomicUsize,
    pub(crate) stop: Stop,
}

impl House {
    fn note(&self, ended: Result<(), tokio::task::JoinError>) {
        if ended.is_err_and(|error| error.is_panic()) {
            count(&self.counters.panicked);
        }
    }
}

/// The word to stop, said once and heard by every connection.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    said: AtomicBool,
    bell: Notify,
}

impl Stop {
    fn say(&self) {
        self.said.store(true, Ordering::SeqCst);
        self.bell.notify_waiters();
    }

    pub(crate) fn is_said(&self) -> bool {
        self.said.load(Ordering::SeqCst)
    }

    /// Ends when the word is said from now on; what was said before is asked of [`Stop::is_said`] afterwards.
    pub(crate) fn heard(&self) -> Notified<'_> {
        self.bell.notified()
    }
}
