//! The `prompt` parameter (OIDC Core §3.1.2.1).

use std::str::FromStr;

/// What the person must be shown, or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt {
    /// No page at all.
    None,
    /// The login page, even with a session.
    Login,
    /// The consent page, even with a consent.
    Consent,
    /// A choice among accounts.
    SelectAccount,
}

/// A word that is no prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown prompt value")]
pub struct UnknownPrompt;

impl Prompt {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }
}

impl FromStr for Prompt {
    type Err = UnknownPrompt;

    fn from_str(text: &str) -> Result<Self, UnknownPrompt> {
        Self::ALL.into_iter().find(|prompt| prompt.as_str() == text).ok_or(UnknownPrompt)
    }
}
