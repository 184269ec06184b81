//! Answers that are encrypted for the client, as it registered for them (§2).

use std::slice::from_ref;

use royaume_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement};
use royaume_jose::{Algorithm, JwkSet, SeededEntropy};
use royaume_spec::registered::{key, published};
use royaume_spec::{Exchange, World};
use serde_json::{Value, json};

/// The members for each of the two answers, in the order `alg`, `enc`.
const ANSWERS: [[&str; 2]; 2] = [
    ["id_token_encrypted_response_alg", "id_token_encrypted_response_enc"],
    ["userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc"],
];

fn set(key: &DecryptionKey) -> Value {
    serde_json::to_value(JwkSet { keys: vec![key.encryption_key().jwk()] }).unwrap()
}

/// What is in an answer, once its header is found to name those algorithms.
fn opened(token: &str, key: &DecryptionKey, enc: &str) -> String {
    let header = jwe::header(token).unwrap();
    assert_eq!((header.alg.as_str(), header.enc.as_str()), (key.algorithm().as_str(), enc));
    let decrypted = jwe::decrypt(token, from_ref(key), &ContentEncryption::ALL, &SeededEntropy::new(1));
    String::from_utf8(decrypted.unwrap().plaintext.to_vec()).unwrap()
}

#[track_caller]
fn is_unfit(answer: &Exchange, member: &str) {
    let description = answer.is_error(400, "invalid_client_metadata").member("error_description");
    assert!(description.starts_with(&format!("{member} ")), "{member}: {description}");
}

/// §2 `id_token_encrypted_response_alg`, `userinfo_encrypted_response_alg`: a client that names an algorithm for which it
/// has a key is told that, with `A128CBC-HS256` for the content if it named nothing else, and is answered so.
#[tokio::test]
async fn answers_are_encrypted_as_registered() {
    let world = World::provider().await;
    for alg in KeyManagement::ALL {
        let key = DecryptionKey::generate(alg).unwrap();
        for (named, enc) in [(json!(null), "A128CBC-HS256"), (json!("A256GCM"), "A256GCM")] {
            let mut wish = json!({ "jwks": set(&key) });
            for [alg_member, enc_member] in ANSWERS {
                wish[alg_member] = json!(alg.as_str());
                wish[enc_member] = named.clone();
            }
            let answer = world.register(wish).await;
            let app = world.registered(&answer);
            for [alg_member, enc_member] in ANSWERS {
                assert_eq!(answer.member(alg_member), alg.as_str());
                assert_eq!(answer.member(enc_member), enc);
            }
            let tokens = world.sign_in(&app).await;
            let id_token = opened(&tokens.member("id_token"), &key, enc);
            let subject = world.verified("op", &id_token).await["sub"].clone();
            let userinfo = world.userinfo("op", &tokens.member("access_token")).await;
            let claims: Value = serde_json::from_str(&opened(&userinfo.is_ok().body, &key, enc)).unwrap();
            assert_eq!(claims["sub"], subject);
        }
    }
}

/// §2 `id_token_encrypted_response_enc`, `userinfo_encrypted_response_enc`: whoever names how the content is encrypted must
/// name how its key is sent.
#[tokio::test]
async fn enc_needs_alg_beside_it() {
    let world = World::provider().await;
    let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    for [alg, enc] in ANSWERS {
        let answer = world.register(json!({ enc: "A128CBC-HS256", "jwks": set(&key) })).await;
        is_unfit(&answer, alg);
    }
}

/// §2, Discovery §3: what the discovery document does not list is not registered, however similar.
#[tokio::test]
async fn algorithms_that_are_not_listed_are_not_registered() {
    let world = World::provider().await;
    let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap();
    for [alg, enc] in ANSWERS {
        for unknown in ["RSA1_5", "dir", "none", "A128KW", "ecdh-es", ""] {
            is_unfit(&world.register(json!({ alg: unknown, "jwks": set(&key) })).await, alg);
        }
        for unknown in ["A128GCMKW", "none", "a128cbc-hs256", ""] {
            let wish = json!({ alg: "ECDH-ES", enc: unknown, "jwks": set(&key) });
            is_unfit(&world.register(wish).await, enc);
        }
    }
}

/// §2: encryption is registered only by a client with a key for it: not with none, one of another kind, or one that is for
/// signatures. What an address holds is seen when it is asked.
#[tokio::test]
async fn encryption_needs_a_key_of_the_client() {
    let world = World::provider().await;
    let rsa = DecryptionKey::generate(KeyManagement::RsaOaep256).unwrap();
    let signs = serde_json::to_value(published(&[&key(Algorithm::Es256, 0)])).unwrap();
    for [alg, _] in ANSWERS {
        for jwks in [json!(null), json!({ "keys": [] }), set(&rsa), signs.clone()] {
            is_unfit(&world.register(json!({ alg: "ECDH-ES+A256KW", "jwks": jwks })).await, alg);
        }
        let wish = json!({ alg: "ECDH-ES+A256KW", "jwks_uri": "https://app.test/jwks.json" });
        world.registered(&world.register(wish).await);
    }
}
