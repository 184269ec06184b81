//! RFC 7662: is this token live, and what does it stand for?

use std::time::Duration;

use http::{HeaderValue, Method, header};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{App, World};
use serde_json::json;

const INACTIVE: &str = r#"{"active":false}"#;

fn asked(world: &World, app: &App, pairs: &[(&str, &str)]) -> http::Request<bytes::Bytes> {
    app.call(&world.url(&app.realm, Endpoint::Introspection), pairs)
}

/// A client that guards an API of its realm: it may ask about every access token there.
async fn guard(world: &World, realm: &str) -> App {
    let mut wish = wish_of(Application::Machine, "Guards an API");
    // A realm where people sign in offers machines no grant, so this one is a private application.
    if realm != "agent" {
        wish = wish_of(Application::Private, "Guards an API");
    }
    wish.introspects_all = true;
    world.add_app(realm, wish).await
}

/// §2.2: what a live access token stands for.
#[tokio::test]
async fn a_live_access_token_is_described() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let token = world.sign_in(app).await.member("access_token");
        let known = world.introspect(app, &token).await;
        let mut body = known.is_ok().json();
        let jti = body.as_object_mut().unwrap().remove("jti");
        assert_eq!(jti.is_some(), token.contains('.'), "a signed token has a name of its own");
        let now = royaume_spec::world::start().as_second();
        let subject = "7fb27d8840178fffda1102525b1ae0d37f6149398d52b9660ed378106fbccf85v1";
        assert_eq!(
            body,
            json!({
                "active": true,
                "aud": world.issuer("agent"),
                "client_id": app.client_id,
                "exp": now + 1499,
                "iat": now,
                "iss": world.issuer("agent"),
                "scope": app.scope,
                "sub": subject,
                "token_type": "Bearer",
            })
        );
    }
}

/// §2.2: a live refresh token is described to its own client, and is never taken for an access token.
#[tokio::test]
async fn a_live_refresh_token_is_described_to_its_own_client() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let known = world.introspect(app, &world.sign_in(app).await.member("refresh_token")).await;
    let body = known.is_ok().json();
    assert_eq!((&body["active"], &body["client_id"]), (&json!(true), &json!(app.client_id)));
    assert!(body.get("token_type").is_none() && body.get("aud").is_none(), "{body}");
}

/// §2.2: of a token that is not active nothing else is said: not why, not since when.
#[tokio::test]
async fn of_anything_else_nothing_is_said_but_that_it_is_not_active() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let tokens = world.sign_in(app).await;
        let (expired, spent) = (tokens.member("access_token"), tokens.member("refresh_token"));
        world.send(app.refresh(&spent, &[])).await.is_ok();
        world.clock.advance(Duration::from_secs(1499));
        let revoked = world.sign_in(app).await.member("access_token");
        world.revoke(app, &revoked).await.is_ok();
        let elsewhere = world.sign_in(world.app("individu", Application::Private)).await;
        for token in [
            expired,
            spent,
            revoked,
            tokens.member("id_token"),
            world.code(app, &[]).await,
            elsewhere.member("access_token"),
            elsewhere.member("refresh_token"),
            "x".to_owned(),
            "a.b.c".to_owned(),
            "A".repeat(27),
            "A".repeat(43),
            "A".repeat(8000),
            "\"\u{e9}\r\n".to_owned(),
        ] {
            assert_eq!(world.introspect(app, &token).await.is_ok().body, INACTIVE, "{token}");
        }
    }
}

/// §2.2, §4: a token of another client looks exactly like one that does not exist.
#[tokio::test]
async fn a_client_learns_of_its_own_tokens_only() {
    for world in World::of_each_format().await {
        let (app, other) =
            (world.app("agent", Application::Private), world.app("agent", Application::Machine));
        let tokens = world.sign_in(app).await;
        let machine = world.send(other.token_request(&[("grant_type", "client_credentials")])).await;
        for token in [tokens.member("access_token"), tokens.member("refresh_token")] {
            assert_eq!(world.introspect(other, &token).await.is_ok().body, INACTIVE);
        }
        assert_eq!(world.introspect(app, &machine.member("access_token")).await.is_ok().body, INACTIVE);
        assert!(world.is_active(other, &machine.member("access_token")).await);
    }
}

/// §2.1: a client that guards an API is told of every access token of its realm.
#[tokio::test]
async fn a_guard_learns_of_every_access_token_of_its_realm() {
    for world in World::of_each_format().await {
        for realm in ["agent", "individu"] {
            let guard = guard(&world, realm).await;
            for application in [Application::Private, Application::Public] {
                let app = world.app(realm, application);
                let token = world.sign_in(app).await.member("access_token");
                assert_eq!(world.introspect(&guard, &token).await.member("client_id"), app.client_id);
            }
        }
    }
}

/// §2.2: a refresh token opens no API: to a guard that is shown one it is not active, whoever presents it there.
#[tokio::test]
async fn a_guard_never_takes_a_refresh_token_for_an_access_token() {
    let world = World::standard().await;
    let guard = guard(&world, "agent").await;
    for application in [Application::Private, Application::Public] {
        let refresh_token = world.sign_in(world.app("agent", application)).await.member("refresh_token");
        assert_eq!(world.introspect(&guard, &refresh_token).await.is_ok().body, INACTIVE);
    }
}

