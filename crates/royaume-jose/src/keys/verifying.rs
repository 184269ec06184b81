//! Keys that verify: what a JSON Web Key can tell the signatures of (RFC 7517 §4, RFC 7518 §3, RFC 8037 §3.1).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    VerificationAlgorithm,
};

use super::BadSignature;
use crate::{Algorithm, Jwk, KeyError};

/// A public key. Cheap to clone.
#[derive(Clone)]
pub struct VerifyingKey(Arc<Public>);

struct Public {
    /// One for each algorithm that the key is for.
    parsed: Vec<(Algorithm, ParsedPublicKey)>,
    jwk: Jwk,
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("jwk", &self.0.jwk).finish()
    }
}

impl VerifyingKey {
    /// Reads a key meant for signatures. One that does not say for which algorithm is for each of its type: an RSA key
    /// for RS256 and PS256.
    ///
    /// # Errors
    /// [`KeyError`]: not supported, malformed, or an RSA key of an unfit size.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.use_.as_deref().is_some_and(|use_| use_ != "sig") {
            return Err(KeyError::Unsupported);
        }
        let of_its_type: &[Algorithm] = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => &[Algorithm::Rs256, Algorithm::Ps256],
            ("EC", Some("P-256")) => &[Algorithm::Es256],
            ("OKP", Some("Ed25519")) => &[Algorithm::EdDsa],
            _ => &[],
        };
        let named = |algorithm: &Algorithm| jwk.alg.as_deref().is_none_or(|alg| alg == algorithm.as_str());
        let parsed: Vec<_> = of_its_type
            .iter()
            .filter(|algorithm| named(algorithm))
            .map(|algorithm| Ok((*algorithm, parse(jwk, *algorithm)?)))
            .collect::<Result<_, KeyError>>()?;
        if parsed.is_empty() {
            return Err(KeyError::Unsupported);
        }
        Ok(Self(Arc::new(Public { parsed, jwk: jwk.clone() })))
    }

    /// The key as JSON, with the members that it was read with.
    pub fn jwk(&self) -> Jwk {
        self.0.jwk.clone()
    }

    /// What it verifies.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.0.parsed.iter().map(|(algorithm, _)| *algorithm)
    }

    /// Its name within a set.
    pub fn kid(&self) -> Option<&str> {
        self.0.jwk.kid.as_deref()
    }

    /// Is that the signature of this key over the message, by that algorithm?
    ///
    /// # Errors
    /// [`BadSignature`] when it is not, whatever the reason.
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let (_, key) = self.0.parsed.iter().find(|(its, _)| *its == algorithm).ok_or(BadSignature)?;
        key.verify_sig(message, signature).map_err(|_| BadSignature)
    }
}

fn parse(jwk: &Jwk, algorithm: Algorithm) -> Result<ParsedPublicKey, KeyError> {
    let point = |by: &'static dyn VerificationAlgorithm, bytes: Vec<u8>| {
        ParsedPublicKey::new(by, bytes).map_err(|_| KeyError::Malformed)
    };
    let rsa = |by| jwk.rsa()?.to_parsed_public_key(by).map_err(|_| KeyError::Malformed);
    match algorithm {
        Algorithm::Rs256 => rsa(&RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Ps256 => rsa(&RSA_PSS_2048_8192_SHA256),
        Algorithm::Es256 => point(&ECDSA_P256_SHA256_FIXED, jwk.p256()?),
        Algorithm::EdDsa => point(&ED25519, jwk.ed25519()?),
    }
}
