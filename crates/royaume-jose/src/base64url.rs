//! base64url without padding (RFC 4648 §5, RFC 7515 §2): one text for each value of bytes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Text that is not the one base64 form of anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not well-formed base64")]
pub struct Malformed;

/// The text of bytes.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Adds the text of bytes to another.
pub fn encode_onto(text: &mut String, bytes: &[u8]) {
    URL_SAFE_NO_PAD.encode_string(bytes, text);
}

/// The bytes of a text: no padding, no other alphabet, no stray bits at the end.
///
/// # Errors
/// [`Malformed`] for anything that [`encode`] does not write.
pub fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        assert_eq!(decode("-_8").unwrap(), [0xfb, 0xff]);
        for text in ["-_8=", "+/8", "-_9", "A", "-_8 ", "-\n8", "é"] {
            assert_eq!(decode(text), Err(Malformed), "{text:?}");
        }
    }
}
