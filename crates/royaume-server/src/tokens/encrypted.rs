//! What is encrypted for the one client that it is for (OIDC Core §10.2, §16.14).

use royaume_jose::jwe;

use crate::client_keys;
use crate::context::Context;
use crate::refusal::Refusal;
use crate::stored::client::Client;
use crate::stored::encryption::Encryption;

/// A signed token within an encrypted one (RFC 7519 §11.2): signed first, so that the client can show what it was given.
pub(crate) async fn nested(
    signed: String,
    encryption: Option<Encryption>,
    client: &Client,
    cx: &Context<'_>,
) -> Result<String, Refusal> {
    match encryption {
        None => Ok(signed),
        Some(encryption) => encrypted(signed.as_bytes(), Some("JWT"), encryption, client, cx).await,
    }
}

/// Bytes that only the client reads. It is the client's key that is lacking when this cannot be done, so the request is
/// refused rather than failed: this server is well, and the client keeps its code, its refresh token and its secret.
pub(crate) async fn encrypted(
    plaintext: &[u8],
    cty: Option<&str>,
    Encryption { alg, enc }: Encryption,
    client: &Client,
    cx: &Context<'_>,
) -> Result<String, Refusal> {
    let keys = client_keys::encrypting(alg, client, cx).await.map_err(|_| Refusal::EncryptionKeyMissing)?;
    jwe::encrypt(plaintext, cty, &keys, (alg, enc), cx.entropy()).map_err(|_| Refusal::EncryptionKeyMissing)
}
