//! JSON Web Encryption in compact form (RFC 7516 §3.1), bounded in everything that its sender decides.

mod agreement;
mod algorithms;
mod content;
mod decryption_key;
mod encryption_key;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use algorithms::{ContentEncryption, KeyManagement, UnknownEncryption};
pub use decryption_key::DecryptionKey;
pub use encryption_key::EncryptionKey;

use crate::object::present;
use crate::{Entropy, Jwk, Object, base64url};
use agreement::Parties;

/// A longer token is refused before any work: as long as a signed one of the longest kind becomes when it is encrypted.
pub const LONGEST: usize = 24 * 1024;

/// The header of a token, as far as it may be believed (RFC 7516 §4.1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// How the key of the content is sent.
    pub alg: String,
    /// What the content is encrypted with.
    pub enc: String,
    /// Which key.
    #[serde(default)]
    pub kid: Option<String>,
    /// What kind of token.
    #[serde(default)]
    pub typ: Option<String>,
    /// What its content is: `JWT` when that is a signed token (RFC 7519 §5.2).
    #[serde(default)]
    pub cty: Option<String>,
    #[serde(default)]
    epk: Option<Jwk>,
    #[serde(default)]
    apu: Option<String>,
    #[serde(default)]
    apv: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    #[serde(default, deserialize_with = "present")]
    zip: bool,
}

/// A token that was decrypted. Anybody may have encrypted it: what it says is not yet to be believed.
#[derive(Debug, Clone)]
pub struct Decrypted {
    /// Its header.
    pub header: Header,
    /// What was encrypted.
    pub plaintext: Zeroizing<Vec<u8>>,
}

/// Why something is not encrypted, or not decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    /// Over [`LONGEST`] bytes.
    #[error("the token is too long")]
    TooLong,
    /// Not five parts of base64url with a JSON header.
    #[error("the token is not a compact JWE")]
    Malformed,
    /// `crit` or `zip`: extensions that are not understood, or would let a few bytes become many (RFC 8725 §3.6).
    #[error("the token uses an extension that is not supported")]
    Extension,
    /// Not one of the accepted algorithms.
    #[error("the token is encrypted with an algorithm that is not accepted")]
    Algorithm,
    /// No key of that name and algorithm.
    #[error("there is no key for the algorithm, or none of the name")]
    UnknownKey,
    /// Another key or damage: which of them is not told (RFC 7516 §11.5).
    #[error("the token does not decrypt")]
    Undecryptable,
    /// The key cannot be used after all.
    #[error("the key does not encrypt")]
    Unencryptable,
}

/// Encrypts to the first of the keys that is for the algorithm (RFC 7516 §5.1). The header names algorithms, key and
/// type of content.
///
/// # Errors
/// [`JweError::UnknownKey`] when no key is for the algorithm, [`JweError::Unencryptable`] when it fails.
pub fn encrypt(
    plaintext: &[u8],
    cty: Option<&str>,
    keys: &[EncryptionKey],
    (alg, enc): (KeyManagement, ContentEncryption),
    entropy: &dyn Entropy,
) -> Result<String, JweError> {
    #[derive(Serialize)]
    struct Written<'a> {
        alg: KeyManagement,
        enc: ContentEncryption,
        #[serde(skip_serializing_if = "Option::is_none")]
        kid: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cty: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        epk: Option<Jwk>,
    }
    let mut fitting = keys.iter().filter(|key| key.algorithms().any(|its| its == alg));
    let key = fitting.next().ok_or(JweError::UnknownKey)?;
    let sent = key.send(alg, enc, entropy).map_err(|_| JweError::Unencryptable)?;
    let header = Written { alg, enc, kid: key.kid(), cty, epk: sent.epk };
    let mut token = base64url::encode(&serde_json::to_vec(&header).expect("a header always serialises"));
    let mut iv = vec![0; enc.iv_length()];
    entropy.fill(&mut iv);
    let (ciphertext, tag) = content::seal(enc, &sent.key, &iv, token.as_bytes(), plaintext)
        .map_err(|_| JweError::Unencryptable)?;
    for part in [&sent.encrypted, &iv, &ciphertext, &tag] {
        token.push('.');
        base64url::encode_onto(&mut token, part);
    }
    Ok(token)
}

