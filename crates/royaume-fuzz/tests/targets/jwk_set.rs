//! JSON Web Key Sets (RFC 7517 §5): a server's, taken for what one knows, and a client's, held to rules.

use royaume_fuzz::{Target, Verdict};
use royaume_jose::jwe::{EncryptionKey, KeyManagement};
use royaume_jose::{Algorithm, Jwk, JwkSet, VerifyingKey};
use serde_json::Value;

use crate::{json, keys};

/// What only the owner of a key may know (RFC 7518 §6).
const SECRET: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

const WORDS: [&str; 17] = [
    "\"keys\":",
    "{\"kty\":\"oct\",\"k\":\"AA\"},",
    "\"d\":\"AA\",",
    "\"kty\":\"RSA\",",
    "\"kty\":\"EC\",",
    "\"use\":\"enc\",",
    "\"use\":\"sig\",",
    "\"alg\":\"none\",",
    "\"crv\":\"P-521\",",
    "\"x\":\"",
    "AAAA",
    "_",
    "\"e\":\"AQAB\",",
    "\"n\":\"AA\",",
    "{\"kty\":\"XX\"},",
    "\"kid\":\"\\u0000\",",
    "[[]]",
];

fn whole() -> Vec<String> {
    let signing: Vec<_> =
        Algorithm::ALL.map(|algorithm| keys::signing(algorithm).verifying_key().jwk()).into();
    let encrypting = KeyManagement::ALL.map(|algorithm| keys::decryption(algorithm).encryption_key().jwk());
    let bare = signing.iter().map(|key| Jwk { use_: None, alg: None, kid: None, ..key.clone() });
    let sets = [bare.collect(), signing.clone(), encrypting.to_vec(), vec![signing[2].clone()], Vec::new()];
    sets.map(|keys| serde_json::to_string(&JwkSet { keys }).unwrap()).into()
}

fn no_secrets(set: &JwkSet) {
    let written = serde_json::to_value(set).unwrap();
    for key in written["keys"].as_array().unwrap() {
        assert!(SECRET.iter().all(|member| key.get(member).is_none()) && key["kty"] != "oct", "{key}");
    }
    assert_eq!(&serde_json::from_value::<JwkSet>(written).unwrap(), set, "what is written is read");
    for key in set.verifying_keys() {
        assert!(set.keys.contains(&key.jwk()));
        assert_ne!(key.jwk().use_.as_deref(), Some("enc"));
        for algorithm in Algorithm::ALL {
            assert!(
                key.verify(algorithm, b"", b"").is_err() && key.verify(algorithm, b"", &[0; 64]).is_err()
            );
        }
        let named = key.jwk().alg;
        assert!(
            key.algorithms()
                .all(|algorithm| named.as_deref().is_none_or(|named| named == algorithm.as_str()))
        );
    }
    for key in set.encryption_keys() {
        assert!(set.keys.contains(&key.jwk()));
        assert_ne!(key.jwk().use_.as_deref(), Some("sig"));
    }
    for thumbprint in set.keys.iter().filter_map(Jwk::thumbprint) {
        assert_eq!(thumbprint.len(), 43);
    }
}

fn lenient(input: &[u8]) -> Verdict {
    let Ok(set) = serde_json::from_slice::<JwkSet>(input) else { return Verdict::Refused };
    let Some(sent) = json::whole(input) else { return Verdict::Refused };
    let keys = sent["keys"].as_array().expect("a set is an object with keys");
    let public = |key: &&Value| {
        key.is_object() && SECRET.iter().all(|secret| key.get(secret).is_none_or(Value::is_null))
    };
    assert!(set.keys.len() <= keys.iter().filter(public).count(), "a key that is secret, or no key at all");
    no_secrets(&set);
    Verdict::Accepted
}

fn strict(input: &[u8]) -> Verdict {
    let Ok(set) = JwkSet::parse_strict(input) else { return Verdict::Refused };
    let Some(sent) = json::whole(input) else { return Verdict::Refused };
    let keys = sent["keys"].as_array().expect("a set is an object with keys");
    assert!(set.keys.len() == keys.len() && keys.len() <= JwkSet::MOST_KEYS);
    assert!(keys.iter().all(Value::is_object), "a key is an object");
    assert_eq!(serde_json::from_slice::<JwkSet>(input).unwrap(), set, "whoever is lenient takes the same");
    assert_eq!(JwkSet::parse_strict(&serde_json::to_vec(&set).unwrap()).unwrap(), set);
    no_secrets(&set);
    for key in &set.keys {
        let known = ["RSA", "EC", "OKP"].contains(&key.kty.as_str());
        let usable = VerifyingKey::from_jwk(key).is_ok() || EncryptionKey::from_jwk(key).is_ok();
        assert!(known || !usable);
    }
    Verdict::Accepted
}

/// RFC 7517 §5: keys that are not understood are left out.
#[test]
fn a_set_is_taken_without_what_only_its_owner_may_know() {
    Target::new(&whole()).json().words(&WORDS).inputs(10_000).holds(lenient);
}

/// RFC 7517 §9.2, RFC 8725 §3.5.
#[test]
fn the_set_of_a_client_is_taken_whole_or_not_at_all() {
    Target::new(&whole()).json().words(&WORDS).inputs(10_000).holds(strict);
}
