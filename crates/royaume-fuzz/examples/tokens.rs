//! Writes `seeds/tokens` again: a token of every kind, by the keys of the targets. They are kept because some algorithms
//! draw chance of their own, and a run must not depend on that.

#![allow(clippy::unwrap_used, reason = "whoever runs this sees what is wrong")]

#[path = "../tests/targets/keys.rs"]
#[allow(dead_code, reason = "the targets need more keys than these tokens")]
mod keys;

use std::fs;
use std::path::Path;

use royaume_jose::jwe::{self, ContentEncryption, KeyManagement};
use royaume_jose::{Algorithm, SystemEntropy, jws};
use serde_json::json;

fn main() {
    let claims = json!({ "sub": "camille" });
    let signed = Algorithm::ALL.map(|algorithm| jws::sign(&keys::signing(algorithm), Some("JWT"), &claims));
    let ways = KeyManagement::ALL.into_iter().flat_map(|alg| ContentEncryption::ALL.map(|enc| (alg, enc)));
    let encrypted = ways.map(|(alg, enc)| {
        let key = keys::decryption(alg).encryption_key();
        jwe::encrypt(claims.to_string().as_bytes(), None, &[key], (alg, enc), &SystemEntropy).unwrap()
    });
    write("jws.txt", &signed);
    write("jwe.txt", &encrypted.collect::<Vec<_>>());
}

fn write(name: &str, tokens: &[String]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/tokens");
    fs::write(folder.join(name), tokens.join("\n") + "\n").unwrap();
}
