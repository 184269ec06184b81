//! The public keys of a client (RFC 7591 §2 `jwks`, `jwks_uri`).

use royaume_jose::{Jwk, JwkSet, KeyError, VerifyingKey, base64url};
use royaume_protocol::{ClientMetadata, https_uri};
use serde_json::Value;

use super::unfit::{Unfit, Why};
use crate::stored::client::ClientKeys;

/// Most keys in a set.
const MOST: usize = 20;
/// What only private and symmetric keys have (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const SECRET: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
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

fn by_value(set: &Value, needed: bool) -> Result<JwkSet, Why> {
    let keys =
        set.get("keys").and_then(Value::as_array).filter(|keys| keys.len() <= MOST).ok_or(Why::KeySet)?;
    let keys = keys.iter().map(key).collect::<Result<Vec<_>, _>>()?;
    let verifies = |key: &Jwk| VerifyingKey::from_jwk(key).is_ok();
    if needed && !keys.iter().any(verifies) {
        return Err(Why::KeyUnusable);
    }
    Ok(JwkSet { keys })
}

fn key(value: &Value) -> Result<Jwk, Why> {
    let members = value.as_object().ok_or(Why::KeySet)?;
    let symmetric = members.get("kty").and_then(Value::as_str) == Some("oct");
    if symmetric || SECRET.iter().any(|name| members.contains_key(*name)) {
        return Err(Why::KeyPrivate);
    }
    let key: Jwk = serde_json::from_value(value.clone()).map_err(|_| Why::KeyMalformed)?;
    // Keys that encrypt are as sound as those that sign, whatever they are for.
    let signing = Jwk { use_: None, alg: None, ..key.clone() };
    match VerifyingKey::from_jwk(&signing) {
        Ok(_) | Err(KeyError::Unsupported) => Ok(key),
        Err(KeyError::Size) => Err(Why::KeySize),
        Err(_) if too_short(&key) => Err(Why::KeySize),
        Err(_) => Err(Why::KeyMalformed),
    }
}

/// An RSA key of fewer than 2048 bits, however else it may be broken.
fn too_short(key: &Jwk) -> bool {
    let modulus = key.n.as_deref().filter(|_| key.kty == "RSA").and_then(|n| base64url::decode(n).ok());
    modulus.is_some_and(|modulus| modulus.len() < 256)
}
