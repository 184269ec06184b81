//! Shutdown: what was begun is finished, and nothing is begun.

use royaume_listen::{Limits, Stopped};
use tokio::net::TcpStream;

use crate::world::{World, get, post, status};

#[tokio::test]
async fn a_request_in_flight_is_answered_and_its_connection_closed() {
    let world = World::new(Limits::default()).await;
    let (mut waiting, mut idle) = (world.connect().await, world.connect().await);
    waiting.send(&get("/wait")).await;
    world.arrival().await;
    idle.send(&get("/")).await;
    idle.answer().await;
    let (address, gate) = (world.address, world.gate());
    let stopped = tokio::spawn(world.stop());
    assert_eq!(idle.rest().await, "", "nothing to wait for");
    assert!(TcpStream::connect(address).await.is_err(), "nothing more is accepted");
    gate.add_permits(1);
    let answer = waiting.rest().await;
    assert!(status(&answer) == "200" && answer.contains("connection: close"), "{answer}");
    assert_eq!(stopped.await.unwrap(), Stopped::Drained);
}

#[tokio::test]
async fn a_body_half_read_is_read_and_answered() {
    let world = World::new(Limits::default()).await;
    let mut client = world.connect().await;
    client.send(&post("Content-Length: 5\r\nExpect: 100-continue\r\n")).await;
    client.answer().await;
    let mut silent = world.connect().await;
    let stopped = tokio::spawn(world.stop());
    assert_eq!(silent.rest().await, "", "shutting down has begun");
    client.send("hello").await;
    assert!(client.rest().await.ends_with("hello"));
    assert_eq!(stopped.await.unwrap(), Stopped::Drained);
}

#[tokio::test]
async fn whoever_does_not_finish_in_time_is_cut_off_and_counted() {
    let world = World::new(Limits { drain_seconds: 1, ..Limits::default() }).await;
    let mut client = world.connect().await;
    client.send(&get("/wait")).await;
    world.arrival().await;
    let counters = world.counters.clone();
    assert_eq!(world.stop().await, Stopped::Cut(1));
    assert_eq!(client.rest().await, "");
    let seen = counters.snapshot();
    assert_eq!((seen.connections, seen.in_flight), (0, 0));
}
