//! Request objects: an authorization request as the claims of a signed token (RFC 9101 §4, OIDC Core §6).

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::{Audience, Parameters};

/// What the header calls one (RFC 9101 §10.8).
pub const TYP: &str = "oauth-authz-req+jwt";

/// How far two clocks may be apart.
const SKEW: Duration = Duration::from_secs(30);

/// Claims that speak of the token, and are no parameters (RFC 7519 §4.1).
const OF_THE_TOKEN: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// The rule that a request object breaks. The text of each may be sent as a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestObjectError {
    /// RFC 9101 §6.1: five parts.
    #[error("the request object is encrypted, which is not supported")]
    Encrypted,
    /// RFC 9101 §6.2: not signed by the client, or not with an algorithm that it may use.
    #[error("the request object is not signed with a key and an algorithm of the client")]
    Unsigned,
    /// RFC 8725 §3.11: a token of another kind.
    #[error("the typ of the request object is that of another token")]
    Kind,
    /// RFC 9101 §5: `client_id` or `iss` is another, or `sub` makes it look like a client assertion (§10.8).
    #[error("the request object is that of another client, or no request")]
    Client,
    /// RFC 9101 §4: for another server.
    #[error("the request object is meant for somebody else: see its aud")]
    Audience,
    /// RFC 7519 §4.1.4.
    #[error("the request object has expired")]
    Expired,
    /// RFC 7519 §4.1.5.
    #[error("the request object is not valid yet")]
    Early,
    /// RFC 9101 §4: one within another.
    #[error("a request object cannot hold request or request_uri")]
    Nested,
    /// RFC 7519 §4.1: a claim of the token is of another type; or the parameters are too many or too long.
    #[error("a claim of the request object is malformed")]
    Claims,
}

/// Is that what a header may call a request object? Nothing, `JWT`, or its own name, without case (RFC 7515 §4.1.9).
pub fn is_typ(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case(TYP))
}

/// The parameters of a request whose signature is that of the client: those of the object and no others (RFC 9101 §6.3).
///
/// # Errors
/// [`RequestObjectError`], the first rule that is broken.
pub fn parameters(
    claims: &Map<String, Value>,
    client_id: &str,
    issuer: &str,
    now: Timestamp,
) -> Result<Parameters, RequestObjectError> {
    use RequestObjectError as E;
    let text = |name: &str| match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => Err(E::Claims),
    };
    let other = |named: Option<&str>| named.is_some_and(|named| named != client_id);
    if other(text("iss")?) || other(text("client_id")?) || text("sub")? == Some(client_id) {
        return Err(E::Client);
    }
    // RFC 9101 §5, RFC 8725 §3.9: it says whose it is and for whom, or it is anybody's for everybody.
    if text("iss")?.or(text("client_id")?).is_none() {
        return Err(E::Client);
    }
    let aud = claims.get("aud").filter(|aud| !aud.is_null()).ok_or(E::Audience)?;
    let aud: Audience = serde_json::from_value(aud.clone()).map_err(|_| E::Claims)?;
    if !aud.contains(issuer) {
        return Err(E::Audience);
    }
    let (now, skew) = (now.as_second() as f64, SKEW.as_secs() as f64);
    if date(claims, "exp")?.is_some_and(|exp| exp <= now - skew) {
        return Err(E::Expired);
    }
    if date(claims, "nbf")?.is_some_and(|nbf| nbf > now + skew) {
        return Err(E::Early);
    }
    if ["request", "request_uri"].iter().any(|name| claims.contains_key(*name)) {
        return Err(E::Nested);
    }
    let said =
        claims.iter().filter(|(name, _)| *name != "client_id" && !OF_THE_TOKEN.contains(&name.as_str()));
    let pairs = said.filter_map(|(name, value)| Some((name.clone(), parameter(value)?)));
    let client = std::iter::once(("client_id".to_owned(), client_id.to_owned()));
    Parameters::from_pairs(client.chain(pairs)).map_err(|_| E::Claims)
}

/// What a claim says as a parameter (RFC 9101 §4): strings as they are, all else as JSON writes it.
fn parameter(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

fn date(claims: &Map<String, Value>, name: &str) -> Result<Option<f64>, RequestObjectError> {
    match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(seconds)) => Ok(seconds.as_f64()),
        Some(Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
            Err(RequestObjectError::Claims)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(claims: &Value) -> Result<Parameters, RequestObjectError> {
        let now = "2026-11-24T12:00:00Z".parse().unwrap();
        parameters(claims.as_object().unwrap(), "app", "https://i.test", now)
    }

    /// What every object says, changed.
    fn said(changes: &Value) -> Value {
        let mut said = json!({ "iss": "app", "aud": "https://i.test" });
        said.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        said
    }

    /// RFC 9101 §4.
    #[test]
    fn claims_become_parameters_as_they_are_written() {
        let read = read(&json!({
            "iss": "app", "aud": ["https://i.test"], "exp": 1_795_521_601, "client_id": "app", "scope": "openid",
            "max_age": 10, "claims": { "userinfo": { "name": null } }, "nonce": null, "state": "",
        }))
        .unwrap();
        let mut pairs: Vec<_> = read.iter().collect();
        pairs.sort_unstable();
        let claims = r#"{"userinfo":{"name":null}}"#;
        assert_eq!(pairs, [("claims", claims), ("client_id", "app"), ("max_age", "10"), ("scope", "openid")]);
    }

    /// RFC 9101 §4, §5, §10.8.
    #[test]
    fn each_rule_has_its_error() {
        use RequestObjectError as E;
        let now = 1_795_521_600;
        for (claims, error) in [
            (json!({ "iss": "other" }), E::Client),
            (json!({ "client_id": "other" }), E::Client),
            (json!({ "sub": "app" }), E::Client),
            (json!({ "aud": "https://other.test" }), E::Audience),
            (json!({ "aud": [] }), E::Audience),
            (json!({ "aud": null }), E::Audience),
            (json!({ "iss": null }), E::Client),
            (json!({ "aud": 1 }), E::Claims),
            (json!({ "iss": 1 }), E::Claims),
            (json!({ "exp": now - 30 }), E::Expired),
            (json!({ "exp": "soon" }), E::Claims),
            (json!({ "nbf": now + 31 }), E::Early),
            (json!({ "nbf": 1e300 }), E::Early),
            (json!({ "request": "x" }), E::Nested),
            (json!({ "request_uri": null }), E::Nested),
            (json!({ "state": "x".repeat(9_000) }), E::Claims),
            (json!({ "state": "\u{0}" }), E::Claims),
        ] {
            assert_eq!(read(&said(&claims)), Err(error), "{claims}");
            assert!(crate::error::is_safe_description(&error.to_string()));
        }
        assert!(read(&said(&json!({ "exp": now - 29, "nbf": now + 30 }))).is_ok());
    }

    proptest! {
        #[test]
        fn nothing_a_stranger_signs_breaks_the_reader(
            name in "iss|sub|aud|exp|nbf|client_id|scope|\\PC{0,9}",
            text in "\\PC{0,40}",
            number in any::<f64>(),
        ) {
            for value in [json!(text), json!(number), json!([text, number]), json!({ &text: number }), json!(null)] {
                if let Ok(parameters) = read(&said(&json!({ &name: value }))) {
                    prop_assert_eq!(parameters.optional("client_id"), Some("app"));
                }
            }
        }
    }
}
