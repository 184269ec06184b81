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
    InvalidRequestUri = "invalid_request_uri",
    /// OIDC Core §3.1.2.6.
    InvalidRequestObject = "invalid_request_object",
    /// OIDC Core §3.1.2.6.
    RequestNotSupported = "request_not_supported",
    /// OIDC Core §3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported",
    /// OIDC Core §3.1.2.6.
    RegistrationNotSupported = "registration_not_supported",
    /// OpenID Connect Core Error Code unmet_authentication_requirements 1.0 §2.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    /// RFC 6750 §3.1.
    InvalidToken = "invalid_token",
    /// RFC 6750 §3.1.
    InsufficientScope = "insufficient_scope",
    /// RFC 7009 §2.2.1.
    UnsupportedTokenType = "unsupported_token_type",
    /// RFC 7591 §3.2.2.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// RFC 7591 §3.2.2.
    InvalidClientMetadata = "invalid_client_metadata",
    /// RFC 7591 §3.2.2.
    InvalidSoftwareStatement = "invalid_software_statement",
}

/// For people: characters that no code has are left out, so that a server cannot write on a terminal.
impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&safe(self.as_str()))
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
    #[serde(default, deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub error_description: Option<String>,
    /// A page about it.
    #[serde(default, deserialize_with = "text", skip_serializing_if = "Option::is_none")]
    pub error_uri: Option<String>,
}

impl ErrorResponse {
    /// An error with a description. Characters that a description may not have are left out.
    pub fn new(error: ErrorCode, description: impl Into<String>) -> Self {
        let description = description.into();
        let description = if is_safe_description(&description) { description } else { safe(&description) };
        Self { error, error_description: Some(description), error_uri: None }
    }
}

/// For people: the code, then what the server says of it, as far as it may be shown.
impl fmt::Display for ErrorResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.error)?;
        match &self.error_description {
            Some(description) => write!(f, ": {}", safe(description)),
            None => Ok(()),
        }
    }
}

/// May that text be a description (RFC 6749 §5.2: visible ASCII and blanks without quotes and backslashes)?
pub fn is_safe_description(text: &str) -> bool {
    text.chars().all(is_safe)
}

/// What may stand in a description of that text.
pub(crate) fn safe(text: &str) -> String {
    text.chars().filter(|character| is_safe(*character)).collect()
}

fn is_safe(character: char) -> bool {
    matches!(character, '\u{20}'..='\u{21}' | '\u{23}'..='\u{5B}' | '\u{5D}'..='\u{7E}')
}

/// A member that is no text counts as not said: the code alone decides.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(serde_json::Value::deserialize(deserializer)?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned))
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

    #[test]
    fn what_is_sent_is_always_a_description() {
        let response = ErrorResponse::new(ErrorCode::InvalidScope, "no \"scope\"\r\n\u{e9}\\ here");
        assert_eq!(response.error_description.as_deref(), Some("no scope here"));
    }

    #[test]
    fn what_a_server_says_cannot_write_on_a_terminal() {
        let text = r#"{"error":"x\u001b[2J","error_description":"a\u001b]0;b\nc","error_uri":7}"#;
        let read: ErrorResponse = serde_json::from_str(text).unwrap();
        assert_eq!(read.to_string(), "x[2J: a]0;bc");
        assert_eq!((read.error.as_str(), read.error_uri), ("x\u{1b}[2J", None));
    }

    #[test]
    fn each_registered_code_is_its_own_word() {
        for word in ["invalid_request", "login_required", "invalid_request_uri", "unsupported_token_type"] {
            let code = ErrorCode::of(word);
            assert!(!matches!(code, ErrorCode::Unknown(_)), "{word}");
            assert_eq!(code.as_str(), word);
        }
    }
}
