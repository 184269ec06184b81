//! Proof Key for Code Exchange (RFC 7636), with `S256` only (RFC 9700 §2.1.1).

use std::fmt;

use royaume_jose::{Entropy, base64url, constant_time_eq, random, sha256};
use serde::{Deserialize, Serialize};

/// The one method.
pub const METHOD: &str = "S256";

/// What the client keeps until it redeems the code (§4.1).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeVerifier(String);

/// What the authorization request carries (§4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CodeChallenge(String);

/// A text that is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code verifier has 43 to 128 unreserved characters, a challenge is 43 characters of base64url")]
pub struct MalformedProof;

impl CodeVerifier {
    /// A new one, with 256 bits of chance.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(base64url::encode(&random::<32>(entropy)))
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`MalformedProof`] for another length or other characters.
    pub fn parse(text: &str) -> Result<Self, MalformedProof> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let fit = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        if fit { Ok(Self(text.to_owned())) } else { Err(MalformedProof) }
    }

    /// Its characters, for the token request.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its challenge.
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(base64url::encode(&sha256(self.0.as_bytes())))
    }
}

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(…)")
    }
}

impl CodeChallenge {
    /// Reads one: the digest of a verifier, so 32 bytes in base64url.
    ///
    /// # Errors
    /// [`MalformedProof`] for anything else.
    pub fn parse(text: &str) -> Result<Self, MalformedProof> {
        match base64url::decode(text) {
            Ok(digest) if digest.len() == 32 => Ok(Self(text.to_owned())),
            Ok(_) | Err(_) => Err(MalformedProof),
        }
    }

    /// Its characters, for the authorization request.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Does it belong to that verifier (§4.6)?
    pub fn verifies(&self, verifier: &CodeVerifier) -> bool {
        constant_time_eq(self.0.as_bytes(), verifier.challenge().0.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use royaume_jose::SeededEntropy;

    use super::*;

    /// RFC 7636 Appendix B.
    #[test]
    fn the_challenge_is_that_of_the_specification_s_example() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        assert_eq!(verifier.challenge().as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        let challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").unwrap();
        assert!(challenge.verifies(&verifier));
        assert!(!challenge.verifies(&CodeVerifier::generate(&SeededEntropy::new(1))));
        assert!(!challenge.verifies(&CodeVerifier::parse(challenge.as_str()).unwrap()), "no plain downgrade");
    }

    #[test]
    fn lengths_and_characters_are_held() {
        for text in ["", &"a".repeat(42), &"a".repeat(129), &format!("{}=", "a".repeat(43)), &"é".repeat(30)]
        {
            assert!(CodeVerifier::parse(text).is_err(), "{text}");
            assert!(CodeChallenge::parse(text).is_err(), "{text}");
        }
        assert!(CodeVerifier::parse(&"a~".repeat(64)).is_ok());
        assert!(CodeChallenge::parse(&"a".repeat(44)).is_err());
    }
}
