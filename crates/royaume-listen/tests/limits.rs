//! Every limit and every rule of hygiene, met over real loopback sockets by a client that writes its own bytes.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use royaume_listen::{Counters, Limits, Listener, PeerAddress, Stopped};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tower_service::Service;

/// Answers with what it was sent; waits where told, panics where told.
#[derive(Clone)]
struct Echo {
    gate: Arc<Semaphore>,
    arrived: Arc<Semaphore>,
}

impl Service<Request<Bytes>> for Echo {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let echo = self.clone();
        Box::pin(async move {
            assert!(request.extensions().get::<PeerAddress>().is_some());
            match request.uri().path() {
                "/wait" => {
                    echo.arrived.add_permits(1);
                    echo.gate.acquire().await.unwrap().forget();
                }
                "/panic" => panic!("as asked"),
                _ => {}
            }
            Ok(Response::new(request.into_body()))
        })
    }
}

struct Running {
    address: SocketAddr,
    counters: Arc<Counters>,
    echo: Echo,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<Stopped>,
}

async fn run(limits: Limits) -> Running {
    let listener = Listener::bind(SocketAddr::from(([127, 0, 0, 1], 0)), limits).await.unwrap();
    let (address, counters) = (listener.local_addr(), listener.counters());
    let echo = Echo { gate: Arc::new(Semaphore::new(0)), arrived: Arc::new(Semaphore::new(0)) };
    let (stop, stopped) = oneshot::channel();
    let service = echo.clone();
    let ended = tokio::spawn(async move {
        listener
            .serve(service, async {
                let _ = stopped.await;
            })
            .await
    });
    Running { address, counters, echo, stop, ended }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Writes bytes, then reads until the server closes.
    async fn exchange(&self, bytes: &str) -> String {
        let mut stream = self.connect().await;
        stream.write_all(bytes.as_bytes()).await.unwrap();
        read_all(&mut stream).await
    }

    async fn status(&self, bytes: &str) -> String {
        self.exchange(bytes).await.split(' ').nth(1).unwrap_or("closed").to_owned()
    }
}

async fn read_all(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset is an end too: the server had more to read than it wanted.
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    let _ = read.expect("the server closes within its limits");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Reads one answer from a connection that stays open.
async fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    while !answer.contains("\r\n\r\n") {
        let mut buffer = [0; 1024];
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "closed after {answer:?}");
        answer.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    answer
}

const CLOSE: &str = "Connection: close\r\n";

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: a\r\n{CLOSE}\r\n")
}

