//! ID tokens that are not to be believed (OIDC Core §3.1.3.7, §3.1.3.8, §5.3.2, §12.2; RFC 8725 §3).

use royaume_client::ClientError;
use royaume_jose::{Algorithm, SigningKey, base64url, jws};
use royaume_protocol::{IdTokenClaims, IdTokenError};
use royaume_server::stored::client::Application;
use royaume_spec::World;
use serde_json::{Map, Value, json};

use super::misbehaving::{Misbehaving, answer, key};
use super::{client_over, now, sign_in};

/// Signs somebody in at a provider that changes the claims so.
async fn believed(
    world: &World,
    change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
) -> Result<(), ClientError> {
    let app = world.app("individu", Application::Private);
    let provider = Misbehaving::claims(world, change);
    sign_in(world, &client_over(world, app, provider), app).await.map(|_| ())
}

/// OIDC Core §3.1.3.7: what is changed in these tests is what makes the difference. Module
/// `oidcc-client-test-idtoken-sig-rs256`.
#[tokio::test]
async fn an_id_token_that_is_signed_anew_and_otherwise_unchanged_is_believed() {
    let world = World::as_deployed().await;
    assert_eq!(believed(&world, |_| ()).await, Ok(()));
}

/// OIDC Core §3.1.3.7: rules 2 to 5 and 9 to 11, each broken alone. Modules `oidcc-client-test-invalid-iss`,
/// `oidcc-client-test-invalid-aud` and `oidcc-client-test-nonce-invalid`.
#[tokio::test]
async fn an_id_token_that_breaks_one_rule_is_refused_for_that_rule() {
    use IdTokenError as E;
    let world = World::as_deployed().await;
    let now = now(&world).as_second();
    for (claim, value, error) in [
        ("iss", json!("https://evil.example"), E::Issuer),
        ("iss", json!(world.issuer("agent")), E::Issuer),
        ("sub", json!(""), E::Subject),
        ("aud", json!("another-client"), E::Audience),
        ("azp", json!("another-client"), E::AuthorizedParty),
        ("exp", json!(now - 61), E::Expired),
        ("nbf", json!(now + 61), E::NotYet),
        ("iat", json!(now + 61), E::IssuedInFuture),
        ("nonce", json!("another-nonce"), E::Nonce),
        ("nonce", Value::Null, E::NonceMissing),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), E::AccessTokenHash),
    ] {
        let set = move |claims: &mut Map<String, Value>| match &value {
            Value::Null => {
                claims.remove(claim);
            }
            value => {
                claims.insert(claim.to_owned(), value.clone());
            }
        };
        assert_eq!(believed(&world, set).await, Err(ClientError::IdToken(error)), "{claim}");
    }
}

/// OIDC Core §3.1.3.7 rules 3 and 4: a token for several is refused, with or without `azp`.
#[tokio::test]
async fn an_id_token_that_is_meant_for_others_too_is_refused() {
    let world = World::as_deployed().await;
    let with_another = |claims: &mut Map<String, Value>| {
        let own = claims["aud"].clone();
        claims.insert("aud".to_owned(), json!([own, "another-client"]));
    };
    assert_eq!(
        believed(&world, with_another).await,
        Err(ClientError::IdToken(IdTokenError::AudienceUntrusted))
    );
}

