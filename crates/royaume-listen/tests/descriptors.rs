//! A process without descriptors: accepting rests, does not spin, and goes on when there are some. A test binary of its
//! own, because the limit is the process's.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::convert::Infallible;
use std::fs::File;
use std::future::{Ready, ready};
use std::net::TcpStream as Blocking;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use royaume_listen::{Limits, Listener};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower_service::Service;

#[derive(Clone)]
struct Nothing;

impl Service<Request<Bytes>> for Nothing {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        ready(Ok(Response::new(Bytes::new())))
    }
}

#[tokio::test]
async fn a_connection_waits_for_descriptors_without_haste() {
    let usual = getrlimit(Resource::Nofile);
    let tight = Rlimit { current: Some(200), maximum: usual.maximum };
    setrlimit(Resource::Nofile, tight).unwrap();
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Limits::default()).await.unwrap();
    let (address, counters) = (listener.local_addr(), listener.counters());
    tokio::spawn(listener.serve(Nothing, std::future::pending()));

    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    taken.pop();
    // The system greets the client, and the last descriptor is gone.
    let client = Blocking::connect(address).unwrap();
    tokio::time::sleep(Duration::from_millis(1_020)).await;
    let errors = counters.snapshot().accept_errors;
    assert!((1..=21).contains(&errors), "{errors} attempts in a second");

    taken.clear();
    client.set_nonblocking(true).unwrap();
    let mut client = TcpStream::from_std(client).unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    let read = tokio::time::timeout(Duration::from_secs(5), client.read_exact(&mut answer));
    read.await.expect("accepting recovers in five seconds").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");

    // There were 200 descriptors, of which 100 are kept for others: connections stop there, although 10,000 were
    // allowed. The clients, who are in this process too, need some more.
    let ample = Rlimit { current: Some(1_000), maximum: usual.maximum };
    setrlimit(Resource::Nofile, ample).unwrap();
    let mut open = vec![client];
    for _ in 0..100 {
        open.push(TcpStream::connect(address).await.unwrap());
    }
    let mut refused = open.pop().unwrap();
    let read = tokio::time::timeout(Duration::from_secs(5), refused.read(&mut answer));
    assert_eq!(read.await.expect("one too many is closed at once").unwrap_or(0), 0);
    assert_eq!(counters.snapshot().refused_connections, 1);
}
