//! Discovery documents that are not to be used (RFC 8414 §3.3, OIDC Discovery §4.3).

use http::StatusCode;
use royaume_client::{Client, ClientError};
use royaume_server::stored::client::Application;
use royaume_spec::World;
use serde_json::{Map, Value, json};

use super::misbehaving::{Misbehaving, answer};
use super::{application, now};

/// Discovers a provider whose document is changed so.
async fn discover(
    world: &World,
    change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
) -> Result<Client<Misbehaving>, ClientError> {
    let app = world.app("individu", Application::Private);
    let provider = Misbehaving::at(world, "openid-configuration", move |response| {
        let mut document: Map<String, Value> = serde_json::from_slice(response.body()).unwrap();
        change(&mut document);
        response.map(|_| serde_json::to_vec(&document).unwrap().into())
    });
    Client::discover(&world.issuer("individu"), application(app), provider, now(world)).await
}

/// RFC 8414 §3.3: the document of another issuer, even of one that looks the same.
#[tokio::test]
async fn the_document_of_another_issuer_is_not_used() {
    let world = World::as_deployed().await;
    let own = world.issuer("individu");
    for issuer in [
        "https://evil.example".to_owned(),
        world.issuer("agent"),
        format!("{own}/"),
        own.to_uppercase(),
        own.replace("sso.royaume.test", "sso.royaume.test:443"),
        String::new(),
    ] {
        let shown = issuer.clone();
        let found = discover(&world, move |document| {
            document.insert("issuer".to_owned(), issuer.clone().into());
        })
        .await;
        assert!(matches!(found, Err(ClientError::Metadata(_))), "{shown}: {found:?}");
    }
}

/// RFC 8414 §2: addresses are https, so that no secret travels in the clear.
#[tokio::test]
async fn an_address_in_the_clear_is_not_used() {
    let world = World::as_deployed().await;
    for member in [
        "authorization_endpoint",
        "token_endpoint",
        "userinfo_endpoint",
        "jwks_uri",
        "introspection_endpoint",
        "revocation_endpoint",
        "end_session_endpoint",
    ] {
        for address in [
            "http://sso.royaume.test/x",
            "ftp://sso.royaume.test/x",
            "https://u:p@sso.royaume.test/x",
            "/x",
            "x",
        ] {
            let found = discover(&world, move |document| {
                document.insert(member.to_owned(), address.into());
            })
            .await;
            assert!(matches!(found, Err(ClientError::Metadata(_))), "{member} {address}: {found:?}");
        }
    }
}

/// RFC 8414 §2: without a token endpoint there is nothing to do; without others there is less.
#[tokio::test]
async fn what_a_document_does_not_offer_is_not_made_up() {
    let world = World::as_deployed().await;
    let without = |member: &'static str| {
        move |document: &mut Map<String, Value>| {
            document.remove(member);
        }
    };
    let found = discover(&world, without("token_endpoint")).await;
    assert!(matches!(found, Err(ClientError::Metadata(_))), "{found:?}");
    let found = discover(&world, without("introspection_endpoint")).await.unwrap();
    let asked = found.introspect(&royaume_protocol::Secret::from("x"), now(&world)).await;
    assert!(matches!(asked, Err(ClientError::NotOffered(_))), "{asked:?}");
    let found = discover(&world, without("revocation_endpoint")).await.unwrap();
    let asked = found.revoke(&royaume_protocol::Secret::from("x"), now(&world)).await;
    assert!(matches!(asked, Err(ClientError::NotOffered(_))), "{asked:?}");
}

/// RFC 8725 §3.1: whatever a document says, an ID token is never unsigned, nor signed with a shared secret.
#[tokio::test]
async fn a_document_cannot_talk_a_client_into_unsigned_tokens() {
    let world = World::as_deployed().await;
    let found = discover(&world, |document| {
        document
            .insert("id_token_signing_alg_values_supported".to_owned(), json!(["none", "HS256", "RS256"]));
    })
    .await
    .unwrap();
    assert_eq!(found.provider.id_token_algorithms, [royaume_jose::Algorithm::Rs256]);
}

/// OIDC Discovery §4.2: 200 and a JSON document, at the place itself.
#[tokio::test]
async fn something_else_than_a_document_is_unexpected() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    for (status, body) in [
        (StatusCode::OK, "<!doctype html>".to_owned()),
        (StatusCode::OK, "{}".to_owned()),
        (
            StatusCode::OK,
            format!(r#"{{"issuer":"{}","x":"{}"}}"#, world.issuer("individu"), "x".repeat(1 << 20)),
        ),
        (StatusCode::MOVED_PERMANENTLY, String::new()),
        (StatusCode::NOT_FOUND, String::new()),
    ] {
        let provider = Misbehaving::at(&world, "openid-configuration", move |_| answer(status, &body));
        let found =
            Client::discover(&world.issuer("individu"), application(app), provider, now(&world)).await;
        assert!(matches!(found, Err(ClientError::Unexpected { .. })), "{status}: {found:?}");
    }
}

/// RFC 8414 §2: an issuer in the clear is not even asked.
#[tokio::test]
async fn an_issuer_in_the_clear_is_not_asked() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    for issuer in ["http://sso.royaume.test", "sso.royaume.test", "", "https://u:p@sso.royaume.test"] {
        let provider = Misbehaving::new(&world, |_, response| response);
        let found = Client::discover(issuer, application(app), provider.clone(), now(&world)).await;
        assert!(matches!(found, Err(ClientError::Metadata(_))), "{issuer}: {found:?}");
        assert_eq!(provider.asked(), 0);
    }
}
