//! The assertion (§3): what is believed, and what is refused by which rule.

use http::{HeaderValue, header};
use royaume_jose::{Algorithm, SeededEntropy, base64, jws};
use royaume_protocol::ClientAuthenticationMethod;
use royaume_realm::{AssertionAudience, Endpoint};
use royaume_server::stored::client::{Application, ClientKeys};
use royaume_spec::registered::{key, published, signed_assertion};
use royaume_spec::{World, get, signed};
use serde_json::{Value, json};

use super::{application, question};

/// OIDC Core §9: a person signs in to a client that signs who it is, for the token endpoint. Module `oidcc-server` of the
/// dynamic plan.
#[tokio::test]
async fn a_client_authenticates_with_its_own_key_for_the_token_endpoint() {
    let world = World::provider().await;
    for algorithm in Algorithm::ALL {
        let key = key(algorithm, 0);
        let app = world.keyed(Application::Private, ClientKeys::Jwks(published(&[&key]))).await;
        let mut claims = world.assertion(&app, 1);
        claims["aud"] = json!(app.token);
        let code = world.code(&app, &[]).await;
        let tokens = world.send(app.asserted_redemption(&code, &signed_assertion(&key, &claims))).await;
        assert!(tokens.is_ok().json()["id_token"].is_string(), "{algorithm}");
    }
}

/// RFC 7523 §3: the issuer is an audience too. Module `oidcc-ensure-client-assertion-with-iss-aud-succeeds`.
#[tokio::test]
async fn an_assertion_for_the_issuer_is_taken() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    for (number, aud) in
        [json!(world.issuer("op")), json!([world.issuer("op")]), json!([world.issuer("op"), app.token])]
            .into_iter()
            .enumerate()
    {
        let mut claims = world.assertion(&app, number as u64);
        claims["aud"] = aud;
        let code = world.code(&app, &[]).await;
        world.send(app.asserted_redemption(&code, &signed_assertion(&key, &claims))).await.is_ok();
    }
}

/// RFC 7523 §3 as narrowed since: where the issuer alone is an audience, the token endpoint is none.
#[tokio::test]
async fn a_realm_may_take_the_issuer_alone() {
    let world =
        World::provider_with(|realm| realm.assertion_audience = vec![AssertionAudience::Issuer]).await;
    let (app, key) = application(&world).await;
    let mut claims = world.assertion(&app, 1);
    world.send(question(&world, &app, &signed_assertion(&key, &claims), &[])).await.is_ok();
    for aud in [json!(app.token), json!([world.issuer("op"), app.token])] {
        claims["aud"] = aud;
        claims["jti"] = json!("another");
        let refused = world.send(question(&world, &app, &signed_assertion(&key, &claims), &[])).await;
        refused.is_error(401, "invalid_client");
    }
}

/// §2.2: every endpoint that clients call takes an assertion, each its own.
#[tokio::test]
async fn an_assertion_opens_every_endpoint_that_clients_call() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let assertion = |number| signed_assertion(&key, &world.assertion(&app, number));
    world.send(question(&world, &app, &assertion(1), &[("client_id", &app.client_id)])).await.is_ok();
    let revocation = world.url("op", Endpoint::Revocation);
    world.send(app.asserted(&revocation, &assertion(2), &[("token", "nobody-s")])).await.is_ok();
}

/// What happens to an assertion whose claims are changed so.
async fn told(world: &World, change: &dyn Fn(&mut Value)) -> royaume_spec::Exchange {
    let (app, key) = application(world).await;
    let mut claims = world.assertion(&app, 1);
    change(&mut claims);
    world.send(question(world, &app, &signed_assertion(&key, &claims), &[])).await
}

/// §3: each claim that is required is required, and each rule holds.
#[tokio::test]
async fn an_assertion_that_breaks_a_rule_is_refused() {
    let world = World::provider().await;
    let now = royaume_server::Clock::now(&*world.clock).as_second();
    for name in ["iss", "sub", "aud", "exp", "jti"] {
        let refused = told(&world, &|claims| drop(claims.as_object_mut().unwrap().remove(name))).await;
        refused.is_error(401, "invalid_client");
    }
    for (name, value) in [
        ("iss", json!("another")),
        ("aud", json!("https://evil.test")),
        ("aud", json!([])),
        ("aud", json!([world.issuer("op"), "https://evil.test"])),
        ("aud", json!(world.url("op", Endpoint::Introspection))),
        ("exp", json!(now - 300)),
        ("exp", json!(now + 7200)),
        ("exp", json!("soon")),
        ("iat", json!(now + 61)),
        ("nbf", json!(now + 61)),
        ("jti", json!("")),
        ("jti", json!(7)),
    ] {
        let refused = told(&world, &|claims| claims[name] = value.clone()).await;
        assert!(refused.status == 401, "{name}: {value}: {refused:?}");
        refused.is_error(401, "invalid_client");
    }
}

