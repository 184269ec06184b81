//! Userinfo that is signed (OIDC Core §5.3.2), and when it is not believed.

use http::{StatusCode, header};
use royaume_client::{ClientError, TokenSet};
use royaume_jose::Algorithm;
use royaume_spec::{App, World};
use serde_json::{Map, Value, json};

use super::misbehaving::{Misbehaving, answer, key, signed_as};
use super::{discovered, discovered_over, now, sign_in};
use crate::oidc_core::provider_app;

/// A provider whose userinfo is a token with these changes, signed with a key that it publishes beside the real ones.
fn signing(world: &World, header: Value, change: fn(&mut Map<String, Value>, &str)) -> Misbehaving {
    let issuer = world.issuer("op");
    Misbehaving::new(world, move |request, response| match request.uri().path() {
        path if path.contains("userinfo") => {
            let mut claims: Map<String, Value> = serde_json::from_slice(response.body()).unwrap();
            claims.insert("iss".to_owned(), json!(issuer));
            change(&mut claims, &issuer);
            let mut signed = answer(StatusCode::OK, &signed_as(key(), &header, &claims.into()));
            let content_type = "application/jwt; charset=utf-8".parse().unwrap();
            signed.headers_mut().insert(header::CONTENT_TYPE, content_type);
            signed
        }
        path if path.contains("jwk") => {
            let mut set: Value = serde_json::from_slice(response.body()).unwrap();
            set["keys"].as_array_mut().unwrap().push(json!(key().verifying_key().jwk()));
            response.map(|_| set.to_string().into())
        }
        _ => response,
    })
}

async fn tokens_of(world: &World, app: &App) -> TokenSet {
    sign_in(world, &discovered(world, app).await, app).await.unwrap()
}

/// OIDC Core §5.3.2: what the real provider signs is believed. Module `oidcc-client-test-userinfo-signed`.
#[tokio::test]
async fn userinfo_that_the_provider_signs_is_believed() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    for algorithm in Algorithm::SIGNING {
        world.amend(&app, |client| client.answers.userinfo_signed_response_alg = Some(algorithm)).await;
        let mut client = discovered(&world, &app).await;
        let tokens = sign_in(&world, &client, &app).await.unwrap();
        for registered in [None, Some(algorithm)] {
            client.rules.userinfo_algorithm = registered;
            let userinfo = client.userinfo(&tokens, now(&world)).await.unwrap();
            assert_eq!(userinfo.given_name(), Some("Camille"));
            assert!(
                !userinfo.claims.contains_key("aud"),
                "what the token says of itself is not of the person"
            );
        }
        let other = Algorithm::SIGNING.into_iter().find(|other| *other != algorithm);
        client.rules.userinfo_algorithm = other;
        let refused = client.userinfo(&tokens, now(&world)).await.unwrap_err();
        assert!(matches!(refused, ClientError::UserInfo(_)), "{refused:?}");
    }
}

/// OIDC Core §5.3.2, Registration §2: each thing that is wrong with a token, alone.
#[tokio::test]
async fn signed_userinfo_that_breaks_one_rule_is_refused() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let tokens = tokens_of(&world, &app).await;
    let named = json!({ "alg": "RS256", "kid": key().kid() });
    type Change = fn(&mut Map<String, Value>, &str);
    let good: Change = |_, _| ();
    let client = discovered_over(&world, &app, signing(&world, named.clone(), good)).await;
    client.userinfo(&tokens, now(&world)).await.unwrap();
    let changes: [(Value, Change); 7] = [
        (named.clone(), |claims, _| {
            claims.insert("iss".to_owned(), json!("https://evil.example"));
        }),
        (named.clone(), |claims, issuer| {
            claims.insert("iss".to_owned(), json!(format!("{issuer}/")));
        }),
        (named.clone(), |claims, _| {
            claims.insert("aud".to_owned(), json!("another-client"));
        }),
        (named.clone(), |claims, _| {
            claims.remove("sub");
        }),
        (json!({ "alg": "none" }), good),
        (json!({ "alg": "HS256" }), good),
        (json!({ "alg": "RS256", "kid": "unknown" }), good),
    ];
    for (header, change) in changes {
        let client = discovered_over(&world, &app, signing(&world, header.clone(), change)).await;
        let refused = client.userinfo(&tokens, now(&world)).await.unwrap_err();
        assert!(matches!(refused, ClientError::UserInfo(_)), "{header}: {refused:?}");
    }
    let of_another: Change = |claims, _| {
        claims.insert("sub".to_owned(), json!("somebody-else"));
    };
    let client = discovered_over(&world, &app, signing(&world, named, of_another)).await;
    assert_eq!(client.userinfo(&tokens, now(&world)).await, Err(ClientError::OtherPerson));
}

/// Registration §2 `userinfo_signed_response_alg`: whoever is registered for a signature takes nothing without it.
#[tokio::test]
async fn userinfo_without_the_signature_that_was_registered_is_refused() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut client = discovered(&world, &app).await;
    let tokens = sign_in(&world, &client, &app).await.unwrap();
    client.userinfo(&tokens, now(&world)).await.unwrap();
    client.rules.userinfo_algorithm = Some(Algorithm::Rs256);
    let refused = client.userinfo(&tokens, now(&world)).await.unwrap_err();
    assert!(matches!(refused, ClientError::UserInfo(_)), "{refused:?}");
}
