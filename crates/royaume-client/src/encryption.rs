//! Answers that are encrypted for the application (OIDC Core §2, §5.3.2, §10.2): decrypted with a key of its own, then judged
//! as any other.

use royaume_jose::Entropy;
use royaume_jose::jwe::{self, ContentEncryption, DecryptionKey};

use crate::ClientError;

/// An answer that is encrypted or not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Envelope {
    /// It came open, and may.
    Open(String),
    /// It was encrypted; this was in it. Anybody may have encrypted that.
    Sealed(String),
}

impl Envelope {
    /// Opens an answer, which is called so in errors. `expected` says that it must be encrypted.
    ///
    /// # Errors
    /// [`ClientError::Undecryptable`] when it is not encrypted although it must be, or not for one of these keys.
    pub(crate) fn open(
        what: &'static str,
        text: String,
        keys: &[DecryptionKey],
        expected: bool,
        entropy: &dyn Entropy,
    ) -> Result<Self, ClientError> {
        let failed = |reason: String| ClientError::Undecryptable { what, reason };
        // RFC 7516 §9: a token with five parts is an encrypted one.
        if text.split('.').take(6).count() != 5 {
            return if expected {
                Err(failed("it is not encrypted, as this application expects".to_owned()))
            } else {
                Ok(Self::Open(text))
            };
        }
        let decrypted = jwe::decrypt(&text, keys, &ContentEncryption::ALL, entropy);
        let decrypted = decrypted.map_err(|error| failed(error.to_string()))?;
        let plaintext = String::from_utf8(decrypted.plaintext.to_vec());
        plaintext.map(Self::Sealed).map_err(|_| failed("what is in it is no text".to_owned()))
    }

    /// What it holds.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Open(text) | Self::Sealed(text) => text,
        }
    }
}
