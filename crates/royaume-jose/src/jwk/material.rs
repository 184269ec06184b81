//! What a key is made of, in and out of its members (RFC 7518 §6.2, §6.3, RFC 8037 §2).

use aws_lc_rs::rsa::{PublicKey, PublicKeyComponents};

use crate::{Jwk, KeyError, base64url};

/// Bytes of a coordinate on P-256.
const COORDINATE: usize = 32;

impl Jwk {
    /// An RSA key, of its numbers.
    pub(crate) fn of_rsa(public: &PublicKey) -> Self {
        Self {
            n: Some(base64url::encode(public.modulus().big_endian_without_leading_zero())),
            e: Some(base64url::encode(public.exponent().big_endian_without_leading_zero())),
            ..Self::of_type("RSA")
        }
    }

    /// A key on P-256, of its point: 4, then both coordinates (SEC 1 §2.3.3).
    pub(crate) fn of_p256(point: &[u8]) -> Self {
        let (x, y) = point[1..].split_at(COORDINATE);
        Self {
            crv: Some("P-256".to_owned()),
            x: Some(base64url::encode(x)),
            y: Some(base64url::encode(y)),
            ..Self::of_type("EC")
        }
    }

    /// A key of Ed25519.
    pub(crate) fn of_ed25519(key: &[u8]) -> Self {
        Self { crv: Some("Ed25519".to_owned()), x: Some(base64url::encode(key)), ..Self::of_type("OKP") }
    }

    /// The numbers of an RSA key that is neither too weak to trust nor too large to work with.
    pub(crate) fn rsa(&self) -> Result<PublicKeyComponents<Vec<u8>>, KeyError> {
        let (n, e) = (bytes(&self.n)?, bytes(&self.e)?);
        // A leading zero would be a second text for the same number (RFC 7518 §2 Base64urlUInt).
        let bits = n.len() * 8 - n.first().map_or(0, |byte| byte.leading_zeros() as usize);
        if n.first() == Some(&0) || e.first() == Some(&0) {
            return Err(KeyError::Malformed);
        }
        if !(2048..=8192).contains(&bits) || e.len() > 8 {
            return Err(KeyError::Size);
        }
        Ok(PublicKeyComponents { n, e })
    }

    /// The point of a key on P-256, which may yet be off the curve.
    pub(crate) fn p256(&self) -> Result<Vec<u8>, KeyError> {
        let (x, y) = (bytes(&self.x)?, bytes(&self.y)?);
        if x.len() != COORDINATE || y.len() != COORDINATE {
            return Err(KeyError::Malformed);
        }
        Ok([&[4], x.as_slice(), &y].concat())
    }

    /// The bytes of a key of Ed25519.
    pub(crate) fn ed25519(&self) -> Result<Vec<u8>, KeyError> {
        bytes(&self.x)
    }
}

fn bytes(member: &Option<String>) -> Result<Vec<u8>, KeyError> {
    base64url::decode(member.as_deref().ok_or(KeyError::Malformed)?).map_err(|_| KeyError::Malformed)
}
