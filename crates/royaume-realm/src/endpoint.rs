//! The endpoints of a realm, and its pages.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a request may be for, within a realm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// The authorization endpoint (RFC 6749 §3.1).
    Authorization,
    /// The token endpoint (RFC 6749 §3.2).
    Token,
    /// The public keys (RFC 7517 §5).
    Jwks,
    /// OpenID Connect Discovery 1.0 §4.
    Discovery,
    /// Authorization server metadata (RFC 8414 §3).
    OauthMetadata,
    /// The userinfo endpoint (OpenID Connect Core 1.0 §5.3).
    #[serde(rename = "userinfo")]
    UserInfo,
    /// Token introspection (RFC 7662 §2).
    Introspection,
    /// Token revocation (RFC 7009 §2).
    Revocation,
    /// Registration of clients, and management of those registered (RFC 7591 §3, RFC 7592 §2).
    Registration,
    /// The logout endpoint (OpenID Connect RP-Initiated Logout 1.0 §2).
    Logout,
    /// The page that asks who the person is.
    Login,
    /// The page where a person makes an account (Initiating User Registration 1.0).
    CreateAccount,
    /// The page that asks the person's consent.
    Consent,
    /// The page that says the person is signed out.
    LoggedOut,
}

impl Endpoint {
    /// Every endpoint, in the order of the declaration.
    pub const ALL: [Endpoint; 14] = [
        Endpoint::Authorization,
        Endpoint::Token,
        Endpoint::Jwks,
        Endpoint::Discovery,
        Endpoint::OauthMetadata,
        Endpoint::UserInfo,
        Endpoint::Introspection,
        Endpoint::Revocation,
        Endpoint::Registration,
        Endpoint::Logout,
        Endpoint::Login,
        Endpoint::CreateAccount,
        Endpoint::Consent,
        Endpoint::LoggedOut,
    ];

    /// The name in topology files and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Endpoint::Authorization => "authorization",
            Endpoint::Token => "token",
            Endpoint::Jwks => "jwks",
            Endpoint::Discovery => "discovery",
            Endpoint::OauthMetadata => "oauth_metadata",
            Endpoint::UserInfo => "userinfo",
            Endpoint::Introspection => "introspection",
            Endpoint::Revocation => "revocation",
            Endpoint::Registration => "registration",
            Endpoint::Logout => "logout",
            Endpoint::Login => "login",
            Endpoint::CreateAccount => "create_account",
            Endpoint::Consent => "consent",
            Endpoint::LoggedOut => "logged_out",
        }
    }

    /// Does the endpoint exist only where people sign in?
    pub fn needs_people(self) -> bool {
        match self {
            Endpoint::Authorization
            | Endpoint::UserInfo
            | Endpoint::Logout
            | Endpoint::Login
            | Endpoint::CreateAccount
            | Endpoint::Consent
            | Endpoint::LoggedOut => true,
            Endpoint::Token
            | Endpoint::Jwks
            | Endpoint::Discovery
            | Endpoint::OauthMetadata
            | Endpoint::Introspection
            | Endpoint::Revocation
            | Endpoint::Registration => false,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