/// §4: a guard of one realm learns nothing of another.
#[tokio::test]
async fn a_guard_learns_nothing_of_another_realm() {
    for world in World::of_each_format().await {
        let guard = guard(&world, "agent").await;
        let elsewhere = world.sign_in(world.app("individu", Application::Private)).await;
        for token in ["access_token", "refresh_token"] {
            assert_eq!(world.introspect(&guard, &elsewhere.member(token)).await.is_ok().body, INACTIVE);
        }
    }
}

/// §2.2: a disabled person or client ends what was issued at the next question, on every node.
#[tokio::test]
async fn what_is_disabled_is_not_active_at_the_next_question() {
    for world in World::of_each_format().await {
        let (app, guard) = (world.app("agent", Application::Private), guard(&world, "agent").await);
        let other = world.another_node().await;
        let token = world.sign_in(app).await.member("access_token");
        let active = async || {
            let here = world.is_active(&guard, &token).await;
            let there: royaume_spec::Exchange =
                other.handle(asked(&world, &guard, &[("token", &token)])).await.into();
            assert_eq!(there.is_ok().json()["active"], here, "the nodes agree");
            here
        };
        assert!(active().await);
        world.admin("agent").disable_client(&app.client_id, true).await.unwrap();
        assert!(!active().await);
        world.admin("agent").disable_client(&app.client_id, false).await.unwrap();
        assert!(active().await);
        world.admin("agent").disable_account("ines", true).await.unwrap();
        assert!(!active().await);
        world.admin("agent").disable_account("ines", false).await.unwrap();
        assert!(!active().await, "whoever is allowed again signs in anew");
    }
}

/// §2.1: a hint that is wrong or unknown does not change the answer.
#[tokio::test]
async fn a_hint_changes_nothing() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let tokens = world.sign_in(app).await;
        for token in [tokens.member("access_token"), tokens.member("refresh_token"), "x".to_owned()] {
            let without = world.introspect(app, &token).await.is_ok().json();
            for hint in ["access_token", "refresh_token", "id_token", "nonsense"] {
                let pairs = [("token", &*token), ("token_type_hint", hint)];
                assert_eq!(world.send(asked(&world, app, &pairs)).await.is_ok().json(), without, "{hint}");
            }
        }
    }
}

/// §2.1: the endpoint demands authentication, which a public client cannot give.
#[tokio::test]
async fn whoever_cannot_authenticate_learns_nothing() {
    let world = World::standard().await;
    let (app, public) = (world.app("agent", Application::Private), world.app("agent", Application::Public));
    let token = world.sign_in(public).await.member("access_token");
    for request in [
        asked(&world, app, &[("token", &token), ("client_secret", "wrong")]),
        asked(&world, app, &[("token", &token), ("client_secret", "")]),
        asked(&world, app, &[("token", &token), ("client_id", ""), ("client_secret", "")]),
        asked(&world, app, &[("token", &token), ("client_id", "nobody")]),
        asked(&world, public, &[("token", &token)]),
    ] {
        let refused = world.send(request).await;
        refused.is_error(401, "invalid_client");
        assert!(refused.header("www-authenticate").starts_with("Basic "));
    }
}

/// §2.1: a bearer token does not authenticate a caller here.
#[tokio::test]
async fn a_token_is_no_credential_to_ask_with() {
    let world = World::standard().await;
    let token = world.sign_in(world.app("agent", Application::Private)).await.member("access_token");
    let url = world.url("agent", Endpoint::Introspection);
    let mut request = royaume_spec::post(&url, &[("token", &token)]);
    let value = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, value);
    world.send(request).await.is_error(401, "invalid_client");
}

/// §2.1: the request is a form that is posted, with a token in it.
#[tokio::test]
async fn a_request_is_a_posted_form() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for method in [Method::GET, Method::PUT] {
        let mut request = asked(&world, app, &[("token", "x")]);
        *request.method_mut() = method;
        assert_eq!(world.send(request).await.is_error(405, "invalid_request").header("allow"), "POST");
    }
    let mut json = asked(&world, app, &[("token", "x")]);
    json.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    world.send(json).await.is_error(415, "invalid_request");
    let url = world.url("agent", Endpoint::Introspection);
    world.send(app.call(&format!("{url}?token=x"), &[("token", "x")])).await.is_error(400, "invalid_request");
    for pairs in [vec![], vec![("token", "")], vec![("token", &*"x".repeat(9000))]] {
        world.send(asked(&world, app, &pairs)).await.is_error(400, "invalid_request");
    }
}

/// §4: what is said of a token is kept by no cache and read by no script.
#[tokio::test]
async fn answers_are_kept_by_no_cache_and_read_by_no_script() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let token = world.sign_in(app).await.member("access_token");
    let mut request = asked(&world, app, &[("token", &token)]);
    request.headers_mut().insert(header::ORIGIN, HeaderValue::from_static("http://127.0.0.1"));
    let known = world.send(request).await;
    assert_eq!(known.is_ok().header("cache-control"), "no-store");
    assert_eq!(known.header("content-type"), "application/json");
    assert!(!known.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}
