//! Keys of the targets, always the same, so that every run is the same. Everybody can read them: they guard nothing.

use royaume_jose::jwe::{DecryptionKey, KeyManagement};
use royaume_jose::jws::{HmacKey, MacAlgorithm};
use royaume_jose::{Algorithm, SigningKey, base64url};

const RSA: &str = include_str!("../../seeds/keys/rsa.txt");
const P256: &str = include_str!("../../seeds/keys/p256.txt");
const ED25519: &str = include_str!("../../seeds/keys/ed25519.txt");

/// What signs with that algorithm.
pub(crate) fn signing(algorithm: Algorithm) -> SigningKey {
    let text = match algorithm {
        Algorithm::Rs256 | Algorithm::Ps256 => RSA,
        Algorithm::Es256 => P256,
        Algorithm::EdDsa => ED25519,
    };
    SigningKey::from_pkcs8(algorithm, &base64url::decode(text.trim()).unwrap()).unwrap()
}

/// What decrypts by that algorithm.
pub(crate) fn decryption(algorithm: KeyManagement) -> DecryptionKey {
    let text = match algorithm {
        KeyManagement::RsaOaep | KeyManagement::RsaOaep256 => RSA,
        KeyManagement::EcdhEs | KeyManagement::EcdhEsA128Kw | KeyManagement::EcdhEsA256Kw => P256,
    };
    DecryptionKey::from_pkcs8(algorithm, &base64url::decode(text.trim()).unwrap()).unwrap()
}

/// What two share for that algorithm.
pub(crate) fn secret(algorithm: MacAlgorithm) -> HmacKey {
    HmacKey::from_secret(algorithm, b"a secret of sixty-four bytes, which is enough for every one of them")
        .unwrap()
}
