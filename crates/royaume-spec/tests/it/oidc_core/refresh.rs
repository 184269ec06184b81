//! Refreshed id tokens (§12.2): the same person, the same login, another time.

use std::time::Duration;

use royaume_jose::{Algorithm, half_hash};
use royaume_server::stored::client::Application;
use royaume_spec::{World, world};
use serde_json::json;

/// §12.2: issuer, subject, audience and time of authentication stay; the token is new; there is no nonce. Module
/// `oidcc-refresh-token`.
#[tokio::test]
async fn a_refreshed_id_token_speaks_of_the_same_login() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("individu", Application::Private);
        let first = world.sign_in(app).await;
        let before = world.verified("individu", &first.member("id_token")).await;
        world.clock.advance(Duration::from_secs(86_400));
        let second = world.send(app.refresh(&first.member("refresh_token"), &[])).await;
        let after = world.verified("individu", &second.is_ok().member("id_token")).await;
        for same in ["iss", "sub", "aud", "azp", "auth_time", "realm"] {
            assert_eq!(after.get(same), before.get(same), "{same}");
        }
        let now = world::start().as_second() + 86_400;
        assert_eq!((&after["iat"], &after["exp"]), (&json!(now), &json!(now + 9_000)));
        assert!(after.get("nonce").is_none() && second.json().get("nonce").is_none());
        assert_eq!(after["at_hash"], half_hash(Algorithm::Rs256, &second.member("access_token")));
    }
}

/// §12.2: however often it is refreshed, the time of authentication is that of the login.
#[tokio::test]
async fn refreshing_is_no_login() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut tokens = world.sign_in(app).await;
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(86_400));
        tokens = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
        let claims = world.verified("individu", &tokens.is_ok().member("id_token")).await;
        assert_eq!(claims["auth_time"], world::start().as_second());
    }
}

/// §12.1, RFC 6749 §6: a refresh that asks for less than `openid` is answered without an id token, and the next that
/// asks for everything again has one.
#[tokio::test]
async fn a_refresh_without_openid_has_no_id_token() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let first = world.sign_in(app).await;
    let narrow = world.send(app.refresh(&first.member("refresh_token"), &[("scope", "profile")])).await;
    assert_eq!(narrow.is_ok().member("scope"), "profile");
    assert!(narrow.json().get("id_token").is_none());
    let whole = world.send(app.refresh(&narrow.member("refresh_token"), &[])).await;
    assert!(!whole.is_ok().member("id_token").is_empty());
}

/// §12.1: a public application refreshes its id token without a secret.
#[tokio::test]
async fn a_public_application_refreshes_its_id_token() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Public);
    let first = world.sign_in(app).await;
    let second = world.send(app.refresh(&first.member("refresh_token"), &[])).await;
    world.verified("individu", &second.is_ok().member("id_token")).await;
}
