//! Why a client cannot be registered as it says: which member, and what is wrong with it.

use std::fmt;

use royaume_protocol::ErrorCode;
use royaume_protocol::https_uri::HttpsUriError;
use royaume_protocol::redirect_uri::RedirectUriError;

/// A member of client metadata that cannot be registered. Its text never repeats what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    member: &'static str,
    /// Which entry of a list, counted from 0.
    at: Option<usize>,
    why: Why,
}

/// What is wrong with it: reads as the rest of a sentence that begins with its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Why {
    /// RFC 7591 §2.
    #[error("is not of the type, or has not one of the values, that is registered for it here")]
    Shape,
    /// RFC 7591 §2.
    #[error("is missing")]
    Missing,
    /// RFC 7591 §5: what strangers can make us keep has a bound.
    #[error("has more entries than are kept")]
    TooMany,
    /// Likewise.
    #[error("is empty or too long")]
    Length,
    /// RFC 7591 §5: what people read is what is there.
    #[error("has characters that are invisible or turn the direction of text")]
    Invisible,
    /// RFC 6749 §3.1.2, RFC 8252 §7.
    #[error(transparent)]
    RedirectUri(#[from] RedirectUriError),
    /// OIDC Registration §2 `application_type`.
    #[error("has a private-use scheme, which needs application_type native")]
    NativeScheme,
    /// OIDC Registration §2 `application_type`.
    #[error(
        "is a loopback address, where a web application with response types other than code may not return"
    )]
    LoopbackOfWeb,
    /// RFC 7591 §2.
    #[error(transparent)]
    Address(#[from] HttpsUriError),
    /// Front-Channel Logout 1.0 §2.
    #[error("has not the scheme, host and port of any redirect URI")]
    ForeignOrigin,
    /// RFC 7591 §2: the realm decides.
    #[error("names something that this realm does not offer")]
    NotOffered,
    /// RFC 7591 §2.1, OIDC Registration §2.
    #[error("needs a grant type that is not in grant_types")]
    GrantMissing,
    /// RFC 6749 §4.4.
    #[error("has client_credentials, which a client without a secret or a key cannot use")]
    CredentialsOfPublic,
    /// RFC 6749 §4.4: it speaks for itself, so somebody must know it.
    #[error("has client_credentials, which is only for clients that an operator has invited")]
    CredentialsOfStranger,
    /// The kind of application that the operator named.
    #[error("does not fit the kind of application")]
    OtherKind,
    /// RFC 6749 §3.3.
    #[error("is malformed or too long")]
    ScopeMalformed,
    /// RFC 6749 §3.3.
    #[error("has a word that this realm does not know, or does not give to clients that register themselves")]
    ScopeUnknown,
    /// RFC 7591 §2.
    #[error("and jwks_uri exclude each other")]
    KeysTwice,
    /// RFC 7591 §2, OIDC Core §9.
    #[error("is private_key_jwt, which needs jwks or jwks_uri")]
    KeysMissing,
    /// OIDC Registration §2.
    #[error("needs a key of the client for it, in jwks or at jwks_uri")]
    EncryptionKeyMissing,
    /// RFC 7517 §5.
    #[error("is not a set of at most 50 JSON Web Keys")]
    KeySet,
    /// RFC 7591 §2.
    #[error("has a private or symmetric key: only public ones are registered")]
    KeyPrivate,
    /// RFC 7517 §4, RFC 7518 §6.
    #[error("has a key that is malformed, or not on its curve")]
    KeyMalformed,
    /// RFC 7518 §3.3.
    #[error("has an RSA key that has not 2048 to 8192 bits")]
    KeySize,
    /// OIDC Core §9.
    #[error("has no key that verifies an assertion: RS256, PS256, ES256 and EdDSA do")]
    KeyUnusable,
    /// RFC 7515 §4.1.1; `none` signs nothing (RFC 8725 §3.2).
    #[error("is not an algorithm that is supported here for it")]
    Algorithm,
    /// RFC 7591 §2: verified when others use it, and never used here.
    #[error("is not an algorithm that this server signs with: RS256, ES256 and EdDSA are")]
    NotSignedWith,
    /// OIDC Core §8.1.
    #[error("is needed: pairwise subjects, and not one host for all redirect URIs")]
    SectorMissing,
    /// OIDC Registration §5.
    #[error("could not be fetched, or was not answered with 200")]
    SectorUnreached,
    /// OIDC Registration §5.
    #[error("does not lead to a JSON array of strings")]
    SectorMalformed,
    /// OIDC Registration §5.
    #[error("leads to a list that lacks one of the redirect URIs")]
    SectorLacks,
    /// RFC 7591 §3.2.2: we trust no issuer of statements.
    #[error("is not accepted: this server trusts no issuer of software statements")]
    SoftwareStatement,
    /// RFC 7592 §2.2.
    #[error("is not that of this client")]
    NotItsOwn,
    /// RFC 7592 §2.2.
    #[error("is for the server to say, and may not be sent")]
    OfTheServer,
    /// OIDC Core §10.1: an HMAC key is at least as long as its digest (RFC 7518 §3.2).
    #[error("is shorter than 32 bytes, which client_secret_jwt needs")]
    ShortSecret,
}

impl Unfit {
    pub(crate) fn of(member: &'static str, why: impl Into<Why>) -> Self {
        Self { member, at: None, why: why.into() }
    }

    pub(crate) fn entry(member: &'static str, at: usize, why: impl Into<Why>) -> Self {
        Self { member, at: Some(at), why: why.into() }
    }

    /// Which member it is.
    pub(crate) fn member(&self) -> &'static str {
        self.member
    }

    /// RFC 7591 §3.2.2.
    pub(crate) fn code(&self) -> ErrorCode {
        match self.member {
            "redirect_uris" if self.why != Why::Shape => ErrorCode::InvalidRedirectUri,
            "software_statement" => ErrorCode::InvalidSoftwareStatement,
            _ => ErrorCode::InvalidClientMetadata,
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.member)?;
        if let Some(at) = self.at {
            write!(f, "[{at}]")?;
        }
        write!(f, " {}", self.why)
    }
}