#[tokio::test]
async fn a_whole_request_reaches_the_service() {
    let running = run(Limits::default()).await;
    let answer = running
        .exchange(&format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n{CLOSE}\r\nhello"))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("hello"), "{answer}");
    assert!(answer.contains("date: ") && !answer.contains("server: "), "{answer}");
    assert_eq!(running.counters.snapshot().served, 1);
}

#[tokio::test]
async fn hosts_are_said_once() {
    let running = run(Limits::default()).await;
    for (request, status) in [
        (format!("GET / HTTP/1.1\r\n{CLOSE}\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\nHost:\r\n{CLOSE}\r\n"), "400"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n{CLOSE}\r\n"), "400"),
        (format!("GET http://b/ HTTP/1.1\r\nHost: a\r\n{CLOSE}\r\n"), "400"),
        (format!("GET http://a/ HTTP/1.1\r\nHost: a\r\n{CLOSE}\r\n"), "200"),
        ("GET / HTTP/1.0\r\n\r\n".to_owned(), "200"),
        (get("/"), "200"),
    ] {
        assert_eq!(running.status(&request).await, status, "{request:?}");
    }
    assert_eq!(running.counters.snapshot().refused_host, 4);
}

#[tokio::test]
async fn sizes_are_limited() {
    let limits =
        Limits { target_bytes: 100, head_bytes: 1_000, head_fields: 8, body_bytes: 10, ..Limits::default() };
    let running = run(limits).await;
    let fields = |n: usize| (0..n).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    for (request, status) in [
        (get(&format!("/{}", "x".repeat(200))), "414"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n{CLOSE}\r\n", "x".repeat(1_200)), "431"),
        (format!("GET / HTTP/1.1\r\nHost: a\r\n{}{CLOSE}\r\n", fields(20)), "431"),
        (format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n{CLOSE}\r\n"), "413"),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n{CLOSE}\r\nf\r\n123456789012345\r\n0\r\n\r\n"
            ),
            "413",
        ),
        (
            format!(
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n{CLOSE}\r\nx"
            ),
            "415",
        ),
    ] {
        assert_eq!(running.status(&request).await, status, "{request:?}");
    }
    // What cannot be parsed ends the connection, with or without a last word.
    let two_lengths =
        format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n{CLOSE}\r\nx");
    assert!(["400", "closed"].contains(&running.status(&two_lengths).await.as_str()));
    let counted = running.counters.snapshot();
    assert_eq!((counted.refused_target, counted.refused_body, counted.refused_encoding), (1, 2, 1));
}

#[tokio::test]
async fn silence_and_dripping_end() {
    let limits = Limits { head_seconds: 1, body_seconds: 1, idle_seconds: 2, ..Limits::default() };
    let running = run(limits).await;
    let silent = async {
        let mut stream = running.connect().await;
        assert_eq!(read_all(&mut stream).await, "", "a silent connection is closed");
    };
    let half_a_head = async {
        let mut stream = running.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHos").await.unwrap();
        let answer = read_all(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    };
    let half_a_preface = async {
        let mut stream = running.connect().await;
        stream.write_all(b"PRI * HTTP/2").await.unwrap();
        assert_eq!(read_all(&mut stream).await, "");
    };
    let half_a_body = async {
        let mut stream = running.connect().await;
        stream.write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel").await.unwrap();
        let answer = read_all(&mut stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    };
    let kept_alive = async {
        let mut stream = running.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert!(read_all(&mut stream).await.starts_with("HTTP/1.1 200"), "answered, then closed when idle");
    };
    tokio::join!(silent, half_a_head, half_a_preface, half_a_body, kept_alive);
    running.stop.send(()).unwrap();
    assert_eq!(running.ended.await.unwrap(), Stopped::Drained);
    assert_eq!(running.counters.snapshot().connections, 0);
}

#[tokio::test]
async fn connections_are_limited_in_total_and_per_address() {
    let running = run(Limits { connections: 2, connections_per_address: 2, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = running.connect().await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        assert!(read_answer(&mut stream).await.starts_with("HTTP/1.1 200"));
        open.push(stream);
    }
    assert_eq!(running.status(&get("/")).await, "closed");
    assert_eq!(running.counters.snapshot().refused_connections, 1);
    let mut one = open.pop().unwrap();
    one.write_all(get("/").as_bytes()).await.unwrap();
    assert!(read_all(&mut one).await.starts_with("HTTP/1.1 200"));

    let running = run(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let mut stream = running.connect().await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_answer(&mut stream).await;
    assert_eq!(running.status(&get("/")).await, "closed");
    assert_eq!(running.counters.snapshot().refused_connections_of_address, 1);
}

#[tokio::test]
async fn requests_in_flight_are_limited_and_the_next_is_told_when_to_come_back() {
    let running = run(Limits { requests_in_flight: 1, ..Limits::default() }).await;
    let mut first = running.connect().await;
    first.write_all(get("/wait").as_bytes()).await.unwrap();
    running.echo.arrived.acquire().await.unwrap().forget();
    let second = running.exchange(&get("/")).await;
    assert!(second.starts_with("HTTP/1.1 503") && second.contains("retry-after: 1"), "{second}");
    running.echo.gate.add_permits(1);
    assert!(read_all(&mut first).await.starts_with("HTTP/1.1 200"));
    assert_eq!(running.status(&get("/")).await, "200");
}

#[tokio::test]
async fn a_panic_is_one_request_s_affair() {
    let running = run(Limits::default()).await;
    let answer = running.exchange(&get("/panic")).await;
    assert!(answer.starts_with("HTTP/1.1 500") && !answer.contains("as asked"), "{answer}");
    assert_eq!(running.status(&get("/")).await, "200");
    assert_eq!(running.counters.snapshot().panicked, 1);
}

#[tokio::test]
async fn what_is_in_flight_is_finished_and_nothing_more_is_accepted() {
    let running = run(Limits::default()).await;
    let mut waiting = running.connect().await;
    waiting.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    running.echo.arrived.acquire().await.unwrap().forget();
    let mut idle = running.connect().await;
    idle.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    read_answer(&mut idle).await;
    running.stop.send(()).unwrap();
    assert_eq!(read_all(&mut idle).await, "", "a connection that waits for nothing is closed");
    running.echo.gate.add_permits(1);
    let answer = read_all(&mut waiting).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    assert_eq!(running.ended.await.unwrap(), Stopped::Drained);
    assert!(TcpStream::connect(running.address).await.is_err());
}

#[tokio::test]
async fn whoever_does_not_finish_in_time_is_cut_off() {
    let running = run(Limits { drain_seconds: 1, ..Limits::default() }).await;
    let mut waiting = running.connect().await;
    waiting.write_all(get("/wait").as_bytes()).await.unwrap();
    running.echo.arrived.acquire().await.unwrap().forget();
    running.stop.send(()).unwrap();
    assert_eq!(running.ended.await.unwrap(), Stopped::Cut(1));
}

#[tokio::test]
async fn http_2_is_spoken_too() {
    let running = run(Limits::default()).await;
    let stream = running.connect().await;
    let (mut sender, connection) = hyper::client::conn::http2::handshake(
        hyper_util::rt::TokioExecutor::new(),
        hyper_util::rt::TokioIo::new(stream),
    )
    .await
    .unwrap();
    let driver = tokio::spawn(connection);
    let request = Request::post("http://a/").body(http_body_util::Full::new(Bytes::from("hello"))).unwrap();
    let response = sender.send_request(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
    assert_eq!(body, "hello");
    drop(sender);
    driver.await.unwrap().unwrap();
}

#[test]
fn counters_speak_prometheus() {
    let text = Counters::default().snapshot().to_prometheus();
    assert!(
        text.contains("# TYPE royaume_listen_accepted_total counter\nroyaume_listen_accepted_total 0\n"),
        "{text}"
    );
    assert!(text.contains("# TYPE royaume_listen_connections gauge\n"), "{text}");
}
