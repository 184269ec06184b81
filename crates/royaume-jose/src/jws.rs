//! JSON Web Signatures in compact form (RFC 7515 §3.1), and what RFC 8725 asks of whoever verifies them.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::{Algorithm, SigningKey, VerifyingKey, base64url};

/// A longer token is refused before any work.
pub const LONGEST: usize = 16 * 1024;

/// About as many bytes as claims have.
const USUAL: usize = 512;

/// The header of a token, as far as it may be believed: members that carry or point to keys are not even read
/// (RFC 8725 §3.10).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Header {
    /// The algorithm claimed.
    pub alg: String,
    /// Which key.
    #[serde(default)]
    pub kid: Option<String>,
    /// What kind of token (RFC 8725 §3.11).
    #[serde(default)]
    pub typ: Option<String>,
    /// What its payload is.
    #[serde(default)]
    pub cty: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
    #[serde(default)]
    b64: Option<serde_json::Value>,
    #[serde(default)]
    zip: Option<serde_json::Value>,
}

/// A token whose signature has been verified.
#[derive(Debug, Clone)]
pub struct Verified<C> {
    /// Its header.
    pub header: Header,
    /// Its payload.
    pub claims: C,
}

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Over [`LONGEST`] bytes.
    #[error("the token is too long")]
    TooLong,
    /// Not three parts of base64url with a JSON header.
    #[error("the token is not a compact JWS")]
    Malformed,
    /// `crit`, `b64` or `zip`: extensions that are not understood (RFC 7515 §4.1.11).
    #[error("the token uses an extension that is not supported")]
    Extension,
    /// Not one of the accepted algorithms: `none` and HMAC never are (RFC 8725 §3.1).
    #[error("the token is signed with an algorithm that is not accepted")]
    Algorithm,
    /// No key of that name and algorithm.
    #[error("the token names a key that is not known")]
    UnknownKey,
    /// The signature is not that of the key.
    #[error("the signature does not verify")]
    Signature,
    /// The payload is not what was expected.
    #[error("the payload is not a JSON object of the expected shape")]
    Payload,
}

/// Signs claims (RFC 7515 §5.1). The header names algorithm, key and type.
pub fn sign<C: Serialize>(key: &SigningKey, typ: Option<&str>, claims: &C) -> String {
    #[derive(Serialize)]
    struct Written<'a> {
        alg: Algorithm,
        #[serde(skip_serializing_if = "Option::is_none")]
        typ: Option<&'a str>,
        kid: &'a str,
    }
    let mut json = Vec::with_capacity(USUAL);
    let header = Written { alg: key.algorithm(), typ, kid: key.kid() };
    serde_json::to_writer(&mut json, &header).expect("a header always serialises");
    let mut token = String::with_capacity(2 * USUAL);
    base64url::encode_onto(&mut token, &json);
    json.clear();
    serde_json::to_writer(&mut json, claims).expect("claims always serialise");
    token.push('.');
    base64url::encode_onto(&mut token, &json);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    base64url::encode_onto(&mut token, &signature);
    token
}

/// The header of a token that has not been verified: good for choosing a key, for nothing else.
///
/// # Errors
/// [`JwsError`] when the token is too long, malformed, or uses an extension.
pub fn header(token: &str) -> Result<Header, JwsError> {
    Ok(Parts::of(token)?.header)
}

/// Verifies a token with one of the keys, and reads its claims (RFC 7515 §5.2).
///
/// # Errors
/// [`JwsError`]: each way in which a token is not believed.
pub fn verify<C: DeserializeOwned>(
    token: &str,
    keys: &[VerifyingKey],
    accepted: &[Algorithm],
) -> Result<Verified<C>, JwsError> {
    let parts = Parts::of(token)?;
    let algorithm = parts
        .header
        .alg
        .parse::<Algorithm>()
        .ok()
        .filter(|algorithm| accepted.contains(algorithm))
        .ok_or(JwsError::Algorithm)?;
    let kid = parts.header.kid.as_deref();
    let mut candidates = keys
        .iter()
        .filter(|key| key.algorithm() == algorithm && (kid.is_none() || key.kid() == kid))
        .peekable();
    if candidates.peek().is_none() {
        return Err(JwsError::UnknownKey);
    }
    if !candidates.any(|key| key.verify(parts.signed, &parts.signature).is_ok()) {
        return Err(JwsError::Signature);
    }
    let claims = serde_json::from_slice(&parts.payload).map_err(|_| JwsError::Payload)?;
    Ok(Verified { header: parts.header, claims })
}

