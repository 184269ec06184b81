//! Finding the issuer of somebody by their address (OIDC Discovery §2), up to a person who is signed in.

use std::sync::{Arc, Mutex};

use http::StatusCode;
use royaume_client::{ClientError, webfinger};
use royaume_spec::World;
use serde_json::{Value, json};

use super::misbehaving::{Misbehaving, answer};
use super::{discovered_over, sign_in};
use crate::oidc_core::provider_app;

/// A host whose people sign in at that issuer; it remembers what it was asked.
fn host(world: &World, status: StatusCode, said: &Value) -> (Misbehaving, Arc<Mutex<Vec<String>>>) {
    let (asked, said) = (Arc::new(Mutex::new(Vec::new())), said.to_string());
    let kept = Arc::clone(&asked);
    let host = Misbehaving::new(world, move |request, response| {
        if request.uri().path() != "/.well-known/webfinger" {
            return response;
        }
        kept.lock().unwrap().push(request.uri().to_string());
        answer(status, &said)
    });
    (host, asked)
}

fn links(links: &Value) -> Value {
    json!({ "subject": "acct:x@host.test", "links": links })
}

/// OIDC Discovery §2.1, §2.2: an address of mail and one of a page lead to the issuer, whose document is then asked for.
/// Modules `oidcc-client-test-discovery-webfinger-acct` and `oidcc-client-test-discovery-webfinger-url`.
#[tokio::test]
async fn an_address_leads_to_the_issuer() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let said = links(&json!([
        { "rel": "http://webfinger.example/other", "href": "https://evil.example" },
        { "rel": webfinger::ISSUER, "href": world.issuer("op") },
    ]));
    for (typed, resource) in [
        ("rp.oidcc-client-test@host.test", "acct%3Arp.oidcc-client-test%40host.test"),
        ("https://host.test/rp/oidcc-client-test", "https%3A%2F%2Fhost.test%2Frp%2Foidcc-client-test"),
    ] {
        let (host, asked) = host(&world, StatusCode::OK, &said);
        let issuer = webfinger::issuer_of(typed, &host).await.unwrap();
        assert_eq!(issuer, world.issuer("op"));
        let asked = asked.lock().unwrap().clone();
        let rel = "http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer";
        let expected = format!("https://host.test/.well-known/webfinger?resource={resource}&rel={rel}");
        assert_eq!(asked, [expected]);
        let client = discovered_over(&world, &app, host).await;
        sign_in(&world, &client, &app).await.unwrap();
    }
}

/// OIDC Discovery §2: an issuer is https, without query and fragment; an answer that names none, or is none.
#[tokio::test]
async fn what_is_no_issuer_is_not_taken_for_one() {
    let world = World::provider().await;
    let link = |href: &str| links(&json!([{ "rel": webfinger::ISSUER, "href": href }]));
    for href in [
        "http://evil.example",
        "https://i.test?x",
        "https://i.test#x",
        "javascript:alert(1)",
        "https://u:p@i.test",
        "i.test",
        "",
    ] {
        let (host, _) = host(&world, StatusCode::OK, &link(href));
        let refused = webfinger::issuer_of("x@host.test", &host).await;
        assert!(matches!(refused, Err(ClientError::Metadata(_))), "{href}: {refused:?}");
    }
    for said in [json!({}), links(&json!([])), links(&json!([{ "rel": webfinger::ISSUER }]))] {
        let (host, _) = host(&world, StatusCode::OK, &said);
        let refused = webfinger::issuer_of("x@host.test", &host).await;
        assert!(matches!(refused, Err(ClientError::NotOffered(_))), "{said}: {refused:?}");
    }
    for (status, said) in [
        (StatusCode::OK, json!([])),
        (StatusCode::OK, links(&json!("x"))),
        (StatusCode::FOUND, json!({})),
        (StatusCode::NOT_FOUND, json!({})),
    ] {
        let (host, _) = host(&world, status, &said);
        let refused = webfinger::issuer_of("x@host.test", &host).await;
        assert!(matches!(refused, Err(ClientError::Unexpected { .. })), "{status} {said}: {refused:?}");
    }
    let (host, asked) = host(&world, StatusCode::OK, &link("https://i.test"));
    let refused = webfinger::issuer_of("http://host.test/x", &host).await;
    assert!(matches!(refused, Err(ClientError::Metadata(_))), "{refused:?}");
    assert!(asked.lock().unwrap().is_empty(), "nobody is asked in the clear");
}
