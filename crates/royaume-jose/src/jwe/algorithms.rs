//! How a key reaches its recipient, and what the content is encrypted with (RFC 7518 §4.1, §5.1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How the key of the content reaches the one who has the private key. There is nothing with a password (PBES2), whose
/// sender says how much work it is, and no RSA1_5 (RFC 8725 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum KeyManagement {
    /// RSAES-OAEP with SHA-1 (RFC 7518 §4.3), which many clients still ask for; that SHA-1 collides does not harm it.
    #[serde(rename = "RSA-OAEP")]
    RsaOaep,
    /// RSAES-OAEP with SHA-256 (RFC 7518 §4.3).
    #[serde(rename = "RSA-OAEP-256")]
    RsaOaep256,
    /// Agreement with an ephemeral key: what is agreed on is the key of the content (RFC 7518 §4.6).
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
    /// Agreement with an ephemeral key, which wraps the key of the content with AES-128 (RFC 7518 §4.6).
    #[serde(rename = "ECDH-ES+A128KW")]
    EcdhEsA128Kw,
    /// The same with AES-256.
    #[serde(rename = "ECDH-ES+A256KW")]
    EcdhEsA256Kw,
}

/// What the content is encrypted and authenticated with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ContentEncryption {
    /// AES-128 in CBC mode, then HMAC-SHA256 (RFC 7518 §5.2.3).
    #[serde(rename = "A128CBC-HS256")]
    A128CbcHs256,
    /// AES-256 in CBC mode, then HMAC-SHA512 (RFC 7518 §5.2.5).
    #[serde(rename = "A256CBC-HS512")]
    A256CbcHs512,
    /// AES-128 in Galois/Counter Mode (RFC 7518 §5.3).
    #[serde(rename = "A128GCM")]
    A128Gcm,
    /// AES-256 in Galois/Counter Mode (RFC 7518 §5.3).
    #[serde(rename = "A256GCM")]
    A256Gcm,
}

/// A name that is no algorithm of encryption of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the encryption algorithm is not supported")]
pub struct UnknownEncryption;

impl KeyManagement {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::RsaOaep, Self::RsaOaep256, Self::EcdhEs, Self::EcdhEsA128Kw, Self::EcdhEsA256Kw];

    /// The registered name (RFC 7518 §4.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsA128Kw => "ECDH-ES+A128KW",
            Self::EcdhEsA256Kw => "ECDH-ES+A256KW",
        }
    }
}

impl ContentEncryption {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::A128CbcHs256, Self::A256CbcHs512, Self::A128Gcm, Self::A256Gcm];

    /// The registered name (RFC 7518 §5.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A128CbcHs256 => "A128CBC-HS256",
            Self::A256CbcHs512 => "A256CBC-HS512",
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// Bytes of its key: CBC with HMAC has two keys in one (RFC 7518 §5.2.2.1).
    pub(super) const fn key_length(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A128CbcHs256 | Self::A256Gcm => 32,
            Self::A256CbcHs512 => 64,
        }
    }

    /// Bytes of its initialization vector.
    pub(super) const fn iv_length(self) -> usize {
        match self {
            Self::A128Gcm | Self::A256Gcm => 12,
            Self::A128CbcHs256 | Self::A256CbcHs512 => 16,
        }
    }
}

impl fmt::Display for KeyManagement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ContentEncryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for KeyManagement {
    type Err = UnknownEncryption;

    fn from_str(text: &str) -> Result<Self, UnknownEncryption> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(UnknownEncryption)
    }
}

impl FromStr for ContentEncryption {
    type Err = UnknownEncryption;

    fn from_str(text: &str) -> Result<Self, UnknownEncryption> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(UnknownEncryption)
    }
}
