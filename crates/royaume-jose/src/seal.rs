//! Sealing: what a stolen database must not give away is encrypted under the server key (NIST SP 800-38D).

use std::fmt;
use std::num::NonZeroU32;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::pbkdf2;
use zeroize::Zeroizing;

use crate::{Entropy, MacKey, Malformed, base64url, random};

/// The first byte of a sealed value: AES-256-GCM, a 96-bit nonce of chance, a 128-bit tag.
const VERSION: u8 = 1;
const NONCE: usize = 12;

/// The secret of a server, from which every other key of it follows. It never lies in the database.
#[derive(Clone)]
pub struct ServerKey(Zeroizing<[u8; 32]>);

/// Another key, another context, or damage: which of them is not told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open")]
pub struct Unsealable;

impl ServerKey {
    /// A key of 256 bits.
    pub fn from_bytes(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// A new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::from_bytes(random(entropy))
    }

    /// The key that follows from a passphrase, by so many rounds of PBKDF2 with HMAC-SHA256 (RFC 8018 §5.2). The salt is
    /// no secret, and is another for each use of the same passphrase.
    pub fn from_passphrase(passphrase: &[u8], salt: &[u8], rounds: NonZeroU32) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, passphrase, &mut *key);
        Self(key)
    }

    /// Reads the text form: 43 characters of base64url.
    ///
    /// # Errors
    /// [`Malformed`] for anything else.
    pub fn from_text(text: &str) -> Result<Self, Malformed> {
        let bytes = Zeroizing::new(base64url::decode(text)?);
        Ok(Self::from_bytes(bytes.as_slice().try_into().map_err(|_| Malformed)?))
    }

    /// The text form.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url::encode(&*self.0))
    }

    /// Encrypts a value. It opens only with this key and this context, so that a sealed value moved elsewhere in the
    /// database does not.
    pub fn seal(&self, context: &str, plaintext: &[u8], entropy: &dyn Entropy) -> Vec<u8> {
        let nonce = random::<NONCE>(entropy);
        let mut sealed = plaintext.to_vec();
        self.cipher()
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut sealed)
            .expect("a value far below the limit of the cipher is encrypted");
        [&[VERSION], nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts a value.
    ///
    /// # Errors
    /// [`Unsealable`] when key or context differ or the value is damaged.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unsealable> {
        let (version, rest) = sealed.split_first().ok_or(Unsealable)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or(Unsealable)?;
        if *version != VERSION {
            return Err(Unsealable);
        }
        let mut buffer = Zeroizing::new(rest.to_vec());
        let length = self
            .cipher()
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(context), &mut buffer)
            .map_err(|_| Unsealable)?
            .len();
        buffer.truncate(length);
        Ok(buffer)
    }

    /// A key for one purpose: knowing it tells nothing about the others (HMAC as a pseudo-random function).
    pub fn mac_key(&self, purpose: &str) -> MacKey {
        MacKey::new(self.derive(purpose))
    }

    fn cipher(&self) -> LessSafeKey {
        let key = Zeroizing::new(self.derive("seal"));
        LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*key).expect("the cipher takes 256 bits"))
    }

    fn derive(&self, purpose: &str) -> [u8; 32] {
        MacKey::new(*self.0).mac(&[b"royaume key v1", purpose.as_bytes()])
    }
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededEntropy;

    #[test]
    fn a_sealed_value_opens_with_its_key_and_context_only() {
        let entropy = SeededEntropy::new(1);
        let key = ServerKey::generate(&entropy);
        let sealed = key.seal("realm individu", b"private", &entropy);
        assert_eq!(key.open("realm individu", &sealed).unwrap().as_slice(), b"private");
        assert_eq!(key.open("realm agent", &sealed), Err(Unsealable));
        assert_eq!(ServerKey::generate(&entropy).open("realm individu", &sealed), Err(Unsealable));
        for at in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[at] ^= 1;
            assert_eq!(key.open("realm individu", &damaged), Err(Unsealable), "byte {at}");
            assert_eq!(key.open("realm individu", &sealed[..at]), Err(Unsealable), "cut at {at}");
        }
        assert_ne!(key.seal("realm individu", b"private", &entropy), sealed, "a nonce is used once");
    }

    /// RFC 7914 §11 gives this value of PBKDF2-HMAC-SHA256.
    #[test]
    fn a_key_follows_from_a_passphrase() {
        let one = ServerKey::from_passphrase(b"passwd", b"salt", NonZeroU32::MIN);
        let expected = [
            0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3, 0x08, 0x9f, 0xec, 0x16, 0x91, 0xc2, 0x25, 0x44, 0xb6, 0x05,
            0xf9, 0x41, 0x85, 0x21, 0x6d, 0xde, 0x04, 0x65, 0xe6, 0x8b, 0x9d, 0x57, 0xc2, 0x0d, 0xac, 0xbc,
        ];
        assert_eq!(*one.0, expected);
        let two = ServerKey::from_passphrase(b"passwd", b"salt", NonZeroU32::MIN.saturating_add(1));
        assert_ne!(*two.0, expected);
    }

    #[test]
    fn a_key_has_one_text_and_shows_it_to_nobody() {
        let key = ServerKey::generate(&SeededEntropy::new(2));
        let read = ServerKey::from_text(&key.to_text()).unwrap();
        assert_eq!(read.mac_key("a").mac(&[b"x"]), key.mac_key("a").mac(&[b"x"]));
        assert_ne!(key.mac_key("a").mac(&[b"x"]), key.mac_key("b").mac(&[b"x"]));
        assert!(ServerKey::from_text("short").is_err());
        assert!(!format!("{key:?}").contains(key.to_text().as_str()));
    }
}
