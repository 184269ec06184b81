//! Types of tokens, as answers name them (RFC 6749 §7.1) and as clients hint at them (RFC 7009 §2.1, RFC 7662 §2.1).

/// How an access token is presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    /// RFC 6750: whoever bears it may use it.
    Bearer,
}

impl TokenType {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
        }
    }

    /// The type of that name, in whatever case (RFC 6749 §7.1).
    pub fn parse(text: &str) -> Option<Self> {
        text.eq_ignore_ascii_case(Self::Bearer.as_str()).then_some(Self::Bearer)
    }
}

/// What a client believes the token to be that it asks about or gives back. Only a hint: a wrong one changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenTypeHint {
    /// An access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
}

impl TokenTypeHint {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::AccessToken, Self::RefreshToken];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// The hint of that name. A hint that we do not know is no hint (RFC 7009 §2.1).
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hint| hint.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearer_is_read_in_any_case_and_hints_as_they_are_written() {
        assert_eq!(TokenType::parse("bEARER"), Some(TokenType::Bearer));
        assert_eq!(TokenType::parse("DPoP"), None);
        for hint in TokenTypeHint::ALL {
            assert_eq!(TokenTypeHint::parse(hint.as_str()), Some(hint));
        }
        assert_eq!(TokenTypeHint::parse("id_token"), None);
    }
}
