//! Keys that sign and keys that verify: parsed once, kept (RFC 7518 §3, RFC 8037 §3.1).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKey, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
};
use zeroize::Zeroizing;

use crate::{Algorithm, Jwk, base64url};

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The private key does not read, or is of another kind.
    #[error("the private key is damaged or of another algorithm")]
    Private,
    /// Type, curve or algorithm are not ours (RFC 7517 §5: leave it out).
    #[error("the key is of a type that is not supported")]
    Unsupported,
    /// A member is missing, malformed, or off its curve.
    #[error("the key is malformed")]
    Malformed,
    /// RSA outside 2048 to 8192 bits (RFC 7518 §3.3).
    #[error("an RSA key has 2048 to 8192 bits")]
    Size,
    /// No key could be made.
    #[error("the system cannot make a key")]
    Generation,
}

/// The signature is not that of the key over the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// A private key and the public one that belongs to it. Cheap to clone.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Pair>,
    public: VerifyingKey,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm())
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Makes a key. RSA keys have 2048 bits.
    ///
    /// # Errors
    /// [`KeyError::Generation`] when the system has no chance to give.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        let failed = |_| KeyError::Generation;
        Self::from_pair(match algorithm {
            Algorithm::Rs256 => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?),
            Algorithm::Es256 => {
                Pair::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?)
            }
            Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate().map_err(failed)?),
        })
    }

    /// Reads a key (PKCS #8, RFC 5208 or RFC 5958).
    ///
    /// # Errors
    /// [`KeyError::Private`] when it does not read as a key of that algorithm.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let failed = |_| KeyError::Private;
        Self::from_pair(match algorithm {
            Algorithm::Rs256 => Pair::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(failed)?),
            Algorithm::Es256 => Pair::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(failed)?,
            ),
            Algorithm::EdDsa => {
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(failed)?)
            }
        })
    }

    fn from_pair(pair: Pair) -> Result<Self, KeyError> {
        let mut jwk = match &pair {
            Pair::Rsa(pair) => {
                let public =
                    PublicKey::from_der(pair.public_key().as_ref()).map_err(|_| KeyError::Malformed)?;
                let n = Some(base64url::encode(public.modulus().big_endian_without_leading_zero()));
                let e = Some(base64url::encode(public.exponent().big_endian_without_leading_zero()));
                Jwk { n, e, alg: Some("RS256".to_owned()), ..Jwk::of_type("RSA") }
            }
            Pair::Ecdsa(pair) => {
                // SEC 1 §2.3.3, uncompressed: 4, then both coordinates.
                let point = pair.public_key().as_ref();
                let x = Some(base64url::encode(&point[1..33]));
                let y = Some(base64url::encode(&point[33..65]));
                Jwk {
                    x,
                    y,
                    crv: Some("P-256".to_owned()),
                    alg: Some("ES256".to_owned()),
                    ..Jwk::of_type("EC")
                }
            }
            Pair::Ed25519(pair) => Jwk {
                x: Some(base64url::encode(pair.public_key().as_ref())),
                crv: Some("Ed25519".to_owned()),
                alg: Some("EdDSA".to_owned()),
                ..Jwk::of_type("OKP")
            },
        };
        jwk.use_ = Some("sig".to_owned());
        jwk.kid = jwk.thumbprint();
        Ok(Self { pair: Arc::new(pair), public: VerifyingKey::from_jwk(&jwk)? })
    }

    /// The key as PKCS #8, for sealing.
    pub fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let der = match &*self.pair {
            Pair::Rsa(pair) => AsDerPkcs8::as_der(pair),
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        Zeroizing::new(der.expect("a key that was parsed or made can be written"))
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// Its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        self.public.kid().unwrap_or_default()
    }

    /// The public part.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.public.clone()
    }

    /// A signature of the message, in the form of JWS (RFC 7515 §3).
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let chance = SystemRandom::new();
        match &*self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &chance, message, &mut signature)
                    .expect("a sound RSA key signs");
                signature
            }
            Pair::Ecdsa(pair) => {
                pair.sign(&chance, message).expect("a sound P-256 key signs").as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

/// RSA pairs write PKCS #8 by a trait whose name is also a method of the others.
struct AsDerPkcs8;

impl AsDerPkcs8 {
    fn as_der(pair: &RsaKeyPair) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
        let der: Pkcs8V1Der<'_> = pair.as_der()?;
        Ok(der.as_ref().to_vec())
    }
}

/// A public key. Cheap to clone.
#[derive(Clone)]
pub struct VerifyingKey(Arc<Public>);

struct Public {
    algorithm: Algorithm,
    key: ParsedPublicKey,
    jwk: Jwk,
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey").field("jwk", &self.0.jwk).finish()
    }
}

