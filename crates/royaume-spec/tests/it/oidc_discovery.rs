//! OpenID Connect Discovery 1.0: the document of a provider with everything on, as the conformance plans look at it.

use std::collections::BTreeSet;

use royaume_realm::Endpoint;
use royaume_spec::{World, get};
use serde_json::Value;

async fn document(world: &World) -> Value {
    let answer = world.send(get(&world.url("op", Endpoint::Discovery))).await;
    assert_eq!(answer.is_ok().header("content-type"), "application/json");
    answer.json()
}

fn listed(document: &Value, member: &str) -> Vec<String> {
    let list = document[member].as_array().unwrap_or_else(|| panic!("{member} is no list"));
    list.iter().map(|word| word.as_str().expect("a word").to_owned()).collect()
}

/// §3, §4.3: the document is of the issuer below which it lies, has what is required, each in its type, and every address
/// is https. Module `oidcc-discovery-endpoint-verification`.
#[tokio::test]
async fn the_document_of_a_provider_has_what_is_required_in_the_right_types() {
    let world = World::provider().await;
    let document = document(&world).await;
    let issuer = document["issuer"].as_str().unwrap();
    assert_eq!(world.url("op", Endpoint::Discovery), format!("{issuer}/.well-known/openid-configuration"));
    assert!(issuer.starts_with("https://") && !issuer.contains(['?', '#']));
    for (member, value) in document.as_object().unwrap() {
        if member.ends_with("_endpoint") || member.ends_with("_uri") {
            assert!(value.as_str().unwrap().starts_with("https://"), "{member}");
        } else if member.starts_with("require_") || member.ends_with("_parameter_supported") {
            assert!(value.is_boolean(), "{member}");
        } else if member.ends_with("_supported") {
            let flag = value.is_boolean() && member.contains("channel_logout");
            assert!(flag || value.as_array().is_some_and(|list| !list.is_empty()), "{member}");
        }
    }
    for member in
        ["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri", "end_session_endpoint"]
    {
        assert!(document[member].is_string(), "{member}");
    }
    let response_types: BTreeSet<_> = listed(&document, "response_types_supported").into_iter().collect();
    assert!(["code", "id_token", "id_token token"].iter().all(|kind| response_types.contains(*kind)));
    let grants = listed(&document, "grant_types_supported");
    assert!(
        ["authorization_code", "implicit", "refresh_token"]
            .iter()
            .all(|grant| grants.iter().any(|own| own == grant))
    );
    assert!(listed(&document, "scopes_supported").contains(&"openid".to_owned()));
    assert!(listed(&document, "claims_supported").contains(&"sub".to_owned()));
    assert_eq!(listed(&document, "subject_types_supported"), ["public", "pairwise"]);
    for member in ["id_token_signing_alg_values_supported", "request_object_signing_alg_values_supported"] {
        assert!(listed(&document, member).contains(&"RS256".to_owned()), "{member}");
    }
    assert_eq!(listed(&document, "code_challenge_methods_supported"), ["S256"]);
    for language in listed(&document, "ui_locales_supported") {
        assert!(language.bytes().all(|byte| byte.is_ascii_lowercase()), "{language} is not canonical");
    }
}

/// §3: `none` is offered nowhere, and the lists that would have it are there, so that nobody tries. Modules
/// `oidcc-idtoken-unsigned`, `oidcc-request-uri-unsigned`.
#[tokio::test]
async fn nothing_unsigned_is_offered() {
    let world = World::provider().await;
    let document = document(&world).await;
    let mut seen = 0;
    for (member, value) in document.as_object().unwrap() {
        if member.contains("_alg_values_supported") {
            seen += 1;
            assert!(value.as_array().unwrap().iter().all(|word| word != "none"), "{member}");
        }
    }
    assert!(seen >= 4, "{document}");
}

/// RFC 7517 §4.5, §9.3: the keys of a provider have names of their own, are in unpadded base64url, and are public.
/// Module `oidcc-discovery-endpoint-verification`.
#[tokio::test]
async fn the_keys_of_a_provider_are_public_and_each_has_a_name_of_its_own() {
    let world = World::provider().await;
    let jwks = world.send(get(&world.url("op", Endpoint::Jwks))).await.json();
    let keys = jwks["keys"].as_array().unwrap();
    let mut names = BTreeSet::new();
    for key in keys {
        assert!(names.insert(key["kid"].as_str().filter(|kid| !kid.is_empty()).unwrap()), "{key}");
        for member in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(member).is_none(), "{key}");
        }
        for member in ["n", "e", "x", "y"] {
            let text = key.get(member).map_or("", |text| text.as_str().unwrap());
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{key}");
        }
        assert!(key["use"] == "sig" && key["alg"].is_string());
    }
    assert!(keys.iter().any(|key| key["alg"] == "RS256"));
}
