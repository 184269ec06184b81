//! Which key an ID token is verified with, and by which algorithm (OIDC Core §3.1.3.7, §10.1; RFC 7517 §4; RFC 8725 §3),
//! and claims that every ID token has.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::StatusCode;
use royaume_client::{Client, ClientError};
use royaume_jose::{Algorithm, Jwk, SigningKey};
use royaume_protocol::IdTokenError;
use royaume_server::stored::client::Application;
use royaume_spec::{World, registered};
use serde_json::{Value, json};

use super::misbehaving::{Misbehaving, answer, is_token, key, other_key, signed_as};
use super::{client_over, now, sign_in, walked};

fn published(key: &SigningKey, change: impl FnOnce(&mut Jwk)) -> Value {
    let mut jwk = key.verifying_key().jwk();
    change(&mut jwk);
    json!(jwk)
}

/// Signs somebody in at a provider that publishes these keys, and whose tokens have that header and that key's signature.
async fn believed(world: &World, keys: Value, header: Value, with: &SigningKey) -> Result<(), ClientError> {
    let app = world.app("individu", Application::Private);
    let with = with.clone();
    let provider = Misbehaving::signing(world, keys, move |claims| signed_as(&with, &header, claims));
    sign_in(world, &client_over(world, app, provider), app).await.map(|_| ())
}

fn is_unsigned(believed: &Result<(), ClientError>) -> bool {
    matches!(believed, Err(ClientError::IdTokenSignature(_)))
}

/// OIDC Core §10.1: with one key, a token need not name it. Module `oidcc-client-test-kid-absent-single-jwks`.
#[tokio::test]
async fn a_token_that_names_no_key_is_verified_with_the_only_one() {
    let world = World::as_deployed().await;
    for nameless in [false, true] {
        let keys = json!([published(key(), |jwk| jwk.kid = jwk.kid.take().filter(|_| !nameless))]);
        assert_eq!(believed(&world, keys.clone(), json!({ "alg": "RS256" }), key()).await, Ok(()));
        let refused = believed(&world, keys, json!({ "alg": "RS256" }), other_key()).await;
        assert!(is_unsigned(&refused), "{refused:?}");
    }
}

/// OIDC Core §10.1: with several keys a token must name one; where it does not, those of its algorithm are tried. Module
/// `oidcc-client-test-kid-absent-multiple-jwks`.
#[tokio::test]
async fn a_token_that_names_no_key_is_verified_with_whichever_fits() {
    let world = World::as_deployed().await;
    let es256 = registered::key(Algorithm::Es256, 0);
    let keys = json!([published(&es256, |_| ()), published(other_key(), |_| ()), published(key(), |_| ())]);
    assert_eq!(believed(&world, keys.clone(), json!({ "alg": "RS256" }), key()).await, Ok(()));
    let stranger = registered::key(Algorithm::Rs256, 0);
    let refused = believed(&world, keys.clone(), json!({ "alg": "RS256" }), &stranger).await;
    assert!(is_unsigned(&refused), "{refused:?}");
    // A key of the set by an algorithm that nobody agreed to.
    let refused = believed(&world, keys, json!({ "alg": "ES256" }), &es256).await;
    assert!(is_unsigned(&refused), "{refused:?}");
}

/// RFC 7517 §4.2, §4.4, §4.5: a name is not a key. Others that have the same one, of another type, for another algorithm or
/// another purpose, or simply wrong, are in nobody's way and verify nothing.
#[tokio::test]
async fn decoys_that_share_a_name_do_no_harm() {
    let world = World::as_deployed().await;
    let named = |key: &SigningKey, change: &dyn Fn(&mut Jwk)| {
        published(key, |jwk| {
            jwk.kid = Some("k".to_owned());
            change(jwk);
        })
    };
    let es256 = registered::key(Algorithm::Es256, 0);
    let decoys = vec![
        json!({ "kty": "oct", "k": "AAAA", "kid": "k", "alg": "HS256" }),
        named(&es256, &|_| ()),
        named(other_key(), &|jwk| jwk.use_ = Some("enc".to_owned())),
        named(other_key(), &|jwk| jwk.alg = Some("PS256".to_owned())),
        named(other_key(), &|_| ()),
    ];
    let header = json!({ "alg": "RS256", "kid": "k" });
    for position in 0..=decoys.len() {
        let mut keys = decoys.clone();
        keys.insert(position, named(key(), &|_| ()));
        assert_eq!(believed(&world, keys.into(), header.clone(), key()).await, Ok(()), "{position}");
    }
    let encrypts = json!([named(key(), &|jwk| jwk.use_ = Some("enc".to_owned()))]);
    let other_algorithm = json!([named(key(), &|jwk| jwk.alg = Some("PS256".to_owned()))]);
    for keys in [encrypts, other_algorithm, decoys.into()] {
        let refused = believed(&world, keys.clone(), header.clone(), key()).await;
        assert!(is_unsigned(&refused), "{keys}: {refused:?}");
    }
}

