//! What can go wrong, as an enum for programs and a sentence for people.

use std::time::Duration;

use royaume_protocol::authorization::AuthorizationResponseError;
use royaume_protocol::{ErrorCode, ErrorResponse, IdTokenError};

use crate::logout::LogoutError;
use crate::shared::SharedCacheError;

/// Why there is no token, or no answer that may be believed. No variant carries a secret; text of a server is
/// stripped of what would drive a terminal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    /// The person went away from the login page. France Travail says so by sending `state` alone.
    #[error("the person cancelled the sign-in: offer to try again")]
    LoginCancelled,
    /// The person, or the provider for them, said no (RFC 6749 §4.1.2.1).
    #[error("access was denied{}: the application goes on without", said(.0.as_deref()))]
    AccessDenied(Option<String>),
    /// A scope is unknown, not granted to the application, or under maintenance (RFC 6749 §5.2). One of them spoils
    /// all: ask for one at a time to find it.
    #[error("the scope was refused{}: ask for each scope on its own to find the one", said(.0.as_deref()))]
    ScopeRefused(Option<String>),
    /// The application could not prove who it is (RFC 6749 §5.2).
    #[error("the server does not know this application by that secret{}: check client_id, secret and realm", said(.0.as_deref()))]
    ClientRefused(Option<String>),
    /// The code or the refresh token is dead (RFC 6749 §5.2): the person has to sign in again.
    #[error("the grant is no longer good{}: the person has to sign in again", said(.0.as_deref()))]
    GrantRefused(Option<String>),
    /// There is nothing to renew with: the access token is good until it expires, then the person signs in again.
    #[error(
        "there is no refresh token: the access token is good until it expires, then the person has to sign in again"
    )]
    NoRefreshToken,
    /// The access token is dead, or not good for this (RFC 6750 §3.1).
    #[error("the access token was refused{}: get another one", said(.0.as_deref()))]
    TokenRefused(Option<String>),
    /// Any other refusal of the server; deployed servers have codes of their own.
    #[error("the server refused: {code}{}", said(.description.as_deref()))]
    Refused {
        /// Its code.
        code: ErrorCode,
        /// Its words.
        description: Option<String>,
    },
    /// The callback is not the answer to this request (RFC 6749 §10.12, RFC 9207 §2.4).
    #[error("the callback cannot be believed: {0}")]
    Callback(AuthorizationResponseError),
    /// A callback whose parameters do not read.
    #[error("the callback is malformed: {0}")]
    MalformedCallback(String),
    /// The id token breaks a rule (OIDC Core §3.1.3.7).
    #[error("the id token cannot be believed: {0}")]
    IdToken(#[from] IdTokenError),
    /// The id token is not signed by the provider.
    #[error("the id token is not signed by a key of the provider: {0}")]
    IdTokenSignature(String),
    /// `openid` was asked for and granted, and no id token came.
    #[error("the answer has no id token although openid was asked for")]
    IdTokenMissing,
    /// The id token is signed by the provider, and lacks a claim that every one has (OIDC Core §2).
    #[error("the id token cannot be believed: {0} is missing or of another type")]
    IdTokenClaim(&'static str),
    /// France Travail repeats the nonce beside the id token: it is another one.
    #[error("the nonce of the answer is not the one that was sent")]
    Nonce,
    /// Userinfo speaks of somebody else (OIDC Core §5.3.2).
    #[error("userinfo speaks of another person than the id token: it must not be used")]
    OtherPerson,
    /// An answer is not encrypted as it must be, or not for a key of this application (OIDC Core §10.2).
    #[error("{what} cannot be decrypted: {reason}")]
    Undecryptable {
        /// Which answer.
        what: &'static str,
        /// Why.
        reason: String,
    },
    /// Userinfo is not signed as it must be, or meant for somebody else (OIDC Core §5.3.2).
    #[error("userinfo cannot be believed: {0}")]
    UserInfo(String),
    /// The answer to a registration, or what was kept of it, cannot be used (RFC 7591 §3.2.1).
    #[error("the registration cannot be used: {0}")]
    Registration(&'static str),
    /// The login asks for what cannot be: nobody has been sent anywhere.
    #[error("the sign-in cannot begin: {0}")]
    Login(String),
    /// A logout that is not to be believed (RP-Initiated, Back-Channel and Front-Channel Logout 1.0).
    #[error("the logout cannot be believed: {0}")]
    Logout(#[from] LogoutError),
    /// Unreachable, overloaded or broken: nothing is known about the grant, and no token should be thrown away.
    #[error("the server is unavailable ({reason}): keep what you have and try again{}", after(*.retry_after))]
    Unavailable {
        /// What was met.
        reason: String,
        /// When to come back, if the server said so.
        retry_after: Option<Duration>,
    },
    /// HTTP 429.
    #[error("too many requests: wait{}", after(*.retry_after))]
    TooManyRequests {
        /// When to come back, if the server said so.
        retry_after: Option<Duration>,
    },
    /// An answer that is not what the standards say: another status, no JSON, a redirect, too much of it.
    #[error("the server answered with something else than {expected} (HTTP {status}): is the address right?")]
    Unexpected {
        /// What was expected.
        expected: &'static str,
        /// What came.
        status: u16,
    },
    /// The provider's document is not that of the issuer that was asked (RFC 8414 §3.3), or has unsafe addresses.
    #[error("the provider's metadata cannot be used: {0}")]
    Metadata(String),
    /// The provider has no such endpoint.
    #[error("this provider has no address for {0}")]
    NotOffered(&'static str),
    /// The place where processes share a person's tokens cannot be used. Without it nobody renews them: two processes that
    /// did would end the grant (RFC 9700 §4.14.2).
    #[error(transparent)]
    Shared(#[from] SharedCacheError),
}

impl ClientError {
    /// Will the same request perhaps succeed later, with the same tokens?
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Shared(error) => error.is_temporary(),
            error => matches!(error, Self::Unavailable { .. } | Self::TooManyRequests { .. }),
        }
    }

    /// For how long the server wants to be left alone, if it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } | Self::TooManyRequests { retry_after } => *retry_after,
            _ => None,
        }
    }

    /// The same, of which so much of the wait is left.
    pub(crate) fn still(mut self, left: Duration) -> Self {
        if let Self::Unavailable { retry_after: Some(wait), .. }
        | Self::TooManyRequests { retry_after: Some(wait) } = &mut self
        {
            *wait = left;
        }
        self
    }

    /// The refusal that an error response stands for.
    pub(crate) fn of(response: ErrorResponse) -> Self {
        let description = response.error_description.map(|text| harmless(&text));
        match response.error {
            ErrorCode::AccessDenied => Self::AccessDenied(description),
            ErrorCode::InvalidScope => Self::ScopeRefused(description),
            ErrorCode::InvalidClient => Self::ClientRefused(description),
            ErrorCode::InvalidGrant => Self::GrantRefused(description),
            ErrorCode::InvalidToken | ErrorCode::InsufficientScope => Self::TokenRefused(description),
            ErrorCode::TemporarilyUnavailable | ErrorCode::ServerError => Self::Unavailable {
                reason: description.unwrap_or_else(|| response.error.as_str().to_owned()),
                retry_after: None,
            },
            ErrorCode::Unknown(word) => Self::Refused { code: ErrorCode::of(&harmless(&word)), description },
            code => Self::Refused { code, description },
        }
    }

    /// The same without what the server said of it.
    pub(crate) fn without_words(self) -> Self {
        match self {
            Self::AccessDenied(_) => Self::AccessDenied(None),
            Self::ScopeRefused(_) => Self::ScopeRefused(None),
            Self::ClientRefused(_) => Self::ClientRefused(None),
            Self::GrantRefused(_) => Self::GrantRefused(None),
            Self::TokenRefused(_) => Self::TokenRefused(None),
            Self::Refused { code: ErrorCode::Unknown(_), .. } => {
                Self::Refused { code: ErrorCode::of("an unknown code"), description: None }
            }
            Self::Refused { code, .. } => Self::Refused { code, description: None },
            Self::Unavailable { retry_after, .. } => Self::Unavailable {
                reason: "it said why, in words that repeat a secret".to_owned(),
                retry_after,
            },
            wordless @ (Self::LoginCancelled
            | Self::NoRefreshToken
            | Self::Callback(_)
            | Self::MalformedCallback(_)
            | Self::IdToken(_)
            | Self::IdTokenSignature(_)
            | Self::IdTokenMissing
            | Self::Nonce
            | Self::IdTokenClaim(_)
            | Self::OtherPerson
            | Self::Undecryptable { .. }
            | Self::UserInfo(_)
            | Self::Registration(_)
            | Self::Login(_)
            | Self::Logout(_)
            | Self::TooManyRequests { .. }
            | Self::Unexpected { .. }
            | Self::Metadata(_)
            | Self::NotOffered(_)
            | Self::Shared(_)) => wordless,
        }
    }
}

fn said(words: Option<&str>) -> String {
    words.map(|words| format!(" ({words})")).unwrap_or_default()
}

fn after(wait: Option<Duration>) -> String {
    wait.map(|wait| format!(" in {} s", wait.as_secs())).unwrap_or_default()
}

/// At most 300 characters, none of which drives a terminal (CWE-150).
pub(crate) fn harmless(text: &str) -> String {
    text.chars().take(300).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}
