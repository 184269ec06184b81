//! Answers in the algorithm that a client is registered for (Registration §2): its id tokens (§2), and its userinfo
//! (§5.3.2).

use royaume_jose::{Algorithm, half_hash, jws};
use royaume_realm::Endpoint;
use royaume_spec::{World, get, signed};
use serde_json::{Value, json};

use super::provider_app;

/// §2, Registration §2 `id_token_signed_response_alg`: a client that registered nothing has RS256, and the header names
/// the key. Module `oidcc-idtoken-signature`.
#[tokio::test]
async fn an_id_token_is_signed_with_rs256_and_names_its_key() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let id_token = world.sign_in(&app).await.member("id_token");
    let header = signed::header(&id_token);
    assert_eq!(header["alg"], "RS256");
    let published = world.send(get(&world.url("op", Endpoint::Jwks))).await.json();
    let named = published["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]);
    assert_eq!(named.unwrap()["alg"], "RS256");
    world.verified("op", &id_token).await;
}

/// Registration §2 `id_token_signed_response_alg`: RS256 for a client that registered it, whatever the realm prefers.
/// Module `oidcc-idtoken-rs256`.
#[tokio::test]
async fn a_client_that_is_registered_for_rs256_gets_it() {
    let world = World::provider_with(|realm| realm.id_token_algorithm = Algorithm::EdDsa).await;
    let app = provider_app(&world).await;
    let usual = world.sign_in(&app).await.member("id_token");
    assert_eq!(signed::header(&usual)["alg"], "EdDSA", "the realm's own");
    world.amend(&app, |client| client.answers.id_token_signed_response_alg = Some(Algorithm::Rs256)).await;
    let tokens = world.sign_in(&app).await;
    let id_token = tokens.member("id_token");
    assert_eq!(signed::header(&id_token)["alg"], "RS256");
    let claims = world.verified("op", &id_token).await;
    assert_eq!(claims["at_hash"], half_hash(Algorithm::Rs256, &tokens.member("access_token")), "§3.1.3.6");
}

/// Discovery §3 `id_token_signing_alg_values_supported`, `userinfo_signing_alg_values_supported`: each algorithm that is
/// listed is signed with for a client that is registered for it, and `none` is not.
#[tokio::test]
async fn the_algorithms_listed_are_signed_with() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    for member in ["id_token_signing_alg_values_supported", "userinfo_signing_alg_values_supported"] {
        let listed: Vec<_> =
            document[member].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(listed.contains(&"RS256") && !listed.contains(&"none"), "{listed:?}");
        for name in listed {
            let algorithm: Algorithm = name.parse().unwrap();
            world
                .amend(&app, |client| {
                    client.answers.id_token_signed_response_alg = Some(algorithm);
                    client.answers.userinfo_signed_response_alg = Some(algorithm);
                })
                .await;
            let tokens = world.sign_in(&app).await;
            let userinfo = world.userinfo("op", &tokens.member("access_token")).await;
            for token in [&tokens.member("id_token"), &userinfo.is_ok().body] {
                assert_eq!(signed::header(token)["alg"], name);
                world.verified("op", token).await;
            }
        }
    }
}

/// §5.3.2, Registration §2 `userinfo_signed_response_alg`: userinfo as a JWT that says from whom and for whom, with the
/// subject of the id token and no nonce. Module `oidcc-userinfo-rs256`.
#[tokio::test]
async fn userinfo_is_signed_for_a_client_that_is_registered_so() {
    for world in super::providers().await {
        let app = provider_app(&world).await;
        world
            .amend(&app, |client| client.answers.userinfo_signed_response_alg = Some(Algorithm::Rs256))
            .await;
        let tokens = world.sign_in(&app).await;
        let answer = world.userinfo("op", &tokens.member("access_token")).await;
        assert_eq!(answer.is_ok().header("content-type"), "application/jwt");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(signed::header(&answer.body)["alg"], "RS256");
        let claims = world.verified("op", &answer.body).await;
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(world.issuer("op")), &json!(app.client_id)));
        let id_token = world.verified("op", &tokens.member("id_token")).await;
        assert_eq!(claims["sub"], id_token["sub"]);
        assert_eq!(claims["address"]["locality"], "Nantes");
        assert_eq!(claims.get("nonce"), None);
    }
}

/// RFC 8725 §3.11: signed userinfo is no id token, though the same key has signed it: it hints at nobody.
#[tokio::test]
async fn signed_userinfo_is_no_id_token() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    world.amend(&app, |client| client.answers.userinfo_signed_response_alg = Some(Algorithm::Rs256)).await;
    let mut browser = super::signed_in(&world, &app).await;
    let tokens = world.sign_in(&app).await;
    let userinfo = world.userinfo("op", &tokens.member("access_token")).await.body;
    assert!(jws::verify::<Value>(&userinfo, &world.keys("op").await, &Algorithm::ALL).is_ok());
    let url = app.authorization_url(&[("prompt", "none"), ("id_token_hint", &userinfo)]);
    browser.open(&url).await.at_application().is_redirected_error("invalid_request");
}