struct Parts<'a> {
    header: Header,
    payload: Vec<u8>,
    signed: &'a [u8],
    signature: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Result<Self, JwsError> {
        if token.len() > LONGEST {
            return Err(JwsError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwsError::Malformed)?;
        let bytes = |part: &str| base64url::decode(part).map_err(|_| JwsError::Malformed);
        let header: Header = serde_json::from_slice(&bytes(header)?).map_err(|_| JwsError::Malformed)?;
        if header.crit.is_some() || header.b64.is_some() || header.zip.is_some() {
            return Err(JwsError::Extension);
        }
        Ok(Self { header, payload: bytes(payload)?, signed: signed.as_bytes(), signature: bytes(signature)? })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    type Claims = BTreeMap<String, serde_json::Value>;

    fn claims() -> Claims {
        Claims::from([("sub".to_owned(), "camille".into())])
    }

    fn forge(header: &str, like: &str) -> String {
        let (_, rest) = like.split_once('.').unwrap();
        format!("{}.{rest}", base64url::encode(header.as_bytes()))
    }

    #[test]
    fn what_is_signed_verifies_with_its_own_key_and_algorithm_only() {
        for algorithm in Algorithm::ALL {
            let key = SigningKey::generate(algorithm).unwrap();
            let token = sign(&key, Some("at+jwt"), &claims());
            let verified = verify::<Claims>(&token, &[key.verifying_key()], &[algorithm]).unwrap();
            assert_eq!(verified.claims, claims());
            assert_eq!(verified.header.typ.as_deref(), Some("at+jwt"));
            let other = SigningKey::generate(algorithm).unwrap().verifying_key();
            assert_eq!(verify::<Claims>(&token, &[other], &[algorithm]).unwrap_err(), JwsError::UnknownKey);
            assert_eq!(
                verify::<Claims>(&token, &[key.verifying_key()], &[]).unwrap_err(),
                JwsError::Algorithm
            );
        }
    }

    #[test]
    fn algorithm_games_are_lost() {
        let key = SigningKey::generate(Algorithm::Rs256).unwrap();
        let keys = [key.verifying_key()];
        let token = sign(&key, None, &claims());
        for alg in ["none", "None", "HS256", "PS256", "ES256", "", "RS256 "] {
            let forged = forge(&format!(r#"{{"alg":"{alg}","kid":"{}"}}"#, key.kid()), &token);
            let error = verify::<Claims>(&forged, &keys, &Algorithm::ALL).unwrap_err();
            assert!(matches!(error, JwsError::Algorithm | JwsError::UnknownKey), "{alg}: {error}");
        }
        let unsigned = format!("{}.{}.", base64url::encode(br#"{"alg":"none"}"#), base64url::encode(b"{}"));
        assert_eq!(verify::<Claims>(&unsigned, &keys, &Algorithm::ALL).unwrap_err(), JwsError::Algorithm);
    }

    #[test]
    fn extensions_and_keys_in_the_header_are_not_followed() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let keys = [key.verifying_key()];
        let token = sign(&key, None, &claims());
        for member in [r#""crit":["exp"]"#, r#""b64":false"#, r#""zip":"DEF""#] {
            let forged = forge(&format!(r#"{{"alg":"ES256",{member}}}"#), &token);
            assert_eq!(verify::<Claims>(&forged, &keys, &Algorithm::ALL).unwrap_err(), JwsError::Extension);
        }
        let forged = forge(r#"{"alg":"ES256","jku":"https://evil.test","jwk":{"kty":"oct"}}"#, &token);
        assert_eq!(verify::<Claims>(&forged, &keys, &Algorithm::ALL).unwrap_err(), JwsError::Signature);
        for kid in ["x".repeat(12_000), "\\u0000".to_owned(), "../../key".to_owned()] {
            let forged = forge(&format!(r#"{{"alg":"ES256","kid":"{kid}"}}"#), &token);
            let error = verify::<Claims>(&forged, &keys, &Algorithm::ALL).unwrap_err();
            assert!(matches!(error, JwsError::UnknownKey | JwsError::TooLong), "{error}");
        }
        assert_eq!(header(&"a".repeat(LONGEST + 1)).unwrap_err(), JwsError::TooLong);
    }

    #[test]
    fn without_a_kid_every_key_of_the_algorithm_is_tried() {
        let (one, two) = (
            SigningKey::generate(Algorithm::Es256).unwrap(),
            SigningKey::generate(Algorithm::Es256).unwrap(),
        );
        let signed = format!("{}.{}", base64url::encode(br#"{"alg":"ES256"}"#), base64url::encode(b"{}"));
        let token = format!("{signed}.{}", base64url::encode(&two.sign(signed.as_bytes())));
        let keys = [one.verifying_key(), two.verifying_key()];
        verify::<Claims>(&token, &keys, &[Algorithm::Es256]).unwrap();
    }

    /// RFC 7515 §A.3.
    #[test]
    fn the_es256_example_of_the_specification_verifies() {
        let key = serde_json::from_str(
            r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#,
        )
        .unwrap();
        let token = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let keys = [VerifyingKey::from_jwk(&key).unwrap()];
        let verified = verify::<Claims>(token, &keys, &[Algorithm::Es256]).unwrap();
        assert_eq!(verified.claims["iss"], "joe");
    }

    proptest! {
        #[test]
        fn nothing_a_stranger_sends_breaks_the_reader(token in "\\PC{0,300}", parts in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}") {
            prop_assert!(verify::<Claims>(&token, &[], &Algorithm::ALL).is_err());
            prop_assert!(verify::<Claims>(&parts, &[], &Algorithm::ALL).is_err());
        }
    }
}
