//! The keys of clients (OIDC Core §10.1, RFC 7591 §2): by value, and by reference with its caches and bounds.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use royaume_jose::{Algorithm, SigningKey};
use royaume_server::stored::client::{Application, ClientKeys};
use royaume_spec::registered::{key, published, signed_assertion};
use royaume_spec::{App, Exchange, World};
use serde_json::{Value, json};

use super::{application, question};

const SITE: &str = "https://app.test/jwks.json";

/// An application whose keys are at its site.
async fn at_its_site(world: &World) -> App {
    world.keyed(Application::Private, ClientKeys::JwksUri(SITE.to_owned())).await
}

fn serve(world: &World, keys: &[&SigningKey]) {
    world.elsewhere.serve_json(SITE, &json!(published(keys)));
}

/// One use of a key: its answer.
async fn uses(world: &World, app: &App, key: &SigningKey, number: u64) -> Exchange {
    world.send(question(world, app, &signed_assertion(key, &world.assertion(app, number)), &[])).await
}

/// OIDC Core §10.1: keys are fetched from the client's site, once. Module `oidcc-registration-jwks-uri`.
#[tokio::test]
async fn keys_are_fetched_from_the_client_s_site() {
    let world = World::provider().await;
    let (app, key) = (at_its_site(&world).await, key(Algorithm::Rs256, 0));
    serve(&world, &[&key]);
    for number in 0..5 {
        uses(&world, &app, &key, number).await.is_ok();
    }
    assert_eq!(world.elsewhere.asked(SITE).len(), 1);
    world.clock.advance(Duration::from_secs(301));
    uses(&world, &app, &key, 5).await.is_ok();
    assert_eq!(world.elsewhere.asked(SITE).len(), 2, "after some minutes they are asked for again");
}

/// OIDC Core §10.1.1: a client changes its keys, and the new one is found. Module `oidcc-refresh-token-rp-key-rotation`.
#[tokio::test]
async fn a_new_key_of_a_client_is_found_when_it_is_used() {
    let world = World::provider().await;
    let (app, first, second) =
        (at_its_site(&world).await, key(Algorithm::Rs256, 0), key(Algorithm::Rs256, 1));
    serve(&world, &[&first]);
    let code = world.code(&app, &[("scope", "openid offline_access"), ("prompt", "consent")]).await;
    let assertion = signed_assertion(&first, &world.assertion(&app, 1));
    let tokens = world.send(app.asserted_redemption(&code, &assertion)).await;
    let refresh = tokens.is_ok().member("refresh_token");
    serve(&world, &[&second]);
    world.clock.advance(Duration::from_secs(60));
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    let assertion = signed_assertion(&second, &world.assertion(&app, 2));
    world.send(app.asserted(&app.token, &assertion, &pairs)).await.is_ok();
    uses(&world, &app, &first, 3).await.is_error(401, "invalid_client");
}

/// RFC 7517 §4.5: keys without a name work, also when they are replaced.
#[tokio::test]
async fn keys_without_a_name_work() {
    let world = World::provider().await;
    let (app, first, second) =
        (at_its_site(&world).await, key(Algorithm::Es256, 0), key(Algorithm::Es256, 1));
    let nameless = |key: &SigningKey| {
        let mut set = json!(published(&[key]));
        for member in ["kid", "alg", "use"] {
            set["keys"][0].as_object_mut().unwrap().remove(member);
        }
        set
    };
    let unnamed = |key: &SigningKey, number| {
        let message =
            royaume_spec::signed::forged(&json!({ "alg": "ES256" }), &world.assertion(&app, number), &[]);
        let message = message.trim_end_matches('.').to_owned();
        format!("{message}.{}", royaume_jose::base64url::encode(&key.sign(message.as_bytes())))
    };
    world.elsewhere.serve_json(SITE, &nameless(&first));
    world.send(question(&world, &app, &unnamed(&first, 1), &[])).await.is_ok();
    world.elsewhere.serve_json(SITE, &nameless(&second));
    world.clock.advance(Duration::from_secs(11));
    world.send(question(&world, &app, &unnamed(&second, 2), &[])).await.is_ok();
}

/// RFC 8725 §3.10: made-up key names make nobody fetch more than once in a while.
#[tokio::test]
async fn made_up_key_names_fetch_once_in_a_while() {
    let world = World::provider().await;
    let (app, key) = (at_its_site(&world).await, key(Algorithm::Es256, 0));
    serve(&world, &[&key]);
    uses(&world, &app, &key, 1).await.is_ok();
    world.clock.advance(Duration::from_secs(11));
    for number in 0..10_000 {
        let header = json!({ "alg": "ES256", "kid": format!("made-up-{number}") });
        let forged = royaume_spec::signed::forged(&header, &world.assertion(&app, 2), &[1; 64]);
        assert_ne!(world.send(question(&world, &app, &forged, &[])).await.status, 200);
    }
    assert_eq!(world.elsewhere.asked(SITE).len(), 2);
    uses(&world, &app, &key, 3).await.is_ok();
}

/// RFC 7591 §2: many requests at once ask the site once.
#[tokio::test]
async fn many_requests_at_once_ask_once() {
    let world = World::provider().await;
    let (app, key) = (at_its_site(&world).await, key(Algorithm::Es256, 0));
    serve(&world, &[&key]);
    let mut all = tokio::task::JoinSet::new();
    for number in 0..20 {
        let server = world.server.clone();
        let request = question(&world, &app, &signed_assertion(&key, &world.assertion(&app, number)), &[]);
        all.spawn(async move { server.handle(request).await.status() });
    }
    assert!(all.join_all().await.into_iter().all(|status| status == 200));
    assert_eq!(world.elsewhere.asked(SITE).len(), 1);
}

