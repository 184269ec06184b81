//! What signs nobody out, and where nobody is sent (OpenID Connect RP-Initiated Logout 1.0 §2, §3, §6).

use royaume_jose::Algorithm;
use royaume_protocol::parameters;
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{App, World, get, signed};
use serde_json::json;

use crate::oidc_core::{application, is_signed_in, signed_in};

async fn id_token_of(world: &World, app: &App, person: &str) -> String {
    let code = world.browser().walk(&app.authorization_url(&[]), person, person).await.parameter("code");
    world.send(app.redemption(&code, &[])).await.member("id_token")
}

/// The logout address with parameters.
fn logout(world: &World, pairs: &[(&str, &str)]) -> String {
    parameters::append_query(&world.url("individu", Endpoint::Logout), pairs)
}

/// §2: a hint that was tampered with, is not signed, or is of another realm, is an error; the session lives.
#[tokio::test]
async fn a_forged_hint_signs_nobody_out() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let hint = id_token_of(&world, &app, "camille").await;
    let claims = signed::claims(&hint);
    let kid = signed::header(&hint)["kid"].clone();
    let mut elsewhere = claims.clone();
    elsewhere["iss"] = json!(world.issuer("agent"));
    for forged in [
        "x".to_owned(),
        "a.b.c".to_owned(),
        "x".repeat(8_000),
        signed::forged(&json!({ "alg": "none" }), &claims, &[]),
        signed::forged(&json!({ "alg": "none", "kid": kid }), &claims, b"x"),
        signed::forged(&json!({ "alg": "HS256", "kid": kid }), &claims, &[0; 32]),
        signed::tampered(&hint, |claims| claims["aud"] = json!("another")),
        signed::tampered(&hint, |claims| claims["exp"] = json!(4_000_000_000_u64)),
        format!("{hint}x"),
        world.sign_in(world.app("agent", Application::Private)).await.member("id_token"),
        world.signed("agent", Algorithm::Rs256, None, &claims).await,
        world.signed("individu", Algorithm::Rs256, None, &elsewhere).await,
        world.signed("individu", Algorithm::Rs256, Some("at+jwt"), &claims).await,
        world.signed("individu", Algorithm::Rs256, Some("logout+jwt"), &claims).await,
    ] {
        let url = logout(&world, &[("id_token_hint", &forged)]);
        let page = browser.open(&url).await.page();
        assert_eq!(page.is_error_page().status, 400, "{forged}");
        assert!(is_signed_in(&mut browser, &app).await, "{forged}");
    }
}

/// §2: a hint at somebody else signs out neither: the person who sits there is asked.
#[tokio::test]
async fn a_hint_at_somebody_else_asks_first() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let mut noe = world.browser();
    let callback = noe.walk(&app.authorization_url(&[]), "noe", "noe").await;
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let hint = tokens.member("id_token");
    let page = browser.open(&logout(&world, &[("id_token_hint", &hint)])).await.page();
    assert!(page.is_page("royaume-logout").body.contains("camille"));
    assert!(is_signed_in(&mut browser, &app).await && is_signed_in(&mut noe, &app).await);
    world.userinfo("individu", &tokens.member("access_token")).await.is_ok();
}

/// §2: a hint of one application in the name of another is an error.
#[tokio::test]
async fn a_hint_of_another_application_is_an_error() {
    let world = World::standard().await;
    let (app, other) = (application(&world).await, application(&world).await);
    let mut browser = signed_in(&world, &app).await;
    let hint = id_token_of(&world, &app, "camille").await;
    for client_id in [other.client_id.as_str(), "unknown"] {
        let url = logout(&world, &[("id_token_hint", &hint), ("client_id", client_id)]);
        browser.open(&url).await.page().is_error_page();
        assert!(is_signed_in(&mut browser, &app).await);
    }
    let url = logout(&world, &[("id_token_hint", &hint), ("client_id", &app.client_id)]);
    browser.open(&url).await.page().is_page("royaume-logged-out");
}

/// §3: nobody is sent to what the application has not registered, character by character; and nobody is signed out then.
#[tokio::test]
async fn nobody_is_sent_to_an_unregistered_place() {
    let world = World::standard().await;
    let (app, other) = (application(&world).await, world.app("individu", Application::Private));
    let mut browser = signed_in(&world, &app).await;
    let hint = id_token_of(&world, &app, "camille").await;
    for unregistered in [
        "https://evil.test/",
        "https://app.test/cb",
        "https://app.test/bye2",
        "https://app.test/bye/",
        "https://app.test/bye?x=1",
        "https://app.test/bye#x",
        "https://app.test:8443/bye",
        "https://app.test.evil.test/bye",
        "https://app.test@evil.test/bye",
        "HTTPS://app.test/bye",
        "http://app.test/bye",
        "//app.test/bye",
        "/bye",
        "javascript:alert(1)",
        "http://127.0.0.1/",
    ] {
        for proof in [("id_token_hint", hint.as_str()), ("client_id", &app.client_id)] {
            let url = logout(&world, &[proof, ("post_logout_redirect_uri", unregistered)]);
            let page = browser.open(&url).await.page();
            assert!(page.is_error_page().body.contains("post_logout_redirect_uri is not registered"));
        }
    }
    let of_another =
        [("client_id", other.client_id.as_str()), ("post_logout_redirect_uri", "https://app.test/bye")];
    browser.open(&logout(&world, &of_another)).await.page().is_error_page();
    assert!(is_signed_in(&mut browser, &app).await);
}

/// §3: without an application that asks, there is nobody whose registration could allow a place.
#[tokio::test]
async fn a_place_without_an_application_is_no_place() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for client_id in ["", "unknown"] {
        let pairs = [("post_logout_redirect_uri", "https://app.test/bye"), ("client_id", client_id)];
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        browser.open(&logout(&world, &pairs)).await.page().is_error_page();
        world.send(get(&logout(&world, &pairs))).await.is_error_page();
    }
    assert!(is_signed_in(&mut browser, &app).await);
}

/// RFC 6749 §3.1: a parameter that is repeated, or in the address and in the form, is refused.
#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let hint = id_token_of(&world, &app, "camille").await;
    let url = logout(&world, &[("id_token_hint", &hint)]);
    browser.open(&format!("{url}&id_token_hint={hint}")).await.page().is_error_page();
    let both = royaume_spec::post(&url, &[("id_token_hint", &hint)]);
    browser.follow(both).await.page().is_error_page();
    assert!(is_signed_in(&mut browser, &app).await);
}
