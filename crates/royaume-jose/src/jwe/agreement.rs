//! Elliptic curve Diffie-Hellman with an ephemeral key, on P-256 (RFC 7518 §4.6).

use aws_lc_rs::agreement::{ECDH_P256, ParsedPublicKey, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::digest::{Context, SHA256};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::key_wrap::{AES_128, AES_256, AesKek, KeyWrap as _};
use zeroize::Zeroizing;

use super::{ContentEncryption, KeyManagement};

/// Bytes that wrapping adds to a key (RFC 3394 §2.2.1).
const WRAPPING: usize = 8;

/// The names of both sides, which enter into what they agree on (RFC 7518 §4.6.1).
#[derive(Debug, Clone, Default)]
pub(super) struct Parties {
    /// `apu`.
    pub(super) producer: Vec<u8>,
    /// `apv`.
    pub(super) recipient: Vec<u8>,
}

/// A public key, if its point is on the curve.
pub(super) fn parse_point(point: &[u8]) -> Result<ParsedPublicKey, Unspecified> {
    ParsedPublicKey::try_from(&UnparsedPublicKey::new(&ECDH_P256, point)).map_err(|_| Unspecified)
}

/// The key that two agree on: of the content, or the one that wraps it.
pub(super) fn agreed(
    own: &PrivateKey,
    other: &ParsedPublicKey,
    alg: KeyManagement,
    enc: ContentEncryption,
    parties: &Parties,
) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    let (purpose, length) = match alg {
        KeyManagement::EcdhEsA128Kw => (alg.as_str(), 16),
        KeyManagement::EcdhEsA256Kw => (alg.as_str(), 32),
        KeyManagement::EcdhEs => (enc.as_str(), enc.key_length()),
        KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => return Err(Unspecified),
    };
    agree(own, other.clone(), Unspecified, |secret| Ok(concat_kdf(secret, purpose, length, parties)))
}

/// Wraps a key (RFC 3394 §2.2.1).
pub(super) fn wrap(wrapping: &[u8], key: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let mut wrapped = vec![0; key.len() + WRAPPING];
    kek(wrapping)?.wrap(key, &mut wrapped)?;
    Ok(wrapped)
}

/// Unwraps a key, if it is whole (RFC 3394 §2.2.2).
pub(super) fn unwrap(wrapping: &[u8], wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unspecified> {
    let length = wrapped.len().checked_sub(WRAPPING).ok_or(Unspecified)?;
    let mut key = Zeroizing::new(vec![0; length]);
    kek(wrapping)?.unwrap(wrapped, &mut key)?;
    Ok(key)
}

fn kek(wrapping: &[u8]) -> Result<AesKek, Unspecified> {
    AesKek::new(if wrapping.len() == 32 { &AES_256 } else { &AES_128 }, wrapping)
}

/// The derivation by concatenation (RFC 7518 §4.6.2, NIST SP 800-56A §5.8.1).
fn concat_kdf(secret: &[u8], purpose: &str, length: usize, parties: &Parties) -> Zeroizing<Vec<u8>> {
    let mut derived = Zeroizing::new(Vec::with_capacity(length.next_multiple_of(32)));
    for round in 1_u32.. {
        let mut context = Context::new(&SHA256);
        context.update(&round.to_be_bytes());
        context.update(secret);
        for part in [purpose.as_bytes(), &parties.producer, &parties.recipient] {
            context.update(&(part.len() as u32).to_be_bytes());
            context.update(part);
        }
        context.update(&(length as u32 * 8).to_be_bytes());
        derived.extend_from_slice(context.finish().as_ref());
        if derived.len() >= length {
            break;
        }
    }
    derived.truncate(length);
    derived
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Jwk, base64url};

    /// RFC 7518 §C: both sides of the example, each with its own private key.
    #[test]
    fn what_is_agreed_on_is_that_of_the_specification_s_example() {
        let alice = r#"{"kty":"EC","crv":"P-256","x":"gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0","y":"SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"}"#;
        let bob = r#"{"kty":"EC","crv":"P-256","x":"weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ","y":"e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck"}"#;
        let parties = Parties { producer: b"Alice".to_vec(), recipient: b"Bob".to_vec() };
        for (private, public) in [
            ("0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo", bob),
            ("VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw", alice),
        ] {
            let own = PrivateKey::from_private_key(&ECDH_P256, &base64url::decode(private).unwrap()).unwrap();
            let other: Jwk = serde_json::from_str(public).unwrap();
            let other = parse_point(&other.p256().unwrap()).unwrap();
            let key =
                agreed(&own, &other, KeyManagement::EcdhEs, ContentEncryption::A128Gcm, &parties).unwrap();
            assert_eq!(base64url::encode(&key), "VqqN6vgjbSBcIijNcacQGg");
        }
    }

    /// RFC 3394 §4.1.
    #[test]
    fn a_wrapped_key_is_that_of_the_specification_s_example() {
        let wrapping: Vec<u8> = (0..16).collect();
        let key: Vec<u8> = (0..16).map(|byte| byte * 0x11).collect();
        let wrapped = wrap(&wrapping, &key).unwrap();
        assert_eq!(base64url::encode(&wrapped), "H6aLCoEStEeu80vY-1p7gp0-hiNx0s_l");
        assert_eq!(unwrap(&wrapping, &wrapped).unwrap().as_slice(), key);
        for short in 0..wrapped.len() {
            assert!(unwrap(&wrapping, &wrapped[..short]).is_err(), "{short}");
        }
    }
}