/// §3: the clocks of two machines may be ten seconds apart.
#[tokio::test]
async fn ten_seconds_between_two_clocks_do_no_harm() {
    let world = World::provider().await;
    let now = royaume_server::Clock::now(&*world.clock).as_second();
    for (name, value) in [("exp", now - 10), ("iat", now + 10), ("nbf", now + 10), ("exp", now + 3600)] {
        told(&world, &|claims| claims[name] = json!(value)).await.is_ok();
    }
}

/// RFC 8725 §3.1: only the client's keys count, only with their own algorithm, and the one that is registered.
#[tokio::test]
async fn algorithm_games_are_lost() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let claims = world.assertion(&app, 1);
    let public = serde_json::to_vec(&key.verifying_key().jwk()).unwrap();
    let mac = royaume_jose::sha256(&public);
    for forged in [
        signed::forged(&json!({ "alg": "none" }), &claims, &[]),
        signed::forged(&json!({ "alg": "HS256" }), &claims, &mac),
        signed::forged(&json!({ "alg": "RS256", "kid": key.kid() }), &claims, &[1; 256]),
        signed::forged(&json!({ "alg": "ES256", "kid": key.kid() }), &claims, &[0; 64]),
        signed::forged(&json!({ "alg": "ES256K", "kid": key.kid() }), &claims, &[1; 64]),
        signed_assertion(&royaume_spec::registered::key(Algorithm::Es256, 1), &claims),
        signed::tampered(&signed_assertion(&key, &claims), |claims| claims["jti"] = json!("other")),
    ] {
        let refused = world.send(question(&world, &app, &forged, &[])).await;
        assert_eq!(
            refused.is_error(401, "invalid_client").member("error_description"),
            "client authentication failed"
        );
    }
    world
        .reregister(&app, |client| client.requests.token_endpoint_auth_signing_alg = Some("RS256".to_owned()))
        .await;
    let other = world.send(question(&world, &app, &signed_assertion(&key, &claims), &[])).await;
    other.is_error(401, "invalid_client");
}

/// RFC 8725 §3.10, RFC 7515 §4.1.11: a header that carries keys, or points to some, leads nowhere; extensions are refused.
#[tokio::test]
async fn headers_that_lead_elsewhere_lead_nowhere() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let (claims, own) = (world.assertion(&app, 1), royaume_spec::registered::key(Algorithm::Es256, 1));
    for (member, value) in [
        ("jku", json!("https://evil.test/keys")),
        ("x5u", json!("https://evil.test/chain")),
        ("x5c", json!(["AAAA"])),
        ("jwk", json!(own.verifying_key().jwk())),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("kid", json!("../../etc/passwd")),
        ("kid", json!("a\u{0}b\"c")),
        ("kid", json!("x".repeat(5_000))),
    ] {
        let header = json!({ "alg": "ES256", member: value });
        let unsigned = signed::forged(&header, &claims, &[]);
        let message = unsigned.rsplit_once('.').unwrap().0;
        let signature = royaume_jose::base64url::encode(&own.sign(message.as_bytes()));
        let forged = format!("{message}.{signature}");
        world.send(question(&world, &app, &forged, &[])).await.is_error(401, "invalid_client");
    }
    assert_eq!(world.elsewhere.count(), 0);
    world.send(question(&world, &app, &signed_assertion(&key, &claims), &[])).await.is_ok();
}

/// RFC 8725 §3.11: a token of another kind is no assertion, though the client has signed it.
#[tokio::test]
async fn a_token_of_another_kind_is_no_assertion() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    for (number, typ) in [None, Some("JWT"), Some("client-authentication+jwt")].into_iter().enumerate() {
        let assertion = jws::sign(&key, typ, &world.assertion(&app, number as u64));
        world.send(question(&world, &app, &assertion, &[])).await.is_ok();
    }
    for (number, typ) in ["at+jwt", "dpop+jwt", "oauth-authz-req+jwt", "logout+jwt"].into_iter().enumerate() {
        let assertion = jws::sign(&key, Some(typ), &world.assertion(&app, 10 + number as u64));
        world.send(question(&world, &app, &assertion, &[])).await.is_error(401, "invalid_client");
    }
}

