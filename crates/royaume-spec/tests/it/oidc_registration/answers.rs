//! What a client is answered with as it registered for it (§2).

use std::time::Duration;

use royaume_server::Clock as _;
use royaume_spec::{World, signed};
use serde_json::json;

/// §2 `id_token_signed_response_alg`: a client that said nothing has id tokens in RS256 that name their key, and one that
/// said an algorithm has it. Module `oidcc-idtoken-signature`.
#[tokio::test]
async fn id_tokens_are_in_the_algorithm_that_was_registered() {
    let world = World::provider().await;
    for (said, used) in [(json!(null), "RS256"), (json!("RS256"), "RS256"), (json!("ES256"), "ES256")] {
        let answer = world.register(json!({ "id_token_signed_response_alg": said })).await;
        assert_eq!(answer.member("id_token_signed_response_alg"), used);
        let id_token = world.sign_in(&world.registered(&answer)).await.member("id_token");
        let header = signed::header(&id_token);
        assert_eq!(header["alg"], used);
        assert!(header["kid"].is_string());
        world.verified("op", &id_token).await;
    }
}

/// §2 `id_token_signed_response_alg`: nobody registers for id tokens without a signature. Module `oidcc-idtoken-unsigned`.
#[tokio::test]
async fn nobody_registers_for_unsigned_id_tokens() {
    let world = World::provider().await;
    for response_type in ["code", "id_token", "code id_token"] {
        let wish = json!({ "id_token_signed_response_alg": "none", "response_types": [response_type] });
        world.register(wish).await.is_error(400, "invalid_client_metadata");
    }
}

/// §2 `userinfo_signed_response_alg`: a client that registers for RS256 has userinfo signed so. Module
/// `oidcc-userinfo-rs256`.
#[tokio::test]
async fn userinfo_is_signed_as_registered() {
    let world = World::provider().await;
    let answer = world.register(json!({ "userinfo_signed_response_alg": "RS256" })).await;
    assert_eq!(answer.member("userinfo_signed_response_alg"), "RS256");
    let app = world.registered(&answer);
    let access = world.sign_in(&app).await.member("access_token");
    let userinfo = world.userinfo("op", &access).await;
    assert_eq!(userinfo.is_ok().header("content-type"), "application/jwt");
    assert_eq!(signed::header(&userinfo.body)["alg"], "RS256");
    assert_eq!(world.verified("op", &userinfo.body).await["aud"], json!(app.client_id));
}

/// §2 `require_auth_time`: id tokens of a client that registered for it say when the person signed in.
#[tokio::test]
async fn the_time_of_the_sign_in_is_told_as_registered() {
    let world = World::provider().await;
    let answer = world.register(json!({ "require_auth_time": true })).await;
    assert_eq!(answer.json()["require_auth_time"], true);
    let id_token = world.sign_in(&world.registered(&answer)).await.member("id_token");
    assert_eq!(signed::claims(&id_token)["auth_time"], world.clock.now().as_second());
}

/// §2 `default_max_age`: a client that registered for it, and says nothing in its requests, has people whose sign-in is
/// older sign in again, and nobody else.
#[tokio::test]
async fn a_sign_in_that_is_older_than_registered_is_not_enough() {
    let world = World::provider().await;
    let answer = world.register(json!({ "default_max_age": 300 })).await;
    assert_eq!(answer.json()["default_max_age"], 300);
    let limited = world.registered(&answer);
    let unlimited = world.registered(&world.register(json!({})).await);
    let mut browser = world.browser();
    for app in [&limited, &unlimited] {
        browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    }
    world.clock.advance(Duration::from_secs(300));
    let code = browser.open(&limited.authorization_url(&[])).await.at_application().parameter("code");
    assert!(!code.is_empty());
    world.clock.advance(Duration::from_secs(1));
    let silent = browser.open(&limited.authorization_url(&[("prompt", "none")])).await.at_application();
    silent.is_redirected_error("login_required");
    let code = browser.open(&unlimited.authorization_url(&[])).await.at_application().parameter("code");
    assert!(!code.is_empty());
    let login = browser.open(&limited.authorization_url(&[])).await.page();
    login.is_page("royaume-login");
    let code = browser.log_in(&login, "camille", "camille").await.at_application().parameter("code");
    let id_token = world.send(limited.redemption(&code, &[])).await.member("id_token");
    assert_eq!(signed::claims(&id_token)["auth_time"], world.clock.now().as_second());
}