impl VerifyingKey {
    /// Reads a key meant for signatures.
    ///
    /// # Errors
    /// [`KeyError`]: not supported, malformed, or an RSA key of an unfit size.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.use_.as_deref().is_some_and(|use_| use_ != "sig") {
            return Err(KeyError::Unsupported);
        }
        let (algorithm, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => (Algorithm::Rs256, rsa(jwk)?),
            ("EC", Some("P-256")) => {
                let (x, y) = (member(&jwk.x)?, member(&jwk.y)?);
                if x.len() != 32 || y.len() != 32 {
                    return Err(KeyError::Malformed);
                }
                let point = [&[4], x.as_slice(), &y].concat();
                (Algorithm::Es256, parsed(&ECDSA_P256_SHA256_FIXED, &point)?)
            }
            ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, parsed(&ED25519, &member(&jwk.x)?)?),
            _ => return Err(KeyError::Unsupported),
        };
        if jwk.alg.as_deref().is_some_and(|named| named != algorithm.as_str()) {
            return Err(KeyError::Unsupported);
        }
        let jwk =
            Jwk { alg: Some(algorithm.as_str().to_owned()), use_: Some("sig".to_owned()), ..jwk.clone() };
        Ok(Self(Arc::new(Public { algorithm, key, jwk })))
    }

    /// The key as JSON, with `kid`, `alg` and `use`.
    pub fn jwk(&self) -> Jwk {
        self.0.jwk.clone()
    }

    /// What it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// Its name within a set.
    pub fn kid(&self) -> Option<&str> {
        self.0.jwk.kid.as_deref()
    }

    /// Is that the signature of this key over the message?
    ///
    /// # Errors
    /// [`BadSignature`] when it is not, whatever the reason.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.0.key.verify_sig(message, signature).map_err(|_| BadSignature)
    }
}

fn rsa(jwk: &Jwk) -> Result<ParsedPublicKey, KeyError> {
    let (n, e) = (member(&jwk.n)?, member(&jwk.e)?);
    // A leading zero would be a second text for the same number (RFC 7518 §2 Base64urlUInt).
    let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
    if n.first() == Some(&0) || e.first() == Some(&0) {
        return Err(KeyError::Malformed);
    }
    if !(2048..=8192).contains(&bits) || e.len() > 8 {
        return Err(KeyError::Size);
    }
    PublicKeyComponents { n, e }
        .to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        .map_err(|_| KeyError::Malformed)
}

fn parsed(
    algorithm: &'static dyn aws_lc_rs::signature::VerificationAlgorithm,
    bytes: &[u8],
) -> Result<ParsedPublicKey, KeyError> {
    ParsedPublicKey::new(algorithm, bytes).map_err(|_| KeyError::Malformed)
}

fn member(value: &Option<String>) -> Result<Vec<u8>, KeyError> {
    base64url::decode(value.as_deref().ok_or(KeyError::Malformed)?).map_err(|_| KeyError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_being_written_and_read() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::generate(algorithm).unwrap();
            let read = SigningKey::from_pkcs8(algorithm, &key.pkcs8()).unwrap();
            assert_eq!(read.kid(), key.kid());
            let signature = read.sign(b"message");
            key.verifying_key().verify(b"message", &signature).unwrap();
            assert_eq!(key.verifying_key().verify(b"massage", &signature), Err(BadSignature));
            let published = serde_json::to_string(&key.verifying_key().jwk()).unwrap();
            let met = VerifyingKey::from_jwk(&serde_json::from_str(&published).unwrap()).unwrap();
            met.verify(b"message", &signature).unwrap();
            assert!(SigningKey::from_pkcs8(algorithm, b"rubbish").is_err());
        }
    }

    /// CVE-2022-21449 and its kin: zeros, another encoding, one byte more.
    #[test]
    fn forged_forms_of_a_signature_do_not_verify() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let good = key.sign(b"message");
        let der = [&[0x30, 0x44, 0x02, 0x20][..], &good[..32], &[0x02, 0x20], &good[32..]].concat();
        for forged in [vec![0; 64], vec![], der, [&good[..], &[0]].concat(), good[..63].to_vec()] {
            assert_eq!(key.verifying_key().verify(b"message", &forged), Err(BadSignature));
        }
    }

    #[test]
    fn unfit_keys_are_refused() {
        let of = |kty: &str| Jwk::of_type(kty);
        let text = |bytes: usize| Some(base64url::encode(&vec![0xff; bytes]));
        let weak = Jwk { n: text(128), e: Some("AQAB".into()), ..of("RSA") };
        let huge = Jwk { n: text(2048), e: Some("AQAB".into()), ..of("RSA") };
        let off_curve = Jwk { crv: Some("P-256".into()), x: text(32), y: text(32), ..of("EC") };
        assert_eq!(VerifyingKey::from_jwk(&weak).unwrap_err(), KeyError::Size);
        assert_eq!(VerifyingKey::from_jwk(&huge).unwrap_err(), KeyError::Size);
        assert_eq!(VerifyingKey::from_jwk(&off_curve).unwrap_err(), KeyError::Malformed);
        assert_eq!(VerifyingKey::from_jwk(&of("oct")).unwrap_err(), KeyError::Unsupported);
        let encrypts =
            Jwk { use_: Some("enc".into()), ..SigningKey::generate(Algorithm::EdDsa).unwrap().public.jwk() };
        assert_eq!(VerifyingKey::from_jwk(&encrypts).unwrap_err(), KeyError::Unsupported);
    }

    /// RFC 8037 §A.4: the signature of the example verifies with the key of §A.2.
    #[test]
    fn the_ed25519_example_of_the_specification_verifies() {
        let key: Jwk = serde_json::from_str(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        )
        .unwrap();
        let signature = base64url::decode(
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        )
        .unwrap();
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        VerifyingKey::from_jwk(&key).unwrap().verify(message, &signature).unwrap();
    }
}
