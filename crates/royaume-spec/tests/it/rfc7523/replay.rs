//! An assertion is good once (§3, item 7): in sequence, at once, at another endpoint, on another node, after a refusal.

use std::time::Duration;

use royaume_realm::Endpoint;
use royaume_spec::registered::signed_assertion;
use royaume_spec::{Exchange, World};
use serde_json::json;

use super::{application, question};

/// §3: a second use is refused, here, at another endpoint, on another node and after a restart.
#[tokio::test]
async fn an_assertion_is_good_once_everywhere() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let assertion = signed_assertion(&key, &world.assertion(&app, 1));
    world.send(question(&world, &app, &assertion, &[])).await.is_ok();
    world.send(question(&world, &app, &assertion, &[])).await.is_error(401, "invalid_client");
    let revocation = app.asserted(&world.url("op", Endpoint::Revocation), &assertion, &[("token", "x")]);
    world.send(revocation).await.is_error(401, "invalid_client");
    let node = world.another_node().await;
    let elsewhere: Exchange = node.handle(question(&world, &app, &assertion, &[])).await.into();
    elsewhere.is_error(401, "invalid_client");
    // The name is used up, whatever else an assertion of that name says.
    let mut renamed = world.assertion(&app, 1);
    renamed["exp"] = json!(renamed["exp"].as_i64().unwrap() + 60);
    let renamed = signed_assertion(&key, &renamed);
    world.send(question(&world, &app, &renamed, &[])).await.is_error(401, "invalid_client");
}

/// §3: of many uses at once, on two nodes, one wins.
#[tokio::test]
async fn of_many_uses_at_once_one_wins() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let node = world.another_node().await;
    let assertion = signed_assertion(&key, &world.assertion(&app, 1));
    let mut uses = tokio::task::JoinSet::new();
    for turn in 0..20 {
        let server = if turn % 2 == 0 { world.server.clone() } else { node.clone() };
        let request = question(&world, &app, &assertion, &[]);
        uses.spawn(async move { server.handle(request).await.status() });
    }
    let won = uses.join_all().await.into_iter().filter(|status| *status == 200).count();
    assert_eq!(won, 1);
}

/// §3: an assertion is used up though what it was to open is refused.
#[tokio::test]
async fn an_assertion_is_used_up_by_a_refusal_too() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let assertion = signed_assertion(&key, &world.assertion(&app, 1));
    world.send(app.asserted_redemption("no-code", &assertion)).await.is_error(400, "invalid_grant");
    let code = world.code(&app, &[]).await;
    world.send(app.asserted_redemption(&code, &assertion)).await.is_error(401, "invalid_client");
    let fresh = signed_assertion(&key, &world.assertion(&app, 2));
    world.send(app.asserted_redemption(&code, &fresh)).await.is_ok();
}

/// §3: what is swept is refused by its date already.
#[tokio::test]
async fn a_swept_name_makes_no_assertion_good_again() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let assertion = signed_assertion(&key, &world.assertion(&app, 1));
    world.send(question(&world, &app, &assertion, &[])).await.is_ok();
    world.clock.advance(Duration::from_secs(85));
    world.server.sweep(1_000).await.unwrap();
    world.send(question(&world, &app, &assertion, &[])).await.is_error(401, "invalid_client");
    world.clock.advance(Duration::from_secs(25 * 3600));
    assert!(world.server.sweep(1_000).await.unwrap() >= 1, "a name that is of no use any more is forgotten");
    let expired = world.send(question(&world, &app, &assertion, &[])).await;
    assert!(expired.is_error(401, "invalid_client").member("error_description").contains("expired"));
}

/// RFC 6749 §5.2: while the store is silent nobody is told that an assertion is wrong, and none is taken.
#[tokio::test]
async fn trouble_is_no_refusal_of_an_assertion() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    for answers in 0..20 {
        let assertion = signed_assertion(&key, &world.assertion(&app, answers));
        world.place.trouble.after(answers as usize);
        let answer = world.send(question(&world, &app, &assertion, &[])).await;
        if !world.place.trouble.over() {
            assert!(answers > 1, "one question for the client, one for the name");
            answer.is_ok();
            return;
        }
        answer.is_unavailable();
    }
    panic!("an assertion never stops asking");
}
