//! What a signed access token says (RFC 9068 §2).

use std::collections::HashSet;
use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Algorithm, jws};
use royaume_protocol::access_token::AccessTokenClaims;
use royaume_server::stored::client::Application;
use royaume_spec::{Exchange, World, signed};
use serde_json::json;

use super::signing_with;

/// A program of the network, which speaks for itself in a realm where people sign in too.
async fn for_itself(world: &World) -> Exchange {
    let app = world.app("agent", Application::Machine);
    world.send(app.token_request(&[("grant_type", "client_credentials")])).await
}

/// §2.1: the header says that this is an access token, and which published key has signed it.
#[tokio::test]
async fn the_header_names_type_algorithm_and_key() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        for tokens in
            [for_itself(&world).await, world.sign_in(world.app("agent", Application::Private)).await]
        {
            let token = tokens.is_ok().member("access_token");
            let header = signed::header(&token);
            assert_eq!(header["typ"], "at+jwt");
            assert_eq!(header["alg"], json!(algorithm));
            let keys = world.keys("agent").await;
            let named = keys.iter().find(|key| key.kid() == header["kid"].as_str()).unwrap();
            assert!(named.algorithms().eq([algorithm]));
            world.verified("agent", &token).await;
        }
    }
}

/// §2.2: issuer, audience, subject, client, times and a name of its own; §2.2.3: the scope that was granted.
#[tokio::test]
async fn the_claims_of_a_person_s_token() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let tokens = world.sign_in(app).await;
        let claims = world.verified("individu", &tokens.member("access_token")).await;
        let id_token = world.verified("individu", &tokens.member("id_token")).await;
        let now = royaume_spec::world::start().as_second();
        assert_eq!(claims["iss"], world.issuer("individu"));
        assert_eq!(claims["aud"], world.issuer("individu"));
        assert_eq!(claims["sub"], id_token["sub"]);
        assert_eq!(claims["client_id"], app.client_id);
        assert_eq!(claims["scope"], tokens.json()["scope"]);
        assert_eq!((claims["iat"].as_i64(), claims["exp"].as_i64()), (Some(now), Some(now + 1499)));
        assert_eq!(tokens.json()["expires_in"], 1499);
        let mut members: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sid", "sub"]);
    }
}

/// §2.2: where no person is involved, the subject is the client itself; there is no session.
#[tokio::test]
async fn the_claims_of_a_program_s_token() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("agent", Application::Machine);
        let tokens = for_itself(&world).await;
        let claims = world.verified("agent", &tokens.member("access_token")).await;
        assert_eq!((&claims["sub"], &claims["client_id"]), (&json!(app.client_id), &json!(app.client_id)));
        assert_eq!(claims["scope"], app.scope);
        assert_eq!(tokens.json()["expires_in"], 1499);
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1499);
        let mut members: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"]);
    }
}

/// §2.2, §5: nothing that userinfo would say about the person travels in a token that the client and the API read.
#[tokio::test]
async fn a_token_says_nothing_about_the_person_but_the_subject() {
    let world = signing_with(Algorithm::Es256).await;
    let tokens = world.sign_in(world.app("individu", Application::Private)).await;
    let claims = signed::claims(&tokens.member("access_token")).to_string();
    for told in ["CAMILLE", "DURAND", "camille", "nonce", "at_hash", "auth_time"] {
        assert!(!claims.contains(told), "{told}: {claims}");
    }
}

/// §2.2.3: a narrower refresh gives a token that says so.
#[tokio::test]
async fn a_narrower_scope_is_in_the_token() {
    let world = signing_with(Algorithm::EdDsa).await;
    let app = world.app("individu", Application::Private);
    let tokens = world.sign_in(app).await;
    let narrow = app.refresh(&tokens.member("refresh_token"), &[("scope", "openid individu")]);
    let narrower = world.send(narrow).await;
    let claims = world.verified("individu", &narrower.is_ok().member("access_token")).await;
    assert_eq!(claims["scope"], "openid individu");
    assert_eq!(narrower.member("scope"), "openid individu");
}

/// §2.2 `jti`: no two tokens have one name, be they of one second and one grant.
#[tokio::test]
async fn every_token_has_a_name_of_its_own() {
    let world = signing_with(Algorithm::Es256).await;
    let app = world.app("individu", Application::Private);
    let mut names = HashSet::new();
    let mut tokens = world.sign_in(app).await;
    for _ in 0..20 {
        for answer in [&tokens, &for_itself(&world).await] {
            let name = signed::claims(&answer.member("access_token"))["jti"].as_str().unwrap().to_owned();
            assert!(name.len() >= 22, "at least 128 bits: {name}");
            assert!(names.insert(name));
        }
        tokens = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
    }
}

/// §4: a resource server that knows the issuer alone believes the token, for its audience and its time.
#[tokio::test]
async fn a_resource_server_believes_it_by_the_published_keys() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let token = world.sign_in(world.app("individu", Application::Private)).await.member("access_token");
        let keys = world.keys("individu").await;
        let verified = jws::verify::<AccessTokenClaims>(&token, &keys, &Algorithm::ALL).unwrap();
        let issuer = world.issuer("individu");
        let judge = |seconds| {
            let now = royaume_spec::world::start() + Duration::from_secs(seconds);
            verified.claims.validate(&issuer, &issuer, Duration::ZERO, now)
        };
        assert_eq!(judge(1498), Ok(()));
        assert!(judge(1499).is_err());
        let now: Timestamp = royaume_spec::world::start();
        assert!(verified.claims.validate(&world.issuer("agent"), &issuer, Duration::ZERO, now).is_err());
    }
}

/// §4: the server itself believes its own tokens, at userinfo and at introspection, until the second they end.
#[tokio::test]
async fn a_live_token_is_live_everywhere_until_it_expires() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let tokens = world.sign_in(app).await;
        let token = tokens.member("access_token");
        let claims = signed::claims(&token);
        for seconds in [0, 1498] {
            world.clock.set(royaume_spec::world::start() + Duration::from_secs(seconds));
            let userinfo = world.userinfo("individu", &token).await;
            assert_eq!(userinfo.is_ok().json()["sub"], claims["sub"]);
            let known = world.introspect(app, &token).await.json();
            assert_eq!(known["active"], true);
            for member in ["iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti"] {
                assert_eq!(known[member], claims[member], "RFC 7662 §2.2: {member}");
            }
        }
        world.clock.advance(Duration::from_secs(1));
        world.userinfo("individu", &token).await.is_challenge(401, "invalid_token");
        assert!(!world.is_active(app, &token).await);
    }
}

/// RFC 7662 §2.2: a program's token is known by introspection too, and opens no userinfo (OpenID Connect Core §5.3).
#[tokio::test]
async fn a_program_s_token_stands_for_nobody() {
    let world = signing_with(Algorithm::Es256).await;
    let app = world.app("agent", Application::Machine);
    let token = for_itself(&world).await.member("access_token");
    assert!(world.is_active(app, &token).await);
    world.userinfo("agent", &token).await.is_challenge(403, "insufficient_scope");
}
