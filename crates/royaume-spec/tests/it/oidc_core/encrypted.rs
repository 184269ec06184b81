//! Answers that only the application can read (§10.2, §16.14, Registration §2): id tokens and userinfo, encrypted to a
//! key of its own.

use std::slice::from_ref;
use std::sync::OnceLock;
use std::time::Duration;

use royaume_jose::jwe::{self, ContentEncryption, DecryptionKey, JweError, KeyManagement};
use royaume_jose::{Algorithm, JwkSet, SeededEntropy, SigningKey};
use royaume_protocol::{GrantType, ResponseType};
use royaume_realm::Endpoint;
use royaume_server::stored::client::{Answers, ClientKeys};
use royaume_server::stored::encryption::Encryption;
use royaume_spec::{App, World, get, signed};
use serde_json::{Value, json};

use super::{application, provider_app, providers, signed_in};

const SITE: &str = "https://app.test/jwks.json";
const USUAL: Encryption = Encryption { alg: KeyManagement::EcdhEsA256Kw, enc: ContentEncryption::A256Gcm };

/// A key of the application for that algorithm: always the same, since RSA keys take long to make.
fn key(alg: KeyManagement) -> DecryptionKey {
    static KEYS: OnceLock<Vec<DecryptionKey>> = OnceLock::new();
    let make = || KeyManagement::ALL.map(|alg| DecryptionKey::generate(alg).unwrap()).to_vec();
    KEYS.get_or_init(make).iter().find(|key| key.algorithm() == alg).unwrap().clone()
}

fn set(keys: &[DecryptionKey]) -> JwkSet {
    JwkSet { keys: keys.iter().map(|key| key.encryption_key().jwk()).collect() }
}

/// Registers the application for that, with a key for each algorithm.
async fn register(world: &World, app: &App, change: impl FnOnce(&mut Answers)) {
    let keys = ClientKeys::Jwks(set(&KeyManagement::ALL.map(key)));
    world
        .amend(app, |client| {
            client.keys = Some(keys);
            change(&mut client.answers);
        })
        .await;
}

/// Decrypts with that key, whatever the header names.
fn decrypted(token: &str, key: &DecryptionKey) -> Result<Vec<u8>, JweError> {
    let decrypted = jwe::decrypt(token, from_ref(key), &ContentEncryption::ALL, &SeededEntropy::new(1))?;
    Ok(decrypted.plaintext.to_vec())
}

/// What is in an answer that is encrypted so, once its header is found to say so.
fn opened(token: &str, Encryption { alg, enc }: Encryption, cty: Option<&str>) -> String {
    let (header, key) = (jwe::header(token).unwrap(), key(alg));
    assert_eq!((header.alg.as_str(), header.enc.as_str()), (alg.as_str(), enc.as_str()));
    assert_eq!((header.kid.as_deref(), header.cty.as_deref()), (Some(key.kid()), cty));
    String::from_utf8(decrypted(token, &key).unwrap()).unwrap()
}

/// §10.2, §16.14, Discovery §3: each pair of algorithms that is listed encrypts what was signed before, names its key, and
/// says what is inside.
#[tokio::test]
async fn each_pair_of_algorithms_that_is_listed_encrypts_id_tokens_and_userinfo() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    let listed = |member: &str| -> Vec<String> {
        serde_json::from_value(document[member].clone()).unwrap_or_else(|_| panic!("{member}"))
    };
    let (algs, encs) = (
        listed("id_token_encryption_alg_values_supported"),
        listed("id_token_encryption_enc_values_supported"),
    );
    assert_eq!((algs.len(), encs.len()), (KeyManagement::ALL.len(), ContentEncryption::ALL.len()));
    assert_eq!(listed("userinfo_encryption_alg_values_supported"), algs);
    assert_eq!(listed("userinfo_encryption_enc_values_supported"), encs);
    for (alg, enc) in algs.iter().flat_map(|alg| encs.iter().map(move |enc| (alg, enc))) {
        let encryption = Encryption::registered(Some(alg), Some(enc)).unwrap().unwrap();
        register(&world, &app, |answers| {
            answers.id_token_encrypted_response = Some(encryption);
            answers.userinfo_encrypted_response = Some(encryption);
            answers.userinfo_signed_response_alg = Some(Algorithm::Es256);
        })
        .await;
        let tokens = world.sign_in(&app).await;
        let id_token = opened(&tokens.member("id_token"), encryption, Some("JWT"));
        let claims = world.verified("op", &id_token).await;
        assert_eq!(claims["aud"], app.client_id);
        let userinfo = world.userinfo("op", &tokens.member("access_token")).await;
        assert_eq!(userinfo.is_ok().header("content-type"), "application/jwt");
        let told = opened(&userinfo.body, encryption, Some("JWT"));
        assert_eq!(signed::header(&told)["alg"], "ES256");
        assert_eq!(world.verified("op", &told).await["sub"], claims["sub"]);
    }
}

