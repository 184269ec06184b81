//! Error codes and error responses (RFC 6749 §4.1.2.1, §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, OIDC Core §3.1.2.6).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal,)+) => {
        /// A registered error code, or another that somebody's server uses.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)+
            /// A code that no standard registers: deployed servers have some of their own.
            Unknown(String),
        }

        impl ErrorCode {
            /// The word on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unknown(word) => word,
                }
            }

            /// The code of a word.
            pub fn of(word: &str) -> Self {
                match word {
                    $($word => Self::$variant,)+
                    other => Self::Unknown(other.to_owned()),
                }
            }
        }
    };
}

error_codes! {
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidRequest = "invalid_request",
    /// RFC 6749 §5.2.
    InvalidClient = "invalid_client",
    /// RFC 6749 §5.2.
    InvalidGrant = "invalid_grant",
    /// RFC 6749 §4.1.2.1, §5.2.
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749 §5.2.
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749 §4.1.2.1, §5.2.
    InvalidScope = "invalid_scope",
    /// RFC 6749 §4.1.2.1.
    AccessDenied = "access_denied",
    /// RFC 6749 §4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type",
    /// RFC 6749 §4.1.2.1.
    ServerError = "server_error",
    /// RFC 6749 §4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// OIDC Core §3.1.2.6.
    InteractionRequired = "interaction_required",
    /// OIDC Core §3.1.2.6.
    LoginRequired = "login_required",
    /// OIDC Core §3.1.2.6.
    AccountSelectionRequired = "account_selection_required",
    /// OIDC Core §3.1.2.6.
    ConsentRequired = "consent_required",
    /// OIDC Core §3.1.2.6.
    RequestNotSupported = "request_not_supported",
    /// OIDC Core §3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported",
    /// OIDC Core §3.1.2.6.
    RegistrationNotSupported = "registration_not_supported",
    /// RFC 6750 §3.1.
    InvalidToken = "invalid_token",
    /// RFC 6750 §3.1.
    InsufficientScope = "insufficient_scope",
    /// RFC 7009 §2.2.1.
    UnsupportedTokenType = "unsupported_token_type",
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|word| Self::of(&word))
    }
}

/// The body of an error (RFC 6749 §5.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorResponse {
    /// What kind of error.
    pub error: ErrorCode,
    /// A sentence for developers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// A page about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_uri: Option<String>,
}

impl ErrorResponse {
    /// An error with a description.
    pub fn new(error: ErrorCode, description: impl Into<String>) -> Self {
        Self { error, error_description: Some(description.into()), error_uri: None }
    }
}

/// May that text be a description (RFC 6749 §5.2: visible ASCII and blanks without quotes and backslashes)?
pub fn is_safe_description(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_that_nobody_registered_is_kept() {
        let read: ErrorResponse =
            serde_json::from_str(r#"{"error":"redirect_uri_mismatch","more":1}"#).unwrap();
        assert_eq!(read.error, ErrorCode::Unknown("redirect_uri_mismatch".to_owned()));
        assert_eq!(serde_json::to_string(&read).unwrap(), r#"{"error":"redirect_uri_mismatch"}"#);
    }

    #[test]
    fn quotes_and_accents_are_no_description() {
        assert!(is_safe_description("the code has expired"));
        for text in ["a \"quote\"", "a\\b", "é", "line\nbreak"] {
            assert!(!is_safe_description(text), "{text}");
        }
    }
}
