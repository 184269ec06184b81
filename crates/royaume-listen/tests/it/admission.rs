//! Connections are limited in total and per address, and a place that is given back is taken again.

use royaume_listen::Limits;

use crate::world::{Client, World, get, status, within};

/// A connection that has been let in, and stays.
async fn admitted(world: &World) -> Client {
    let mut client = world.connect().await;
    client.send(&get("/")).await;
    assert_eq!(status(&client.answer().await), "200");
    client
}

#[tokio::test]
async fn one_connection_more_than_there_may_be_is_closed() {
    let world = World::new(Limits { connections: 2, ..Limits::default() }).await;
    let (mut first, _second) = (admitted(&world).await, admitted(&world).await);
    assert_eq!(world.exchange(&get("/")).await, "");
    assert_eq!(world.seen().refused_connections, 1);
    first.send(&get("/")).await;
    assert_eq!(status(&first.answer().await), "200", "those who are in are served");
    drop(first);
    within(async {
        while world.seen().connections > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    admitted(&world).await;
}

#[tokio::test]
async fn one_connection_more_than_an_address_may_have_is_closed() {
    let world = World::new(Limits { connections_per_address: 1, ..Limits::default() }).await;
    let _first = admitted(&world).await;
    assert_eq!(world.exchange(&get("/")).await, "");
    assert_eq!(world.seen().refused_connections_of_address, 1);
}
