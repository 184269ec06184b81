//! What is no access token of the realm, however much it looks like one (RFC 9068 §4, RFC 8725 §3).

use royaume_jose::{Algorithm, base64url, sha256};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{App, World, get, signed};
use serde_json::{Value, json};

use super::signing_with;

/// Asserts that something is no access token anywhere.
async fn is_none(world: &World, app: &App, token: &str) {
    world.userinfo(&app.realm, token).await.is_challenge(401, "invalid_token");
    assert_eq!(world.introspect(app, token).await.is_ok().body, r#"{"active":false}"#, "{token}");
    world.revoke(app, token).await.is_ok();
}

/// HMAC-SHA-256 (RFC 2104), as somebody would compute it who takes a public key for a shared secret.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut block = [0; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&sha256(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let padded = |pad: u8| block.iter().map(|byte| byte ^ pad).collect::<Vec<_>>();
    let inner = sha256(&[padded(0x36).as_slice(), message].concat());
    sha256(&[padded(0x5c).as_slice(), &inner].concat()).to_vec()
}

/// RFC 8725 §3.1: a token that says `none`, with or without a signature, is nothing.
#[tokio::test]
async fn an_unsigned_token_is_none() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let token = world.sign_in(app).await.member("access_token");
        let signature = base64url::decode(token.rsplit('.').next().unwrap()).unwrap();
        for none in ["none", "None", "NONE", "nOnE", ""] {
            let header = json!({ "alg": none, "typ": "at+jwt", "kid": signed::header(&token)["kid"] });
            for signature in [&[][..], &signature] {
                is_none(&world, app, &signed::forged(&header, &signed::claims(&token), signature)).await;
            }
        }
        let (body, _) = token.rsplit_once('.').unwrap();
        is_none(&world, app, &format!("{body}.")).await;
        is_none(&world, app, body).await;
        world.userinfo("individu", &token).await.is_ok();
    }
}

/// RFC 8725 §3.1: a public key is no shared secret, in none of the spellings in which everybody can read it.
#[tokio::test]
async fn a_token_with_a_mac_by_the_public_key_is_none() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let token = world.sign_in(app).await.member("access_token");
        let kid = signed::header(&token)["kid"].clone();
        let set = world.send(get(&world.url("individu", Endpoint::Jwks))).await;
        let keys = set.json()["keys"].clone();
        let key = keys.as_array().unwrap().iter().find(|key| key["kid"] == kid).unwrap();
        let part = key.get("n").or(key.get("x")).unwrap().as_str().unwrap();
        let decoded = base64url::decode(part).unwrap();
        for secret in [set.body.as_bytes(), key.to_string().as_bytes(), part.as_bytes(), &decoded, &[]] {
            for typ in ["at+jwt", "JWT"] {
                let header = json!({ "alg": "HS256", "typ": typ, "kid": kid });
                let unsigned = signed::forged(&header, &signed::claims(&token), &[]);
                let message = unsigned.trim_end_matches('.');
                let mac = hmac(secret, message.as_bytes());
                is_none(&world, app, &format!("{message}.{}", base64url::encode(&mac))).await;
            }
        }
    }
}

/// RFC 9068 §4: a signature is over every character.
#[tokio::test]
async fn a_tampered_token_is_none() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let token = world.sign_in(app).await.member("access_token");
        let changes: [(&str, Value); 6] = [
            ("sub", json!("somebody-else")),
            ("scope", json!("openid everything")),
            ("exp", json!(4_000_000_000_u64)),
            ("aud", json!("https://api.test")),
            ("client_id", json!("another")),
            ("jti", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")),
        ];
        for (name, value) in changes {
            is_none(&world, app, &signed::tampered(&token, |claims| claims[name] = value)).await;
        }
        let header = signed::header(&token);
        for (name, value) in [("typ", "JWT"), ("kid", "another"), ("alg", "ES384"), ("alg", "RS512")] {
            let mut changed = header.clone();
            changed[name] = json!(value);
            let signature = base64url::decode(token.rsplit('.').next().unwrap()).unwrap();
            is_none(&world, app, &signed::forged(&changed, &signed::claims(&token), &signature)).await;
        }
        for cut in [1, 5, token.len() / 2] {
            is_none(&world, app, &token[..token.len() - cut]).await;
        }
        is_none(&world, app, &format!("{token}.{token}")).await;
        is_none(&world, app, &format!("{token}=")).await;
    }
}

