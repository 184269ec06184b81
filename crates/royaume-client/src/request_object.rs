//! Request objects that the application signs: the parameters of a login as the claims of a token (RFC 9101 §4, OIDC Core
//! §6).

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Entropy, SigningKey, base64url, jws, random};
use royaume_protocol::{AuthorizationRequest, parameters, request_object};
use serde_json::{Map, Value, json};

use crate::Provider;

/// How long one is good for: until the browser has brought it, or the provider has fetched it.
const LIFETIME: Duration = Duration::from_secs(600);

/// The object. What is a number or JSON in a claim is written as such (OIDC Core §6.1).
pub(crate) fn sign(
    pairs: &[(String, String)],
    provider: &Provider,
    key: &SigningKey,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> String {
    let mut claims = Map::new();
    for (name, value) in pairs {
        let claim = match name.as_str() {
            "max_age" | "claims" => serde_json::from_str(value).unwrap_or_else(|_| value.as_str().into()),
            _ => Value::from(value.as_str()),
        };
        claims.insert(name.clone(), claim);
    }
    let client_id = claims.get("client_id").cloned().unwrap_or_default();
    let issued = now.as_second();
    // After the parameters: none of them stands in for what the token says of itself.
    claims.extend([
        ("iss".to_owned(), client_id),
        ("aud".to_owned(), json!(provider.issuer)),
        ("iat".to_owned(), json!(issued)),
        ("nbf".to_owned(), json!(issued)),
        ("exp".to_owned(), json!(issued.saturating_add(LIFETIME.as_secs() as i64))),
        ("jti".to_owned(), json!(base64url::encode(&random::<16>(entropy)))),
    ]);
    jws::sign(key, Some(request_object::TYP), &claims)
}

/// The address with the object, or with where it is. What OAuth 2.0 requires stands beside it (OIDC Core §6.1), the same
/// as in it.
pub(crate) fn address(
    endpoint: &str,
    request: &AuthorizationRequest,
    object: (&'static str, &str),
) -> String {
    let mut beside = request.pairs();
    beside.retain(|(name, _)| ["response_type", "client_id", "scope"].contains(name));
    beside.push((object.0, object.1.to_owned()));
    parameters::append_query(endpoint, &beside)
}