/// The header of a token that has not been decrypted: good for choosing a key, for nothing else.
///
/// # Errors
/// [`JweError`] when the token is too long, malformed, or uses an extension.
pub fn header(token: &str) -> Result<Header, JweError> {
    Ok(Parts::of(token)?.header)
}

/// Decrypts a token with one of the keys (RFC 7516 §5.2): those of its algorithm and, if it names one, of its name. A
/// key that was not received is replaced by chance, so that failing there takes the time of failing later (§11.5).
///
/// # Errors
/// [`JweError`]: each way in which a token is not decrypted.
pub fn decrypt(
    token: &str,
    keys: &[DecryptionKey],
    accepted: &[ContentEncryption],
    entropy: &dyn Entropy,
) -> Result<Decrypted, JweError> {
    let parts = Parts::of(token)?;
    let alg: KeyManagement = parts.header.alg.parse().map_err(|_| JweError::Algorithm)?;
    let enc: ContentEncryption = parts.header.enc.parse().map_err(|_| JweError::Algorithm)?;
    if !accepted.contains(&enc) {
        return Err(JweError::Algorithm);
    }
    let kid = parts.header.kid.as_deref();
    let mut fitting =
        keys.iter().filter(|key| key.algorithm() == alg && kid.is_none_or(|kid| kid == key.kid())).peekable();
    if fitting.peek().is_none() {
        return Err(JweError::UnknownKey);
    }
    let plaintext = fitting.find_map(|key| parts.open(key, enc, entropy)).ok_or(JweError::Undecryptable)?;
    Ok(Decrypted { header: parts.header, plaintext })
}

struct Parts<'a> {
    header: Header,
    parties: Parties,
    aad: &'a [u8],
    encrypted_key: Vec<u8>,
    iv: Vec<u8>,
    ciphertext: Vec<u8>,
    tag: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, JweError> {
        if token.len() > LONGEST {
            return Err(JweError::TooLong);
        }
        let parts: Vec<_> = token.splitn(6, '.').collect();
        let [aad, encrypted_key, iv, ciphertext, tag] = parts[..] else { return Err(JweError::Malformed) };
        let bytes = |part: &str| base64url::decode(part).map_err(|_| JweError::Malformed);
        let header: Header = Object::read(&bytes(aad)?).map_err(|_| JweError::Malformed)?;
        if header.crit || header.zip {
            return Err(JweError::Extension);
        }
        let party = |name: &Option<String>| bytes(name.as_deref().unwrap_or_default());
        Ok(Self {
            parties: Parties { producer: party(&header.apu)?, recipient: party(&header.apv)? },
            header,
            aad: aad.as_bytes(),
            encrypted_key: bytes(encrypted_key)?,
            iv: bytes(iv)?,
            ciphertext: bytes(ciphertext)?,
            tag: bytes(tag)?,
        })
    }

    fn open(
        &self,
        key: &DecryptionKey,
        enc: ContentEncryption,
        entropy: &dyn Entropy,
    ) -> Option<Zeroizing<Vec<u8>>> {
        let received = key.receive(enc, &self.encrypted_key, self.header.epk.as_ref(), &self.parties);
        let key = received.ok().filter(|key| key.len() == enc.key_length()).unwrap_or_else(|| {
            let mut chance = Zeroizing::new(vec![0; enc.key_length()]);
            entropy.fill(&mut chance);
            chance
        });
        let opened = content::open(enc, &key, &self.iv, self.aad, &self.ciphertext, &self.tag);
        opened.ok().map(Zeroizing::new)
    }
}

#[cfg(test)]
mod tests;
