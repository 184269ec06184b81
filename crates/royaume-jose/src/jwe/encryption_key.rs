//! The recipient's public key, and how the key of a content is sent to it (RFC 7516 §5.1 steps 1 to 6).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, PrivateKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{
    OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepAlgorithm, OaepPublicEncryptingKey, PublicEncryptingKey,
};
use zeroize::Zeroizing;

use super::agreement::{Parties, agreed, parse_point, wrap};
use super::{ContentEncryption, KeyManagement};
use crate::{Entropy, Jwk, KeyError};

/// A public key to encrypt to. Cheap to clone.
#[derive(Clone)]
pub struct EncryptionKey(Arc<Public>);

struct Public {
    key: Parsed,
    algorithms: Vec<KeyManagement>,
    jwk: Jwk,
}

enum Parsed {
    Rsa(OaepPublicEncryptingKey),
    P256(ParsedPublicKey),
}

/// The key of a content, and what takes it to the recipient.
pub(super) struct Sent {
    /// What the content is encrypted with.
    pub(super) key: Zeroizing<Vec<u8>>,
    /// The same, encrypted; empty when it is agreed on.
    pub(super) encrypted: Vec<u8>,
    /// The sender's half of an agreement.
    pub(super) epk: Option<Jwk>,
}

impl fmt::Debug for EncryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptionKey").field("jwk", &self.0.jwk).finish()
    }
}

impl EncryptionKey {
    /// Reads a key meant for encryption. One that does not say for which algorithm is for each of its type.
    ///
    /// # Errors
    /// [`KeyError`]: not supported, malformed, or an RSA key of an unfit size.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        if jwk.use_.as_deref().is_some_and(|use_| use_ != "enc") {
            return Err(KeyError::Unsupported);
        }
        let of_its_type: &[KeyManagement] = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => &[KeyManagement::RsaOaep, KeyManagement::RsaOaep256],
            ("EC", Some("P-256")) => {
                &[KeyManagement::EcdhEs, KeyManagement::EcdhEsA128Kw, KeyManagement::EcdhEsA256Kw]
            }
            _ => &[],
        };
        let named = |alg: &KeyManagement| jwk.alg.as_deref().is_none_or(|name| name == alg.as_str());
        let algorithms: Vec<_> = of_its_type.iter().copied().filter(named).collect();
        if algorithms.is_empty() {
            return Err(KeyError::Unsupported);
        }
        let key = if jwk.kty == "RSA" {
            let key: PublicEncryptingKey = jwk.rsa()?.try_into().map_err(|_| KeyError::Malformed)?;
            Parsed::Rsa(OaepPublicEncryptingKey::new(key).map_err(|_| KeyError::Malformed)?)
        } else {
            Parsed::P256(parse_point(&jwk.p256()?).map_err(|_| KeyError::Malformed)?)
        };
        Ok(Self(Arc::new(Public { key, algorithms, jwk: jwk.clone() })))
    }

    /// The key as JSON, with the members that it was read with.
    pub fn jwk(&self) -> Jwk {
        self.0.jwk.clone()
    }

    /// How keys can be sent to it.
    pub fn algorithms(&self) -> impl Iterator<Item = KeyManagement> {
        self.0.algorithms.iter().copied()
    }

    /// Its name within a set.
    pub fn kid(&self) -> Option<&str> {
        self.0.jwk.kid.as_deref()
    }

    /// Makes the key of a content and sends it.
    pub(super) fn send(
        &self,
        alg: KeyManagement,
        enc: ContentEncryption,
        entropy: &dyn Entropy,
    ) -> Result<Sent, Unspecified> {
        let chance = || {
            let mut key = Zeroizing::new(vec![0; enc.key_length()]);
            entropy.fill(&mut key);
            key
        };
        match &self.0.key {
            Parsed::Rsa(recipient) => {
                let key = chance();
                let mut encrypted = vec![0; recipient.ciphertext_size()];
                recipient.encrypt(oaep(alg)?, &key, &mut encrypted, None)?;
                Ok(Sent { key, encrypted, epk: None })
            }
            Parsed::P256(recipient) => {
                let ephemeral = PrivateKey::generate(&ECDH_P256)?;
                let epk = Some(Jwk::of_p256(ephemeral.compute_public_key()?.as_ref()));
                let agreed = agreed(&ephemeral, recipient, alg, enc, &Parties::default())?;
                if alg == KeyManagement::EcdhEs {
                    return Ok(Sent { key: agreed, encrypted: Vec::new(), epk });
                }
                let key = chance();
                let encrypted = wrap(&agreed, &key)?;
                Ok(Sent { key, encrypted, epk })
            }
        }
    }
}

/// The padding of an RSA algorithm.
pub(super) fn oaep(alg: KeyManagement) -> Result<&'static OaepAlgorithm, Unspecified> {
    match alg {
        KeyManagement::RsaOaep => Ok(&OAEP_SHA1_MGF1SHA1),
        KeyManagement::RsaOaep256 => Ok(&OAEP_SHA256_MGF1SHA256),
        KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => Err(Unspecified),
    }
}
