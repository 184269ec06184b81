//! Requests that the application signs (RFC 9101 §5, OIDC Core §6), at the real provider.

use bytes::Bytes;
use http::Response;
use royaume_client::{ClaimsRequest, ClientError, Login, Scope};
use royaume_jose::{Algorithm, SeededEntropy, SigningKey};
use royaume_protocol::Parameters;
use royaume_server::stored::client::ClientKeys;
use royaume_spec::registered::{key, published};
use royaume_spec::{App, World, signed};
use serde_json::json;

use super::{discovered, now};
use crate::oidc_core::provider_app;

const PLACE: &str = "https://app.test/request.jwt";

/// An application whose requests are signed with that key.
async fn signing(world: &World) -> (App, SigningKey, Login) {
    let (app, key) = (provider_app(world).await, key(Algorithm::Rs256, 0));
    world
        .reregister(&app, |client| {
            client.keys = Some(ClientKeys::Jwks(published(&[&key])));
            client.requests.request_uris = vec![PLACE.to_owned()];
        })
        .await;
    let claims = ClaimsRequest::parse(r#"{"userinfo":{"name":null}}"#).unwrap();
    let login = Login {
        max_age: Some(std::time::Duration::from_secs(600)),
        claims: Some(claims),
        ..Login::new(app.redirect_uri.as_str(), Scope::parse("openid profile").unwrap())
    };
    (app, key, login)
}

/// RFC 9101 §4, §5.1, OIDC Core §6.1: the object says whose it is, for whom and until when; beside it stands what OAuth
/// requires, the same as in it, and nothing else.
#[tokio::test]
async fn a_signed_request_is_taken_by_the_provider() {
    let world = World::provider().await;
    let (app, key, login) = signing(&world).await;
    let client = discovered(&world, &app).await;
    let (address, pending) = client.begin_signed(&login, &key, now(&world), &SeededEntropy::new(4)).unwrap();
    let sent = Parameters::parse(address.split_once('?').unwrap().1.as_bytes()).unwrap();
    let mut names: Vec<_> = sent.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, ["client_id", "request", "response_type", "scope"]);
    let object = sent.optional("request").unwrap();
    assert_eq!(signed::header(object)["typ"], "oauth-authz-req+jwt");
    let claims = signed::claims(object);
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(app.client_id), &json!(world.issuer("op"))));
    assert_eq!((&claims["client_id"], &claims["scope"]), (&json!(app.client_id), &json!("openid profile")));
    assert_eq!((&claims["max_age"], &claims["claims"]), (&json!(600), &json!({"userinfo":{"name":null}})));
    assert!(claims["exp"].as_i64().unwrap() > now(&world).as_second());
    assert!(claims.get("sub").is_none(), "or it could pass for a client assertion (RFC 9101 §10.8)");
    let callback = world.browser().walk(&address, "camille", "camille").await.location().to_owned();
    client.finish(&pending, &callback, now(&world)).await.unwrap();
}

/// RFC 9101 §5.2, OIDC Core §6.2: the same, fetched by the provider from where the application has it. Module
/// `oidcc-client-test-request-uri-signed-rs256`.
#[tokio::test]
async fn a_signed_request_is_fetched_by_the_provider() {
    let world = World::provider().await;
    let (app, key, login) = signing(&world).await;
    let client = discovered(&world, &app).await;
    let provider = client.current(now(&world)).await.unwrap();
    let entropy = SeededEntropy::new(4);
    let (address, object, pending) = login
        .begin_by_reference(&provider, &client.application, (PLACE, &key), now(&world), &entropy)
        .unwrap();
    for place in ["http://app.test/request.jwt", "https://u@app.test/", "request.jwt"] {
        let refused =
            login.begin_by_reference(&provider, &client.application, (place, &key), now(&world), &entropy);
        assert!(matches!(refused, Err(ClientError::Login(_))), "{place}");
    }
    assert!(!address.contains("state=") && address.contains("request_uri="));
    world.elsewhere.serve(PLACE, move |_| Response::builder().body(Bytes::from(object.clone())).ok());
    let callback = world.browser().walk(&address, "camille", "camille").await.location().to_owned();
    client.finish(&pending, &callback, now(&world)).await.unwrap();
    assert_eq!(world.elsewhere.asked(PLACE).len(), 1);
}
