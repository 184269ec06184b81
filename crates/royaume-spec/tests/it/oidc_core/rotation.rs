//! Signing keys that are rotated and revoked (OpenID Connect Core 1.0 §10.1.1, §10.2.1).

use std::time::Duration;

use royaume_jose::{Algorithm, jws};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_server::stored::keyring::KeyState;
use royaume_spec::{World, bearer, get, signed};
use serde_json::Value;

const REALM: &str = "individu";

async fn published(world: &World) -> Vec<Value> {
    let set = world.send(get(&world.url(REALM, Endpoint::Jwks))).await.json();
    set["keys"].as_array().unwrap().clone()
}

fn has(keys: &[Value], kid: &str) -> bool {
    keys.iter().any(|key| key["kid"] == kid)
}

fn kid(token: &str) -> String {
    signed::header(token)["kid"].as_str().unwrap().to_owned()
}

/// §10.1.1, `oidcc-server-rotate-keys`: the JWKS holds a new signing key and still the old one, which signs until the
/// notice has passed and is withdrawn when nothing that it signed lives.
#[tokio::test]
async fn a_key_that_is_old_is_succeeded_by_one_that_was_published_before() {
    let world = World::standard().await;
    let app = world.app(REALM, Application::Private);
    let lifetimes = world.realm(REALM).lifetimes.clone();
    let old = kid(&world.sign_in(app).await.member("id_token"));
    let before = published(&world).await;
    assert_eq!(world.server.rotate_keys().await.unwrap(), 0);
    world.clock.advance(lifetimes.key_rotation);
    assert!(world.server.rotate_keys().await.unwrap() > 0);
    let both = published(&world).await;
    assert!(before.iter().all(|key| both.contains(key)) && both.len() == 2 * before.len());

    world.clock.advance(lifetimes.key_publication - Duration::from_secs(1));
    let last = world.sign_in(app).await.member("id_token");
    assert_eq!(kid(&last), old, "the new key does not sign yet");
    world.clock.advance(Duration::from_secs(1));
    let new = kid(&world.sign_in(app).await.member("id_token"));
    assert!(new != old && has(&both, &new));

    world.clock.advance(lifetimes.id_token.max(lifetimes.access_token));
    world.verified(REALM, &last).await;
    world.clock.advance(Duration::from_secs(300));
    let after = published(&world).await;
    assert!(!has(&after, &old) && has(&after, &new) && after.len() == before.len());
}

/// §10.1.1: several nodes look after the same keys, and make one successor of each.
#[tokio::test]
async fn of_nodes_that_rotate_at_once_one_does() {
    let world = World::standard().await;
    let node = world.another_node().await;
    let before = published(&world).await.len();
    world.clock.advance(world.realm(REALM).lifetimes.key_rotation);
    let (one, other) = tokio::join!(world.server.rotate_keys(), node.rotate_keys());
    assert_eq!(one.unwrap() + other.unwrap(), before * world.topology.realms.len());
    assert_eq!(published(&world).await.len(), 2 * before);
}

/// §10.1.1: what a clock that was far ahead has announced does not sign when the clock is right again.
#[tokio::test]
async fn a_clock_that_was_ahead_for_a_moment_changes_no_signature() {
    let world = World::standard().await;
    let app = world.app(REALM, Application::Private);
    let old = kid(&world.sign_in(app).await.member("id_token"));
    let now = royaume_server::Clock::now(&*world.clock);
    world.clock.set(now + Duration::from_secs(400 * 86_400));
    world.server.rotate_keys().await.unwrap();
    world.clock.set(now);
    assert_eq!(kid(&world.sign_in(app).await.member("id_token")), old);
    world.clock.advance(world.realm(REALM).lifetimes.key_rotation);
    assert!(world.server.rotate_keys().await.unwrap() > 0, "a successor is made when it is due");
}