/// §5.3.2: userinfo that is only encrypted holds the claims as JSON, which is not signed; it is `application/jwt` all the
/// same, and no cache keeps it.
#[tokio::test]
async fn userinfo_that_is_only_encrypted_holds_json() {
    for world in providers().await {
        let app = provider_app(&world).await;
        let plain = world.userinfo("op", &world.sign_in(&app).await.member("access_token")).await;
        register(&world, &app, |answers| answers.userinfo_encrypted_response = Some(USUAL)).await;
        let tokens = world.sign_in(&app).await;
        world.verified("op", &tokens.member("id_token")).await;
        let userinfo = world.userinfo("op", &tokens.member("access_token")).await;
        assert_eq!(userinfo.is_ok().header("content-type"), "application/jwt");
        assert_eq!(userinfo.header("cache-control"), "no-store");
        let claims: Value = serde_json::from_str(&opened(&userinfo.body, USUAL, None)).unwrap();
        assert_eq!(claims, plain.is_ok().json());
    }
}

/// §16.14: nobody but the application reads it: not with another key, though it is of the same kind.
#[tokio::test]
async fn another_key_does_not_read_it() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    for alg in KeyManagement::ALL {
        let encryption = Encryption { alg, ..USUAL };
        register(&world, &app, |answers| answers.id_token_encrypted_response = Some(encryption)).await;
        let id_token = world.sign_in(&app).await.member("id_token");
        let stranger = DecryptionKey::generate(alg).unwrap();
        assert_eq!(decrypted(&id_token, &stranger).unwrap_err(), JweError::UnknownKey, "it has another name");
        // A stranger who calls its key so has no key more.
        let (_, rest) = id_token.split_once('.').unwrap();
        let mut header = signed::header(&id_token);
        header["kid"] = json!(stranger.kid());
        let renamed = format!("{}.{rest}", royaume_jose::base64url::encode(header.to_string().as_bytes()));
        assert_eq!(decrypted(&renamed, &stranger).unwrap_err(), JweError::Undecryptable);
    }
}

/// §3.3.2.11, §3.1.3.6: the id tokens of both endpoints are encrypted, and bound within to what comes beside them.
#[tokio::test]
async fn an_id_token_in_the_browser_is_encrypted_too() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    register(&world, &app, |answers| answers.id_token_encrypted_response = Some(USUAL)).await;
    world
        .amend(&app, |client| {
            client.response_types = ResponseType::ALL.to_vec();
            client.grants.push(GrantType::Implicit);
        })
        .await;
    let mut browser = signed_in(&world, &app).await;
    for response_type in ResponseType::ALL.into_iter().filter(|kind| kind.has_id_token()) {
        let url = app.authorization_url(&[("response_type", response_type.as_str())]);
        let answer = browser.open(&url).await.at_application();
        let first = opened(&answer.parameter("id_token"), USUAL, Some("JWT"));
        let first = world.verified("op", &first).await;
        assert_eq!(first["nonce"], "nonce-1");
        assert_eq!(first.get("c_hash").is_some(), response_type.has_code(), "{response_type}");
        assert_eq!(first.get("at_hash").is_some(), response_type.has_token(), "{response_type}");
        if response_type.has_code() {
            let tokens = world.send(app.redemption(&answer.parameter("code"), &[])).await;
            let second = opened(&tokens.is_ok().member("id_token"), USUAL, Some("JWT"));
            assert_eq!(world.verified("op", &second).await["sub"], first["sub"]);
        }
    }
}

/// §12.2: the id token of a refresh is encrypted as the first was.
#[tokio::test]
async fn an_id_token_of_a_refresh_is_encrypted_too() {
    let world = World::standard().await;
    let app = application(&world).await;
    register(&world, &app, |answers| answers.id_token_encrypted_response = Some(USUAL)).await;
    let tokens = world.sign_in(&app).await;
    let first = world.verified("individu", &opened(&tokens.member("id_token"), USUAL, Some("JWT"))).await;
    let again = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
    let second = opened(&again.is_ok().member("id_token"), USUAL, Some("JWT"));
    assert_eq!(world.verified("individu", &second).await["sub"], first["sub"]);
}

