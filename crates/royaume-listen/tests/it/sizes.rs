//! What reaches the service is whole, of a bounded size, and for one host.

use royaume_listen::{Counters, Limits};

use crate::world::{World, get, post, status};

#[tokio::test]
async fn a_whole_request_reaches_the_service() {
    let world = World::new(Limits::default()).await;
    let answer = world.exchange(&(post("Content-Length: 5\r\nConnection: close\r\n") + "hello")).await;
    assert!(status(&answer) == "200" && answer.ends_with("hello"), "{answer}");
    assert!(answer.contains("date: ") && !answer.contains("server: "), "{answer}");
    assert_eq!(world.seen().served, 1);
}

#[tokio::test]
async fn a_host_that_is_said_once_is_heard_however_it_is_said() {
    let world = World::new(Limits::default()).await;
    for request in [
        "GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a:8080\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
    ] {
        assert_eq!(status(&world.exchange(request).await), "200", "{request:?}");
    }
    assert_eq!(world.seen().refused_host, 0);
}

#[tokio::test]
async fn a_target_too_long_is_414() {
    let world = World::new(Limits { target_bytes: 100, ..Limits::default() }).await;
    assert_eq!(status(&world.exchange(&get(&format!("/{}", "x".repeat(200)))).await), "414");
    assert_eq!(world.seen().refused_target, 1);
}

#[tokio::test]
async fn a_head_of_too_many_bytes_or_fields_is_431() {
    let world = World::new(Limits { head_bytes: 1_000, head_fields: 8, ..Limits::default() }).await;
    let large = post(&format!("X: {}\r\n", "x".repeat(1_200)));
    let many = post(&(0..20).map(|n| format!("X-{n}: y\r\n")).collect::<String>());
    for request in [large, many] {
        assert_eq!(status(&world.exchange(&request).await), "431", "{request:?}");
    }
    assert_eq!(world.seen().refused_head, 2);
}

#[tokio::test]
async fn a_body_that_says_it_is_too_large_is_413_before_it_comes() {
    let world = World::new(Limits { body_bytes: 10, ..Limits::default() }).await;
    assert_eq!(status(&world.exchange(&post("Content-Length: 1000000\r\n")).await), "413");
    assert_eq!(world.seen().refused_body, 1);
}

#[test]
fn counters_speak_prometheus() {
    let text = Counters::default().snapshot().to_prometheus();
    let counter = "# TYPE royaume_listen_accepted_total counter\nroyaume_listen_accepted_total 0\n";
    assert!(text.contains(counter), "{text}");
    assert!(text.contains("# TYPE royaume_listen_connections gauge\n"), "{text}");
}
