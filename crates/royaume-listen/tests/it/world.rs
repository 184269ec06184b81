//! A listener on a loopback socket, a service that does as it is told, and a client that writes its own bytes.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use royaume_listen::{Counters, Limits, Listener, Snapshot, Stopped};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;
use tower_service::Service;

/// No wait in these tests is longer: what it bounds happens far sooner, or never.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than the buffers of two loopback sockets hold.
pub(crate) const LARGE: usize = 64 * 1024 * 1024;

/// `/` echoes the body, `/wait` waits for the gate, `/large` answers more than sockets hold, `/panic` panics.
#[derive(Clone)]
pub(crate) struct Told {
    gate: Arc<Semaphore>,
    arrived: Arc<Semaphore>,
}

impl Service<Request<Bytes>> for Told {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let told = self.clone();
        Box::pin(async move {
            told.arrived.add_permits(1);
            match request.uri().path() {
                "/wait" => told.gate.acquire().await.unwrap().forget(),
                "/large" => return Ok(Response::new(Bytes::from(vec![b'x'; LARGE]))),
                "/panic" => panic!("as told"),
                _ => {}
            }
            Ok(Response::new(request.into_body()))
        })
    }
}

pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) counters: Arc<Counters>,
    told: Told,
    stop: oneshot::Sender<()>,
    stopped: JoinHandle<Stopped>,
}

impl World {
    pub(crate) async fn new(limits: Limits) -> Self {
        let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
        Self::on(Listener::bind(loopback, limits).await.unwrap())
    }

    pub(crate) fn on(listener: Listener) -> Self {
        let (address, counters) = (listener.local_addr(), listener.counters());
        let told = Told { gate: Arc::new(Semaphore::new(0)), arrived: Arc::new(Semaphore::new(0)) };
        let (stop, stopping) = oneshot::channel::<()>();
        let service = told.clone();
        let stopped = tokio::spawn(listener.serve(service, async {
            let _ = stopping.await;
        }));
        Self { address, counters, told, stop, stopped }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Writes bytes on a connection of their own and reads until the server closes it.
    pub(crate) async fn exchange(&self, bytes: &str) -> String {
        let mut client = self.connect().await;
        client.send(bytes).await;
        client.rest().await
    }

    /// Ends when the service has a request in hand.
    pub(crate) async fn arrival(&self) {
        within(self.told.arrived.acquire()).await.unwrap().forget();
    }

    /// For when the world is gone.
    pub(crate) fn gate(&self) -> Arc<Semaphore> {
        Arc::clone(&self.told.gate)
    }

    /// Lets one waiting request go.
    pub(crate) fn release(&self) {
        self.told.gate.add_permits(1);
    }

    pub(crate) fn seen(&self) -> Snapshot {
        self.counters.snapshot()
    }

    /// Shuts down, and ends when the listener has.
    pub(crate) async fn stop(self) -> Stopped {
        self.stop.send(()).unwrap();
        within(self.stopped).await.unwrap()
    }

    pub(crate) async fn http2(&self, builder: &http2::Builder<TokioExecutor>) -> Http2 {
        let (sender, connection) = builder.handshake(TokioIo::new(self.connect().await.0)).await.unwrap();
        Http2 { sender, connection: tokio::spawn(connection) }
    }
}

/// A client of HTTP/2, and how its connection ended.
pub(crate) struct Http2 {
    pub(crate) sender: http2::SendRequest<Full<Bytes>>,
    pub(crate) connection: JoinHandle<hyper::Result<()>>,
}

/// A client of HTTP/1.1 that writes what it likes.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, bytes: &str) {
        self.0.write_all(bytes.as_bytes()).await.unwrap();
    }

    /// Everything until the server closes.
    pub(crate) async fn rest(&mut self) -> String {
        let mut answer = Vec::new();
        // A reset is an end too.
        let _ = within(self.0.read_to_end(&mut answer)).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// One answer with a short body or none.
    pub(crate) async fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&answer).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    return text;
                }
            }
            let mut buffer = [0; 4096];
            let read = within(self.0.read(&mut buffer)).await.unwrap();
            assert!(read > 0, "closed after {text:?}");
            answer.extend_from_slice(&buffer[..read]);
        }
    }

    /// Nothing comes for so long, neither bytes nor an end.
    pub(crate) async fn is_left_in_peace_for(&mut self, time: Duration) {
        let read = tokio::time::timeout(time, self.0.read(&mut [0; 1])).await;
        assert!(read.is_err(), "{read:?}");
    }
}

pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("this happens soon or never")
}

/// A request that keeps the connection.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
}

/// The head of a request with fields of the test's own.
pub(crate) fn post(fields: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or("closed")
}
