//! Id tokens (§2, §3.1.3.6, §3.1.3.7): who signed in, when, for which client.

use std::time::Duration;

use royaume_jose::{Algorithm, half_hash};
use royaume_protocol::{Expectations, IdTokenClaims};
use royaume_server::stored::client::Application;
use royaume_spec::{World, signed, world};
use serde_json::{Value, json};

const PEOPLE: [&str; 3] = ["individu", "entreprise", "agent"];

/// The names of all claims of a token.
fn names(claims: &Value) -> Vec<&str> {
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// §2: the claims of an id token, each as it must be, and signed by a published key.
#[tokio::test]
async fn an_id_token_says_who_signed_in_when_and_for_whom() {
    let world = World::standard().await;
    for realm in PEOPLE {
        let app = world.app(realm, Application::Private);
        let tokens = world.sign_in(app).await;
        let claims = world.verified(realm, &tokens.member("id_token")).await;
        let now = world::start().as_second();
        assert_eq!(claims["iss"], world.issuer(realm));
        assert_eq!(claims["aud"], json!(app.client_id), "one audience is one text");
        assert_eq!(claims["nonce"], "nonce-1");
        assert_eq!((&claims["iat"], &claims["auth_time"]), (&json!(now), &json!(now)));
        assert_eq!(claims["exp"], json!(now + 9_000), "two and a half hours");
        let subject = claims["sub"].as_str().unwrap();
        assert!((1..=255).contains(&subject.len()) && subject.is_ascii());
        let userinfo = world.userinfo(realm, &tokens.member("access_token")).await.json();
        assert_eq!(userinfo["sub"], claims["sub"], "§5.3.2");
        assert_eq!(names(&claims), ["at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sub"]);
    }
}

/// §2 `azp`: as deployed, the token also names the client it was issued to, and the realm.
#[tokio::test]
async fn an_id_token_as_deployed_names_client_and_realm_too() {
    let world = World::as_deployed().await;
    for realm in PEOPLE {
        let app = world.app(realm, Application::Private);
        let claims = world.verified(realm, &world.sign_in(app).await.member("id_token")).await;
        assert_eq!((&claims["azp"], &claims["aud"]), (&json!(app.client_id), &json!(app.client_id)));
        assert_eq!(claims["realm"], format!("/{realm}"));
        assert_eq!(claims["nonce"], "nonce-1", "beside the one in the token response");
    }
}

/// §3.1.3.6 `at_hash`: the left half of the digest of the access token beside it, by the hash of the algorithm.
#[tokio::test]
async fn an_id_token_is_tied_to_the_access_token_beside_it() {
    for algorithm in Algorithm::SIGNING {
        let world = World::with(|topology| {
            for realm in &mut topology.realms {
                realm.id_token_algorithm = algorithm;
            }
        })
        .await;
        let tokens = world.sign_in(world.app("individu", Application::Public)).await;
        let id_token = tokens.member("id_token");
        assert_eq!(signed::header(&id_token)["alg"], json!(algorithm));
        let claims = world.verified("individu", &id_token).await;
        assert_eq!(claims["at_hash"], half_hash(algorithm, &tokens.member("access_token")));
    }
}

/// §3.1.3.7: a client that holds it to every rule believes it.
#[tokio::test]
async fn a_client_believes_the_id_token_by_every_rule() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let tokens = world.sign_in(app).await;
    let claims = world.verified("individu", &tokens.member("id_token")).await;
    let claims: IdTokenClaims = serde_json::from_value(claims).unwrap();
    let (issuer, access_token) = (world.issuer("individu"), tokens.member("access_token"));
    let issuers = [issuer.as_str()];
    let expected = Expectations {
        nonce: Some("nonce-1"),
        max_age: Some(Duration::from_secs(60)),
        access_token: Some((&access_token, Algorithm::Rs256)),
        ..Expectations::new(&issuers, &app.client_id)
    };
    claims.validate(&expected, world::start()).unwrap();
}

/// §3.1.2.1 `nonce`: it comes back as it was sent, and where none was sent there is none.
#[tokio::test]
async fn a_nonce_comes_back_unchanged_or_not_at_all() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for nonce in ["n", "é \"quoted\" \\ <b>&", &"n".repeat(2_000)] {
        let code = world.code(app, &[("nonce", nonce)]).await;
        let tokens = world.send(app.redemption(&code, &[])).await;
        assert_eq!(world.verified("agent", &tokens.member("id_token")).await["nonce"], nonce);
    }
    let code = world.code(app, &[("nonce", "")]).await;
    let tokens = world.send(app.redemption(&code, &[])).await;
    assert!(world.verified("agent", &tokens.member("id_token")).await.get("nonce").is_none());
}

/// §3.1.2.1: without `openid` this is OAuth 2.0: no id token, and no userinfo.
#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    for world in World::of_each_format().await {
        let app = world.app("individu", Application::Private);
        let code = world.code(app, &[("scope", "profile individu")]).await;
        let tokens = world.send(app.redemption(&code, &[])).await;
        assert!(tokens.is_ok().json().get("id_token").is_none());
        assert_eq!(tokens.member("scope"), "profile individu");
        let userinfo = world.userinfo("individu", &tokens.member("access_token")).await;
        userinfo.is_challenge(403, "insufficient_scope");
        assert!(userinfo.header("www-authenticate").contains("scope=\"openid\""));
        let again = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
        assert!(again.is_ok().json().get("id_token").is_none());
    }
}

/// §2 `auth_time`: when the person proved who they are, not when the code was asked for or redeemed.
#[tokio::test]
async fn the_time_of_authentication_is_that_of_the_login() {
    let world = World::standard().await;
    let app = super::application(&world).await;
    let mut browser = super::signed_in(&world, &app).await;
    world.clock.advance(Duration::from_secs(600));
    let code = super::silently(&mut browser, &app).await.parameter("code");
    world.clock.advance(Duration::from_secs(30));
    let tokens = world.send(app.redemption(&code, &[])).await;
    let claims = world.verified("individu", &tokens.member("id_token")).await;
    let login = world::start().as_second();
    assert_eq!((&claims["auth_time"], &claims["iat"]), (&json!(login), &json!(login + 630)));
}

/// §2 `sub`: one person has one subject in a realm, for every application and every login.
#[tokio::test]
async fn a_person_has_one_subject() {
    let world = World::standard().await;
    let mut subjects = Vec::new();
    for application in [Application::Private, Application::Public, Application::Private] {
        let tokens = world.sign_in(world.app("individu", application)).await;
        subjects.push(signed::claims(&tokens.member("id_token"))["sub"].clone());
    }
    assert!(subjects.iter().all(|subject| *subject == subjects[0]), "{subjects:?}");
    let app = world.app("individu", Application::Private);
    let other = world.browser().walk(&app.authorization_url(&[]), "noe", "noe").await.parameter("code");
    let tokens = world.send(app.redemption(&other, &[])).await;
    assert_ne!(signed::claims(&tokens.member("id_token"))["sub"], subjects[0]);
}

/// §16.3: nothing that only userinfo may say is in an id token.
#[tokio::test]
async fn an_id_token_says_nothing_about_the_person_but_the_subject() {
    let world = World::standard().await;
    let tokens = world.sign_in(world.app("individu", Application::Private)).await;
    let claims = signed::claims(&tokens.member("id_token")).to_string();
    for told in ["CAMILLE", "DURAND", "camille", "example.org"] {
        assert!(!claims.contains(told), "{told}: {claims}");
    }
}
