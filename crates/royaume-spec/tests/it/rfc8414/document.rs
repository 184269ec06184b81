//! Where the document lies, and what it looks like (RFC 8414 §3, OpenID Connect Discovery 1.0 §4).

use royaume_realm::Endpoint;
use royaume_spec::world::BASE;
use royaume_spec::{World, get};
use serde_json::Value;

use super::{REALMS, with_plain_realms};

/// Every place at which a realm of France Travail may be asked about itself.
fn places(realm: &str) -> [String; 6] {
    const OPENID: &str = ".well-known/openid-configuration";
    [
        format!("{BASE}/connexion/oauth2/realms/root/realms/{realm}/{OPENID}"),
        format!("{BASE}/connexion/oauth2/realms/{realm}/{OPENID}"),
        format!("{BASE}/connexion/oauth2/{realm}/{OPENID}"),
        format!("{BASE}/connexion/oauth2/{OPENID}?realm=%2F{realm}"),
        format!("{BASE}/connexion/oauth2/{OPENID}?realm={realm}"),
        format!("{BASE}/.well-known/oauth-authorization-server/connexion/oauth2/realms/root/realms/{realm}"),
    ]
}

/// §3, OpenID Connect Discovery 1.0 §4: one document, at each of its spellings and at the place of RFC 8414.
#[tokio::test]
async fn a_realm_says_the_same_of_itself_at_each_place() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in REALMS {
            let canonical = world.send(get(&world.url(realm, Endpoint::Discovery))).await;
            assert_eq!(canonical.member("issuer"), world.issuer(realm));
            for place in places(realm) {
                let document = world.send(get(&place)).await;
                assert_eq!(document.is_ok().body, canonical.body, "{place}");
            }
        }
    }
}

/// §3: an alias names the same realm, whose issuer it does not change.
#[tokio::test]
async fn an_alias_leads_to_the_document_of_the_realm() {
    let world = World::standard().await;
    for place in places("employeur") {
        let document = world.send(get(&place)).await;
        assert_eq!(document.is_ok().member("issuer"), world.issuer("entreprise"), "{place}");
    }
}

/// §3.1: a realm of which a file says nothing else has plain addresses, and its document lies where they begin.
#[tokio::test]
async fn a_realm_without_preset_has_plain_addresses() {
    let world = with_plain_realms().await;
    let issuer = format!("{BASE}/staff");
    let document = world.send(get(&format!("{issuer}/.well-known/openid-configuration"))).await;
    let oauth = world.send(get(&format!("{BASE}/.well-known/oauth-authorization-server/staff"))).await;
    assert_eq!(document.is_ok().body, oauth.is_ok().body);
    let document = document.json();
    assert_eq!(document["issuer"], issuer);
    for (member, path) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "token"),
        ("jwks_uri", "jwks"),
        ("userinfo_endpoint", "userinfo"),
        ("introspection_endpoint", "introspect"),
        ("revocation_endpoint", "revoke"),
        ("end_session_endpoint", "logout"),
    ] {
        assert_eq!(document[member], format!("{issuer}/{path}"));
    }
    let robots = world.send(get(&format!("{BASE}/robots/.well-known/openid-configuration"))).await;
    assert_eq!(robots.is_ok().member("token_endpoint"), format!("{BASE}/robots/token"));
}

/// §3.3: the issuer is the address that the document was fetched below, or a client must refuse it.
#[tokio::test]
async fn the_issuer_is_what_the_document_was_fetched_from() {
    let world = with_plain_realms().await;
    for realm in &world.topology.realms {
        let realm = realm.name.as_str();
        let place = world.url(realm, Endpoint::Discovery);
        let issuer = world.send(get(&place)).await.member("issuer");
        assert_eq!(place, format!("{issuer}/.well-known/openid-configuration"));
        let path = issuer.strip_prefix(BASE).unwrap();
        let place = format!("{BASE}/.well-known/oauth-authorization-server{path}");
        assert_eq!(world.send(get(&place)).await.member("issuer"), issuer);
        assert!(issuer.starts_with("https://") && !issuer.contains(['?', '#']), "§2: {issuer}");
    }
}

