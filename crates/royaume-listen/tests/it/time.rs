//! Nobody holds a connection for longer than they were given, and nobody loses one for being in our hands.

use std::time::Duration;

use royaume_listen::{Limits, Stopped};
use tokio::io::AsyncReadExt as _;

use crate::world::{World, get, post, status, within};

const BEYOND_ONE_SECOND: Duration = Duration::from_millis(2_500);

#[tokio::test]
async fn a_request_that_takes_its_time_is_not_an_idle_connection() {
    let world = World::new(Limits { head_seconds: 1, idle_seconds: 1, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&get("/wait")).await;
    world.arrival().await;
    client.is_left_in_peace_for(BEYOND_ONE_SECOND).await;
    world.release();
    assert_eq!(status(&client.answer().await), "200");
}

#[tokio::test]
async fn the_time_for_a_head_begins_with_the_head() {
    let world = World::new(Limits { head_seconds: 1, idle_seconds: 60, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&get("/")).await;
    client.answer().await;
    client.is_left_in_peace_for(BEYOND_ONE_SECOND).await;
    client.send(&get("/")).await;
    assert_eq!(status(&client.answer().await), "200");
    client.send("GET / HTTP/1.1\r\nHo").await;
    assert_eq!(client.rest().await, "", "the second half never came");
    assert_eq!(world.seen().slow_head, 1);
}

#[tokio::test]
async fn a_dripping_head_does_not_buy_time() {
    let world = World::new(Limits { head_seconds: 1, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send("GET / HTTP/1.1\r\n").await;
    let mut drops = tokio::time::interval(Duration::from_millis(100));
    let mut buffer = [0; 1];
    let closed = async {
        loop {
            tokio::select! {
                read = client.0.read(&mut buffer) => break read.unwrap_or(0),
                _ = drops.tick() => {
                    let _ = client.0.try_write(b"x");
                }
            }
        }
    };
    assert_eq!(within(closed).await, 0);
    assert_eq!(world.seen().slow_head, 1);
}

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let world = World::new(Limits { head_seconds: 1, ..Limits::default() }).await;
    assert_eq!(world.connect().await.rest().await, "");
    assert_eq!(world.seen().slow_head, 1);
}

#[tokio::test]
async fn a_connection_between_requests_is_closed_when_idle() {
    let world = World::new(Limits { idle_seconds: 1, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&get("/")).await;
    client.answer().await;
    assert_eq!(client.rest().await, "");
    assert_eq!(world.seen().idle_closed, 1);
}

#[tokio::test]
async fn a_connection_is_retired_after_the_request_in_hand() {
    let world = World::new(Limits { connection_seconds: 1, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&get("/wait")).await;
    world.arrival().await;
    client.is_left_in_peace_for(BEYOND_ONE_SECOND).await;
    assert_eq!(world.seen().retired, 1);
    world.release();
    let answer = client.rest().await;
    assert!(status(&answer) == "200" && answer.contains("connection: close"), "{answer}");
}

#[tokio::test]
async fn a_slow_body_is_answered_408_and_held_to_a_rate() {
    for limits in [
        Limits { body_seconds: 1, ..Limits::default() },
        Limits { body_grace_seconds: 1, body_bytes_per_second: 1_000_000, ..Limits::default() },
    ] {
        let world = World::new(limits).await;
        let answer = world.exchange(&(post("Content-Length: 5\r\n") + "hel")).await;
        assert_eq!(status(&answer), "408", "{answer}");
        assert!(answer.contains("connection: close"), "{answer}");
        assert_eq!(world.seen().slow_body, 1);
    }
}

#[tokio::test]
async fn a_body_on_its_way_takes_nobody_s_place() {
    let world = World::new(Limits { requests_in_flight: 1, ..Limits::default() }).await;
    let mut slow = world.connect().await;
    slow.send(&(post("Content-Length: 5\r\nExpect: 100-continue\r\n"))).await;
    assert_eq!(status(&slow.answer().await), "100", "its body is being read");
    let mut other = world.connect().await;
    other.send(&get("/")).await;
    assert_eq!(status(&other.answer().await), "200");
    slow.send("hello").await;
    assert!(slow.answer().await.ends_with("hello"));
}

#[tokio::test]
async fn bodies_on_their_way_share_a_memory() {
    let world = World::new(Limits { bodies_bytes: 10, ..Limits::default() }).await;
    let answer = world.exchange(&(post("Content-Length: 20\r\n") + "fifteen bytes..")).await;
    assert_eq!(status(&answer), "503", "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");
    assert_eq!(world.seen().refused_bodies, 1);
    let whole = world.exchange(&(post("Content-Length: 5\r\nConnection: close\r\n") + "hello")).await;
    assert!(whole.ends_with("hello"), "what was held has been given back: {whole}");
}

#[tokio::test]
async fn whoever_reads_nothing_is_cut_off() {
    let world = World::new(Limits { write_seconds: 1, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&get("/large")).await;
    world.arrival().await;
    let counters = world.counters.clone();
    assert_eq!(world.stop().await, Stopped::Drained);
    assert_eq!(counters.snapshot().slow_reader, 1);
}

#[tokio::test]
async fn whoever_reads_by_the_spoon_is_cut_off() {
    let world = World::new(Limits { write_seconds: 1, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&get("/large")).await;
    let mut spoons = tokio::time::interval(Duration::from_millis(20));
    let mut buffer = [0; 1024];
    let spooning = async {
        while matches!(client.0.read(&mut buffer).await, Ok(read) if read > 0) {
            spoons.tick().await;
        }
    };
    within(spooning).await;
    assert_eq!(world.seen().slow_reader, 1);
}
