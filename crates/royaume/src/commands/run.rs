//! Running a server: sockets in front, the store behind, and the chores in between.

use std::convert::Infallible;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use royaume_listen::{Counters, Listener, PeerAddress};
use royaume_rehearsal::Gateway;
use royaume_server::{Peer, Server};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tower_service::Service;

use super::chores;
use super::gateway::Issued;
use crate::failure::Failure;
use crate::proxies::Proxies;

/// What stands before the server: who is calling, metrics, and the pages that a rehearsal adds.
#[derive(Clone)]
pub(super) struct Front {
    pub(super) server: Server,
    pub(super) proxies: Proxies,
    pub(super) counters: Arc<Counters>,
    /// Answers what the server knows nothing of.
    pub(super) extra: Option<Arc<dyn Extra>>,
    /// The APIs of a rehearsal.
    pub(super) gateway: Option<Gateway<Issued>>,
}

/// Pages beside the server's own.
pub(super) trait Extra: Send + Sync {
    /// The answer, if this is one of them.
    fn answer(&self, request: &Request<Bytes>) -> Option<Response<Bytes>>;
}

impl Front {
    async fn handle(self, mut request: Request<Bytes>) -> Response<Bytes> {
        // An IPv4 caller is the same one when the listener speaks IPv6 (RFC 4291 §2.5.5.2).
        let direct = request.extensions().get::<PeerAddress>().map(|peer| peer.0.ip().to_canonical());
        let peer = direct.map(|direct| self.proxies.caller(direct, request.headers()));
        if let Some(peer) = peer {
            request.extensions_mut().insert(Peer(peer));
        }
        if request.method() == Method::GET {
            if request.uri().path() == "/metrics" && is_of_this_machine(peer, request.headers()) {
                return metrics(&self.counters, &self.server);
            }
            if let Some(answer) = self.extra.as_ref().and_then(|extra| extra.answer(&request)) {
                return answer;
            }
        }
        if let Some(gateway) = self.gateway.as_ref().filter(|gateway| gateway.has(request.uri().path())) {
            return gateway.handle(request).await;
        }
        self.server.handle(request).await
    }
}

impl Service<Request<Bytes>> for Front {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let front = self.clone();
        Box::pin(async move { Ok(front.handle(request).await) })
    }
}

/// Serves until the process is told to stop, then finishes what is in flight.
pub(super) async fn serve(listener: Listener, front: Front, stop: Stop) -> Result<(), Failure> {
    let chores = tokio::spawn(chores::chores(front.server.clone()));
    let deliveries = tokio::spawn(chores::deliveries(front.server.clone()));
    listener.serve(front, stop.told()).await;
    deliveries.abort();
    chores.abort();
    Ok(())
}

/// SIGTERM and SIGINT. Heard before anybody is told that the server is ready, so that from then on it always ends well.
pub(super) struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    pub(super) fn listen() -> Result<Self, Failure> {
        let heard =
            |kind| signal(kind).map_err(|error| Failure::other(format!("signals cannot be heard: {error}")));
        Ok(Self { terminate: heard(SignalKind::terminate())?, interrupt: heard(SignalKind::interrupt())? })
    }

    /// Ends when the process is told to stop.
    async fn told(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Was this asked on this machine? Not if somebody brought it here from elsewhere, known to us or not.
fn is_of_this_machine(peer: Option<IpAddr>, headers: &HeaderMap) -> bool {
    let brought = headers.contains_key("x-forwarded-for") || headers.contains_key(header::FORWARDED);
    peer.is_some_and(|peer| peer.is_loopback()) && !brought
}

fn metrics(counters: &Counters, server: &Server) -> Response<Bytes> {
    let mut text = counters.snapshot().to_prometheus();
    let (hashed, shed) = server.passwords();
    let (taken, given_up) = server.logout_notices();
    for (name, help, value) in [
        ("royaume_passwords_hashed_total", "Passwords hashed.", hashed),
        ("royaume_passwords_shed_total", "Passwords not hashed: too many waited.", shed),
        ("royaume_logout_notices_taken_total", "Applications that took word of a logout.", taken),
        ("royaume_logout_notices_given_up_total", "Applications that never took word of a logout.", given_up),
    ] {
        text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n"));
    }
    let mut response = Response::new(Bytes::from(text));
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn behind(line: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", line.parse().unwrap());
        headers
    }

    #[test]
    fn a_proxy_on_this_machine_brings_nobody_to_the_metrics() {
        let (here, elsewhere) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([203, 0, 113, 7]));
        assert!(is_of_this_machine(Some(here), &HeaderMap::new()));
        assert!(!is_of_this_machine(Some(here), &behind("203.0.113.7")));
        assert!(!is_of_this_machine(Some(here), &behind("127.0.0.1")));
        assert!(!is_of_this_machine(Some(elsewhere), &HeaderMap::new()));
        assert!(!is_of_this_machine(None, &HeaderMap::new()));
    }
}
