//! What HTTP/1.1 allows and a server should not: each has one answer, and no request hides behind another.

use royaume_listen::{Limits, Listener};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::world::{World, get, post, status, within};

/// A request that, if it is answered, has been smuggled.
const MARKER: &str = "GET /marker HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    let world = World::new(Limits::default()).await;
    let mut client = world.connect().await;
    client.send(&(get("/") + "GET / HT")).await;
    assert_eq!(status(&client.answer().await), "200");
    client.send("TP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(status(&client.answer().await), "200");
}

#[tokio::test]
async fn malformed_requests_are_refused_and_the_connection_closed() {
    let world = World::new(Limits::default()).await;
    for request in [
        "GET / HTTP/1.1\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: \r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n",
        "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "\u{1} / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let answer = world.exchange(&format!("{request}{MARKER}")).await;
        assert_eq!(status(&answer), "400", "{request:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{request:?}: {answer}");
    }
}

#[tokio::test]
async fn no_request_hides_behind_two_lengths() {
    let world = World::new(Limits::default()).await;
    let chunks = format!("0\r\n\r\n{MARKER}");
    for request in [
        format!("{}{chunks}", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")),
        format!("{}{chunks}", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n")),
        format!("{}x{MARKER}", post("Content-Length: 1\r\nContent-Length: 2\r\n")),
        format!("{}{chunks}", post("Transfer-Encoding: identity\r\n")),
        format!("{}{chunks}", post("Transfer-Encoding: gzip, chunked\r\n")),
        format!("{}zz\r\n{MARKER}", post("Transfer-Encoding: chunked\r\n")),
    ] {
        let answer = world.exchange(&request).await;
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{request:?}: {answer}");
    }
}

#[tokio::test]
async fn a_coding_that_we_do_not_speak_is_501() {
    let world = World::new(Limits::default()).await;
    let coded = post("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n";
    assert_eq!(status(&world.exchange(&coded).await), "501");
    let tunnel = "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n";
    assert_eq!(status(&world.exchange(tunnel).await), "501");
}

#[tokio::test]
async fn an_encoded_body_is_415_and_says_what_would_do() {
    let world = World::new(Limits::default()).await;
    let answer = world.exchange(&(post("Content-Encoding: gzip\r\nContent-Length: 1\r\n") + "x")).await;
    assert_eq!(status(&answer), "415");
    assert!(answer.contains("accept-encoding: identity"), "{answer}");
    assert_eq!(world.seen().refused_encoding, 1);
}

#[tokio::test]
async fn expectations_are_met_or_refused_before_the_body() {
    let world = World::new(Limits { body_bytes: 10, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&post("Content-Length: 5\r\nExpect: 100-continue\r\n")).await;
    assert_eq!(status(&client.answer().await), "100");
    client.send("hello").await;
    assert!(client.answer().await.ends_with("hello"));

    let large = world.exchange(&post("Content-Length: 50\r\nExpect: 100-continue\r\n")).await;
    assert_eq!(status(&large), "413", "no invitation comes first: {large}");
    let strange = world.exchange(&post("Content-Length: 5\r\nExpect: a miracle\r\n")).await;
    assert_eq!(status(&strange), "417");
}

#[tokio::test]
async fn whoever_sends_too_much_still_reads_why() {
    let world = World::new(Limits { body_bytes: 10, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&post("Content-Length: 500000\r\n")).await;
    client.0.write_all(&vec![b'x'; 500_000]).await.unwrap();
    let mut answer = String::new();
    within(client.0.read_to_string(&mut answer))
        .await
        .expect("an end, not a reset, which may eat the answer");
    assert_eq!(status(&answer), "413", "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_body_without_an_end_is_413() {
    let world = World::new(Limits { body_bytes: 1_000, ..Limits::default() }).await;
    let chunks = "64\r\n".to_owned() + &"x".repeat(100) + "\r\n";
    let endless = post("Transfer-Encoding: chunked\r\n") + &chunks.repeat(100);
    assert_eq!(status(&world.exchange(&endless).await), "413");
    assert_eq!(world.seen().refused_body, 1);
}

#[tokio::test]
async fn a_panic_harms_neither_its_connection_nor_another() {
    let world = World::new(Limits::default()).await;
    let mut other = world.connect().await;
    other.send(&get("/wait")).await;
    world.arrival().await;
    let mut client = world.connect().await;
    for _ in 0..3 {
        client.send(&get("/panic")).await;
        let answer = client.answer().await;
        assert_eq!(status(&answer), "500");
        assert!(answer.ends_with("\r\n\r\n"), "no text: {answer}");
    }
    client.send(&get("/")).await;
    assert_eq!(status(&client.answer().await), "200");
    world.release();
    assert_eq!(status(&other.answer().await), "200");
    assert_eq!((world.seen().panicked, world.seen().in_flight), (3, 0));
}

#[tokio::test]
async fn one_more_in_flight_is_told_so_and_keeps_its_connection() {
    let world = World::new(Limits { requests_in_flight: 1, ..Limits::default() }).await;
    let mut first = world.connect().await;
    first.send(&get("/wait")).await;
    world.arrival().await;
    let mut second = world.connect().await;
    second.send(&get("/")).await;
    let answer = second.answer().await;
    assert!(status(&answer) == "503" && answer.contains("retry-after: 1"), "{answer}");
    world.release();
    first.answer().await;
    second.send(&get("/")).await;
    assert_eq!(status(&second.answer().await), "200");
    assert_eq!(world.seen().refused_in_flight, 1);
}

#[tokio::test]
async fn proxies_are_not_held_to_the_limit_of_one_address() {
    let limits = Limits { connections_per_address: 1, ..Limits::default() };
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), limits).await.unwrap();
    let world = World::on(listener.proxies([[127, 0, 0, 1].into()]));
    let (mut first, mut second) = (world.connect().await, world.connect().await);
    for client in [&mut first, &mut second] {
        client.send(&get("/")).await;
        assert_eq!(status(&client.answer().await), "200");
    }
}

#[tokio::test]
async fn a_limit_that_serves_nobody_is_refused_by_name() {
    let refused = Listener::bind(([127, 0, 0, 1], 0).into(), Limits { head_seconds: 0, ..Limits::default() });
    let error = refused.await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("head_seconds"), "{error}");
}
