//! RFC 9700 §4.14: refresh tokens rotate, and whoever uses one twice ends them all; a lost answer may be asked for
//! again, for ten seconds.

use std::time::Duration;

use http::Request;
use royaume_server::stored::client::Application;
use royaume_spec::{App, Exchange, World};

async fn refreshed(world: &World, app: &App, tokens: &Exchange) -> Exchange {
    let answer = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
    answer.is_ok();
    answer
}

async fn is_reuse(world: &World, app: &App, tokens: &Exchange) {
    world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_error(400, "invalid_grant");
}

/// §4.14.2: each refresh is answered with a new refresh token, and the one before is spent.
#[tokio::test]
async fn every_refresh_gives_a_new_refresh_token() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let mut tokens = world.sign_in(app).await;
        for _ in 0..5 {
            let next = refreshed(&world, app, &tokens).await;
            for kind in ["refresh_token", "access_token"] {
                assert_ne!(next.member(kind), tokens.member(kind));
            }
            assert!(!world.is_active(app, &tokens.member("refresh_token")).await);
            assert!(world.is_active(app, &next.member("refresh_token")).await);
            world.userinfo("agent", &next.member("access_token")).await.is_ok();
            tokens = next;
        }
    }
}

/// §4.14.2: a token that was rotated out and comes again ends the family, the newest of it included.
#[tokio::test]
async fn a_second_use_ends_the_family() {
    for world in World::of_each_format().await {
        for application in [Application::Private, Application::Public] {
            let (app, asker) = (world.app("agent", application), world.app("agent", Application::Private));
            let first = world.sign_in(app).await;
            let second = refreshed(&world, app, &first).await;
            let third = refreshed(&world, app, &second).await;
            is_reuse(&world, app, &first).await;
            is_reuse(&world, app, &third).await;
            for tokens in [&first, &second, &third] {
                let access = tokens.member("access_token");
                world.userinfo("agent", &access).await.is_challenge(401, "invalid_token");
                assert!(!world.is_active(asker, &access).await);
            }
        }
    }
}

/// §4.14.2: also within the ten seconds, once the successor has been used: somebody else has it.
#[tokio::test]
async fn a_retry_after_the_successor_was_used_is_reuse() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await;
        let second = refreshed(&world, app, &first).await;
        let third = refreshed(&world, app, &second).await;
        is_reuse(&world, app, &first).await;
        world.assert_over(app, &third).await;
    }
}

/// §4.14.2: and after the ten seconds, though the successor has not been used.
#[tokio::test]
async fn a_retry_that_comes_late_is_reuse() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await;
        let second = refreshed(&world, app, &first).await;
        world.clock.advance(Duration::from_secs(10));
        is_reuse(&world, app, &first).await;
        world.assert_over(app, &second).await;
    }
}

/// §4.14.2: a client whose answer was lost asks again and is given the same successor: one lives, not two.
#[tokio::test]
async fn a_retry_within_ten_seconds_gets_the_same_successor() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await;
        let second = refreshed(&world, app, &first).await;
        for _ in 0..3 {
            world.clock.advance(Duration::from_millis(3333));
            let again = refreshed(&world, app, &first).await;
            assert_eq!(again.member("refresh_token"), second.member("refresh_token"));
            assert_ne!(again.member("access_token"), second.member("access_token"));
            world.userinfo("agent", &again.member("access_token")).await.is_ok();
        }
        let third = refreshed(&world, app, &second).await;
        assert!(world.is_active(app, &third.member("refresh_token")).await);
        assert!(!world.is_active(app, &second.member("refresh_token")).await);
    }
}

/// §4.14.2: the retry may reach another node, or the same after a restart.
#[tokio::test]
async fn a_retry_on_another_node_gets_the_same_successor() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await;
        let second = refreshed(&world, app, &first).await;
        let request: Request<_> = app.refresh(&first.member("refresh_token"), &[]);
        let again: Exchange = world.another_node().await.handle(request).await.into();
        assert_eq!(again.is_ok().member("refresh_token"), second.member("refresh_token"));
        let third = refreshed(&world, app, &again).await;
        let reused = app.refresh(&second.member("refresh_token"), &[]);
        world.clock.advance(Duration::from_secs(11));
        Exchange::from(world.another_node().await.handle(reused).await).is_error(400, "invalid_grant");
        world.assert_over(app, &third).await;
    }
}

/// §4.14.2: what was issued in the answers to retries ends with the family.
#[tokio::test]
async fn what_a_retry_was_given_ends_with_the_family() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await;
        let second = refreshed(&world, app, &first).await;
        let again = refreshed(&world, app, &first).await;
        refreshed(&world, app, &second).await;
        is_reuse(&world, app, &first).await;
        for tokens in [&first, &second, &again] {
            let access = tokens.member("access_token");
            world.userinfo("agent", &access).await.is_challenge(401, "invalid_token");
        }
    }
}

/// §4.14.2: the window is for the client that lost its answer: another one neither gets it nor ends the family.
#[tokio::test]
async fn a_retry_by_another_client_is_refused_and_changes_nothing() {
    let world = World::standard().await;
    let (app, thief) = (world.app("agent", Application::Public), world.app("agent", Application::Private));
    let first = world.sign_in(app).await;
    let second = refreshed(&world, app, &first).await;
    is_reuse(&world, thief, &first).await;
    world.clock.advance(Duration::from_secs(60));
    is_reuse(&world, thief, &first).await;
    refreshed(&world, app, &second).await;
}

/// §4.14.2: a realm may have no window at all: then every second use is reuse.
#[tokio::test]
async fn without_a_window_every_second_use_is_reuse() {
    let none = |topology: &mut royaume_realm::Topology| {
        for realm in &mut topology.realms {
            realm.lifetimes.refresh_retry_window = Duration::ZERO;
        }
    };
    let world = World::with(none).await;
    let app = world.app("agent", Application::Private);
    let first = world.sign_in(app).await;
    let second = refreshed(&world, app, &first).await;
    is_reuse(&world, app, &first).await;
    world.assert_over(app, &second).await;
}

/// §4.14.2: one family ends, and not the other grants of the same person to the same client.
#[tokio::test]
async fn a_second_use_ends_its_own_family_alone() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let kept = world.sign_in(app).await;
    let first = world.sign_in(app).await;
    let second = refreshed(&world, app, &first).await;
    refreshed(&world, app, &second).await;
    is_reuse(&world, app, &first).await;
    refreshed(&world, app, &kept).await;
}
