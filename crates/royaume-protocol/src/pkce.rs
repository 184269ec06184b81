//! Proof Key for Code Exchange (RFC 7636), with `S256` only (RFC 9700 §2.1.1).

use std::fmt;

use royaume_jose::{Entropy, base64url, constant_time_eq, random, sha256};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The one method.
pub const METHOD: &str = "S256";

/// What the client keeps until it redeems the code (§4.1). Serialised in clear, for the client that must keep it
/// across a redirect.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeVerifier(Zeroizing<String>);

/// What the authorization request carries (§4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CodeChallenge(String);

/// A text that is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a code verifier has 43 to 128 unreserved characters, a challenge is 43 characters of base64url")]
pub struct MalformedProof;

/// Why the challenge of a request cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// Not `S256`; a method that is not named means `plain` (§4.3), which protects nobody.
    #[error("code_challenge_method must be S256")]
    Method,
    /// Not the digest of anything (§4.2).
    #[error("code_challenge must be 43 characters of base64url")]
    Malformed,
    /// A method and nothing to use it on.
    #[error("code_challenge is missing although code_challenge_method was sent")]
    Missing,
}

impl CodeVerifier {
    /// A new one, with 256 bits of chance.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(base64url::encode(&*Zeroizing::new(random::<32>(entropy)))))
    }

    /// Reads one.
    ///
    /// # Errors
    /// [`MalformedProof`] for another length or other characters.
    pub fn parse(text: &str) -> Result<Self, MalformedProof> {
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        let fit = (43..=128).contains(&text.len()) && text.bytes().all(unreserved);
        if fit { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(MalformedProof) }
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

impl PartialEq for CodeVerifier {
    fn eq(&self, other: &Self) -> bool {
        constant_time_eq(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for CodeVerifier {}

impl TryFrom<String> for CodeVerifier {
    type Error = MalformedProof;

    fn try_from(text: String) -> Result<Self, MalformedProof> {
        Self::parse(&Zeroizing::new(text))
    }
}

impl From<CodeVerifier> for String {
    fn from(verifier: CodeVerifier) -> Self {
        verifier.as_str().to_owned()
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

    /// Reads `code_challenge` and `code_challenge_method` of a request (§4.3). Nothing when neither was sent.
    ///
    /// # Errors
    /// [`ChallengeError`] for another method, another digest, or a method alone.
    pub fn of_request(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>, ChallengeError> {
        match (challenge, method) {
            (None, None) => Ok(None),
            (None, Some(_)) => Err(ChallengeError::Missing),
            (Some(challenge), Some(METHOD)) => {
                Self::parse(challenge).map(Some).map_err(|_| ChallengeError::Malformed)
            }
            (Some(_), _) => Err(ChallengeError::Method),
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

impl TryFrom<String> for CodeChallenge {
    type Error = MalformedProof;

    fn try_from(text: String) -> Result<Self, MalformedProof> {
        Self::parse(&text)
    }
}

impl From<CodeChallenge> for String {
    fn from(challenge: CodeChallenge) -> Self {
        challenge.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn only_s256_is_a_method() {
        let challenge = CodeVerifier::generate(&SeededEntropy::new(1)).challenge();
        let text = Some(challenge.as_str());
        assert_eq!(CodeChallenge::of_request(text, Some("S256")), Ok(Some(challenge.clone())));
        assert_eq!(CodeChallenge::of_request(None, None), Ok(None));
        assert_eq!(CodeChallenge::of_request(None, Some("S256")), Err(ChallengeError::Missing));
        for method in [None, Some("plain"), Some("s256"), Some("S512"), Some("S256 ")] {
            assert_eq!(CodeChallenge::of_request(text, method), Err(ChallengeError::Method), "{method:?}");
        }
        for text in ["a", "", &challenge.as_str()[1..], &format!("{}=", challenge.as_str())] {
            let read = CodeChallenge::of_request(Some(text), Some("S256"));
            assert_eq!(read, Err(ChallengeError::Malformed), "{text}");
        }
    }

    #[test]
    fn what_is_stored_is_judged_again() {
        let verifier = CodeVerifier::generate(&SeededEntropy::new(2));
        let text = serde_json::to_string(&verifier).unwrap();
        assert_eq!(serde_json::from_str::<CodeVerifier>(&text).unwrap(), verifier);
        assert!(!format!("{verifier:?}").contains(verifier.as_str()));
        assert!(serde_json::from_str::<CodeVerifier>("\"short\"").is_err());
        assert!(serde_json::from_str::<CodeChallenge>("\"short\"").is_err());
    }

    proptest! {
        #[test]
        fn a_challenge_verifies_its_own_verifier_and_no_other(one in "[A-Za-z0-9._~-]{43,128}", other in "[A-Za-z0-9._~-]{43,128}") {
            let (one, other) = (CodeVerifier::parse(&one).unwrap(), CodeVerifier::parse(&other).unwrap());
            let challenge = CodeChallenge::parse(one.challenge().as_str()).unwrap();
            prop_assert!(challenge.verifies(&one));
            prop_assert_eq!(challenge.verifies(&other), one == other);
        }
    }
}
