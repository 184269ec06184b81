//! Registration that is open to everybody has bounds (§5): how fast, how many, for how long.

use std::time::Duration;

use http::Request;
use royaume_server::{Allowance, Configuration, Server};
use royaume_spec::registration::{document, manage};
use royaume_spec::{Exchange, World, get};
use serde_json::json;

/// A node that keeps two unused clients for a day.
async fn narrow(world: &World) -> Server {
    world
        .configured(|configuration: &mut Configuration| {
            configuration.unused_clients = 2;
            configuration.unused_client_lifetime = Duration::from_secs(24 * 3600);
        })
        .await
}

async fn ask(node: &Server, request: Request<bytes::Bytes>) -> Exchange {
    node.handle(request).await.into()
}

/// §5: one address registers so many clients and then waits.
#[tokio::test]
async fn one_address_registers_so_many_clients_and_then_waits() {
    let world = World::provider().await;
    let node = world
        .configured(|configuration| {
            configuration.registrations = Allowance { burst: 2, forgets_in: Duration::from_secs(60) };
        })
        .await;
    let said = document(json!({}));
    for _ in 0..2 {
        assert_eq!(ask(&node, world.registration("", &said)).await.status, 201);
    }
    let refused = ask(&node, world.registration("", &said)).await;
    assert_eq!(refused.status, 429, "{refused:?}");
    let token = world.admin("op").invite(1, Duration::from_secs(60)).await.unwrap();
    let invited = ask(&node, world.registration(token.expose(), &said)).await;
    assert_eq!(invited.status, 201, "whoever was invited has been counted");
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(ask(&node, world.registration("", &said)).await.status, 201);
}

/// §5: of clients that nobody uses there are so many and no more; one that a person has said yes to makes room.
#[tokio::test]
async fn unused_clients_are_so_many_and_no_more() {
    let world = World::provider().await;
    let node = narrow(&world).await;
    let said = document(json!({}));
    let first = ask(&node, world.registration("", &said)).await;
    let app = world.registered(&first);
    assert_eq!(ask(&node, world.registration("", &said)).await.status, 201);
    assert_eq!(ask(&node, world.registration("", &said)).await.status, 429);
    world.sign_in(&app).await.is_ok();
    assert_eq!(ask(&node, world.registration("", &said)).await.status, 201);
    assert_eq!(ask(&node, world.registration("", &said)).await.status, 429);
}

/// §5: of two who register at the very same moment for the last place, one has it.
#[tokio::test]
async fn the_last_place_is_given_once() {
    let world = World::provider().await;
    let node = narrow(&world).await;
    let said = document(json!({}));
    assert_eq!(ask(&node, world.registration("", &said)).await.status, 201);
    world.place.trouble.together(2);
    let register = || ask(&node, world.registration("", &said));
    let (one, other) = tokio::join!(register(), register());
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 429]);
}

/// §5: a client that nobody used ends: nobody is sent to it, it manages itself no more, and its place is free.
#[tokio::test]
async fn an_unused_client_ends() {
    let world = World::provider().await;
    let node = narrow(&world).await;
    let said = document(json!({}));
    let registered = ask(&node, world.registration("", &said)).await;
    let (app, used) = (world.registered(&registered), ask(&node, world.registration("", &said)).await);
    let used = world.registered(&used);
    world.sign_in(&used).await.is_ok();
    world.clock.advance(Duration::from_secs(24 * 3600));
    ask(&node, get(&app.authorization_url(&[]))).await.is_error_page();
    ask(&node, manage(http::Method::GET, &registered, "")).await.is_challenge(401, "invalid_token");
    assert_eq!(ask(&node, world.registration("", &said)).await.status, 201);
    assert_eq!(ask(&node, world.registration("", &said)).await.status, 201);
    world.sign_in(&used).await.is_ok();
}

/// §5: what ended is swept away, and the client that is used stays.
#[tokio::test]
async fn what_ended_unused_is_swept_away() {
    let world = World::provider().await;
    let unused = world.registered(&world.register(json!({})).await);
    let used = world.registered(&world.register(json!({})).await);
    world.sign_in(&used).await.is_ok();
    world.clock.advance(Duration::from_secs(90 * 24 * 3600));
    world.server.sweep(1_000).await.unwrap();
    let admin = world.admin("op");
    assert!(admin.client(&unused.client_id).await.is_err());
    assert!(admin.client(&used.client_id).await.is_ok());
}

/// §5, RFC 7592 §2.3: a client that removes itself unused makes room, and leaves nothing behind.
#[tokio::test]
async fn an_unused_client_that_removes_itself_makes_room() {
    let world = World::provider().await;
    let node = narrow(&world).await;
    let said = document(json!({}));
    for _ in 0..6 {
        let registered = ask(&node, world.registration("", &said)).await;
        assert_eq!(registered.status, 201, "{registered:?}");
        assert_eq!(ask(&node, manage(http::Method::DELETE, &registered, "")).await.status, 204);
    }
}
