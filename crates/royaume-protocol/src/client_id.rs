//! Client identifiers (RFC 6749 §2.2, Appendix A.1).

use std::fmt;

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
    use super::*;

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
