//! Response types (RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices §3, §5): what the authorization
//! endpoint answers with.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{GrantType, ResponseMode};

/// A response type that we speak. Those that put tokens into the browser are for clients that are registered for them
/// (RFC 9700 §2.1.2 advises against them). `token` alone says nothing of the person and is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResponseType {
    /// A code to be redeemed at the token endpoint (RFC 6749 §4.1.1).
    Code,
    /// An id token (OIDC Core §3.2).
    IdToken,
    /// An id token and an access token (OIDC Core §3.2).
    IdTokenToken,
    /// A code and an id token (OIDC Core §3.3).
    CodeIdToken,
    /// A code and an access token (OIDC Core §3.3).
    CodeToken,
    /// All three (OIDC Core §3.3).
    CodeIdTokenToken,
}

/// A text that is no response type of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a response type that is supported")]
pub struct UnknownResponseType;

impl ResponseType {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Code,
        Self::IdToken,
        Self::IdTokenToken,
        Self::CodeIdToken,
        Self::CodeToken,
        Self::CodeIdTokenToken,
    ];

    /// The words on the wire, in the order in which they are registered.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::IdToken => "id_token",
            Self::IdTokenToken => "id_token token",
            Self::CodeIdToken => "code id_token",
            Self::CodeToken => "code token",
            Self::CodeIdTokenToken => "code id_token token",
        }
    }

    /// The response type of those words, in whatever order they stand (RFC 6749 §3.1.1).
    pub fn parse(text: &str) -> Option<Self> {
        let mut asked: Vec<_> = text.split(' ').collect();
        asked.sort_unstable();
        Self::ALL.into_iter().find(|known| {
            let mut words: Vec<_> = known.as_str().split(' ').collect();
            words.sort_unstable();
            words == asked
        })
    }

    /// Is a code in the answer?
    pub fn has_code(self) -> bool {
        self.has("code")
    }

    /// Is an access token in the answer?
    pub fn has_token(self) -> bool {
        self.has("token")
    }

    /// Is an id token in the answer?
    pub fn has_id_token(self) -> bool {
        self.has("id_token")
    }

    fn has(self, word: &str) -> bool {
        self.as_str().split(' ').any(|known| known == word)
    }

    /// Where the answer stands unless the request says otherwise (Multiple Response Types §5): a token never stands in
    /// a query, which servers log.
    pub fn usual_mode(self) -> ResponseMode {
        if self == Self::Code { ResponseMode::Query } else { ResponseMode::Fragment }
    }

    /// The grant types that a client which uses it must be registered for (RFC 7591 §2.1, OIDC Registration §2).
    pub fn grants(self) -> &'static [GrantType] {
        match self {
            Self::Code => &[GrantType::AuthorizationCode],
            Self::IdToken | Self::IdTokenToken => &[GrantType::Implicit],
            Self::CodeIdToken | Self::CodeToken | Self::CodeIdTokenToken => {
                &[GrantType::AuthorizationCode, GrantType::Implicit]
            }
        }
    }
}

impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ResponseType {
    type Err = UnknownResponseType;

    fn from_str(text: &str) -> Result<Self, UnknownResponseType> {
        Self::parse(text).ok_or(UnknownResponseType)
    }
}

impl Serialize for ResponseType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ResponseType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_any_order_and_only_known_sets_are_read() {
        for known in ResponseType::ALL {
            assert_eq!(ResponseType::parse(known.as_str()), Some(known));
            let mut words: Vec<_> = known.as_str().split(' ').collect();
            words.reverse();
            assert_eq!(ResponseType::parse(&words.join(" ")), Some(known));
        }
        for text in
            ["", "token", "code code", "Code", "none", "code  token", " code", "code id_token token code"]
        {
            assert_eq!(ResponseType::parse(text), None, "{text}");
        }
    }

    #[test]
    fn tokens_stand_in_the_fragment_and_need_the_implicit_grant() {
        for known in ResponseType::ALL {
            let in_browser = known.has_token() || known.has_id_token();
            assert_eq!(known.usual_mode() == ResponseMode::Fragment, in_browser, "{known}");
            assert_eq!(known.grants().contains(&GrantType::Implicit), in_browser, "{known}");
            assert_eq!(known.grants().contains(&GrantType::AuthorizationCode), known.has_code(), "{known}");
        }
        assert!(!ResponseType::IdToken.has_token() && ResponseType::CodeToken.has_token());
    }
}
