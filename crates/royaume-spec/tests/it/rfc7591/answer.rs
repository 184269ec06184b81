//! What a client is told when it has registered (§3.2.1), and that it is one from then on.

use royaume_realm::Endpoint;
use royaume_spec::world::start;
use royaume_spec::{World, get};
use serde_json::json;

/// §3.2.1: 201 and JSON that nobody caches: the id and when it was given, the secret and when it ends, and where the client
/// manages itself, by https, together with the token for that.
#[tokio::test]
async fn a_client_registers_and_is_told_what_it_is() {
    let world = World::provider().await;
    let answer = world.register(json!({ "contacts": ["equipe@app.test"] })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    let told = answer.json();
    assert_eq!(told["client_id_issued_at"], start().as_second());
    assert_eq!(told["client_secret_expires_at"], 0, "never");
    assert!(answer.member("client_secret").len() >= 43, "256 bits");
    assert!(answer.member("registration_access_token").len() >= 43);
    let managed = answer.member("registration_client_uri");
    assert!(managed.starts_with(&world.url("op", Endpoint::Registration)), "{managed}");
    assert_eq!(told["client_name"], "Essai");
    assert_eq!(told["redirect_uris"], json!(["https://app.test/cb"]));
    assert_eq!(told["contacts"], json!(["equipe@app.test"]));
}

/// §2, OIDC Registration §2: a client that says only where it returns to is told the defaults that it has.
#[tokio::test]
async fn what_is_not_said_has_the_defaults_of_the_standard() {
    let world = World::provider().await;
    let told =
        world.register(json!({ "client_name": null, "token_endpoint_auth_method": null })).await.json();
    for (member, value) in [
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("grant_types", json!(["authorization_code"])),
        ("response_types", json!(["code"])),
        ("application_type", json!("web")),
        ("subject_type", json!("public")),
        ("id_token_signed_response_alg", json!("RS256")),
        ("require_auth_time", json!(false)),
    ] {
        assert_eq!(told[member], value, "{member}");
    }
    assert_eq!(told.get("client_name"), None);
}

/// §3.2.1: `client_secret` is for who authenticates with it: a public client has none, nor its expiry.
#[tokio::test]
async fn a_public_client_is_given_no_secret() {
    let world = World::provider().await;
    let answer = world.register(json!({ "token_endpoint_auth_method": "none" })).await;
    let told = answer.json();
    assert_eq!((told.get("client_secret"), told.get("client_secret_expires_at")), (None, None));
    let app = world.registered(&answer);
    world.sign_in(&app).await.is_ok();
}

/// §2: the client may do what it registered for at once, and with its own secret only.
#[tokio::test]
async fn a_registered_client_signs_people_in() {
    let world = World::provider().await;
    let app = world.registered(&world.register(json!({})).await);
    let tokens = world.sign_in(&app).await;
    let subject = world.userinfo("op", &tokens.is_ok().member("access_token")).await;
    assert_eq!(subject.is_ok().json()["email"], "camille@camille.example");
    let code =
        world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await.parameter("code");
    world.send(app.redemption(&code, &[("client_secret", "another")])).await.is_error(401, "invalid_client");
}

/// §2.1: each response type of the realm with the grants that it needs, one at a time, as the conformance suite registers
/// them; and without saying the grants.
#[tokio::test]
async fn each_response_type_is_registered_with_the_grants_that_it_needs() {
    let world = World::provider().await;
    for (response_type, grants) in [
        ("code", json!(["authorization_code"])),
        ("id_token", json!(["implicit"])),
        ("id_token token", json!(["implicit"])),
        ("code id_token", json!(["authorization_code", "implicit"])),
        ("code token", json!(["authorization_code", "implicit"])),
        ("code id_token token", json!(["authorization_code", "implicit"])),
    ] {
        for said in [&grants, &json!(null)] {
            let answer =
                world.register(json!({ "response_types": [response_type], "grant_types": said })).await;
            assert_eq!(answer.status, 201, "{response_type}: {answer:?}");
            assert_eq!(answer.json()["response_types"], json!([response_type]));
            assert_eq!(answer.json()["grant_types"], grants, "{response_type}");
        }
    }
}

/// §2.1: a client is registered for what it said and for nothing else.
#[tokio::test]
async fn a_client_cannot_use_a_response_type_that_it_did_not_register() {
    let world = World::provider().await;
    let app = world.registered(&world.register(json!({ "response_types": ["code"] })).await);
    let url = app.authorization_url(&[("response_type", "id_token")]);
    world.send(get(&url)).await.is_redirected_error("unauthorized_client");
}

/// §3: discovery says where clients register, in a realm that registers any.
#[tokio::test]
async fn discovery_says_where_clients_register() {
    let world = World::provider().await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    assert_eq!(document["registration_endpoint"], json!(world.url("op", Endpoint::Registration)));
    let world = World::standard().await;
    let document = world.send(get(&world.url("individu", Endpoint::Discovery))).await.json();
    assert_eq!(document.get("registration_endpoint"), None);
}