/// §10.2: a key that is not for encryption, or not for the algorithm, is not encrypted to, and nothing is sent in the clear
/// instead. The code is not used up: it is redeemed once the application has mended its keys.
#[tokio::test]
async fn without_a_key_of_the_application_nothing_is_answered_and_nothing_is_lost() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let signing = SigningKey::generate(Algorithm::Es256).unwrap().verifying_key().jwk();
    for keys in [
        None,
        Some(ClientKeys::Jwks(JwkSet::default())),
        Some(ClientKeys::Jwks(JwkSet { keys: vec![signing] })),
        Some(ClientKeys::Jwks(set(&[key(KeyManagement::RsaOaep256), key(KeyManagement::EcdhEs)]))),
        Some(ClientKeys::JwksUri(SITE.to_owned())),
    ] {
        let tokens = world.sign_in(&app).await;
        let access = tokens.member("access_token");
        let code = world.code(&app, &[]).await;
        world
            .amend(&app, |client| {
                client.keys = keys;
                client.answers.id_token_encrypted_response = Some(USUAL);
                client.answers.userinfo_encrypted_response = Some(USUAL);
            })
            .await;
        let refused = world.send(app.redemption(&code, &[])).await;
        refused.is_error(400, "invalid_request");
        assert!(refused.member("error_description").contains("jwks"), "{}", refused.body);
        world.userinfo("op", &access).await.is_challenge(400, "invalid_request");
        register(&world, &app, |_| {}).await;
        let tokens = world.send(app.redemption(&code, &[])).await;
        opened(&tokens.is_ok().member("id_token"), USUAL, Some("JWT"));
        world
            .amend(&app, |client| {
                client.answers.id_token_encrypted_response = None;
                client.answers.userinfo_encrypted_response = None;
            })
            .await;
    }
}

/// §3.3.2.6: an application without a key is told so where its answer would stand, and the token is not there.
#[tokio::test]
async fn an_application_without_a_key_is_told_so_by_way_of_the_browser() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    world
        .amend(&app, |client| {
            client.response_types = ResponseType::ALL.to_vec();
            client.grants.push(GrantType::Implicit);
        })
        .await;
    let mut browser = signed_in(&world, &app).await;
    world.amend(&app, |client| client.answers.id_token_encrypted_response = Some(USUAL)).await;
    let url = app.authorization_url(&[("response_type", "code id_token token")]);
    let refused = browser.open(&url).await.at_application();
    refused.is_redirected_error("invalid_request");
    for name in ["code", "id_token", "access_token"] {
        assert!(refused.parameter(name).is_empty(), "{name}");
    }
}

/// §10.2.1: keys are fetched from the application's site, and a key of another algorithm that it publishes later is found
/// when it is needed.
#[tokio::test]
async fn keys_to_encrypt_to_are_fetched_from_the_application_s_site() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    world
        .amend(&app, |client| {
            client.keys = Some(ClientKeys::JwksUri(SITE.to_owned()));
            client.answers.id_token_encrypted_response = Some(USUAL);
        })
        .await;
    world.elsewhere.serve_json(SITE, &json!(set(&[key(KeyManagement::RsaOaep), key(USUAL.alg)])));
    for _ in 0..3 {
        opened(&world.sign_in(&app).await.member("id_token"), USUAL, Some("JWT"));
    }
    assert_eq!(world.elsewhere.asked(SITE).len(), 1);
    let rsa = Encryption { alg: KeyManagement::RsaOaep256, ..USUAL };
    world.elsewhere.serve_json(SITE, &json!(set(&[key(rsa.alg)])));
    world.clock.advance(Duration::from_secs(60));
    world.amend(&app, |client| client.answers.id_token_encrypted_response = Some(rsa)).await;
    opened(&world.sign_in(&app).await.member("id_token"), rsa, Some("JWT"));
    assert_eq!(world.elsewhere.asked(SITE).len(), 2);
}

/// RP-Initiated Logout 1.0 §4, OIDC Core §3.1.2.1: what was encrypted for the application hints at nobody, and the
/// application is told to send the id token in it, which does.
#[tokio::test]
async fn an_encrypted_id_token_is_no_hint_and_the_one_in_it_is() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    register(&world, &app, |answers| answers.id_token_encrypted_response = Some(USUAL)).await;
    let mut browser = signed_in(&world, &app).await;
    let encrypted = world.sign_in(&app).await.member("id_token");
    let hinting = |hint: &str| app.authorization_url(&[("prompt", "none"), ("id_token_hint", hint)]);
    let refused = browser.open(&hinting(&encrypted)).await.at_application();
    refused.is_redirected_error("invalid_request");
    assert!(refused.parameter("error_description").contains("encrypted"), "{}", refused.location());
    let logout = format!("{}?id_token_hint={encrypted}", world.url("op", Endpoint::Logout));
    assert!(world.send(get(&logout)).await.is_error_page().body.contains("encrypted"));
    let inner = opened(&encrypted, USUAL, Some("JWT"));
    assert!(!browser.open(&hinting(&inner)).await.at_application().parameter("code").is_empty());
}
