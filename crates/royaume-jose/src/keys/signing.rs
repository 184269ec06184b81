//! Keys that sign: a pair, parsed once (RFC 7518 §3, RFC 8037 §3.1).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKey};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RSA_PSS_SHA256, RsaKeyPair,
};
use zeroize::Zeroizing;

use super::VerifyingKey;
use crate::{Algorithm, Jwk, KeyError};

/// A private key and the public one that belongs to it. Cheap to clone.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
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
        let pair = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => {
                Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?)
            }
            Algorithm::Es256 => {
                Pair::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?)
            }
            Algorithm::EdDsa => Pair::Ed25519(Ed25519KeyPair::generate().map_err(failed)?),
        };
        Self::from_pair(algorithm, pair)
    }

    /// Reads a key (PKCS #8, RFC 5208 or RFC 5958).
    ///
    /// # Errors
    /// [`KeyError::Private`] when it does not read as a key of that algorithm.
    pub fn from_pkcs8(algorithm: Algorithm, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let failed = |_| KeyError::Private;
        let pair = match algorithm {
            Algorithm::Rs256 | Algorithm::Ps256 => Pair::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(failed)?),
            Algorithm::Es256 => Pair::Ecdsa(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(failed)?,
            ),
            Algorithm::EdDsa => {
                Pair::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).map_err(failed)?)
            }
        };
        Self::from_pair(algorithm, pair)
    }

    fn from_pair(algorithm: Algorithm, pair: Pair) -> Result<Self, KeyError> {
        let mut jwk = match &pair {
            Pair::Rsa(pair) => Jwk::of_rsa(
                &PublicKey::from_der(pair.public_key().as_ref()).map_err(|_| KeyError::Malformed)?,
            ),
            Pair::Ecdsa(pair) => Jwk::of_p256(pair.public_key().as_ref()),
            Pair::Ed25519(pair) => Jwk::of_ed25519(pair.public_key().as_ref()),
        };
        jwk.alg = Some(algorithm.as_str().to_owned());
        jwk.use_ = Some("sig".to_owned());
        jwk.kid = jwk.thumbprint();
        Ok(Self { algorithm, pair: Arc::new(pair), public: VerifyingKey::from_jwk(&jwk)? })
    }

    /// The key as PKCS #8, for sealing.
    pub fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        let der = match &*self.pair {
            Pair::Rsa(pair) => rsa_pkcs8(pair),
            Pair::Ecdsa(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        Zeroizing::new(der.expect("a key that was parsed or made can be written"))
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
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
                let padding =
                    if self.algorithm == Algorithm::Ps256 { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &chance, message, &mut signature).expect("a sound RSA key signs");
                signature
            }
            Pair::Ecdsa(pair) => {
                pair.sign(&chance, message).expect("a sound P-256 key signs").as_ref().to_vec()
            }
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

fn rsa_pkcs8(pair: &RsaKeyPair) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
    let der: Pkcs8V1Der<'_> = pair.as_der()?;
    Ok(der.as_ref().to_vec())
}
