//! JSON Web Signatures by a shared secret: HMAC (RFC 7518 §3.2), apart from every asymmetric algorithm.
//!
//! A secret is no [`VerifyingKey`](crate::VerifyingKey) and a MAC no [`Algorithm`](crate::Algorithm): that a public key
//! be taken for a secret (RFC 8725 §2.1) cannot be written down.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::hmac;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{JwsError, Parts, Verified, Written, compact};
use crate::KeyError;

/// HMAC by one of the digests of SHA-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum MacAlgorithm {
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
    /// HMAC with SHA-384.
    #[serde(rename = "HS384")]
    Hs384,
    /// HMAC with SHA-512.
    #[serde(rename = "HS512")]
    Hs512,
}

/// A name that is no MAC of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the algorithm is not one of HS256, HS384 and HS512")]
pub struct UnknownMacAlgorithm;

impl MacAlgorithm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Hs256, Self::Hs384, Self::Hs512];

    /// The registered name (RFC 7518 §3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// The fewest bytes of a secret: as many as the digest has (RFC 7518 §3.2).
    pub const fn shortest_secret(self) -> usize {
        match self {
            Self::Hs256 => 32,
            Self::Hs384 => 48,
            Self::Hs512 => 64,
        }
    }

    fn primitive(self) -> hmac::Algorithm {
        match self {
            Self::Hs256 => hmac::HMAC_SHA256,
            Self::Hs384 => hmac::HMAC_SHA384,
            Self::Hs512 => hmac::HMAC_SHA512,
        }
    }
}

impl fmt::Display for MacAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for MacAlgorithm {
    type Err = UnknownMacAlgorithm;

    fn from_str(text: &str) -> Result<Self, UnknownMacAlgorithm> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text).ok_or(UnknownMacAlgorithm)
    }
}

/// A secret that two share, for one algorithm.
#[derive(Clone)]
pub struct HmacKey {
    algorithm: MacAlgorithm,
    key: hmac::Key,
}

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HmacKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl HmacKey {
    /// The key that the bytes of a secret are.
    ///
    /// # Errors
    /// [`KeyError::SecretSize`] when they are fewer than the algorithm's digest has: less could be guessed from one
    /// token (RFC 7518 §3.2, RFC 8725 §3.5).
    pub fn from_secret(algorithm: MacAlgorithm, secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < algorithm.shortest_secret() {
            return Err(KeyError::SecretSize);
        }
        Ok(Self { algorithm, key: hmac::Key::new(algorithm.primitive(), secret) })
    }

    /// What it signs and verifies with.
    pub fn algorithm(&self) -> MacAlgorithm {
        self.algorithm
    }
}

/// Signs claims with a shared secret. The header names algorithm and type; a secret has no name.
pub fn sign_mac<C: Serialize>(key: &HmacKey, typ: Option<&str>, claims: &C) -> String {
    let header = Written { alg: key.algorithm.as_str(), typ, kid: None };
    compact(&header, claims, |message| hmac::sign(&key.key, message).as_ref().to_vec())
}

/// Verifies a token with one of the secrets, each for its own algorithm, and reads its claims. The comparison takes the
/// same time wherever two codes differ.
///
/// # Errors
/// [`JwsError`]: each way in which a token is not believed.
pub fn verify_mac<C: DeserializeOwned>(token: &str, keys: &[HmacKey]) -> Result<Verified<C>, JwsError> {
    let parts = Parts::of(token)?;
    let algorithm: MacAlgorithm = parts.header.alg.parse().map_err(|_| JwsError::Algorithm)?;
    let mut fitting = keys.iter().filter(|key| key.algorithm == algorithm).peekable();
    if fitting.peek().is_none() {
        return Err(JwsError::Algorithm);
    }
    if !fitting.any(|key| hmac::verify(&key.key, parts.signed, &parts.signature).is_ok()) {
        return Err(JwsError::Signature);
    }
    parts.believed()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{Algorithm, SigningKey, base64url, jws};

    const SECRET: &[u8] = b"a secret of sixty-four bytes, which is enough for every one of them";

    /// RFC 7515 §A.1.
    #[test]
    fn the_hs256_example_of_the_specification_verifies() {
        let secret = base64url::decode(
            "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
        )
        .unwrap();
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let key = HmacKey::from_secret(MacAlgorithm::Hs256, &secret).unwrap();
        assert_eq!(verify_mac::<Value>(token, &[key]).unwrap().claims["iss"], "joe");
    }

    #[test]
    fn what_is_signed_verifies_with_its_own_secret_and_algorithm_only() {
        let claims = json!({ "sub": "camille" });
        for algorithm in MacAlgorithm::ALL {
            let key = HmacKey::from_secret(algorithm, SECRET).unwrap();
            let token = sign_mac(&key, Some("client-authentication+jwt"), &claims);
            let other = HmacKey::from_secret(algorithm, &[7; 64]).unwrap();
            // Two secrets are valid while one replaces the other.
            let verified = verify_mac::<Value>(&token, &[other.clone(), key.clone()]).unwrap();
            assert_eq!(verified.claims, claims);
            assert_eq!(verified.header.typ.as_deref(), Some("client-authentication+jwt"));
            assert_eq!(verify_mac::<Value>(&token, &[other]).unwrap_err(), JwsError::Signature);
            for another in MacAlgorithm::ALL.into_iter().filter(|another| *another != algorithm) {
                let key = HmacKey::from_secret(another, SECRET).unwrap();
                assert_eq!(verify_mac::<Value>(&token, &[key]).unwrap_err(), JwsError::Algorithm);
            }
            for cut in [token.len() - 1, token.len() - 43, token.rfind('.').unwrap() + 1] {
                assert!(verify_mac::<Value>(&token[..cut], std::slice::from_ref(&key)).is_err());
            }
        }
    }

    /// RFC 8725 §2.1, §3.1: neither kind of token is ever taken for the other.
    #[test]
    fn a_mac_is_no_signature_and_a_signature_no_mac() {
        let signing = SigningKey::generate(Algorithm::Rs256).unwrap();
        let public = serde_json::to_vec(&signing.verifying_key().jwk()).unwrap();
        let key = HmacKey::from_secret(MacAlgorithm::Hs256, &public).unwrap();
        let forged = sign_mac(&key, None, &json!({}));
        let keys = [signing.verifying_key()];
        let refused = jws::verify::<Value>(&forged, &keys, &Algorithm::ALL).unwrap_err();
        assert_eq!(refused, JwsError::Algorithm);
        let signed = jws::sign(&signing, None, &json!({}));
        assert_eq!(verify_mac::<Value>(&signed, &[key]).unwrap_err(), JwsError::Algorithm);
        let unsigned = format!("{}.{}.", base64url::encode(br#"{"alg":"none"}"#), base64url::encode(b"{}"));
        assert_eq!(verify_mac::<Value>(&unsigned, &[]).unwrap_err(), JwsError::Algorithm);
    }

    /// RFC 7518 §3.2: a key has at least as many bytes as the digest.
    #[test]
    fn a_secret_shorter_than_the_digest_is_no_key() {
        for algorithm in MacAlgorithm::ALL {
            let shortest = algorithm.shortest_secret();
            HmacKey::from_secret(algorithm, &SECRET[..shortest]).unwrap();
            let short = HmacKey::from_secret(algorithm, &SECRET[..shortest - 1]);
            assert_eq!(short.unwrap_err(), KeyError::SecretSize);
        }
    }
}
