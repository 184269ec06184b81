//! Client identifiers (RFC 6749 §2.2, Appendix A.1).

use std::fmt;

use royaume_jose::{Entropy, base64url, random};
use serde::{Deserialize, Serialize};

/// Longest identifier, in bytes.
pub const LONGEST: usize = 256;

/// A well-formed client identifier: visible ASCII and blanks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

/// A text that is no client identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a client_id has 1 to 256 visible ASCII characters or blanks")]
pub struct BadClientId;

impl ClientId {
    /// Reads an identifier.
    ///
    /// # Errors
    /// [`BadClientId`] for characters outside `VSCHAR`, or too many.
    pub fn parse(text: &str) -> Result<Self, BadClientId> {
        let fit =
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| (0x20..=0x7E).contains(&byte));
        if fit { Ok(Self(text.to_owned())) } else { Err(BadClientId) }
    }

    /// A new identifier, of 127 bits of chance. It begins with a letter: a hyphen would make an option of it on a command
    /// line.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut bytes = random::<16>(entropy);
        // The first half of the alphabet is the capitals and six small letters (RFC 4648 §5).
        bytes[0] &= 0x7f;
        Self(base64url::encode(&bytes))
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ClientId {
    type Error = BadClientId;

    fn try_from(text: String) -> Result<Self, BadClientId> {
        Self::parse(&text)
    }
}

impl From<ClientId> for String {
    fn from(client_id: ClientId) -> Self {
        client_id.0
    }
}

#[cfg(test)]
mod tests {
    use royaume_jose::SeededEntropy;

    use super::*;

    /// RFC 6749 §2.2.
    #[test]
    fn a_new_identifier_is_well_formed_and_no_option_of_a_command() {
        for seed in 0..500 {
            let new = ClientId::generate(&SeededEntropy::new(seed));
            assert_eq!(ClientId::parse(new.as_str()).as_ref(), Ok(&new));
            assert!(new.as_str().starts_with(|first: char| first.is_ascii_alphabetic()), "{new}");
        }
    }

    #[test]
    fn identifiers_are_visible_and_not_endless() {
        for text in ["PAR_app_0123456789abcdef", "a b", "!", &"x".repeat(LONGEST)] {
            let client_id = ClientId::parse(text).unwrap();
            assert_eq!(client_id.to_string(), text);
            let json = serde_json::to_string(&client_id).unwrap();
            assert_eq!(serde_json::from_str::<ClientId>(&json).unwrap(), client_id);
        }
        for text in ["", "é", "a\n", "a\u{7f}", "a\u{0}", &"x".repeat(LONGEST + 1)] {
            assert_eq!(ClientId::parse(text), Err(BadClientId), "{text:?}");
        }
        assert!(serde_json::from_str::<ClientId>("\"\"").is_err());
    }
}
