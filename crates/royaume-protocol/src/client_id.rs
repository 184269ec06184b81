//! Client identifiers (RFC 6749 §2.2, Appendix A.1).

use std::fmt;

/// Longest identifier, in bytes.
pub const LONGEST: usize = 256;

/// A well-formed client identifier: visible ASCII and blanks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClientId(String);

/// A text that is no client identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a client_id has 1 to 256 visible ASCII characters")]
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