/// OIDC Core §3.1.3.7 rules 6 to 8, RFC 8725 §3.1: signatures that are none, and algorithms that nobody agreed to. Modules
/// `oidcc-client-test-idtoken-sig-none` and `oidcc-client-test-invalid-sig-rs256`.
#[tokio::test]
async fn an_id_token_without_the_provider_s_own_signature_is_refused() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let part = |text: &str| base64url::encode(text.as_bytes());
    let payload = |token: &str| token.split('.').nth(1).unwrap().to_owned();
    let header = |json: Value| move |_: &str| part(&json.to_string());
    type Forge = Box<dyn Fn(&str) -> String + Send + Sync>;
    let unknown_key = SigningKey::generate(Algorithm::Rs256).unwrap();
    let other_algorithm = SigningKey::generate(Algorithm::Es256).unwrap();
    let resigned = |key: SigningKey| -> Forge {
        Box::new(move |token| {
            let claims: Value = serde_json::from_slice(&base64url::decode(&payload(token)).unwrap()).unwrap();
            jws::sign(&key, None, &claims)
        })
    };
    let unsigned = |header_json: Value| -> Forge {
        let header = header(header_json);
        Box::new(move |token| format!("{}.{}.", header(token), payload(token)))
    };
    let forgeries: Vec<(&str, Forge)> = vec![
        ("alg none", unsigned(json!({ "alg": "none" }))),
        ("alg None", unsigned(json!({ "alg": "None", "kid": key().kid() }))),
        (
            "the public key as a shared secret",
            Box::new(move |token| {
                format!(
                    "{}.{}.{}",
                    part(r#"{"alg":"HS256"}"#),
                    payload(token),
                    base64url::encode(&royaume_jose::sha256(token.as_bytes()))
                )
            }),
        ),
        ("an unknown kid", resigned(unknown_key)),
        ("another algorithm", resigned(other_algorithm)),
        (
            "a changed signature",
            Box::new(|token| {
                let (signed, signature) = token.rsplit_once('.').unwrap();
                let mut bytes = base64url::decode(signature).unwrap();
                bytes[0] ^= 1;
                format!("{signed}.{}", base64url::encode(&bytes))
            }),
        ),
        (
            "changed claims",
            Box::new(move |token| {
                let (_, signature) = token.rsplit_once('.').unwrap();
                let head = token.split('.').next().unwrap();
                format!("{head}.{}.{signature}", part(r#"{"sub":"somebody else"}"#))
            }),
        ),
        ("a critical extension", unsigned(json!({ "alg": "RS256", "crit": ["exp"] }))),
        ("no token at all", Box::new(|_| "not a token".to_owned())),
        ("a token without end", Box::new(|token| format!("{token}{}", "A".repeat(20_000)))),
    ];
    for (what, forge) in forgeries {
        let provider = Misbehaving::token_response(&world, move |body| {
            let forged = forge(body["id_token"].as_str().unwrap());
            body.insert("id_token".to_owned(), forged.into());
        });
        let believed = sign_in(&world, &client_over(&world, app, provider), app).await;
        assert!(matches!(believed, Err(ClientError::IdTokenSignature(_))), "{what}: {believed:?}");
    }
}

/// RFC 7517 §5: keys that are not understood are passed over, and a set without the right one verifies nothing.
#[tokio::test]
async fn a_key_set_is_read_with_care() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let strange = Misbehaving::at(&world, "jwk", |response| {
        let mut set: Value = serde_json::from_slice(response.body()).unwrap();
        let keys = set["keys"].as_array_mut().unwrap();
        keys.insert(0, json!({ "kty": "oct", "k": "AAAA", "kid": "x", "alg": "HS256" }));
        keys.insert(0, json!({ "kty": "quantum" }));
        response.map(|_| serde_json::to_vec(&set).unwrap().into())
    });
    sign_in(&world, &client_over(&world, app, strange), app).await.unwrap();
    let empty = Misbehaving::at(&world, "jwk", |_| answer(http::StatusCode::OK, r#"{"keys":[]}"#));
    let believed = sign_in(&world, &client_over(&world, app, empty), app).await;
    assert!(matches!(believed, Err(ClientError::IdTokenSignature(_))), "{believed:?}");
    let gone = Misbehaving::at(&world, "jwk", |_| answer(http::StatusCode::NOT_FOUND, "{}"));
    let believed = sign_in(&world, &client_over(&world, app, gone), app).await;
    assert!(matches!(believed, Err(ClientError::Unexpected { status: 404, .. })), "{believed:?}");
}

/// OIDC Core §3.1.3.3: `openid` was asked for, so an ID token is due.
#[tokio::test]
async fn a_missing_id_token_is_missed() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    for nothing in [None, Some("")] {
        let provider = Misbehaving::token_response(&world, move |body| {
            match nothing {
                None => body.remove("id_token"),
                Some(empty) => body.insert("id_token".to_owned(), empty.into()),
            };
        });
        let believed = sign_in(&world, &client_over(&world, app, provider), app).await;
        assert!(matches!(believed, Err(ClientError::IdTokenMissing)), "{believed:?}");
    }
}

/// docs/divergences.md, `nonce_in_token_response`: what France Travail repeats beside the ID token must be ours too.
#[tokio::test]
async fn another_nonce_beside_the_id_token_is_refused() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let provider = Misbehaving::token_response(&world, |body| {
        body.insert("nonce".to_owned(), "another-nonce".into());
    });
    let believed = sign_in(&world, &client_over(&world, app, provider), app).await;
    assert!(matches!(believed, Err(ClientError::Nonce)), "{believed:?}");
}

/// OIDC Core §12.2: a refreshed ID token speaks of the same person, issuer and sign-in. Modules
/// `oidcc-client-test-refresh-token`, `oidcc-client-test-refresh-token-invalid-issuer` and
/// `oidcc-client-test-refresh-token-invalid-sub`.
#[tokio::test]
async fn a_refreshed_id_token_must_match_the_first_one() {
    use IdTokenError as E;
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let first = sign_in(&world, &super::client(&world, app), app).await.unwrap();
    let claims: &IdTokenClaims = first.claims.as_ref().unwrap();
    let auth_time = claims.auth_time.unwrap();
    let mut tokens = first.clone();
    for (claim, value, error) in [
        ("iss", json!("https://evil.example"), E::Issuer),
        ("sub", json!("somebody-else"), E::RefreshedSubject),
        ("auth_time", json!(auth_time + 5), E::RefreshedAuthTime),
        ("nonce", json!("another-nonce"), E::RefreshedNonce),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), E::AccessTokenHash),
    ] {
        // The real server has rotated the refresh token all the same: its retry window gives it once more.
        let provider = Misbehaving::claims(&world, move |claims| {
            claims.insert(claim.to_owned(), value.clone());
        });
        let renewed = client_over(&world, app, provider).refresh(&tokens, now(&world)).await;
        assert_eq!(renewed.map(|_| ()), Err(ClientError::IdToken(error)), "{claim}");
    }
    tokens = super::client(&world, app).refresh(&tokens, now(&world)).await.unwrap();
    assert_eq!(tokens.claims.unwrap().sub, claims.sub);
}

/// OIDC Core §5.3.2: userinfo of somebody else is not used. Module `oidcc-client-test-userinfo-invalid-sub`.
#[tokio::test]
async fn userinfo_of_another_person_is_refused() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &super::client(&world, app), app).await.unwrap();
    for (body, expected) in [
        (r#"{"sub":"somebody-else","email":"x@example.org"}"#, Some(ClientError::OtherPerson)),
        (r#"{"email":"x@example.org"}"#, None),
        (r#"{"sub":7}"#, None),
    ] {
        let provider = Misbehaving::at(&world, "userinfo", move |_| answer(http::StatusCode::OK, body));
        let refused = client_over(&world, app, provider).userinfo(&tokens, now(&world)).await.unwrap_err();
        match expected {
            Some(expected) => assert_eq!(refused, expected),
            None => assert!(matches!(refused, ClientError::Unexpected { status: 200, .. }), "{refused:?}"),
        }
    }
}