/// §10.1.1: a key that somebody else may have is believed by no node from the next request on.
#[tokio::test]
async fn what_a_revoked_key_has_signed_is_refused_at_once_and_what_is_not_signed_lives_on() {
    let [opaque, jwt] = World::of_each_format().await;
    for world in [&opaque, &jwt] {
        let app = world.app(REALM, Application::Private);
        let node = world.another_node().await;
        let tokens = world.sign_in(app).await;
        let (access, id_token) = (tokens.member("access_token"), tokens.member("id_token"));
        let is_jwt = jws::header(&access).is_ok();
        let revoked = if is_jwt { kid(&access) } else { kid(&id_token) };
        let signing = world.admin(REALM).revoke_key(&revoked).await.unwrap();
        assert_eq!(world.admin(REALM).revoke_key(&revoked).await.unwrap().kid, signing.kid, "again is fine");

        let elsewhere = node.handle(get(&world.url(REALM, Endpoint::Jwks))).await;
        let elsewhere = String::from_utf8(elsewhere.into_body().to_vec()).unwrap();
        assert!(!elsewhere.contains(&revoked) && elsewhere.contains(&signing.kid));
        assert_eq!(world.userinfo(REALM, &access).await.status.is_success(), !is_jwt);
        assert_eq!(world.is_active(app, &access).await, !is_jwt);
        let refreshed = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
        let again = if is_jwt { "access_token" } else { "id_token" };
        assert_eq!(kid(&refreshed.member(again)), signing.kid);
        let ring = world.admin(REALM).keyring().await.unwrap();
        let key = ring.keys.iter().find(|key| key.kid == revoked).unwrap();
        assert_eq!(ring.state(key, world.admin(REALM).now), KeyState::Revoked);
    }
}

/// §10.1.1: a JWT that a revoked key has signed is refused at userinfo and at introspection, by each node from its next
/// request on; one of the key that signs now is not.
#[tokio::test]
async fn no_node_believes_a_jwt_of_a_revoked_key() {
    let [_, world] = World::of_each_format().await;
    let app = world.app(REALM, Application::Private);
    let node = world.another_node().await;
    let tokens = world.sign_in(app).await;
    let revoked = tokens.member("access_token");
    let (userinfo, introspection) =
        (world.url(REALM, Endpoint::UserInfo), world.url(REALM, Endpoint::Introspection));
    // Both nodes have it in memory before.
    for (token, believed) in [(&revoked, true), (&revoked, false)] {
        for server in [&world.server, &node] {
            let told = server.handle(bearer(&userinfo, token)).await;
            assert_eq!(told.status().is_success(), believed);
            let told = server.handle(app.call(&introspection, &[("token", token)])).await;
            let told: Value = serde_json::from_slice(told.body()).unwrap();
            assert_eq!(told["active"], believed);
        }
        if believed {
            world.admin(REALM).revoke_key(&kid(token)).await.unwrap();
        }
    }
    let again = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.member("access_token");
    assert!(node.handle(bearer(&userinfo, &again)).await.status().is_success());
}

/// §10.1.1, §3.1.2.1, RP-Initiated Logout 1.0 §2: a hint that a revoked key has signed may be anybody's: it is refused, and
/// ends no session.
#[tokio::test]
async fn a_hint_that_a_revoked_key_has_signed_is_refused() {
    let world = World::standard().await;
    let app = super::application(&world).await;
    let mut browser = super::signed_in(&world, &app).await;
    let hint = world.sign_in(&app).await.member("id_token");
    let url = app.authorization_url(&[("prompt", "none"), ("id_token_hint", &hint)]);
    assert!(!browser.open(&url).await.at_application().parameter("code").is_empty());
    world.admin(REALM).revoke_key(&kid(&hint)).await.unwrap();
    browser.open(&url).await.at_application().is_redirected_error("invalid_request");
    let logout = format!("{}?id_token_hint={hint}", world.url(REALM, Endpoint::Logout));
    browser.once(get(&logout)).await.is_error_page();
    assert!(super::is_signed_in(&mut browser, &app).await);
}

/// §10.1.1: whoever names a key that is not there is told which are.
#[tokio::test]
async fn an_unknown_key_is_not_revoked() {
    let world = World::standard().await;
    let why = world.admin(REALM).revoke_key("unknown").await.unwrap_err().to_string();
    let keys = world.admin(REALM).keys().await.unwrap();
    assert!(keys.iter().all(|key| why.contains(&key.kid)), "{why}");
}

/// §10.2.1: no key is published to encrypt to, so there is none to rotate.
#[tokio::test]
async fn every_published_key_is_for_signatures_before_and_after_a_rotation() {
    let world = World::standard().await;
    world.admin(REALM).rotate_key(Algorithm::Rs256, Duration::from_secs(3600)).await.unwrap();
    assert!(published(&world).await.iter().all(|key| key["use"] == "sig"));
}
