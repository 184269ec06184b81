//! The document of registration (§3.1): one JSON object, read strictly, since anybody may send one.

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use royaume_protocol::ClientMetadata;
use royaume_realm::Endpoint;
use royaume_spec::World;
use royaume_spec::registration::{document, speak};
use serde_json::json;

/// §3.1: the body is `application/json`, whatever its parameters; a form, a text and nothing are not read.
#[tokio::test]
async fn what_is_not_json_by_its_media_type_is_not_read() {
    let world = World::provider().await;
    for media_type in ["application/x-www-form-urlencoded", "text/plain", "application/jwt", ""] {
        let mut request = world.registration("", &document(json!({})));
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        if media_type.is_empty() {
            request.headers_mut().remove(header::CONTENT_TYPE);
        }
        world.send(request).await.is_error(415, "invalid_request");
    }
    let mut request = world.registration("", &document(json!({})));
    let spelled = HeaderValue::from_static("Application/JSON; charset=utf-8");
    request.headers_mut().insert(header::CONTENT_TYPE, spelled);
    assert_eq!(world.send(request).await.status, 201);
}

/// §3.2.2, RFC 8259: what is not one JSON object, has a member twice or nests without end is refused whole.
#[tokio::test]
async fn a_body_that_is_not_one_sound_object_is_refused() {
    let world = World::provider().await;
    let url = world.url("op", Endpoint::Registration);
    let deep = |levels: usize| format!("{{\"x\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
    let bodies: [&[u8]; 12] = [
        b"",
        b"null",
        b"17",
        b"[]",
        b"\"redirect_uris\"",
        b"{",
        b"{} {}",
        br#"{"redirect_uris":["https://app.test/cb"],"redirect_uris":["https://evil.test/cb"]}"#,
        br#"{"x":{"y":1,"y":2}}"#,
        b"{\"client_name\":\"\xff\"}",
        &deep(9).into_bytes(),
        &deep(30_000).into_bytes(),
    ];
    for body in bodies {
        let answer = world.send(speak(Method::POST, &url, "", Bytes::copy_from_slice(body))).await;
        answer.is_error(400, "invalid_client_metadata");
    }
}

/// §5: a document has a length beyond which it is not read.
#[tokio::test]
async fn a_document_beyond_64_kib_is_refused() {
    let world = World::provider().await;
    let url = world.url("op", Endpoint::Registration);
    let padded = |length: usize| {
        let text = document(json!({})).to_string();
        format!("{text}{}", " ".repeat(length - text.len()))
    };
    assert_eq!(world.send(speak(Method::POST, &url, "", padded(64 * 1024))).await.status, 201);
    world.send(speak(Method::POST, &url, "", padded(64 * 1024 + 1))).await.is_error(413, "invalid_request");
}

/// §3.2.2: a member of the wrong type is refused, and the description names it.
#[tokio::test]
async fn a_member_of_the_wrong_type_is_named() {
    let world = World::provider().await;
    for member in ClientMetadata::MEMBERS {
        let answer = world.register(json!({ *member: { "a": 1 } })).await;
        answer.is_error(400, "invalid_client_metadata");
        let description = answer.member("error_description");
        assert!(description.starts_with(*member), "{member}: {description}");
    }
    for (member, value) in [
        ("redirect_uris", json!("https://app.test/cb")),
        ("redirect_uris", json!([17])),
        ("redirect_uris", json!([null])),
        ("response_types", json!(["code", ["id_token"]])),
        ("grant_types", json!(["password"])),
        ("default_max_age", json!(-1)),
        ("default_max_age", json!("300")),
        ("require_auth_time", json!("true")),
        ("subject_type", json!("PAIRWISE")),
        ("application_type", json!("desktop")),
    ] {
        let answer = world.register(json!({ member: value })).await;
        answer.is_error(400, "invalid_client_metadata");
        assert!(answer.member("error_description").starts_with(member), "{value}: {answer:?}");
    }
}

/// §2: members that we do not know are passed over, and not answered as if they held; `null` is absence.
#[tokio::test]
async fn members_that_are_unknown_are_passed_over() {
    let world = World::provider().await;
    let mut said = document(json!({ "tls_client_auth_subject_dn": "CN=app", "introspects_all": true }));
    said["logo_uri"] = json!(null);
    let told = world.send(world.registration("", &said)).await;
    world.registered(&told);
    for member in ["tls_client_auth_subject_dn", "introspects_all", "logo_uri"] {
        assert_eq!(told.json().get(member), None, "{member}");
    }
}

/// §2.3, §3.2.2: no issuer of software statements is trusted, so that one is refused whatever it says.
#[tokio::test]
async fn a_software_statement_is_refused() {
    let world = World::provider().await;
    for statement in [json!("e30.e30."), json!("e30.e30.c2ln"), json!(17)] {
        let answer = world.register(json!({ "software_statement": statement })).await;
        answer.is_error(400, "invalid_software_statement");
    }
}

/// §3: clients are registered by POST at the bare address; a parameter beside it is refused.
#[tokio::test]
async fn clients_are_registered_by_post_alone() {
    let world = World::provider().await;
    let url = world.url("op", Endpoint::Registration);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = world.send(speak(method, &url, "", "")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{answer:?}");
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    let beside = speak(Method::POST, &format!("{url}{separator}access_token=x"), "", "{}");
    assert_eq!(world.send(beside).await.status, 400);
}
