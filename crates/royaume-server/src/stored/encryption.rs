//! How an answer is encrypted for the client that it is for (OIDC Registration §2).

use royaume_jose::JwkSet;
use royaume_jose::jwe::{ContentEncryption, KeyManagement};
use serde::{Deserialize, Serialize};

/// What a client is registered for, where its answers are encrypted at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// How the key of the content is sent.
    pub alg: KeyManagement,
    /// What the content is encrypted with.
    pub enc: ContentEncryption,
}

/// Why two words are no way to encrypt an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionError {
    /// `…_encrypted_response_enc` stands alone.
    #[error("enc needs alg beside it")]
    AlgMissing,
    /// `…_encrypted_response_alg` is none of ours.
    #[error("alg is not supported")]
    Alg,
    /// `…_encrypted_response_enc` is none of ours.
    #[error("enc is not supported")]
    Enc,
}

impl Encryption {
    /// Reads `…_encrypted_response_alg` and `…_encrypted_response_enc`. Without either nothing is encrypted; without the
    /// second the content is encrypted with `A128CBC-HS256`.
    ///
    /// # Errors
    /// [`EncryptionError`]: the second without the first, or a word that we do not know.
    pub fn registered(alg: Option<&str>, enc: Option<&str>) -> Result<Option<Self>, EncryptionError> {
        let alg = match (alg, enc) {
            (None, None) => return Ok(None),
            (None, Some(_)) => return Err(EncryptionError::AlgMissing),
            (Some(alg), _) => alg.parse().map_err(|_| EncryptionError::Alg)?,
        };
        let usual = ContentEncryption::A128CbcHs256;
        let enc = enc.map_or(Ok(usual), |enc| enc.parse().map_err(|_| EncryptionError::Enc))?;
        Ok(Some(Self { alg, enc }))
    }

    /// Has the set a key that it can be done with?
    pub fn has_key(self, set: &JwkSet) -> bool {
        set.encryption_keys().iter().any(|key| key.algorithms().any(|its| its == self.alg))
    }
}

#[cfg(test)]
mod tests {
    use royaume_jose::jwe::DecryptionKey;

    use super::*;

    /// OIDC Registration §2: the defaults, and what stands alone.
    #[test]
    fn two_words_become_one_way_to_encrypt() {
        use EncryptionError as E;
        let read = Encryption::registered;
        assert_eq!(read(None, None), Ok(None));
        let usual = Encryption { alg: KeyManagement::RsaOaep256, enc: ContentEncryption::A128CbcHs256 };
        assert_eq!(read(Some("RSA-OAEP-256"), None), Ok(Some(usual)));
        for alg in KeyManagement::ALL {
            for enc in ContentEncryption::ALL {
                assert_eq!(read(Some(alg.as_str()), Some(enc.as_str())), Ok(Some(Encryption { alg, enc })));
            }
        }
        assert_eq!(read(None, Some("A256GCM")), Err(E::AlgMissing));
        for alg in ["RSA1_5", "dir", "A128KW", "PBES2-HS256+A128KW", "none", "", "rsa-oaep"] {
            assert_eq!(read(Some(alg), Some("A256GCM")), Err(E::Alg), "{alg}");
        }
        for enc in ["A192GCM", "none", "", "a256gcm"] {
            assert_eq!(read(Some("ECDH-ES"), Some(enc)), Err(E::Enc), "{enc}");
        }
    }

    #[test]
    fn a_key_is_for_the_algorithms_of_its_type() {
        let key = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap().encryption_key();
        let set = JwkSet { keys: vec![key.jwk()] };
        let encryption = |alg| Encryption { alg, enc: ContentEncryption::A256Gcm };
        assert!(encryption(KeyManagement::EcdhEs).has_key(&set));
        assert!(!encryption(KeyManagement::RsaOaep).has_key(&set));
        assert!(!encryption(KeyManagement::EcdhEs).has_key(&JwkSet::default()));
    }
}
