//! The recipient's private key, and how the key of a content is had from it (RFC 7516 §5.2 steps 7 to 12).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rsa::{KeySize, OaepPrivateDecryptingKey, PrivateDecryptingKey, PublicKey};
use aws_lc_rs::signature::{KeyPair as _, RsaKeyPair};
use zeroize::Zeroizing;

use super::agreement::{Parties, agreed, parse_point, unwrap};
use super::encryption_key::oaep;
use super::{ContentEncryption, EncryptionKey, KeyManagement};
use crate::{Jwk, KeyError};

/// A private key that decrypts, for one algorithm. Cheap to clone.
#[derive(Clone)]
pub struct DecryptionKey {
    algorithm: KeyManagement,
    private: Arc<Private>,
    pkcs8: Arc<Zeroizing<Vec<u8>>>,
    public: EncryptionKey,
}

enum Private {
    Rsa(OaepPrivateDecryptingKey),
    P256(PrivateKey),
}

impl fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecryptionKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid())
            .finish_non_exhaustive()
    }
}

impl DecryptionKey {
    /// Makes a key: RSA of 2048 bits, or one on P-256.
    ///
    /// # Errors
    /// [`KeyError::Generation`] when the system has no chance to give.
    pub fn generate(algorithm: KeyManagement) -> Result<Self, KeyError> {
        let pkcs8: Result<Pkcs8V1Der<'_>, Unspecified> = match algorithm {
            KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => {
                PrivateDecryptingKey::generate(KeySize::Rsa2048).and_then(|key| key.as_der())
            }
            KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => {
                PrivateKey::generate(&ECDH_P256).and_then(|key| key.as_der())
            }
        };
        Self::from_pkcs8(algorithm, pkcs8.map_err(|_| KeyError::Generation)?.as_ref())
    }

    /// Reads a key (PKCS #8, RFC 5208).
    ///
    /// # Errors
    /// [`KeyError::Private`] when it does not read as a key of that algorithm.
    pub fn from_pkcs8(algorithm: KeyManagement, pkcs8: &[u8]) -> Result<Self, KeyError> {
        let (private, mut jwk) = match algorithm {
            KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => rsa(pkcs8)?,
            KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => {
                let key =
                    PrivateKey::from_private_key_der(&ECDH_P256, pkcs8).map_err(|_| KeyError::Private)?;
                let public = key.compute_public_key().map_err(|_| KeyError::Private)?;
                (Private::P256(key), Jwk::of_p256(public.as_ref()))
            }
        };
        jwk.alg = Some(algorithm.as_str().to_owned());
        jwk.use_ = Some("enc".to_owned());
        jwk.kid = jwk.thumbprint();
        Ok(Self {
            algorithm,
            private: Arc::new(private),
            pkcs8: Arc::new(Zeroizing::new(pkcs8.to_vec())),
            public: EncryptionKey::from_jwk(&jwk)?,
        })
    }

    /// The key as PKCS #8, for sealing.
    pub fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    /// How keys are sent to it.
    pub fn algorithm(&self) -> KeyManagement {
        self.algorithm
    }

    /// Its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        self.public.kid().unwrap_or_default()
    }

    /// The public part.
    pub fn encryption_key(&self) -> EncryptionKey {
        self.public.clone()
    }

    /// The key of a content, from what took it here.
    pub(super) fn receive(
        &self,
        enc: ContentEncryption,
        encrypted: &[u8],
        epk: Option<&Jwk>,
        parties: &Parties,
    ) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
        match &*self.private {
            Private::Rsa(key) => {
                let mut received = Zeroizing::new(vec![0; key.min_output_size()]);
                let length = key.decrypt(oaep(self.algorithm)?, encrypted, &mut received, None)?.len();
                received.truncate(length);
                Ok(received)
            }
            Private::P256(key) => {
                let epk = epk.filter(|epk| epk.kty == "EC" && epk.crv.as_deref() == Some("P-256"));
                let point = epk.ok_or(Unspecified)?.p256().map_err(|_| Unspecified)?;
                let agreed = agreed(key, &parse_point(&point)?, self.algorithm, enc, parties)?;
                match (self.algorithm, encrypted) {
                    (KeyManagement::EcdhEs, []) => Ok(agreed),
                    // What is agreed on is not sent as well (RFC 7516 §5.2 step 10).
                    (KeyManagement::EcdhEs, _) => Err(Unspecified),
                    (_, wrapped) => unwrap(&agreed, wrapped),
                }
            }
        }
    }
}

fn rsa(pkcs8: &[u8]) -> Result<(Private, Jwk), KeyError> {
    let failed = |_| KeyError::Private;
    let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(failed)?;
    let public = PublicKey::from_der(pair.public_key().as_ref()).map_err(failed)?;
    let key = PrivateDecryptingKey::from_pkcs8(pkcs8).map_err(failed)?;
    let key = OaepPrivateDecryptingKey::new(key).map_err(|_| KeyError::Private)?;
    Ok((Private::Rsa(key), Jwk::of_rsa(&public)))
}