/// §6.2: whoever can write a header of the request cannot change a character of the document.
#[tokio::test]
async fn the_document_is_the_same_under_every_host() {
    let world = World::standard().await;
    for realm in REALMS {
        let place = world.url(realm, Endpoint::Discovery);
        let document = world.send(get(&place)).await;
        for (name, value) in [
            ("host", "evil.test"),
            ("host", "sso.royaume.test:8443"),
            ("host", "authentification-candidat.francetravail.fr"),
            ("x-forwarded-host", "evil.test"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-port", "8080"),
            ("x-forwarded-prefix", "/evil"),
            ("forwarded", "host=evil.test;proto=http"),
            ("x-original-url", "/evil"),
        ] {
            let mut request = get(&place);
            request.headers_mut().insert(name, value.parse().unwrap());
            assert_eq!(world.send(request).await.is_ok().body, document.body, "{name}: {value}");
        }
    }
}

/// The members that are registered (§7.1.2, OpenID Connect Discovery 1.0 §3) and have something to say here.
const REGISTERED: [&str; 43] = [
    "introspection_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "id_token_encryption_alg_values_supported",
    "id_token_encryption_enc_values_supported",
    "userinfo_encryption_alg_values_supported",
    "userinfo_encryption_enc_values_supported",
    "frontchannel_logout_supported",
    "frontchannel_logout_session_supported",
    "backchannel_logout_supported",
    "backchannel_logout_session_supported",
    "acr_values_supported",
    "display_values_supported",
    "userinfo_signing_alg_values_supported",
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "revocation_endpoint",
    "end_session_endpoint",
    "scopes_supported",
    "response_types_supported",
    "response_modes_supported",
    "grant_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
    "token_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "code_challenge_methods_supported",
    "claims_supported",
    "claim_types_supported",
    "prompt_values_supported",
    "ui_locales_supported",
    "claims_parameter_supported",
    "request_parameter_supported",
    "request_uri_parameter_supported",
    "request_object_signing_alg_values_supported",
    "require_request_uri_registration",
    "token_endpoint_auth_signing_alg_values_supported",
    "authorization_response_iss_parameter_supported",
    "service_documentation",
];

/// §2, §3.2: the document has registered members only, none twice, none that is null or empty.
#[tokio::test]
async fn the_document_has_registered_members_that_say_something() {
    let world = with_plain_realms().await;
    for realm in &world.topology.realms {
        let answer = world.send(get(&world.url(realm.name.as_str(), Endpoint::Discovery))).await;
        let document = answer.json();
        for (member, value) in document.as_object().unwrap() {
            assert!(REGISTERED.contains(&member.as_str()), "{member}");
            assert_eq!(answer.body.matches(&format!("\"{member}\":")).count(), 1, "{member}");
            let empty = match value {
                Value::Null => true,
                Value::String(text) => text.is_empty(),
                Value::Array(list) => list.is_empty(),
                Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
            };
            assert!(!empty, "{member}: {value}");
            let mut texts: Vec<_> = value.as_array().into_iter().flatten().map(Value::to_string).collect();
            let listed = texts.len();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), listed, "{member} says one thing twice");
        }
    }
}

/// §3.2: the document is JSON that caches may keep for a few minutes, the same for everybody.
#[tokio::test]
async fn the_document_is_public_json_that_caches_keep() {
    let world = World::standard().await;
    for place in places("individu") {
        let document = world.send(get(&place)).await;
        assert_eq!(document.header("content-type"), "application/json");
        assert_eq!(document.header("cache-control"), "public, max-age=300");
        assert!(document.header("set-cookie").is_empty() && document.header("pragma").is_empty());
    }
}

/// RFC 9110 §9.3.2, §15.5.6: the document is read, by GET or HEAD, and nothing else.
#[tokio::test]
async fn the_document_is_only_read() {
    let world = World::standard().await;
    for endpoint in [Endpoint::Discovery, Endpoint::OauthMetadata, Endpoint::Jwks] {
        let place = world.url("individu", endpoint);
        let mut request = get(&place);
        *request.method_mut() = http::Method::HEAD;
        let head = world.send(request).await;
        assert!(head.is_ok().body.is_empty());
        assert_eq!(head.header("content-type"), "application/json");
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"] {
            let mut request = get(&place);
            *request.method_mut() = method.parse().unwrap();
            let refused = world.send(request).await;
            assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, HEAD"), "{method}");
        }
    }
}
