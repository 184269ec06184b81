//! JSON Web Signatures (RFC 7515 §5.2): nothing is believed that was not signed, and nothing that its header forbids.

use royaume_fuzz::{Target, Verdict};
use royaume_jose::jws::{self, JwsError, LONGEST};
use royaume_jose::{Algorithm, SigningKey, base64url};
use serde_json::Value;

use crate::{json, keys};

const SIGNED: &str = include_str!("../../seeds/tokens/jws.txt");

const HEADERS: [&str; 3] = [
    r#"{"alg":"EdDSA"}"#,
    r#"{"alg":"EdDSA","typ":"at+jwt","cty":"JWT","jku":"https://evil.test","x5c":["AA"]}"#,
    r#"{"typ":null,"alg":"EdDSA","kid":null}"#,
];
const WORDS: [&str; 29] = [
    ".",
    "..",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "null",
    "\"alg\":\"none\",",
    "\"alg\":\"HS256\",",
    "\"alg\":\"RS256\",",
    "RS256",
    "PS256",
    "ES256",
    "EdDSA",
    "\"kid\":\"x\",",
    "\"crit\":[\"exp\"],",
    "\"crit\":null,",
    "\"b64\":false,",
    "\"b64\":null,",
    "\"zip\":\"DEF\",",
    "eyJhbGciOiJub25lIn0",
    "AAAA",
    "=",
    "-_",
    "\\u0065",
    "[\"EdDSA\"]",
];

fn signed() -> Vec<&'static str> {
    SIGNED.lines().collect()
}

fn all() -> Vec<SigningKey> {
    Algorithm::ALL.map(keys::signing).into()
}

/// What a compact token is, whoever signed it (RFC 7515 §7.1).
fn is_compact(token: &str) {
    assert!(token.len() <= LONGEST && token.split('.').count() == 3);
    let header = base64url::decode(token.split('.').next().unwrap()).unwrap();
    let text = std::str::from_utf8(&header).expect("every byte of a header is text");
    assert!(text.trim_start().starts_with('{'), "a header is an object");
    let Some(header) = json::whole(&header) else { return };
    assert!(header["alg"].is_string());
    assert!(
        ["crit", "b64", "zip"].iter().all(|name| header.get(*name).is_none()),
        "an extension was passed over"
    );
}

/// RFC 7515 §5.2: the signature covers header and payload, to the letter.
#[test]
fn nothing_is_believed_but_what_was_signed() {
    let (signed, keys) = (signed(), all().iter().map(SigningKey::verifying_key).collect::<Vec<_>>());
    let covered = |token: &str| token.rsplit_once('.').map(|(covered, _)| covered.to_owned());
    Target::new(&signed).words(&WORDS).holds_of_text(|token| {
        let header = jws::header(token);
        if header.is_ok() {
            is_compact(token);
        }
        let verified = jws::verify::<Value>(token, &keys, &Algorithm::ALL);
        if let Ok(verified) = &verified {
            assert!(
                signed.iter().any(|whole| covered(whole) == covered(token)),
                "a signature that nobody made"
            );
            assert_eq!(header.as_ref(), Ok(&verified.header));
            assert_eq!(verified.claims["sub"], "camille");
            assert_eq!(jws::verify::<Value>(token, &keys, &[]).unwrap_err(), JwsError::Algorithm);
            assert_eq!(jws::verify::<Value>(token, &[], &Algorithm::ALL).unwrap_err(), JwsError::UnknownKey);
            assert!(jws::verify_mac::<Value>(token, &[keys::secret(jws::MacAlgorithm::Hs256)]).is_err());
        }
        Verdict::from(&verified)
    });
}

/// RFC 8725 §3.1, §3.10: a header on a signature that was made for another says nothing.
#[test]
fn another_header_or_payload_is_not_believed() {
    let (signed, keys) = (signed(), all().iter().map(SigningKey::verifying_key).collect::<Vec<_>>());
    let own: Vec<_> =
        signed.iter().map(|token| base64url::decode(token.split('.').next().unwrap()).unwrap()).collect();
    Target::new(&own).words(&WORDS).inputs(3_000).holds(|input| {
        let part = base64url::encode(input);
        let mut verdict = Verdict::Refused;
        for token in &signed {
            let parts: Vec<_> = token.split('.').collect();
            for forged in [[&part, parts[1], parts[2]].join("."), [parts[0], &part, parts[2]].join(".")] {
                if jws::verify::<Value>(&forged, &keys, &Algorithm::ALL).is_ok() {
                    assert_eq!(forged, *token, "a signature that nobody made");
                    verdict = Verdict::Accepted;
                }
            }
        }
        verdict
    });
}

/// RFC 7515 §4: the owner of a key may sign any header, and is believed only under one that is understood whole.
#[test]
fn a_header_that_was_signed_is_one_object_without_extensions() {
    let key = keys::signing(Algorithm::EdDsa);
    Target::new(&HEADERS).words(&WORDS).inputs(10_000).holds(|input| {
        let covered = format!("{}.{}", base64url::encode(input), base64url::encode(br#"{"sub":"camille"}"#));
        let token = format!("{covered}.{}", base64url::encode(&key.sign(covered.as_bytes())));
        let verified = jws::verify::<Value>(&token, &[key.verifying_key()], &Algorithm::ALL);
        if let Ok(verified) = &verified {
            is_compact(&token);
            assert_eq!(verified.header.alg, "EdDSA");
            assert!(verified.header.kid.as_deref().is_none_or(|kid| kid == key.kid()));
        }
        Verdict::from(&verified)
    });
}

/// RFC 7519 §7.2 item 10: claims are an object, whatever would read them.
#[test]
fn a_payload_that_was_signed_is_one_object() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Claims {
        sub: String,
        #[serde(default)]
        iat: Option<i64>,
    }
    let key = keys::signing(Algorithm::EdDsa);
    let whole = [r#"{"sub":"camille","iat":1}"#, r#"{"iat":null,"x":[],"sub":""}"#];
    let words = ["{", "}", "[", "]", "\"", ",", "[\"camille\",1]", "null", "\"sub\":\"x\",", "-", "1e9", " "];
    Target::new(&whole).words(&words).inputs(10_000).holds(|input| {
        let covered = format!("{}.{}", base64url::encode(br#"{"alg":"EdDSA"}"#), base64url::encode(input));
        let token = format!("{covered}.{}", base64url::encode(&key.sign(covered.as_bytes())));
        let verified = jws::verify::<Claims>(&token, &[key.verifying_key()], &Algorithm::ALL);
        if let Ok(verified) = &verified {
            let text = std::str::from_utf8(input).expect("every byte of the claims is text");
            assert!(text.trim_start().starts_with('{'), "claims are an object");
            if let Some(sent) = json::whole(input) {
                assert_eq!(sent["sub"], verified.claims.sub.as_str());
                assert_eq!(sent["iat"].as_i64(), verified.claims.iat);
            }
        }
        Verdict::from(&verified)
    });
}
