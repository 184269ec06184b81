//! base64 of the standard alphabet, padded (RFC 4648 §4), as HTTP Basic and PHC strings use it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Malformed;

/// The text of bytes.
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a text.
///
/// # Errors
/// [`Malformed`] for anything that [`encode`] does not write.
pub fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    STANDARD.decode(text).map_err(|_| Malformed)
}
