//! `request` (§5.1): what is believed of an object, and what around it.

use std::time::Duration;

use royaume_jose::{Algorithm, jws};
use royaume_realm::Endpoint;
use royaume_spec::registered::key;
use royaume_spec::{Exchange, World, get, post, signed};
use serde_json::{Value, json};

use super::{address, application, claims, object};

/// §5.1: the object is the request: a person signs in, and the code is what the object asked for.
#[tokio::test]
async fn a_signed_request_is_served() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let request = object(&key, &claims(&world, &app, |claims| claims["max_age"] = json!(600)));
    let callback = world.browser().walk(&address(&app, &[("request", &request)]), "camille", "camille").await;
    assert_eq!(callback.parameter("state"), "state-1");
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let said = signed::claims(&tokens.is_ok().member("id_token"));
    assert_eq!(said["nonce"], "nonce-1");
    assert!(said["auth_time"].is_number(), "max_age is a number in an object");
}

/// §6.3: what stands beside the object counts for nothing: not another state, nonce, scope or redirect URI.
#[tokio::test]
async fn what_stands_beside_the_object_counts_for_nothing() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let request = object(&key, &claims(&world, &app, |claims| claims["scope"] = json!("openid email")));
    let url = address(
        &app,
        &[
            ("request", &request),
            ("state", "outer"),
            ("nonce", "outer"),
            ("scope", "openid profile"),
            ("redirect_uri", "https://evil.test/cb"),
            ("response_mode", "fragment"),
            ("response_type", "code id_token"),
            ("prompt", "none"),
            ("login_hint", "outer"),
        ],
    );
    let callback = world.browser().walk(&url, "camille", "camille").await;
    assert!(callback.location().starts_with("https://app.test/cb?"), "{}", callback.location());
    assert_eq!(callback.parameter("state"), "state-1");
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    assert_eq!(signed::claims(&tokens.is_ok().member("id_token"))["nonce"], "nonce-1");
    assert_eq!(tokens.member("scope"), "openid email");
    // What only stands beside it is not there either.
    for name in ["state", "nonce", "redirect_uri"] {
        let request =
            object(&key, &claims(&world, &app, |claims| drop(claims.as_object_mut().unwrap().remove(name))));
        let url = address(&app, &[("request", &request), (name, "https://app.test/cb")]);
        if name == "redirect_uri" {
            world.send(get(&url)).await.is_error_page();
        } else {
            let callback = world.browser().walk(&url, "camille", "camille").await;
            assert_eq!(callback.parameter("state"), if name == "state" { "" } else { "state-1" });
        }
    }
}

/// OIDC Core §6.1: what an OAuth 2.0 request must have may stand outside as well.
#[tokio::test]
async fn outer_parameters_do_no_harm() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let request = object(&key, &claims(&world, &app, |_| ()));
    let url = address(&app, &[("request", &request), ("response_type", "code"), ("scope", "openid")]);
    assert!(!world.browser().walk(&url, "camille", "camille").await.parameter("code").is_empty());
}

/// §5: the object expires while the person signs in, and was good when it came: it is not judged again. It may be posted.
#[tokio::test]
async fn an_object_is_judged_once_when_it_arrives() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let now = royaume_server::Clock::now(&*world.clock).as_second();
    let request = object(&key, &claims(&world, &app, |claims| claims["exp"] = json!(now + 20)));
    let pairs = [("client_id", app.client_id.as_str()), ("request", &request)];
    let mut browser = world.browser();
    let login = browser.follow_from_elsewhere(post(&app.authorize, &pairs)).await.page();
    world.clock.advance(Duration::from_secs(120));
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let callback = browser.submit(&consent, &[("decision", "allow")]).await.at_application();
    assert_eq!(callback.parameter("state"), "state-1");
    world.send(app.redemption(&callback.parameter("code"), &[])).await.is_ok();
    let late = world.browser().open(&address(&app, &[("request", &request)])).await.page();
    assert!(late.is_error_page().body.contains("expired"));
}

/// What becomes of an object, with where to send a refusal beside it.
async fn told(world: &World, app: &royaume_spec::App, request: &str) -> Exchange {
    let proven = [("request", request), ("redirect_uri", app.redirect_uri.as_str()), ("state", "outer")];
    world.send(get(&address(app, &proven))).await
}

/// §6.2: unsigned, signed by somebody else, or otherwise than registered: nothing in it is believed. Modules
/// `oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported`, `oidcc-request-uri-unsigned` and
/// `oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported`: `none` is published nowhere, so that they
/// are skipped, and works nowhere.
#[tokio::test]
async fn an_object_that_the_client_has_not_signed_is_not_believed() {
    let world = World::provider().await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    let published = document["request_object_signing_alg_values_supported"].as_array().unwrap().clone();
    assert_eq!(published, Algorithm::ALL.map(|algorithm| json!(algorithm.as_str())));
    assert_eq!(published[0], "RS256");
    for name in
        ["request_parameter_supported", "request_uri_parameter_supported", "require_request_uri_registration"]
    {
        assert_eq!(document[name], true, "{name}");
    }
    let (app, own) = application(&world).await;
    let said = claims(&world, &app, |_| ());
    let mac = royaume_jose::sha256(app.secret.as_bytes());
    let good = object(&own, &said);
    for forged in [
        signed::forged(&json!({ "alg": "none" }), &said, &[]),
        signed::forged(&json!({ "alg": "RS256", "kid": own.kid() }), &said, &[]),
        signed::forged(&json!({ "alg": "HS256" }), &said, &mac),
        signed::tampered(&good, |claims| claims["scope"] = json!("openid profile email")),
        object(&key(Algorithm::Rs256, 1), &said),
        object(&key(Algorithm::Es256, 0), &said),
        world.signed("op", Algorithm::Rs256, None, &said).await,
        "x".to_owned(),
        "a.b.c.d.e".to_owned(),
    ] {
        let refused = told(&world, &app, &forged).await;
        refused.is_redirected_error("invalid_request_object");
        assert_eq!(refused.parameter("state"), "outer");
    }
    world
        .reregister(&app, |client| client.requests.request_object_signing_alg = Some("ES256".to_owned()))
        .await;
    told(&world, &app, &good).await.is_redirected_error("invalid_request_object");
    assert_eq!(world.elsewhere.count(), 0);
}

