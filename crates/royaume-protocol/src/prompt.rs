//! The `prompt` parameter (OIDC Core §3.1.2.1, Initiating User Registration 1.0 §4).

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
    /// The page where an account is made.
    Create,
}

/// A word that is no prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown prompt value")]
pub struct UnknownPrompt;

impl Prompt {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount, Self::Create];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
            Self::Create => "create",
        }
    }
}

impl FromStr for Prompt {
    type Err = UnknownPrompt;

    fn from_str(text: &str) -> Result<Self, UnknownPrompt> {
        Self::ALL.into_iter().find(|prompt| prompt.as_str() == text).ok_or(UnknownPrompt)
    }
}

/// Why a `prompt` parameter cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PromptError {
    /// A word that is no prompt.
    #[error("prompt has an unknown value")]
    Unknown,
    /// `none` stands alone.
    #[error("prompt cannot be none and something else")]
    NoneCombined,
}

/// Reads the parameter: words with a blank between them, `none` alone.
///
/// # Errors
/// [`PromptError`] for another word, or for `none` beside others.
pub fn parse(text: &str) -> Result<Vec<Prompt>, PromptError> {
    let mut prompts: Vec<Prompt> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let prompt = word.parse().map_err(|_| PromptError::Unknown)?;
        if !prompts.contains(&prompt) {
            prompts.push(prompt);
        }
    }
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        return Err(PromptError::NoneCombined);
    }
    Ok(prompts)
}

/// Writes the parameter.
pub fn join(prompts: &[Prompt]) -> String {
    prompts.iter().map(|prompt| prompt.as_str()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_stands_alone_and_unknown_words_are_refused() {
        assert_eq!(parse("login consent login"), Ok(vec![Prompt::Login, Prompt::Consent]));
        assert_eq!(parse("none none"), Ok(vec![Prompt::None]));
        assert_eq!(parse(""), Ok(Vec::new()));
        assert_eq!(parse("none login"), Err(PromptError::NoneCombined));
        for text in ["Login", "created", "login,consent", "login\tconsent"] {
            assert_eq!(parse(text), Err(PromptError::Unknown), "{text}");
        }
        for prompt in Prompt::ALL {
            assert_eq!(parse(prompt.as_str()), Ok(vec![prompt]));
        }
        assert_eq!(join(&[Prompt::Login, Prompt::SelectAccount]), "login select_account");
    }
}
