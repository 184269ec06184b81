//! Digests: plain, keyed, and compared without telling where two values differ.

use std::fmt;

use aws_lc_rs::{digest, hmac};
use subtle::ConstantTimeEq as _;

use crate::{Algorithm, base64url};

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    array(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Are they equal? The time it takes depends on the lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// The left half of a token's digest, for `at_hash` and `c_hash` (OIDC Core §3.1.3.6): the digest is that of the
/// signature algorithm, which for Ed25519 is SHA-512.
pub fn half_hash(algorithm: Algorithm, value: &str) -> String {
    let digest = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => {
            digest::digest(&digest::SHA256, value.as_bytes())
        }
        Algorithm::EdDsa => digest::digest(&digest::SHA512, value.as_bytes()),
    };
    base64url::encode(&digest.as_ref()[..digest.as_ref().len() / 2])
}

/// A key for HMAC-SHA256 (RFC 2104).
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// A key of 256 bits.
    pub fn new(key: [u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &key))
    }

    /// The code of a sequence of parts. Each part is preceded by its length, so that no two sequences are alike.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        array(context.sign().as_ref())
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

fn array(bytes: &[u8]) -> [u8; 32] {
    bytes.try_into().expect("SHA-256 has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let key = MacKey::new([1; 32]);
        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
        assert_ne!(key.mac(&[b"ab"]), key.mac(&[b"ab", b""]));
        assert_eq!(key.mac(&[b"ab", b"c"]), key.mac(&[b"ab", b"c"]));
    }

    /// OIDC Core §A.3: the example's `at_hash`.
    #[test]
    fn at_hash_is_that_of_the_specification_s_example() {
        assert_eq!(
            half_hash(Algorithm::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
    }
}
