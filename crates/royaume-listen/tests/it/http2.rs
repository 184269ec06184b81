//! HTTP/2 in the clear: the same limits, although one connection carries many requests and the peer decides what is sent.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::Builder;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use royaume_listen::{Limits, Stopped};

use crate::world::{World, within};

fn builder() -> Builder<TokioExecutor> {
    Builder::new(TokioExecutor::new())
}

fn request(path: &str) -> Request<Full<Bytes>> {
    Request::post(format!("http://a{path}")).body(Full::new(Bytes::from("hello"))).unwrap()
}

#[tokio::test]
async fn a_request_is_answered() {
    let world = World::new(Limits::default()).await;
    let mut client = world.http2(&builder()).await;
    let response = client.sender.send_request(request("/")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers().contains_key("date") && !response.headers().contains_key("server"));
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "hello");
}

#[tokio::test]
async fn requests_are_refused_one_by_one() {
    let limits = Limits { body_bytes: 10, target_bytes: 100, head_fields: 8, ..Limits::default() };
    let world = World::new(limits).await;
    let mut client = world.http2(&builder()).await;
    let body = |text: String| Full::new(Bytes::from(text));
    let large = Request::post("http://a/").body(body("x".repeat(50))).unwrap();
    let encoded =
        Request::post("http://a/").header("content-encoding", "gzip").body(body("x".into())).unwrap();
    let hosts = Request::get("http://a/").header("host", "b").body(body(String::new())).unwrap();
    let long = Request::get(format!("http://a/{}", "x".repeat(200))).body(body(String::new())).unwrap();
    let mut many = Request::get("http://a/").body(body(String::new())).unwrap();
    for n in 0..20 {
        many.headers_mut().append("x", n.into());
    }
    for (request, status) in [(large, 413), (encoded, 415), (hosts, 400), (long, 414), (many, 431)] {
        let response = within(client.sender.send_request(request)).await.unwrap();
        assert_eq!(response.status(), status);
    }
    let response = client.sender.send_request(request("/")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK, "the connection is none the worse");
}

#[tokio::test]
async fn a_panic_is_one_request_s_affair() {
    let world = World::new(Limits::default()).await;
    let mut client = world.http2(&builder()).await;
    let response = client.sender.send_request(request("/panic")).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let response = client.sender.send_request(request("/")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn shutting_down_says_goaway_and_answers_what_was_asked() {
    let world = World::new(Limits::default()).await;
    let mut client = world.http2(&builder()).await;
    let waiting = tokio::spawn(client.sender.send_request(request("/wait")));
    world.arrival().await;
    let gate = world.gate();
    let stopped = tokio::spawn(world.stop());
    // The client may take no new request once it has read the GOAWAY; it is then no longer ready.
    while within(client.sender.ready()).await.is_ok() {
        if within(client.sender.send_request(request("/"))).await.is_err() {
            break;
        }
    }
    gate.add_permits(1);
    assert_eq!(waiting.await.unwrap().unwrap().status(), StatusCode::OK);
    assert_eq!(stopped.await.unwrap(), Stopped::Drained);
    within(client.connection).await.unwrap().unwrap();
}

#[tokio::test]
async fn pings_do_not_keep_an_idle_connection() {
    let world = World::new(Limits { idle_seconds: 1, ..Limits::default() }).await;
    let mut pinging = builder();
    pinging
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_millis(100))
        .keep_alive_while_idle(true);
    let mut client = world.http2(&pinging).await;
    let echoed = Request::post("http://a/").body(Full::new(Bytes::from(vec![b'x'; 100_000]))).unwrap();
    let response = client.sender.send_request(echoed).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes().len(), 100_000);
    let _ = within(client.connection).await.unwrap();
    assert_eq!((world.seen().idle_closed, world.seen().slow_reader), (1, 0));
}

#[tokio::test]
async fn an_abandoned_request_does_not_keep_a_connection() {
    let world = World::new(Limits { head_seconds: 1, idle_seconds: 1, ..Limits::default() }).await;
    let mut client = world.http2(&builder()).await;
    tokio::select! {
        answer = client.sender.send_request(request("/wait")) => panic!("{answer:?}"),
        () = world.arrival() => {}
    }
    let _ = within(client.connection).await.unwrap();
    assert_eq!((world.seen().slow_head, world.seen().in_flight), (1, 0));
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed() {
    let world = World::new(Limits { head_seconds: 1, ..Limits::default() }).await;
    let mut pinging = builder();
    pinging
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_millis(100))
        .keep_alive_while_idle(true);
    let client = world.http2(&pinging).await;
    let _ = within(client.connection).await.unwrap();
    assert_eq!(world.seen().slow_head, 1);
}

#[tokio::test]
async fn a_closed_window_is_a_slow_reader() {
    let world = World::new(Limits { write_seconds: 1, ..Limits::default() }).await;
    let mut narrow = builder();
    narrow.initial_stream_window_size(100).initial_connection_window_size(65_535);
    let mut client = world.http2(&narrow).await;
    let response = client.sender.send_request(request("/large")).await.unwrap();
    // The body is neither read nor dropped, so the window never opens.
    let _ = within(client.connection).await.unwrap();
    assert_eq!(world.seen().slow_reader, 1);
    drop(response);
}

#[tokio::test]
async fn whoever_only_asks_and_abandons_is_cut_off() {
    let world = World::new(Limits::default()).await;
    let mut client = world.http2(&builder()).await;
    let asking = async {
        while client.sender.ready().await.is_ok() {
            let asked = client.sender.send_request(request("/wait"));
            tokio::select! {
                _ = asked => break,
                () = world.arrival() => {}
            }
        }
    };
    within(asking).await;
    assert_eq!(world.seen().abandoning, 1);
}
