//! Initial access tokens (§3): who may register where not everybody may.

use std::time::Duration;

use royaume_realm::{Endpoint, RegistrationPolicy};
use royaume_spec::registration::document;
use royaume_spec::{World, at_once};
use serde_json::json;

const HOUR: Duration = Duration::from_secs(3600);

async fn by_invitation() -> World {
    World::provider_with(|realm| realm.registration = RegistrationPolicy::InitialAccessToken).await
}

async fn invited(world: &World, uses: u32) -> String {
    world.admin("op").invite(uses, HOUR).await.unwrap().expose().to_owned()
}

/// §3: without a token, and with one that is none, used up or expired, nobody is registered: 401 with a challenge.
#[tokio::test]
async fn without_a_good_token_nobody_registers() {
    let world = by_invitation().await;
    let said = document(json!({}));
    let none = world.send(world.registration("", &said)).await;
    let challenge = none.header("www-authenticate");
    assert_eq!(
        (none.status.as_u16(), challenge),
        (401, "Bearer realm=\"op\""),
        "RFC 6750 §3.1: without an error"
    );

    let token = invited(&world, 1).await;
    let registered = world.send(world.registration(&token, &said)).await;
    world.registered(&registered);
    let expired = invited(&world, 1).await;
    world.clock.advance(HOUR);
    let managing = registered.member("registration_access_token");
    for wrong in [&token, &expired, &managing, &"a".repeat(43), "x"] {
        world.send(world.registration(wrong, &said)).await.is_challenge(401, "invalid_token");
    }
}

/// §3: a token is of one realm.
#[tokio::test]
async fn a_token_of_another_realm_is_unknown() {
    let world = World::with(|topology| {
        for realm in &mut topology.realms {
            realm.registration = RegistrationPolicy::InitialAccessToken;
        }
    })
    .await;
    let token = world.admin("individu").invite(1, HOUR).await.unwrap();
    let ask = |realm: &str| {
        let said = document(json!({})).to_string();
        let url = world.url(realm, Endpoint::Registration);
        royaume_spec::registration::speak(http::Method::POST, &url, token.expose(), said)
    };
    world.send(ask("agent")).await.is_challenge(401, "invalid_token");
    assert_eq!(world.send(ask("individu")).await.status, 201, "it was not spent there");
}

/// §3: a wrong token is refused also where none is needed: whoever sends one means it.
#[tokio::test]
async fn a_wrong_token_is_refused_where_none_is_needed() {
    let world = World::provider().await;
    let request = world.registration(&"a".repeat(43), &document(json!({})));
    world.send(request).await.is_challenge(401, "invalid_token");
}

/// §3: a token registers as many clients as the operator said, and a document that is refused uses none of them.
#[tokio::test]
async fn a_token_is_good_for_so_many_clients() {
    let world = by_invitation().await;
    let token = invited(&world, 3).await;
    let (sound, unsound) = (document(json!({})), document(json!({ "redirect_uris": ["http://app.test/"] })));
    for _ in 0..3 {
        world.send(world.registration(&token, &unsound)).await.is_error(400, "invalid_redirect_uri");
        assert_eq!(world.send(world.registration(&token, &sound)).await.status, 201);
    }
    world.send(world.registration(&token, &sound)).await.is_challenge(401, "invalid_token");
}

/// §3: of twenty that use one token at once, on two nodes, as many register as it has uses.
#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_at_once_as_many_register_as_the_token_has_uses() {
    for uses in [1, 3] {
        let world = by_invitation().await;
        let nodes = [world.server.clone(), world.another_node().await];
        let token = invited(&world, uses).await;
        let before = world.admin("op").clients().await.unwrap().len();
        let said = document(json!({}));
        let answers = at_once(&nodes, (0..20).map(|_| world.registration(&token, &said)).collect()).await;
        let registered = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(registered, uses as usize);
        for lost in answers.iter().filter(|answer| answer.status != 201) {
            lost.is_challenge(401, "invalid_token");
        }
        assert_eq!(world.admin("op").clients().await.unwrap().len(), before + registered);
    }
}

/// §3: an operator who invites somebody may let them have what strangers may not: tokens for the application itself.
#[tokio::test]
async fn who_is_invited_may_register_a_machine() {
    let world =
        World::provider_with(|realm| realm.grants.push(royaume_protocol::GrantType::ClientCredentials)).await;
    let said = document(json!({
        "grant_types": ["client_credentials"], "response_types": [], "redirect_uris": null, "scope": "profile",
    }));
    world.send(world.registration("", &said)).await.is_error(400, "invalid_client_metadata");
    let token = invited(&world, 1).await;
    let answer = world.send(world.registration(&token, &said)).await;
    let machine = world.registered(&answer);
    world.send(machine.token_request(&[("grant_type", "client_credentials")])).await.is_ok();
}

/// RFC 9110 §15.6.4: while the store is silent the answer is 503; nothing is half registered, and the token stays good.
#[tokio::test]
async fn a_silent_store_registers_nothing_and_spends_no_token() {
    let world = by_invitation().await;
    let said = document(json!({}));
    let token = invited(&world, 1).await;
    let before = world.admin("op").clients().await.unwrap().len();
    for answers in 0.. {
        world.place.trouble.after(answers);
        let answer = world.send(world.registration(&token, &said)).await;
        if !world.place.trouble.over() {
            assert!(answers > 1 && answer.status == 201, "{answers}: {answer:?}");
            break;
        }
        answer.is_unavailable();
        assert_eq!(world.admin("op").clients().await.unwrap().len(), before);
    }
    assert_eq!(world.admin("op").clients().await.unwrap().len(), before + 1);
}

/// §3: a realm that registers nobody has no such address.
#[tokio::test]
async fn a_realm_that_registers_nobody_has_no_such_address() {
    let world = World::provider_with(|realm| realm.registration = RegistrationPolicy::Closed).await;
    let answer = world.send(world.registration("", &document(json!({})))).await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert!(world.admin("op").invite(1, HOUR).await.is_err());
}
