//! Content, encrypted and authenticated under one key (RFC 7518 §5).

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_256, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey,
    PaddedBlockEncryptingKey, UnboundCipherKey,
};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::{hmac, iv};

use super::ContentEncryption;
use crate::constant_time_eq;

/// Bytes of an authentication tag of GCM.
const GCM_TAG: usize = 16;

/// The ciphertext and the authentication tag. Key and vector have the lengths that the algorithm wants.
pub(super) fn seal(
    enc: ContentEncryption,
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<(Vec<u8>, Vec<u8>), Unspecified> {
    let mut text = plaintext.to_vec();
    if let Some(key) = gcm(enc, key) {
        let nonce = Nonce::try_assume_unique_for_key(iv)?;
        let tag = key?.seal_in_place_separate_tag(nonce, Aad::from(aad), &mut text)?;
        return Ok((text, tag.as_ref().to_vec()));
    }
    let keys = CbcKeys::of(enc, key)?;
    let context = EncryptionContext::Iv128(iv::FixedLength::try_from(iv)?);
    PaddedBlockEncryptingKey::cbc_pkcs7(keys.cipher()?)?.less_safe_encrypt(&mut text, context)?;
    let tag = keys.tag(aad, iv, &text);
    Ok((text, tag))
}

/// The plaintext, if key, vector, associated data, ciphertext and tag belong together. The tag is looked at before
/// anything is decrypted (RFC 7518 §5.2.2.2), so that padding tells nothing.
pub(super) fn open(
    enc: ContentEncryption,
    key: &[u8],
    iv: &[u8],
    aad: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Result<Vec<u8>, Unspecified> {
    if let Some(key) = gcm(enc, key) {
        if tag.len() != GCM_TAG {
            return Err(Unspecified);
        }
        let mut text = [ciphertext, tag].concat();
        let nonce = Nonce::try_assume_unique_for_key(iv)?;
        let length = key?.open_in_place(nonce, Aad::from(aad), &mut text)?.len();
        text.truncate(length);
        return Ok(text);
    }
    let keys = CbcKeys::of(enc, key)?;
    if !constant_time_eq(&keys.tag(aad, iv, ciphertext), tag) {
        return Err(Unspecified);
    }
    let context = DecryptionContext::Iv128(iv::FixedLength::try_from(iv)?);
    let mut text = ciphertext.to_vec();
    let length = PaddedBlockDecryptingKey::cbc_pkcs7(keys.cipher()?)?.decrypt(&mut text, context)?.len();
    text.truncate(length);
    Ok(text)
}

fn gcm(enc: ContentEncryption, key: &[u8]) -> Option<Result<LessSafeKey, Unspecified>> {
    let algorithm = match enc {
        ContentEncryption::A128Gcm => &AES_128_GCM,
        ContentEncryption::A256Gcm => &AES_256_GCM,
        ContentEncryption::A128CbcHs256 | ContentEncryption::A256CbcHs512 => return None,
    };
    Some(UnboundKey::new(algorithm, key).map(LessSafeKey::new))
}

/// The two keys of CBC with HMAC: the first half authenticates, the second encrypts (RFC 7518 §5.2.2.1).
struct CbcKeys<'a> {
    authenticates: hmac::Key,
    encrypts: &'a [u8],
}

impl<'a> CbcKeys<'a> {
    fn of(enc: ContentEncryption, key: &'a [u8]) -> Result<Self, Unspecified> {
        if key.len() != enc.key_length() {
            return Err(Unspecified);
        }
        let (first, encrypts) = key.split_at(key.len() / 2);
        let digest =
            if enc == ContentEncryption::A256CbcHs512 { hmac::HMAC_SHA512 } else { hmac::HMAC_SHA256 };
        Ok(Self { authenticates: hmac::Key::new(digest, first), encrypts })
    }

    fn cipher(&self) -> Result<UnboundCipherKey, Unspecified> {
        let algorithm = if self.encrypts.len() == 32 { &AES_256 } else { &AES_128 };
        UnboundCipherKey::new(algorithm, self.encrypts)
    }

    /// The left half of the code over associated data, vector, ciphertext and how many bits were associated.
    fn tag(&self, aad: &[u8], iv: &[u8], ciphertext: &[u8]) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.authenticates);
        context.update(aad);
        context.update(iv);
        context.update(ciphertext);
        context.update(&(aad.len() as u64 * 8).to_be_bytes());
        let code = context.sign();
        code.as_ref()[..code.as_ref().len() / 2].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAINTEXT: &[u8] = b"A cipher system must not be required to be secret, and it must be able to fall into the hands of the enemy without inconvenience";
    const AAD: &[u8] = b"The second principle of Auguste Kerckhoffs";
    const IV: &str = "1af38c2dc2b96ffdd86694092341bc04";

    fn hex(text: &str) -> Vec<u8> {
        let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
        digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
    }

    fn is_the_example(enc: ContentEncryption, ciphertext: &str, tag: &str) {
        let key: Vec<u8> = (0..).take(enc.key_length()).collect();
        let expected = (hex(ciphertext), hex(tag));
        assert_eq!(seal(enc, &key, &hex(IV), AAD, PLAINTEXT).unwrap(), expected);
        assert_eq!(open(enc, &key, &hex(IV), AAD, &expected.0, &expected.1).unwrap(), PLAINTEXT);
    }

    /// RFC 7518 §B.1.
    #[test]
    fn a128cbc_hs256_is_that_of_the_specification_s_example() {
        is_the_example(
            ContentEncryption::A128CbcHs256,
            concat!(
                "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903a9c9",
                "a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f399a221489f16362c7032336",
                "09d45ac69864e3321cf82935ac4096c86e133314c54019e8ca7980dfa4b9cf1b",
                "384c486f3a54c51078158ee5d79de59fbd34d848b3d69550a67646344427ade5",
                "4b8851ffb598f7f80074b9473c82e2db"
            ),
            "652c3fa36b0a7c5b3219fab3a30bc1c4",
        );
    }

    /// RFC 7518 §B.3.
    #[test]
    fn a256cbc_hs512_is_that_of_the_specification_s_example() {
        is_the_example(
            ContentEncryption::A256CbcHs512,
            concat!(
                "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbcc7bd",
                "822c301dd67c373bccb584ad3e9279c2e6d12a1374b77f077553df829410446b",
                "36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecbad28c73f09b3",
                "a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053d21f37ff4f51950b",
                "be2638d09dd7a4930930806d0703b1f6"
            ),
            "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5",
        );
    }

    #[test]
    fn what_was_changed_anywhere_does_not_open() {
        for enc in ContentEncryption::ALL {
            let (key, iv) = (vec![1; enc.key_length()], vec![2; enc.iv_length()]);
            let (ciphertext, tag) = seal(enc, &key, &iv, AAD, b"text").unwrap();
            assert_eq!(open(enc, &key, &iv, AAD, &ciphertext, &tag).unwrap(), b"text");
            let flipped = |bytes: &[u8], at: usize| {
                let mut bytes = bytes.to_vec();
                bytes[at] ^= 1;
                bytes
            };
            for at in 0..tag.len() {
                assert!(open(enc, &key, &iv, AAD, &ciphertext, &flipped(&tag, at)).is_err());
                assert!(open(enc, &key, &iv, AAD, &ciphertext, &tag[..at]).is_err(), "a shorter tag");
            }
            assert!(open(enc, &flipped(&key, 0), &iv, AAD, &ciphertext, &tag).is_err());
            assert!(open(enc, &key[1..], &iv, AAD, &ciphertext, &tag).is_err());
            assert!(open(enc, &key, &flipped(&iv, 0), AAD, &ciphertext, &tag).is_err());
            assert!(open(enc, &key, &iv[1..], AAD, &ciphertext, &tag).is_err());
            assert!(open(enc, &key, &iv, &flipped(AAD, 0), &ciphertext, &tag).is_err());
            assert!(open(enc, &key, &iv, AAD, &flipped(&ciphertext, 0), &tag).is_err());
            assert!(open(enc, &key, &iv, AAD, &[], &tag).is_err());
        }
    }
}
