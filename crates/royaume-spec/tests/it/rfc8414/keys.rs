//! The published keys (RFC 8414 §2 `jwks_uri`, RFC 7517 §5): public parts, each with a name of its own.

use std::collections::HashSet;
use std::time::Duration;

use royaume_jose::Algorithm;
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{World, get, signed};
use serde_json::Value;

use super::{REALMS, with_plain_realms};

async fn published(world: &World, realm: &str) -> Vec<Value> {
    let set = world.send(get(&world.url(realm, Endpoint::Jwks))).await.json();
    assert_eq!(set.as_object().unwrap().len(), 1);
    set["keys"].as_array().unwrap().clone()
}

/// RFC 7518 §6.2.2, §6.3.2, §6.4: nothing but public parts, and for each key what it is for.
#[tokio::test]
async fn published_keys_have_no_private_part() {
    let world = with_plain_realms().await;
    for realm in &world.topology.realms {
        let keys = published(&world, realm.name.as_str()).await;
        let mut algorithms = Vec::new();
        for key in &keys {
            let mut members: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
            members.sort_unstable();
            let algorithm = key["alg"].as_str().unwrap();
            let expected: &[&str] = match algorithm {
                "RS256" => &["alg", "e", "kid", "kty", "n", "use"],
                "ES256" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
                "EdDSA" => &["alg", "crv", "kid", "kty", "use", "x"],
                other => panic!("{other}"),
            };
            assert_eq!(members, expected);
            assert_eq!(key["use"], "sig");
            algorithms.push(algorithm.to_owned());
        }
        algorithms.sort();
        assert_eq!(algorithms, ["ES256", "EdDSA", "RS256"]);
    }
}

/// RFC 7517 §4.5: a name means one key, over the set and over all realms.
#[tokio::test]
async fn no_two_keys_share_a_name_or_a_part() {
    let world = with_plain_realms().await;
    let (mut names, mut parts) = (HashSet::new(), HashSet::new());
    for realm in &world.topology.realms {
        for key in published(&world, realm.name.as_str()).await {
            assert!(names.insert(key["kid"].as_str().unwrap().to_owned()), "{key}");
            assert!(parts.insert((key["n"].to_string(), key["x"].to_string())), "{key}");
        }
    }
    assert_eq!(names.len(), 3 * world.topology.realms.len());
}

/// OpenID Connect Core 1.0 §10.1: whatever is signed names a key of the set.
#[tokio::test]
async fn what_is_signed_names_a_published_key() {
    let world = World::standard().await;
    for realm in ["individu", "entreprise", "agent"] {
        let tokens = world.sign_in(world.app(realm, Application::Private)).await;
        let kid = signed::header(&tokens.member("id_token"))["kid"].clone();
        let keys = published(&world, realm).await;
        assert!(keys.iter().any(|key| key["kid"] == kid && key["alg"] == "RS256"));
    }
}

/// RFC 9111 §5.2: caches may keep the set, for less time than a new key is published before it signs.
#[tokio::test]
async fn the_keys_are_public_json_that_caches_keep() {
    let world = World::standard().await;
    for realm in REALMS {
        let answer = world.send(get(&world.url(realm, Endpoint::Jwks))).await;
        assert_eq!(answer.header("content-type"), "application/json");
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        assert!(answer.header("set-cookie").is_empty() && answer.header("pragma").is_empty());
    }
}

/// OpenID Connect Core 1.0 §10.1.1: a new key is published before it signs, and the old one until nothing that it
/// signed lives.
#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_after() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let kid = |tokens: &royaume_spec::Exchange| signed::header(&tokens.member("id_token"))["kid"].clone();
    let before = world.sign_in(app).await;
    let hour = Duration::from_secs(3600);
    let entry = world.admin("individu").rotate_key(Algorithm::Rs256, hour).await.unwrap();

    let kids = |keys: Vec<Value>| keys.into_iter().map(|key| key["kid"].clone()).collect::<Vec<_>>();
    let both = kids(published(&world, "individu").await);
    assert!(both.contains(&kid(&before)) && both.contains(&entry.kid.clone().into()));
    assert_eq!(kid(&world.sign_in(app).await), kid(&before), "the new key does not sign yet");

    world.clock.advance(hour);
    let after = world.sign_in(app).await;
    assert_eq!(kid(&after), entry.kid);
    world.verified("individu", &before.member("id_token")).await;

    world.clock.advance(Duration::from_secs(9000 + 300));
    assert!(!kids(published(&world, "individu").await).contains(&kid(&before)));
}
