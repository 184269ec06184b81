//! The `claims` parameter (§5.5): what is asked for by name, where it is told, and that the person is asked.

use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{World, get};
use serde_json::{Value, json};

use super::provider_app;
use super::told::{Told, names, told};

/// §5.5.1: what is essential is told at userinfo, where it was asked for, though no scope releases it. Module
/// `oidcc-claims-essential`.
#[tokio::test]
async fn a_claim_that_is_asked_for_by_name_is_told_where_it_was_asked_for() {
    for world in super::providers().await {
        let app = provider_app(&world).await;
        let request = json!({ "userinfo": { "name": { "essential": true } } });
        let Told { id_token, userinfo } = told(&world, &app, &asking("openid", &request)).await;
        assert_eq!(userinfo["name"], "Camille Claire Moreau");
        assert_eq!(names(&userinfo), ["name", "sub"]);
        assert!(id_token.get("name").is_none(), "{id_token}");
    }
}

/// §5.5: what is asked for in the id token is told there, and not at userinfo.
#[tokio::test]
async fn a_claim_that_is_asked_for_in_the_id_token_is_told_there() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let request =
        json!({ "id_token": { "email": null, "address": { "essential": true }, "auth_time": null } });
    let Told { id_token, userinfo } = told(&world, &app, &asking("openid", &request)).await;
    assert_eq!(id_token["email"], "camille@camille.example");
    assert_eq!(id_token["address"]["locality"], "Nantes");
    assert_eq!(id_token["auth_time"], royaume_spec::world::start().as_second());
    assert_eq!(names(&userinfo), ["sub"]);
}

/// §5.5: scopes and names are told together.
#[tokio::test]
async fn what_scopes_release_is_told_beside() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let request = json!({ "userinfo": { "nickname": null, "email": null } });
    let Told { userinfo, .. } = told(&world, &app, &asking("openid email", &request)).await;
    assert_eq!(names(&userinfo), ["email", "email_verified", "nickname", "sub"]);
}

/// §5.5, §5.5.1: what is not understood is passed over, and what the person does not have is left out: neither is an
/// error.
#[tokio::test]
async fn what_is_not_known_is_passed_over() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let request = json!({
        "userinfo": { "shoe_size": { "essential": true }, "password": null, "username": null, "iss": null,
                      "name": { "essential": true, "value": "Somebody Else", "weight": 1 } },
        "id_token": { "http://example.test/claims/groups": null, "sub": null, "exp": { "value": 1 } },
        "verified_claims": { "a": [1] },
    });
    let Told { id_token, userinfo } = told(&world, &app, &asking("openid", &request)).await;
    assert_eq!(names(&userinfo), ["name", "sub"]);
    assert_eq!(userinfo["name"], "Camille Claire Moreau", "what is so, and not what was wished");
    assert_eq!(names(&id_token), ["at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"]);
}

/// §5.5, RFC 6749 §3.3: a client is told nothing by name that none of its own scopes would release.
#[tokio::test]
async fn names_reach_no_further_than_the_scopes_of_the_client() {
    let world = World::provider().await;
    let mut wish = wish_of(Application::Private, "Modeste");
    wish.scope = Some("openid email".to_owned());
    let app = world.add_app("op", wish).await;
    let request =
        json!({ "userinfo": { "email": null, "phone_number": null }, "id_token": { "name": null } });
    let Told { id_token, userinfo } = told(&world, &app, &asking("openid", &request)).await;
    assert_eq!(names(&userinfo), ["email", "sub"]);
    assert!(id_token.get("name").is_none());
}

/// §5.5: what was asked for by name is told for as long as the grant is renewed.
#[tokio::test]
async fn a_refreshed_token_opens_the_same_names() {
    for world in super::providers().await {
        let app = provider_app(&world).await;
        let request = json!({ "userinfo": { "name": null }, "id_token": { "nickname": null } });
        let pairs = asking("openid", &request);
        let changes: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let code = world.code(&app, &changes).await;
        let mut tokens = world.send(app.redemption(&code, &[])).await;
        for _ in 0..2 {
            tokens = world.send(app.refresh(&tokens.is_ok().member("refresh_token"), &[])).await;
            let userinfo = world.userinfo("op", &tokens.member("access_token")).await.is_ok().json();
            assert_eq!(names(&userinfo), ["name", "sub"]);
            let id_token = world.verified("op", &tokens.member("id_token")).await;
            assert_eq!(id_token["nickname"], "Cam");
        }
    }
}

