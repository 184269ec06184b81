//! Levels of authentication (§2 `acr`, §5.5.1.1): the one that was reached is told, and never another.

use royaume_realm::{Endpoint, Realm};
use royaume_spec::{World, get};
use serde_json::{Value, json};

use super::provider_app;
use super::told::told;

/// The level in the id token of a request with these changes.
async fn level(world: &World, app: &royaume_spec::App, changes: &[(&str, String)]) -> Value {
    told(world, app, changes).await.id_token["acr"].clone()
}

/// §3.1.2.1 `acr_values`: asked for all that are listed, the id token says which one it was. Module
/// `oidcc-ensure-request-with-acr-values-succeeds`.
#[tokio::test]
async fn one_of_the_levels_listed_is_told() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    let listed: Vec<_> = document["acr_values_supported"]
        .as_array()
        .unwrap()
        .iter()
        .map(|acr| acr.as_str().unwrap())
        .collect();
    let told = level(&world, &app, &[("acr_values", listed.join(" "))]).await;
    assert!(listed.contains(&told.as_str().unwrap()), "{told}");
}

/// §5.5.1.1: a wish that cannot be met is answered with the level that was reached.
#[tokio::test]
async fn a_wish_is_answered_with_what_was_reached() {
    let world = World::provider_with(|realm| realm.acr = "eidas1".to_owned()).await;
    let app = provider_app(&world).await;
    for changes in [
        ("acr_values", "1 2".to_owned()),
        ("claims", json!({ "id_token": { "acr": null } }).to_string()),
        ("claims", json!({ "id_token": { "acr": { "values": ["eidas3"] } } }).to_string()),
        ("claims", json!({ "id_token": { "acr": { "essential": true } } }).to_string()),
        (
            "claims",
            json!({ "id_token": { "acr": { "essential": true, "values": ["2", "eidas1"] } } }).to_string(),
        ),
    ] {
        assert_eq!(level(&world, &app, &[changes]).await, "eidas1");
    }
}

/// §5.5.1.1, Unmet Authentication Requirements 1.0 §2: a level that is essential and out of reach is an error, whoever is
/// signed in, and no token says that it was reached.
#[tokio::test]
async fn a_level_that_is_essential_and_out_of_reach_is_an_error() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = super::signed_in(&world, &app).await;
    for wish in [
        json!({ "essential": true, "value": "eidas3" }),
        json!({ "essential": true, "values": ["eidas2", 4] }),
    ] {
        let claims = json!({ "id_token": { "acr": wish } }).to_string();
        for prompt in ["", "none", "login"] {
            let url = app.authorization_url(&[("claims", &claims), ("prompt", prompt)]);
            let answer = browser.open(&url).await.at_application();
            answer.is_redirected_error("unmet_authentication_requirements");
        }
    }
}

/// Registration §2 `default_acr_values`: a client that always wishes levels is told which it was.
#[tokio::test]
async fn a_client_may_wish_levels_by_its_registration() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    assert_eq!(level(&world, &app, &[]).await, Value::Null, "nobody asked");
    world.amend(&app, |client| client.requests.default_acr_values = vec!["eidas3".to_owned()]).await;
    assert_eq!(level(&world, &app, &[]).await, Realm::PASSWORD);
}

/// §2 `amr`: by what means somebody signed in is told when it is asked for (RFC 8176 §2).
#[tokio::test]
async fn the_means_are_told_when_they_are_asked_for() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    assert!(told(&world, &app, &[]).await.id_token.get("amr").is_none());
    let claims = json!({ "id_token": { "amr": null } }).to_string();
    assert_eq!(told(&world, &app, &[("claims", claims)]).await.id_token["amr"], json!(["pwd"]));
}
