//! Grant types (RFC 6749 §1.3, §6).

use serde::{Deserialize, Serialize};

/// A grant type that we speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.2, OIDC Core §3.2: tokens from the authorization endpoint. A client is registered for it by this word;
    /// the token endpoint does not know it.
    Implicit,
}

impl GrantType {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ClientCredentials, Self::AuthorizationCode, Self::RefreshToken, Self::Implicit];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::Implicit => "implicit",
        }
    }

    /// The grant type of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant_type| grant_type.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grant_types_have_one_name() {
        for grant_type in GrantType::ALL {
            assert_eq!(GrantType::parse(grant_type.as_str()), Some(grant_type));
            assert_eq!(serde_json::to_string(&grant_type).unwrap(), format!("\"{}\"", grant_type.as_str()));
        }
        for text in ["", "password", "Client_Credentials", "client_credentials "] {
            assert_eq!(GrantType::parse(text), None, "{text}");
        }
    }
}