/// RFC 6749 §2.3: one method per request; RFC 7521 §4.2: one kind of assertion, and one client.
#[tokio::test]
async fn an_assertion_stands_alone_and_names_one_client() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let assertion = signed_assertion(&key, &world.assertion(&app, 1));
    let with = |pairs: &[(&str, &str)]| question(&world, &app, &assertion, pairs);
    world.send(with(&[("client_secret", "x")])).await.is_error(400, "invalid_request");
    let mut basic = with(&[]);
    let credentials = format!("Basic {}", base64::encode(format!("{}:x", app.client_id).as_bytes()));
    basic.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_str(&credentials).unwrap());
    world.send(basic).await.is_error(400, "invalid_request");
    world.send(with(&[("client_id", "another")])).await.is_error(401, "invalid_client");
    let saml = "urn:ietf:params:oauth:client-assertion-type:saml2-bearer";
    world.send(with(&[("client_assertion_type", saml)])).await.is_error(401, "invalid_client");
    world.send(with(&[("client_assertion_type", "")])).await.is_error(400, "invalid_request");
    world.send(with(&[("client_assertion", "")])).await.is_error(400, "invalid_request");
    for rubbish in ["x", "a.b.c", "e30.e30.", "..", "e30.eyJzdWIiOjF9.AA"] {
        world.send(with(&[("client_assertion", rubbish)])).await.is_error(401, "invalid_client");
    }
    world.send(with(&[])).await.is_ok();
}

/// RFC 6749 §2.3: a client that is not registered for it does not authenticate so, and one that is, not otherwise.
#[tokio::test]
async fn a_client_uses_the_method_that_it_is_registered_for() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    world
        .send(app.call(&world.url("op", Endpoint::Introspection), &[("token", "x")]))
        .await
        .is_error(401, "invalid_client");
    world
        .reregister(&app, |client| {
            client.authentication = vec![ClientAuthenticationMethod::ClientSecretBasic]
        })
        .await;
    let assertion = signed_assertion(&key, &world.assertion(&app, 1));
    let refused = world.send(question(&world, &app, &assertion, &[])).await;
    let description = refused.is_error(401, "invalid_client").member("error_description");
    assert_eq!(description, "this client is not registered for that authentication method");
}

/// RFC 6749 §5.2: of unknown, disabled and keyless clients nothing is learned; RFC 6819 §4.3.5: trying is slowed.
#[tokio::test]
async fn nothing_is_learned_of_clients_and_failures_are_throttled() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let (disabled, _) = application(&world).await;
    world.admin("op").disable_client(&disabled.client_id, true).await.unwrap();
    let keyless = world.keyed(Application::Private, ClientKeys::Jwks(published(&[]))).await;
    let mut nobody = app.clone();
    nobody.client_id = "nobody".to_owned();
    let mut answers = Vec::new();
    for app in [&nobody, &disabled, &keyless] {
        let refused =
            world.send(question(&world, app, &signed_assertion(&key, &world.assertion(app, 1)), &[])).await;
        answers.push(refused.is_error(401, "invalid_client").body.clone());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let wrong =
        || signed_assertion(&royaume_spec::registered::key(Algorithm::Es256, 1), &world.assertion(&app, 1));
    for _ in 0..57 {
        world.send(question(&world, &app, &wrong(), &[])).await.is_error(401, "invalid_client");
    }
    world.send(question(&world, &app, &wrong(), &[])).await.is_error(429, "invalid_request");
    world.send(question(&world, &app, &signed_assertion(&key, &world.assertion(&app, 2)), &[])).await.is_ok();
}

/// RFC 8414 §2: what is offered is published, with its algorithms; `none` and secrets are not among them.
#[tokio::test]
async fn the_method_and_its_algorithms_are_published() {
    let world = World::provider().await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    for endpoint in ["token", "introspection", "revocation"] {
        let methods = &document[format!("{endpoint}_endpoint_auth_methods_supported")];
        assert!(methods.as_array().unwrap().contains(&json!("private_key_jwt")), "{methods}");
    }
    let algorithms = document["token_endpoint_auth_signing_alg_values_supported"].as_array().unwrap();
    let mut expected = Algorithm::ALL.map(|algorithm| json!(algorithm.as_str())).to_vec();
    expected.push(json!("HS256"));
    assert_eq!(algorithms, &expected);
    let deployed = World::standard().await;
    let document = deployed.send(get(&deployed.url("individu", Endpoint::Discovery))).await.json();
    assert!(document["token_endpoint_auth_signing_alg_values_supported"].is_null());
}

/// RFC 7523 §2.2: what the client of this house builds, the server of this house takes.
#[tokio::test]
async fn what_the_client_signs_the_server_believes() {
    let world = World::provider().await;
    let (app, key) = application(&world).await;
    let now = royaume_server::Clock::now(&*world.clock);
    let application = royaume_client::ClientAuthentication::private_key_jwt(app.client_id.as_str(), key);
    let proof = application.proof(&world.issuer("op"), now, &SeededEntropy::new(3));
    let token = "nobody-s".into();
    let url = world.url("op", Endpoint::Introspection);
    let request = royaume_client::requests::introspection(&url, &proof, &token).unwrap();
    assert_eq!(world.send(request).await.is_ok().body, r#"{"active":false}"#);
    let shown = format!("{application:?} {proof:?}");
    assert!(!shown.contains("eyJh"), "{shown}");
}
