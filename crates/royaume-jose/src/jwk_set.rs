//! Sets of keys (RFC 7517 §5): a server's, of which one takes what one knows, and a client's, which is held to rules.

use serde::{Deserialize, Deserializer, Serialize};

use crate::jwe::EncryptionKey;
use crate::jwk::Read;
use crate::{Jwk, KeyError, Object, VerifyingKey};

/// A set of keys. Keys that do not read are left out when read as JSON (§5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct JwkSet {
    /// In no order that means anything.
    pub keys: Vec<Jwk>,
}

/// Why a set is not taken from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwkSetError {
    /// Not an object with an array of keys, each with its type.
    #[error("the set is not a JSON Web Key Set")]
    Malformed,
    /// More than [`JwkSet::MOST_KEYS`]: each may have to be tried.
    #[error("the set holds more than 50 keys")]
    TooMany,
    /// Whoever publishes a private key has published it: another has to be made.
    #[error("the set holds a private key, or a symmetric one")]
    Private,
    /// A key of a type that is known, and which cannot be trusted.
    #[error("the set holds a key that cannot be used: {0}")]
    Unfit(KeyError),
}

impl JwkSet {
    /// The most keys of a set that a client has.
    pub const MOST_KEYS: usize = 50;

    /// Reads the set of a client. Keys of unknown types stay in it and are of no use (§5).
    ///
    /// # Errors
    /// [`JwkSetError`]: malformed, too many, or a key that must not be there.
    pub fn parse_strict(json: &[u8]) -> Result<Self, JwkSetError> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Object<Read>>,
        }
        let set: Set = Object::read(json).map_err(|_| JwkSetError::Malformed)?;
        if set.keys.len() > Self::MOST_KEYS {
            return Err(JwkSetError::TooMany);
        }
        if set.keys.iter().any(|Object(key)| key.is_secret()) {
            return Err(JwkSetError::Private);
        }
        let set = Self { keys: set.keys.into_iter().map(|Object(key)| key.public()).collect() };
        for key in &set.keys {
            for usable in [VerifyingKey::from_jwk(key).map(drop), EncryptionKey::from_jwk(key).map(drop)] {
                match usable {
                    Ok(()) | Err(KeyError::Unsupported) => {}
                    Err(unfit) => return Err(JwkSetError::Unfit(unfit)),
                }
            }
        }
        Ok(set)
    }

    /// The keys that verify signatures.
    pub fn verifying_keys(&self) -> Vec<VerifyingKey> {
        self.keys.iter().filter_map(|key| VerifyingKey::from_jwk(key).ok()).collect()
    }

    /// The keys that can be encrypted to.
    pub fn encryption_keys(&self) -> Vec<EncryptionKey> {
        self.keys.iter().filter_map(|key| EncryptionKey::from_jwk(key).ok()).collect()
    }
}

impl<'de> Deserialize<'de> for JwkSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        let Object(set) = Object::<Set>::deserialize(deserializer)?;
        Ok(Self { keys: set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwe::{DecryptionKey, KeyManagement};
    use crate::{Algorithm, SigningKey};

    fn strict(keys: &str) -> Result<JwkSet, JwkSetError> {
        JwkSet::parse_strict(format!(r#"{{"keys":[{keys}]}}"#).as_bytes())
    }

    #[test]
    fn the_set_of_a_client_tells_signatures_from_encryption() {
        let signs = SigningKey::generate(Algorithm::Es256).unwrap().verifying_key().jwk();
        let encrypts = DecryptionKey::generate(KeyManagement::EcdhEs).unwrap().encryption_key().jwk();
        let both = Jwk { use_: None, alg: None, kid: None, ..signs.clone() };
        let set = JwkSet { keys: vec![signs, encrypts, both] };
        let set = JwkSet::parse_strict(&serde_json::to_vec(&set).unwrap()).unwrap();
        let signs: Vec<_> = set.verifying_keys().iter().map(VerifyingKey::jwk).collect();
        let encrypts: Vec<_> = set.encryption_keys().iter().map(EncryptionKey::jwk).collect();
        assert_eq!(signs, [set.keys[0].clone(), set.keys[2].clone()]);
        assert_eq!(encrypts, set.keys[1..]);
    }

    /// §9.2: a private key in public is refused by name, in whatever company.
    #[test]
    fn a_private_key_in_a_client_s_set_is_told_of() {
        let public = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
        strict(public).unwrap();
        for private in [
            r#"{"kty":"oct","k":"AAAA"}"#,
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#,
            r#"{"kty":"XX","d":"AA"}"#,
        ] {
            assert_eq!(strict(&format!("{public},{private}")), Err(JwkSetError::Private), "{private}");
        }
    }

    #[test]
    fn a_key_that_cannot_be_trusted_is_refused_with_its_set() {
        let weak = format!(r#"{{"kty":"RSA","n":"{}","e":"AQAB"}}"#, "_".repeat(172));
        let text = "_".repeat(42) + "8";
        let off_curve = format!(r#"{{"kty":"EC","crv":"P-256","x":"{text}","y":"{text}"}}"#);
        assert_eq!(strict(&weak), Err(JwkSetError::Unfit(KeyError::Size)));
        assert_eq!(strict(&off_curve), Err(JwkSetError::Unfit(KeyError::Malformed)));
        assert_eq!(strict(r#"{"kty":"RSA"}"#), Err(JwkSetError::Unfit(KeyError::Malformed)));
    }

    #[test]
    fn a_set_is_bounded_and_well_formed_and_may_hold_keys_of_other_types() {
        let unknown = r#"{"kty":"XX","anything":[]}"#;
        let many = |count: usize| strict(&vec![unknown; count].join(",")).map(|set| set.keys.len());
        assert_eq!(many(50), Ok(50));
        assert_eq!(many(51), Err(JwkSetError::TooMany));
        for malformed in ["1", "{}", r#"{"kty":1}"#, r#"{"kty":"RSA","n":1}"#, "[],"] {
            assert_eq!(strict(malformed), Err(JwkSetError::Malformed), "{malformed}");
        }
        for array in [&b"[]"[..], b"[[]]", br#"{"keys":[["XX"]]}"#, b"{\"keys\":[],\"x\":\"\xff\"}"] {
            assert_eq!(JwkSet::parse_strict(array), Err(JwkSetError::Malformed));
        }
        assert!(serde_json::from_str::<JwkSet>("[[]]").is_err());
    }
}
