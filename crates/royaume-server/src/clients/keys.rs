//! The public keys of a client (RFC 7591 §2 `jwks`, `jwks_uri`).

use royaume_jose::{JwkSet, JwkSetError, KeyError};
use royaume_protocol::{ClientMetadata, https_uri};
use serde_json::Value;

use super::unfit::{Unfit, Why};
use crate::stored::client::{Answers, ClientKeys};

const JWKS: &str = "jwks";

/// Judges what was sent. `needed` when assertions will be verified with them (OIDC Core §9).
pub(super) fn keys(metadata: &ClientMetadata, needed: bool) -> Result<Option<ClientKeys>, Unfit> {
    match (&metadata.jwks, &metadata.jwks_uri) {
        (Some(_), Some(_)) => Err(Unfit::of(JWKS, Why::KeysTwice)),
        (Some(set), None) => {
            Ok(Some(ClientKeys::Jwks(by_value(set, needed).map_err(|why| Unfit::of(JWKS, why))?)))
        }
        (None, Some(uri)) => {
            https_uri::check(uri).map_err(|error| Unfit::of("jwks_uri", error))?;
            Ok(Some(ClientKeys::JwksUri(uri.clone())))
        }
        (None, None) if needed => Err(Unfit::of("token_endpoint_auth_method", Why::KeysMissing)),
        (None, None) => Ok(None),
    }
}

/// Is there a key for each answer that is to be encrypted (OIDC Registration §2)? What an address holds is seen when it is
/// asked.
pub(super) fn fit(keys: Option<&ClientKeys>, answers: &Answers) -> Result<(), Unfit> {
    for (member, encryption) in [
        ("id_token_encrypted_response_alg", answers.id_token_encrypted_response),
        ("userinfo_encrypted_response_alg", answers.userinfo_encrypted_response),
    ] {
        match (encryption, keys) {
            (None, _) | (Some(_), Some(ClientKeys::JwksUri(_))) => {}
            (Some(encryption), Some(ClientKeys::Jwks(set))) if encryption.has_key(set) => {}
            (Some(_), Some(ClientKeys::Jwks(_)) | None) => {
                return Err(Unfit::of(member, Why::EncryptionKeyMissing));
            }
        }
    }
    Ok(())
}

fn by_value(set: &Value, needed: bool) -> Result<JwkSet, Why> {
    let set = JwkSet::parse_strict(set.to_string().as_bytes()).map_err(|error| match error {
        JwkSetError::Malformed | JwkSetError::TooMany => Why::KeySet,
        JwkSetError::Private => Why::KeyPrivate,
        JwkSetError::Unfit(KeyError::Size) => Why::KeySize,
        JwkSetError::Unfit(_) => Why::KeyMalformed,
    })?;
    if needed && set.verifying_keys().is_empty() { Err(Why::KeyUnusable) } else { Ok(set) }
}