/// OIDC Core §3.1.3.7 rule 7, Registration §2: the algorithm that the application is registered for, and no other that the
/// provider has.
#[tokio::test]
async fn an_algorithm_that_was_not_registered_is_refused() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let es256 = registered::key(Algorithm::Es256, 0);
    let keys = json!([published(key(), |_| ()), published(&es256, |_| ())]);
    for (registered, accepted) in [(Some(Algorithm::Es256), true), (Some(Algorithm::Rs256), false)] {
        let with = es256.clone();
        let sign = move |claims: &Value| signed_as(&with, &json!({ "alg": "ES256" }), claims);
        let provider = Misbehaving::signing(&world, keys.clone(), sign);
        let mut client = client_over(&world, app, provider);
        client.provider.id_token_algorithms = Algorithm::ALL.to_vec();
        client.rules.id_token_algorithm = registered;
        let believed = sign_in(&world, &client, app).await.map(|_| ());
        assert_eq!(believed.is_ok(), accepted, "{registered:?}: {believed:?}");
        assert_eq!(is_unsigned(&believed), !accepted);
    }
}

/// OIDC Core §10.1.1: keys may be turned over after the client has looked at them and before the token is signed, be it
/// in the same moment, whether keys have names or not. Module
/// `oidcc-client-test-signing-key-rotation-just-before-signing`.
#[tokio::test]
async fn keys_that_are_turned_over_just_before_signing_are_found() {
    for named in [true, false] {
        turned_over_just_before_signing(named).await;
    }
}

async fn turned_over_just_before_signing(named: bool) {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let rotated = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&rotated);
    let provider = Misbehaving::new(&world, move |request, response| match request.uri().path() {
        path if is_token(path) => {
            state.store(true, Ordering::Relaxed);
            let mut body: Value = serde_json::from_slice(response.body()).unwrap();
            let claims = royaume_spec::signed::claims(body["id_token"].as_str().unwrap());
            let header = json!({ "alg": "RS256", "kid": named.then(|| other_key().kid()) });
            body["id_token"] = signed_as(other_key(), &header, &claims).into();
            response.map(|_| body.to_string().into())
        }
        path if path.contains("jwk") => {
            let now = if state.load(Ordering::Relaxed) { other_key() } else { key() };
            let keys = json!([published(now, |jwk| jwk.kid = jwk.kid.take().filter(|_| named))]);
            answer(StatusCode::OK, &json!({ "keys": keys }).to_string())
        }
        _ => response,
    });
    sign_in(&world, &client_over(&world, app, provider), app).await.unwrap();
    assert!(rotated.load(Ordering::Relaxed));
}

/// OIDC Core §2: each claim that every ID token has, left out or of another type; the error says which. Modules
/// `oidcc-client-test-missing-sub` and `oidcc-client-test-missing-iat`.
#[tokio::test]
async fn an_id_token_without_a_claim_that_all_have_is_refused() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    for claim in ["iss", "sub", "aud", "exp", "iat"] {
        for value in [None, Some(json!({}))] {
            let provider = Misbehaving::claims(&world, move |claims| {
                match &value {
                    None => claims.remove(claim),
                    Some(value) => claims.insert(claim.to_owned(), value.clone()),
                };
            });
            let believed = sign_in(&world, &client_over(&world, app, provider), app).await.map(|_| ());
            assert_eq!(believed, Err(ClientError::IdTokenClaim(claim)));
        }
    }
}

/// OIDC Core §3.1.3.7 rules 3 to 5: a token may be meant for others whom the application trusts, if it says that it was
/// issued to this one.
#[tokio::test]
async fn an_id_token_for_others_whom_one_trusts_names_its_party() {
    use IdTokenError as E;
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    for (azp, expected) in [
        (Some(app.client_id.clone()), Ok(())),
        (None, Err(E::AuthorizedPartyMissing)),
        (Some("the-api".to_owned()), Err(E::AuthorizedParty)),
    ] {
        let provider = Misbehaving::claims(&world, move |claims| {
            let own = claims["aud"].clone();
            claims.insert("aud".to_owned(), json!([own, "the-api"]));
            claims.remove("azp");
            claims.extend(azp.clone().map(|azp| ("azp".to_owned(), azp.into())));
        });
        let mut client = client_over(&world, app, provider);
        client.rules.trusted_audiences = vec!["the-api".to_owned()];
        let believed = sign_in(&world, &client, app).await.map(|_| ());
        assert_eq!(believed, expected.map_err(ClientError::IdToken));
    }
}

/// OIDC Core §3.1.3.7 rules 9 and 10: clocks that agree less are allowed for by whoever says so.
#[tokio::test]
async fn clocks_may_differ_by_as_much_as_the_application_says() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let moment = now(&world).as_second();
    let provider = Misbehaving::claims(&world, move |claims| {
        claims.insert("iat".to_owned(), json!(moment + 100));
    });
    let mut client = client_over(&world, app, provider);
    let refused = sign_in(&world, &client, app).await.map(|_| ());
    assert_eq!(refused, Err(ClientError::IdToken(IdTokenError::IssuedInFuture)));
    client.rules.leeway = Duration::from_secs(100);
    sign_in(&world, &client, app).await.unwrap();
}

/// RFC 9700 §4.4: a code of one provider is not redeemed at another, and the token of another provider, well signed, is not
/// believed.
#[tokio::test]
async fn a_token_of_another_provider_is_not_believed() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let agent = world.app("agent", Application::Private);
    let there = super::client(&world, agent);
    let foreign = sign_in(&world, &there, agent).await.unwrap().id_token.unwrap();
    let foreign = foreign.expose().to_owned();
    let provider = Misbehaving::token_response(&world, move |body| {
        body.insert("id_token".to_owned(), foreign.clone().into());
    });
    let client: Client<_> = client_over(&world, app, provider);
    let (pending, callback) = walked(&world, &mut world.browser(), &client, app).await;
    let believed = client.finish(&pending, &callback, now(&world)).await.map(|_| ());
    assert!(is_unsigned(&believed), "{believed:?}");
}