/// RFC 6749 §4.1.2.1: a refusal goes only where the parameters around the object prove that it may. Module
/// `oidcc-ensure-request-object-with-redirect-uri`.
#[tokio::test]
async fn a_refusal_is_sent_nowhere_on_the_word_of_an_object_that_is_not_believed() {
    let world = World::provider().await;
    let (app, _) = application(&world).await;
    let unsigned = signed::forged(&json!({ "alg": "none" }), &claims(&world, &app, |_| ()), &[]);
    for redirect_uri in ["", "https://evil.test/cb"] {
        let url = address(&app, &[("request", &unsigned), ("redirect_uri", redirect_uri)]);
        let page = world.send(get(&url)).await;
        assert!(page.is_error_page().body.contains("request object"), "{page:?}");
    }
}

/// §4, §5, §10.8: the claims of the object itself.
#[tokio::test]
async fn an_object_that_breaks_a_rule_is_refused() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let now = royaume_server::Clock::now(&*world.clock).as_second();
    for (name, value) in [
        ("iss", json!("another")),
        ("client_id", json!("another")),
        ("sub", json!(app.client_id)),
        ("aud", json!("https://another.test")),
        ("exp", json!(now - 60)),
        ("nbf", json!(now + 61)),
        ("request", json!("x")),
        ("request_uri", json!("https://app.test/request.jwt")),
        ("iss", json!(["x"])),
        ("state", json!("x\u{0}")),
    ] {
        let claims = claims(&world, &app, |claims| claims[name] = value.clone());
        let refused = told(&world, &app, &object(&key, &claims)).await;
        assert_eq!(refused.parameter("error"), "invalid_request_object", "{name}");
    }
    for typ in ["at+jwt", "client-authentication+jwt", "dpop+jwt", "logout+jwt"] {
        let other = jws::sign(&key, Some(typ), &claims(&world, &app, |_| ()));
        told(&world, &app, &other).await.is_redirected_error("invalid_request_object");
    }
    for typ in [None, Some("JWT"), Some("oauth-authz-req+jwt")] {
        let good = jws::sign(&key, typ, &claims(&world, &app, |_| ()));
        let served = told(&world, &app, &good).await;
        assert!(served.location().starts_with("/"), "the login page: {served:?}");
    }
}

/// §5: one or the other, and of a client that is known.
#[tokio::test]
async fn two_requests_in_one_are_refused_and_so_is_one_of_nobody() {
    let one = World::provider_with(|realm| realm.request_uri_parameter = false).await;
    let (app, key) = application(&one).await;
    let request = object(&key, &claims(&one, &app, |_| ()));
    let url = address(&app, &[("request", &request), ("request_uri", "https://app.test/x")]);
    one.send(get(&url)).await.is_error_page();
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let request = object(&key, &claims(&world, &app, |_| ()));
    let both = [
        ("request", request.as_str()),
        ("request_uri", "https://app.test/request.jwt"),
        ("redirect_uri", &app.redirect_uri),
    ];
    world.send(get(&address(&app, &both))).await.is_redirected_error("invalid_request");
    world.send(get(&format!("{}?request={request}", app.authorize))).await.is_error_page();
    let twice = format!("{}&request={request}", address(&app, &[("request", &request)]));
    world.send(get(&twice)).await.is_error_page();
    let nobody = format!("{}?client_id=nobody&request={request}", app.authorize);
    world.send(get(&nobody)).await.is_error_page();
}

/// OIDC Core §6.1: a realm that takes none says so by name, and in its metadata.
#[tokio::test]
async fn a_realm_without_request_objects_says_so() {
    let world = World::provider_with(|realm| realm.request_parameter = false).await;
    let (app, key) = application(&world).await;
    let request = object(&key, &claims(&world, &app, |_| ()));
    told(&world, &app, &request).await.is_redirected_error("request_not_supported");
    let document: Value = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    assert_eq!(document["request_parameter_supported"], false);
    assert_eq!(document["request_uri_parameter_supported"], true);
}

/// RFC 6749 §4.1.2.1: while the store is silent no object is called wrong.
#[tokio::test]
async fn trouble_is_no_refusal_of_an_object() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let request = object(&key, &claims(&world, &app, |_| ()));
    for answers in 0..20 {
        world.place.trouble.after(answers);
        let answer = told(&world, &app, &request).await;
        if !world.place.trouble.over() {
            assert!(answers > 1);
            return;
        }
        answer.is_unavailable();
    }
    panic!("a request object never stops asking");
}