/// §5.5, RFC 9068 §2.2: a signed access token says to the APIs that read it nothing of what was asked for by name.
#[tokio::test]
async fn an_access_token_does_not_tell_what_was_asked_for() {
    let [_, world] = super::providers().await;
    let app = provider_app(&world).await;
    let request = json!({ "userinfo": { "nickname": null } }).to_string();
    let code = world.code(&app, &[("scope", "openid"), ("claims", &request)]).await;
    let token = world.send(app.redemption(&code, &[])).await.member("access_token");
    let claims = world.verified("op", &token).await;
    assert_eq!(names(&claims), ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sid", "sub"]);
    let name = royaume_jose::base64url::decode(claims["jti"].as_str().unwrap()).unwrap();
    assert!(!String::from_utf8_lossy(&name).contains("nickname"));
}

/// §3.1.2.4: the person is asked about each claim that no scope covers, and remembered to have agreed.
#[tokio::test]
async fn the_person_is_asked_about_each_name() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[("scope", "openid")]), "camille", "camille").await;
    let url = |claims: &Value| app.authorization_url(&[("scope", "openid"), ("claims", &claims.to_string())]);
    let phone = json!({ "userinfo": { "phone_number": null }, "id_token": { "acr": null } });
    let silent = format!("{}&prompt=none", url(&phone));
    browser.open(&silent).await.at_application().is_redirected_error("consent_required");
    let page = browser.open(&url(&phone)).await.page();
    assert!(page.is_page("royaume-consent").body.contains("phone_number<br>"), "{page:?}");
    assert!(!page.body.contains("acr<br>"), "how somebody signed in is nothing about them");
    browser.submit(&page, &[("decision", "allow")]).await.at_application();
    assert!(!browser.open(&silent).await.at_application().parameter("code").is_empty());
    let more = json!({ "id_token": { "phone_number": null, "gender": null } });
    let page = browser.open(&url(&more)).await.page();
    assert!(page.body.contains("gender<br>") && page.body.contains("phone_number<br>"));
    let denied = browser.submit(&page, &[("decision", "deny")]).await.at_application();
    denied.is_redirected_error("access_denied");
}

/// §3.1.2.4: whoever has allowed a scope has allowed the claims that it releases.
#[tokio::test]
async fn a_scope_that_was_allowed_covers_its_claims() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[("scope", "openid profile")]), "camille", "camille").await;
    let claims = json!({ "id_token": { "name": null } }).to_string();
    let changes = [("scope", "openid"), ("claims", claims.as_str()), ("prompt", "none")];
    let code = browser.open(&app.authorization_url(&changes)).await.at_application().parameter("code");
    let tokens = world.send(app.redemption(&code, &[])).await;
    assert_eq!(world.verified("op", &tokens.member("id_token")).await["name"], "Camille Claire Moreau");
}

/// §3.1.2.2, §5.5.1: the id token is about the subject that was asked for, or there is none.
#[tokio::test]
async fn a_subject_that_is_asked_for_is_the_one_or_nobody() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let subject = told(&world, &app, &[]).await.id_token["sub"].clone();
    let url = |wish: Value, prompt| {
        let claims = json!({ "id_token": { "sub": wish } }).to_string();
        app.authorization_url(&[("claims", &claims), ("prompt", prompt)])
    };
    let mut browser = world.browser();
    for wish in [json!({ "value": subject }), json!({ "values": ["x", subject] }), json!(null)] {
        let callback = browser.walk(&url(wish.clone(), ""), "camille", "camille").await;
        assert!(!callback.parameter("code").is_empty(), "{wish}");
    }
    for wish in [json!({ "value": "x" }), json!({ "values": ["x", 1] }), json!({ "value": true })] {
        let silent = browser.open(&url(wish.clone(), "none")).await.at_application();
        silent.is_redirected_error("login_required");
        let login = browser.open(&url(wish, "")).await.page();
        let answer = browser.log_in(login.is_page("royaume-login"), "camille", "camille").await;
        answer.at_application().is_redirected_error("login_required");
    }
}

/// §5.5: what is not of the form of the standard is an error at the client, at once: deep, large, repeated or of another
/// shape.
#[tokio::test]
async fn a_malformed_request_is_an_error_at_once() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let deep = format!("{{\"userinfo\":{}{}}}", "[".repeat(2_000), "]".repeat(2_000));
    for claims in [
        "name",
        "[]",
        "{",
        r#"{"userinfo":[]}"#,
        r#"{"userinfo":{"name":true}}"#,
        r#"{"userinfo":{"name":null,"name":null}}"#,
        r#"{"userinfo":{},"userinfo":{}}"#,
        r#"{"id_token":{"name":{"essential":1}}}"#,
        &"[".repeat(8_000),
        &deep,
    ] {
        let answer = world.send(get(&app.authorization_url(&[("claims", claims)]))).await;
        answer.is_redirected_error("invalid_request");
        assert_eq!(answer.parameter("state"), "state-1");
    }
    assert!(told(&world, &app, &[]).await.userinfo["sub"].is_string(), "and it serves the next");
}

/// §5.5, RFC 9110 §15.5.2: ten thousand levels or a megabyte are refused before anything reads them.
#[tokio::test]
async fn an_enormous_request_is_refused_unread() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    for claims in ["[".repeat(10_000), format!("{{\"a\":\"{}\"}}", "x".repeat(1_000_000))] {
        let pairs = app.authorization(&[("claims", &claims)]);
        world.send(royaume_spec::post(&app.authorize, &pairs)).await.is_error_page();
    }
}

fn asking(scope: &'static str, claims: &Value) -> Vec<(&'static str, String)> {
    vec![("scope", scope.to_owned()), ("claims", claims.to_string())]
}

/// Discovery §3 `claims_parameter_supported`: it is said to be, and the claims that may be named are listed.
#[tokio::test]
async fn the_parameter_is_said_to_be_supported() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let place = world.url(&app.realm, royaume_realm::Endpoint::Discovery);
    let document = world.send(get(&place)).await.json();
    assert_eq!(document["claims_parameter_supported"], json!(true));
    assert_eq!(document["claim_types_supported"], json!(["normal"]));
    let listed = document["claims_supported"].as_array().unwrap();
    for claim in ["name", "address", "acr", "amr", "auth_time", "c_hash"] {
        assert!(listed.contains(&json!(claim)), "{claim}");
    }
}
