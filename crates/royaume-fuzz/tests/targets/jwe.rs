//! JSON Web Encryption (RFC 7516 §5.2): what decrypts is what was encrypted, by every algorithm.

use royaume_fuzz::{Target, Verdict};
use royaume_jose::jwe::{self, ContentEncryption, DecryptionKey, KeyManagement, LONGEST};
use royaume_jose::{SeededEntropy, base64url};

use crate::{json, keys};

const ENCRYPTED: &str = include_str!("../../seeds/tokens/jwe.txt");
const PLAINTEXT: &[u8] = br#"{"sub":"camille"}"#;

const WORDS: [&str; 24] = [
    ".",
    "..",
    "....",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    "null",
    "dir",
    "none",
    "RSA1_5",
    "PBES2-HS256+A128KW",
    "ECDH-ES",
    "A128GCM",
    "\"zip\":\"DEF\",",
    "\"zip\":null,",
    "\"crit\":[\"exp\"],",
    "\"epk\":{\"kty\":\"oct\",\"k\":\"AA\"},",
    "\"apu\":\"AA\",",
    "\"p2c\":2147483647,",
    "AAAA",
    "=",
];

fn encrypted() -> Vec<&'static str> {
    ENCRYPTED.lines().collect()
}

fn all() -> Vec<DecryptionKey> {
    KeyManagement::ALL.map(keys::decryption).into()
}

fn is_compact(token: &str) {
    assert!(token.len() <= LONGEST && token.split('.').count() == 5);
    let header = base64url::decode(token.split('.').next().unwrap()).unwrap();
    let text = std::str::from_utf8(&header).expect("every byte of a header is text");
    assert!(text.trim_start().starts_with('{'), "a header is an object");
    let Some(header) = json::whole(&header) else { return };
    assert!(header["alg"].is_string() && header["enc"].is_string());
    assert!(["crit", "zip"].iter().all(|name| header.get(*name).is_none()), "an extension was passed over");
    assert!(header.get("epk").is_none_or(|epk| epk.is_object() || epk.is_null()), "a key is an object");
}

/// RFC 7516 §5.2, §11.5: every part of a token is authenticated.
#[test]
fn nothing_decrypts_but_what_was_encrypted() {
    let (encrypted, keys) = (encrypted(), all());
    Target::new(&encrypted).words(&WORDS).inputs(10_000).holds_of_text(|token| {
        let header = jwe::header(token);
        if header.is_ok() {
            is_compact(token);
        }
        let decrypted = jwe::decrypt(token, &keys, &ContentEncryption::ALL, &SeededEntropy::new(1));
        if let Ok(decrypted) = &decrypted {
            assert!(encrypted.contains(&token), "a token that nobody made");
            assert_eq!(decrypted.plaintext.as_slice(), PLAINTEXT);
            assert_eq!(header.as_ref(), Ok(&decrypted.header));
            assert!(jwe::decrypt(token, &keys, &[], &SeededEntropy::new(1)).is_err());
            assert!(jwe::decrypt(token, &[], &ContentEncryption::ALL, &SeededEntropy::new(1)).is_err());
        }
        Verdict::from(&decrypted)
    });
}

/// RFC 8725 §3.2: whatever a header names, it costs no more than one decryption and gives nothing.
#[test]
fn another_header_decrypts_nothing() {
    let (encrypted, keys) = (encrypted(), all());
    let own: Vec<_> =
        encrypted.iter().map(|token| base64url::decode(token.split('.').next().unwrap()).unwrap()).collect();
    Target::new(&own).words(&WORDS).inputs(2_000).holds(|input| {
        let mut verdict = Verdict::Refused;
        for token in &encrypted {
            let (_, rest) = token.split_once('.').unwrap();
            let forged = format!("{}.{rest}", base64url::encode(input));
            if jwe::header(&forged).is_ok() {
                is_compact(&forged);
            }
            if jwe::decrypt(&forged, &keys, &ContentEncryption::ALL, &SeededEntropy::new(1)).is_ok() {
                assert_eq!(&forged, token, "a token that nobody made");
                verdict = Verdict::Accepted;
            }
        }
        verdict
    });
}

/// RFC 7516 §5.1, §5.2: any bytes come back as they were.
#[test]
fn what_is_encrypted_is_what_decrypts() {
    let keys = all();
    let public: Vec<_> = keys.iter().map(DecryptionKey::encryption_key).collect();
    let ways = KeyManagement::ALL.iter().flat_map(|alg| ContentEncryption::ALL.map(|enc| (*alg, enc)));
    let ways: Vec<_> = ways.collect();
    Target::new(&["", "text", "a longer text, of more than two blocks of sixteen"])
        .words(&[&"x".repeat(20_000)])
        .inputs(2_000)
        .holds(|input| {
            let how = ways[input.iter().map(|byte| usize::from(*byte)).sum::<usize>() % ways.len()];
            let token = jwe::encrypt(input, Some("JWT"), &public, how, &SeededEntropy::new(2)).unwrap();
            let decrypted = jwe::decrypt(&token, &keys, &[how.1], &SeededEntropy::new(1));
            // What is longer than anybody reads is written, and refused.
            assert_eq!(decrypted.is_ok(), token.len() <= LONGEST, "{how:?}");
            if let Ok(decrypted) = &decrypted {
                assert_eq!(decrypted.plaintext.as_slice(), input);
            }
            Verdict::from(&decrypted)
        });
}