/// A site that never answers holds up no more than a few: whoever comes then is told at once that it is busy, and whoever
/// needs another client's keys is served.
#[tokio::test]
async fn a_silent_site_holds_up_no_more_than_a_few() {
    let world = World::provider().await;
    let (app, key) = (at_its_site(&world).await, key(Algorithm::Es256, 0));
    world.elsewhere.fall_silent(SITE);
    let mut waiting = tokio::task::JoinSet::new();
    for number in 0..64 {
        let server = world.server.clone();
        let request = question(&world, &app, &signed_assertion(&key, &world.assertion(&app, number)), &[]);
        waiting.spawn(async move { server.handle(request).await });
    }
    while world.elsewhere.asked(SITE).is_empty() {
        tokio::task::yield_now().await;
    }
    // Each of them has been begun before the next one is.
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    uses(&world, &app, &key, 100).await.is_unavailable();
    let (other, its_key) = super::application(&world).await;
    uses(&world, &other, &its_key, 1).await.is_ok();
    assert_eq!(world.elsewhere.asked(SITE).len(), 1);
    waiting.abort_all();
}

/// RFC 8414 §2: a method that the realm no longer takes is refused to clients that were registered for it before.
#[tokio::test]
async fn what_the_realm_no_longer_takes_is_refused() {
    let before = World::provider().await;
    let (app, key) = super::application(&before).await;
    uses(&before, &app, &key, 1).await.is_ok();
    let world = World::provider_with(|realm| {
        realm.client_authentication.retain(|method| method.as_str() == "client_secret_basic");
    })
    .await;
    let app = world
        .add_app(
            "op",
            royaume_spec::world::wish_of(royaume_server::stored::client::Application::Private, "Essai"),
        )
        .await;
    world
        .amend(&app, |client| {
            client.authentication = royaume_protocol::ClientAuthenticationMethod::ALL.to_vec();
        })
        .await;
    world
        .send(app.token_request(&[("grant_type", "refresh_token"), ("refresh_token", "x")]))
        .await
        .is_error(401, "invalid_client");
}

/// OIDC Core §10.1.1: while the site is silent what it said before is good, for an hour; then the client is told why.
#[tokio::test]
async fn a_silent_site_is_forgiven_for_an_hour() {
    let world = World::provider().await;
    let (app, key) = (at_its_site(&world).await, key(Algorithm::Es256, 0));
    serve(&world, &[&key]);
    uses(&world, &app, &key, 1).await.is_ok();
    world.elsewhere.close(SITE);
    world.clock.advance(Duration::from_secs(3_500));
    uses(&world, &app, &key, 2).await.is_ok();
    world.clock.advance(Duration::from_secs(101));
    let refused = uses(&world, &app, &key, 3).await;
    assert!(refused.is_error(401, "invalid_client").member("error_description").contains("jwks_uri"));
    serve(&world, &[&key]);
    world.clock.advance(Duration::from_secs(11));
    uses(&world, &app, &key, 4).await.is_ok();
}

/// ASVS 9.1.3: whatever a site answers, it is bounded, asked once in a while, and no failed attempt of anybody.
#[tokio::test]
async fn a_site_that_answers_nonsense_is_remembered_as_such() {
    let world = World::provider().await;
    let (app, key) = (at_its_site(&world).await, key(Algorithm::Es256, 0));
    let good = json!(published(&[&key]));
    let mut private = good.clone();
    private["keys"][0]["d"] = json!("AAAA");
    let crowd = json!({ "keys": vec![good["keys"][0].clone(); 51] });
    let padded = json!({ "keys": good["keys"], "padding": "x".repeat(70_000) });
    let mut number = 0;
    for answer in [private, crowd, padded, json!([]), json!({ "keys": 1 }), Value::Null] {
        world.elsewhere.serve_json(SITE, &answer);
        let asked = world.elsewhere.count();
        for _ in 0..15 {
            number += 1;
            let refused = uses(&world, &app, &key, number).await;
            assert!(refused.is_error(401, "invalid_client").member("error_description").contains("jwks_uri"));
        }
        assert_eq!(world.elsewhere.count(), asked + 1);
        world.clock.advance(Duration::from_secs(11));
    }
    for status in [StatusCode::FOUND, StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR] {
        let body = Bytes::from(good.to_string());
        world.elsewhere.serve(SITE, move |_| Response::builder().status(status).body(body.clone()).ok());
        number += 1;
        uses(&world, &app, &key, number).await.is_error(401, "invalid_client");
        world.clock.advance(Duration::from_secs(11));
    }
    world.elsewhere.serve(SITE, |_| Response::builder().body(Bytes::from_static(b"<html>")).ok());
    uses(&world, &app, &key, 900).await.is_error(401, "invalid_client");
    world.clock.advance(Duration::from_secs(11));
    serve(&world, &[&key]);
    uses(&world, &app, &key, 901).await.is_ok();
}

/// RFC 7591 §2: keys by value are changed by whoever changes the client, on every node at the next request.
#[tokio::test]
async fn keys_by_value_change_with_the_client() {
    let world = World::provider().await;
    let (app, first) = application(&world).await;
    let (second, node) = (key(Algorithm::Es256, 1), world.another_node().await);
    uses(&world, &app, &first, 1).await.is_ok();
    world.reregister(&app, |client| client.keys = Some(ClientKeys::Jwks(published(&[&second])))).await;
    uses(&world, &app, &first, 2).await.is_error(401, "invalid_client");
    uses(&world, &app, &second, 3).await.is_ok();
    let assertion = signed_assertion(&first, &world.assertion(&app, 4));
    let refused: Exchange = node.handle(question(&world, &app, &assertion, &[])).await.into();
    refused.is_error(401, "invalid_client");
}
