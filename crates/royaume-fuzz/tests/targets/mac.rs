//! JSON Web Signatures by a shared secret (RFC 7518 §3.2).

use royaume_fuzz::{Target, Verdict};
use royaume_jose::jws::{self, HmacKey, MacAlgorithm};
use royaume_jose::{Algorithm, base64url};
use serde_json::{Value, json};

use crate::keys;

const WORDS: [&str; 14] = [
    ".",
    "..",
    "AAAA",
    "=",
    "-_",
    "{",
    "}",
    "\"",
    ",",
    "HS256",
    "HS512",
    "none",
    "\"crit\":[],",
    "eyJhbGciOiJub25lIn0",
];

fn signed() -> Vec<String> {
    MacAlgorithm::ALL
        .map(|algorithm| jws::sign_mac(&keys::secret(algorithm), Some("JWT"), &json!({ "sub": "camille" })))
        .into()
}

fn secrets() -> Vec<HmacKey> {
    MacAlgorithm::ALL.map(keys::secret).into()
}

fn believed(token: &str) -> Verdict {
    let verified = jws::verify_mac::<Value>(token, &secrets());
    if let Ok(verified) = &verified {
        assert!(signed().iter().any(|whole| whole == token), "a code that nobody made");
        assert_eq!(verified.claims, json!({ "sub": "camille" }));
        let alone = keys::secret(verified.header.alg.parse().unwrap());
        assert!(jws::verify_mac::<Value>(token, &[alone]).is_ok());
        let public = [keys::signing(Algorithm::Rs256).verifying_key()];
        assert!(jws::verify::<Value>(token, &public, &Algorithm::ALL).is_err());
    }
    Verdict::from(&verified)
}

/// RFC 2104, RFC 7515 §5.2: there is one code for a message, and one text for a code.
#[test]
fn no_code_is_believed_but_the_one_that_was_made() {
    Target::new(&signed()).words(&WORDS).holds_of_text(believed);
}

/// RFC 8725 §3.1: a header on a code that was made for another says nothing.
#[test]
fn another_header_under_a_code_is_not_believed() {
    let signed = signed();
    let own: Vec<_> =
        signed.iter().map(|token| base64url::decode(token.split('.').next().unwrap()).unwrap()).collect();
    Target::new(&own).words(&WORDS).holds(|input| {
        let forged = signed.iter().map(|token| {
            let (_, rest) = token.split_once('.').unwrap();
            believed(&format!("{}.{rest}", base64url::encode(input)))
        });
        if forged.filter(|verdict| *verdict == Verdict::Accepted).count() > 0 {
            Verdict::Accepted
        } else {
            Verdict::Refused
        }
    });
}