/// RFC 7515 §4.1.11: an extension that is not understood, or a key that comes with the token, is refused with it.
#[tokio::test]
async fn a_token_that_brings_its_own_rules_is_none() {
    let world = signing_with(Algorithm::Es256).await;
    let app = world.app("individu", Application::Private);
    let token = world.sign_in(app).await.member("access_token");
    let signature = base64url::decode(token.rsplit('.').next().unwrap()).unwrap();
    let own_key = world.send(get(&world.url("agent", Endpoint::Jwks))).await.json()["keys"][0].clone();
    let extensions: [(&str, Value); 6] = [
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("jwk", own_key),
        ("jku", json!("https://evil.test/jwks")),
        ("x5u", json!("https://evil.test/x5u")),
    ];
    for (name, value) in extensions {
        let mut header = signed::header(&token);
        header[name] = value;
        is_none(&world, app, &signed::forged(&header, &signed::claims(&token), &signature)).await;
    }
}

/// §2.1, §4: a type that is not `at+jwt` is no access token, though the realm's own key has signed it.
#[tokio::test]
async fn a_token_of_another_type_is_none() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let claims = signed::claims(&world.sign_in(app).await.member("access_token"));
        for typ in [None, Some("JWT"), Some("jwt"), Some("logout+jwt"), Some("dpop+jwt"), Some("at+jwt ")] {
            is_none(&world, app, &world.signed("individu", algorithm, typ, &claims).await).await;
        }
        let right = world.signed("individu", algorithm, Some("at+jwt"), &claims).await;
        world.userinfo("individu", &right).await.is_ok();
    }
}

/// §4: another issuer, an algorithm that the realm does not use, or claims of another shape, by the realm's own key.
#[tokio::test]
async fn a_token_that_the_realm_would_not_write_is_none() {
    let world = signing_with(Algorithm::Es256).await;
    let app = world.app("individu", Application::Private);
    let claims = signed::claims(&world.sign_in(app).await.member("access_token"));
    for algorithm in [Algorithm::Rs256, Algorithm::EdDsa] {
        is_none(&world, app, &world.signed("individu", algorithm, Some("at+jwt"), &claims).await).await;
    }
    let changes: [(&str, Value); 10] = [
        ("aud", json!("https://api.test")),
        ("iss", json!(world.issuer("agent"))),
        ("iss", json!(format!("{}/", world.issuer("individu")))),
        ("iss", Value::Null),
        ("aud", json!({})),
        ("scope", json!(["openid"])),
        ("exp", json!("4000000000")),
        ("exp", json!(1)),
        ("jti", Value::Null),
        ("client_id", json!("nobody-known")),
    ];
    for (name, value) in changes {
        let mut changed = claims.clone();
        changed[name] = value;
        let token = world.signed("individu", Algorithm::Es256, Some("at+jwt"), &changed).await;
        is_none(&world, app, &token).await;
    }
}

/// §4: what another realm has signed is none here, be it the same person's name and the same client's.
#[tokio::test]
async fn a_token_of_another_realm_is_none() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let token = world.sign_in(app).await.member("access_token");
        let other = world.sign_in(world.app("agent", Application::Private)).await.member("access_token");
        is_none(&world, app, &other).await;
        let claims = signed::claims(&token);
        is_none(&world, app, &world.signed("agent", algorithm, Some("at+jwt"), &claims).await).await;
    }
}

/// RFC 8725 §3.12: an id token, signed by the same key, is no access token; nor is a refresh token or a code.
#[tokio::test]
async fn an_id_token_is_no_access_token() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let tokens = world.sign_in(app).await;
        is_none(&world, app, &tokens.member("id_token")).await;
        let refresh = tokens.member("refresh_token");
        world.userinfo("individu", &refresh).await.is_challenge(401, "invalid_token");
        let code = world.code(app, &[]).await;
        world.userinfo("individu", &code).await.is_challenge(401, "invalid_token");
        world.send(app.redemption(&code, &[])).await.is_ok();
    }
}

/// RFC 8725 §3.12: an access token is no id token: it neither signs anybody out nor says who is expected.
#[tokio::test]
async fn an_access_token_is_no_id_token() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let app = world.app("individu", Application::Private);
        let mut browser = world.browser();
        let callback = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        let access = tokens.member("access_token");
        let logout = world.url("individu", Endpoint::Logout);
        browser.open(&format!("{logout}?id_token_hint={access}")).await.page().is_error_page();
        let still = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
        assert!(!still.parameter("code").is_empty());
        let refresh = app.refresh(&access, &[]);
        world.send(refresh).await.is_error(400, "invalid_grant");
    }
}

/// RFC 9068 §4: a realm whose tokens are opaque believes no signed one, though its own key has signed it.
#[tokio::test]
async fn a_realm_with_opaque_tokens_believes_no_signed_one() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let tokens = world.sign_in(app).await;
    let said = signed::claims(&tokens.member("id_token"));
    let claims = json!({
        "iss": said["iss"], "aud": said["iss"], "sub": said["sub"], "client_id": app.client_id, "scope": app.scope,
        "iat": said["iat"], "exp": said["exp"], "jti": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    });
    for algorithm in Algorithm::SIGNING {
        let token = world.signed("individu", algorithm, Some("at+jwt"), &claims).await;
        is_none(&world, app, &token).await;
    }
}
