//! What one realm hands out, presented to another (RFC 9700 §2.2, §2.3; RFC 9068 §4).

use std::collections::HashSet;

use royaume_jose::Algorithm;
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Exchange, World, get, signed};

use super::twins;

async fn signed_in(world: &World, app: &App) -> Exchange {
    let callback = world.browser().walk(&app.authorization_url(&[]), "jumelle", "jumelle").await;
    world.send(app.redemption(&callback.parameter("code"), &[])).await
}

/// RFC 6749 §2.2: a client identifier is known in its realm and nowhere else.
#[tokio::test]
async fn a_client_of_one_realm_is_unknown_in_another() {
    let world = World::standard().await;
    let stranger = world.app("individu", Application::Private);
    for realm in ["partenaire", "entreprise", "agent"] {
        let there = App {
            realm: realm.to_owned(),
            authorize: world.url("agent", Endpoint::Authorization),
            token: world.url(realm, Endpoint::Token),
            ..stranger.clone()
        };
        let page = world.send(get(&there.authorization_url(&[]))).await;
        assert!(page.is_error_page().body.contains("no client of this realm has that client_id"));
        for grant_type in ["client_credentials", "authorization_code", "refresh_token"] {
            let answer = world.send(there.token_request(&[("grant_type", grant_type)])).await;
            answer.is_error(401, "invalid_client");
        }
        world.introspect(&there, "x").await.is_error(401, "invalid_client");
        world.revoke(&there, "x").await.is_error(401, "invalid_client");
    }
}

/// RFC 6749 §2.3.1: one identifier may be two clients, in two realms: each has its own secret.
#[tokio::test]
async fn a_secret_of_one_realm_is_wrong_in_another() {
    let world = World::standard().await;
    let in_realm = |secret: &'static str| royaume_server::admin::NewClient {
        client_id: Some("same".to_owned()),
        secret: Some(secret.into()),
        grants: Some(vec![royaume_protocol::GrantType::ClientCredentials]),
        ..new_client(Application::Machine, &[])
    };
    let partenaire = world.add_app("partenaire", in_realm("the-secret-of-partenaire")).await;
    let agent = world.add_app("agent", in_realm("the-secret-of-agent")).await;
    let grant = [("grant_type", "client_credentials")];
    for app in [&partenaire, &agent] {
        world.send(app.token_request(&grant)).await.is_ok();
    }
    let swapped = App { secret: agent.secret.clone(), ..partenaire };
    world.send(swapped.token_request(&grant)).await.is_error(401, "invalid_client");
}

/// RFC 6749 §4.1.3: a code of one realm buys nothing in another, and is not spent by the attempt.
#[tokio::test]
async fn a_code_of_one_realm_buys_nothing_in_another() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let callback = world.browser().walk(&here.authorization_url(&[]), "jumelle", "jumelle").await;
    let code = callback.parameter("code");
    world.send(there.redemption(&code, &[])).await.is_error(400, "invalid_grant");
    world.send(here.redemption(&code, &[])).await.is_ok();
}

/// RFC 6749 §6: nor does a refresh token; its family lives on.
#[tokio::test]
async fn a_refresh_token_of_one_realm_buys_nothing_in_another() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let refresh = signed_in(&world, &here).await.member("refresh_token");
    world.send(there.refresh(&refresh, &[])).await.is_error(400, "invalid_grant");
    world.send(here.refresh(&refresh, &[])).await.is_ok();
}

/// RFC 6750 §3.1, RFC 7662 §2.2, RFC 7009 §2.2: an access token of one realm is nothing in another, in either format.
#[tokio::test]
async fn an_access_token_of_one_realm_is_nothing_in_another() {
    for world in World::of_each_format().await {
        let [here, there] = twins(&world).await;
        let tokens = signed_in(&world, &here).await;
        for token in [tokens.member("access_token"), tokens.member("refresh_token")] {
            world.userinfo("entreprise", &token).await.is_challenge(401, "invalid_token");
            assert_eq!(world.introspect(&there, &token).await.is_ok().body, r#"{"active":false}"#);
            world.revoke(&there, &token).await.is_ok();
            assert!(world.is_active(&here, &token).await, "another realm has ended it");
        }
    }
}

/// RFC 9068 §4: what one realm's key has signed is nothing in another, though it speaks in the other's name.
#[tokio::test]
async fn a_key_of_one_realm_signs_nothing_for_another() {
    let [_, world] = World::of_each_format().await;
    let [here, there] = twins(&world).await;
    let tokens = signed_in(&world, &there).await;
    let claims = signed::claims(&tokens.member("access_token"));
    let token = world.signed("individu", Algorithm::Es256, Some("at+jwt"), &claims).await;
    world.userinfo("entreprise", &token).await.is_challenge(401, "invalid_token");
    world.userinfo("individu", &token).await.is_challenge(401, "invalid_token");
    for app in [&here, &there] {
        assert!(!world.is_active(app, &token).await);
    }
}

/// RFC 7517 §5: no key of one realm is a key of another.
#[tokio::test]
async fn no_two_realms_share_a_key() {
    let world = World::standard().await;
    let mut seen = HashSet::new();
    for realm in ["partenaire", "individu", "entreprise", "agent"] {
        let keys = world.keys(realm).await;
        assert_eq!(keys.len(), 3);
        for key in keys {
            assert!(seen.insert(key.jwk().thumbprint().unwrap()), "{realm}");
        }
    }
}

/// OpenID Connect RP-Initiated Logout 1.0 §2: an id token of one realm signs nobody out of another.
#[tokio::test]
async fn an_id_token_of_one_realm_hints_at_nothing_in_another() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let hint = signed_in(&world, &here).await.member("id_token");
    let mut browser = world.browser();
    browser.walk(&there.authorization_url(&[]), "jumelle", "jumelle").await;
    let logout = world.url("entreprise", Endpoint::Logout);
    browser.open(&format!("{logout}?id_token_hint={hint}")).await.page().is_error_page();
    let hinted = there.authorization_url(&[("prompt", "none"), ("id_token_hint", &hint)]);
    browser.open(&hinted).await.at_application().is_redirected_error("invalid_request");
    let still = browser.open(&there.authorization_url(&[("prompt", "none")])).await.at_application();
    assert!(!still.parameter("code").is_empty(), "{}", still.location());
}
