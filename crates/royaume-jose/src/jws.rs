//! JSON Web Signatures in compact form (RFC 7515 §3.1), and what RFC 8725 asks of whoever verifies them.

mod mac;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use mac::{HmacKey, MacAlgorithm, UnknownMacAlgorithm, sign_mac, verify_mac};

use crate::object::present;
use crate::{Algorithm, Object, SigningKey, VerifyingKey, base64url};

/// A longer token is refused before any work.
pub const LONGEST: usize = 16 * 1024;

/// Keys that are tried for one token, at most.
const MOST_TRIED: usize = 8;

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
    #[serde(default, deserialize_with = "present")]
    crit: bool,
    #[serde(default, deserialize_with = "present")]
    b64: bool,
    #[serde(default, deserialize_with = "present")]
    zip: bool,
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
    /// Not one of the accepted algorithms: `none` never is, nor HMAC where a public key verifies (RFC 8725 §3.1).
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
    let header = Written { alg: key.algorithm().as_str(), typ, kid: Some(key.kid()) };
    compact(&header, claims, |message| key.sign(message))
}

/// A header as it is written.
#[derive(Serialize)]
struct Written<'a> {
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typ: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

/// The compact form (RFC 7515 §7.1): header, payload, and what is put under both.
fn compact<C: Serialize>(header: &Written<'_>, claims: &C, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let mut json = Vec::with_capacity(USUAL);
    serde_json::to_writer(&mut json, header).expect("a header always serialises");
    let mut token = String::with_capacity(2 * USUAL);
    base64url::encode_onto(&mut token, &json);
    json.clear();
    serde_json::to_writer(&mut json, claims).expect("claims always serialise");
    token.push('.');
    base64url::encode_onto(&mut token, &json);
    let signature = sign(token.as_bytes());
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

/// Verifies a token with one of the keys, and reads its claims (RFC 7515 §5.2). A key is one of that algorithm and of the
/// name that the token gives; keys without a name are tried when none has it, and all of the algorithm when the token
/// names none: what clients publish often has no names.
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
    let fitting = || keys.iter().filter(|key| key.algorithms().any(|its| its == algorithm));
    let verifies = |key: &VerifyingKey| key.verify(algorithm, parts.signed, &parts.signature).is_ok();
    let kid = parts.header.kid.as_deref();
    // Whoever names no key makes nobody try a whole set.
    let mut named = fitting().filter(|key| kid.is_none() || key.kid() == kid).take(MOST_TRIED).peekable();
    if named.peek().is_some() {
        return if named.any(verifies) { parts.believed() } else { Err(JwsError::Signature) };
    }
    // That the nameless do not verify says nothing of the key that was named: it remains unknown.
    let nameless = fitting().filter(|key| key.kid().is_none()).take(MOST_TRIED).any(verifies);
    if nameless { parts.believed() } else { Err(JwsError::UnknownKey) }
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
        let header: Header = Object::read(&bytes(header)?).map_err(|_| JwsError::Malformed)?;
        if header.crit || header.b64 || header.zip {
            return Err(JwsError::Extension);
        }
        Ok(Self { header, payload: bytes(payload)?, signed: signed.as_bytes(), signature: bytes(signature)? })
    }

    /// The claims, once the signature is known to be right.
    fn believed<C: DeserializeOwned>(self) -> Result<Verified<C>, JwsError> {
        let claims = Object::read(&self.payload).map_err(|_| JwsError::Payload)?;
        Ok(Verified { header: self.header, claims })
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

    /// RFC 7515 §4, §4.1.11, §5.2 step 3; RFC 7519 §7.2 items 3 and 10.
    #[test]
    fn what_was_signed_is_two_objects_and_each_extension_is_seen() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code, reason = "that it is read is what matters")]
        struct Said {
            sub: String,
        }
        let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
        let verified = |header: &[u8], payload: &[u8]| {
            let signed = format!("{}.{}", base64url::encode(header), base64url::encode(payload));
            let token = format!("{signed}.{}", base64url::encode(&key.sign(signed.as_bytes())));
            verify::<Said>(&token, &[key.verifying_key()], &Algorithm::ALL).map(drop)
        };
        let (header, payload) = (br#"{"alg":"EdDSA"}"#, br#"{"sub":"camille"}"#);
        assert_eq!(verified(header, payload), Ok(()));
        assert_eq!(verified(br#"["EdDSA"]"#, payload), Err(JwsError::Malformed));
        assert_eq!(verified(b"{\"alg\":\"EdDSA\",\"x\":\"\xff\"}", payload), Err(JwsError::Malformed));
        assert_eq!(verified(header, br#"["camille"]"#), Err(JwsError::Payload));
        for extension in ["crit", "b64", "zip"] {
            let header = format!(r#"{{"alg":"EdDSA","{extension}":null}}"#);
            assert_eq!(verified(header.as_bytes(), payload), Err(JwsError::Extension), "{extension}");
        }
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

    /// RFC 7517 §4.5: a key need not have a name, and a token may give one all the same.
    #[test]
    fn a_key_without_a_name_is_tried_when_no_other_has_the_name() {
        let key = SigningKey::generate(Algorithm::Es256).unwrap();
        let nameless = |key: &SigningKey| {
            VerifyingKey::from_jwk(&crate::Jwk { kid: None, ..key.verifying_key().jwk() }).unwrap()
        };
        let token = sign(&key, None, &claims());
        verify::<Claims>(&token, &[nameless(&key)], &Algorithm::ALL).unwrap();
        let other = nameless(&SigningKey::generate(Algorithm::Es256).unwrap());
        let unknown = verify::<Claims>(&token, &[other], &Algorithm::ALL).unwrap_err();
        assert_eq!(unknown, JwsError::UnknownKey, "so that the set is fetched again");
        let two = crate::Jwk {
            kid: Some(key.kid().to_owned()),
            ..SigningKey::generate(Algorithm::Es256).unwrap().verifying_key().jwk()
        };
        let keys = [VerifyingKey::from_jwk(&two).unwrap(), key.verifying_key()];
        verify::<Claims>(&token, &keys, &Algorithm::ALL).expect("of two keys with one name, both are tried");
    }

    /// RFC 7515 §A.2.
    #[test]
    fn the_rs256_example_of_the_specification_verifies() {
        let key = serde_json::from_str(
            r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}"#,
        )
        .unwrap();
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
        let keys = [VerifyingKey::from_jwk(&key).unwrap()];
        verify::<Claims>(token, &keys, &[Algorithm::Rs256]).unwrap();
        assert_eq!(verify::<Claims>(token, &keys, &[Algorithm::Ps256]).unwrap_err(), JwsError::Algorithm);
    }

    /// RFC 7518 §3.5: signed by OpenSSL, with a salt as long as the digest; a shorter one is another algorithm.
    #[test]
    fn a_ps256_signature_of_another_implementation_verifies() {
        let key = serde_json::from_str(
            r#"{"kty":"RSA","n":"sbcFxg8P4owzA-DhpSppICchcEPbjtERKUo3sx4YNu3DEJi8vJiCT6gsTSqOP9Cg9XMjYPpPHfDJrQcfDs32nN66QDSBHNw6DP97GEGxVjpnw1usp5MJbAN3U91VnXExFKuLU2yAmndywy1jFkDS8NpI2tcfsZ41ahPj8Tet_enBHFQPJk3N299fisLXXqVxEX2h1_lFDGkMyFLW6qQFEOH5IictS-_nb0GqkvYJgeqz7svRjZoExROo4WPR368GxTlGSx1jLWV7YLsQoBuOKCtOpYOljbhQsTkDK2PBt7iZkF6G3iKg6AIjkvIKtpV1Q07wQ0_q9IbxnvqN7aMOhQ","e":"AQAB"}"#,
        )
        .unwrap();
        let signed = "eyJhbGciOiJQUzI1NiJ9.eyJpc3MiOiJqb2UifQ";
        let right = "pSiwnvIOtDOG4AmMutGDzo44vx5ryWMA0dWcafwtqvV8FydtppGgcsaA_SI8USSELAJ9BAZc6qUrFcVvrhOhP9ZV17JN59tSu_YWFWZb2eGq9F_k1FhqSYoyjFTO0SWLOpi9tjbaVKASxmwT8ODW1GK1C2FZXqyfB1IltYU_7o-bSiiGwa9RG-R7Lt6rxiTtcYtuzFXWCWRlkzIqP5OtzIv-DXUCsLdSmNLMpeyzeU6eOMGfL-q_vKRPCoZpGrNvV1-IILccwWN-5KbL7mxnJXtEeyHkpcBqYpo7u_U5Nxwg2Lm19uDOAk2qzZWWHzMvxb-Xct6z0HKQFmYxAbtiUQ";
        let short_salt = "UMwen9bmVbjI2Ym1Vl_Mv9zXe-QK0Wg9fnY9PIVluijhEqfIoM0rGyUCEjsSeM8-xhvlGysh2QmJmWlRILjr9dfOUlpTQyusQafyynSvUjtnELQE6cs9GFI4d0euT5_Lp393P-63CEZfbZkk9i2IJbihMYgl79NZsa8bI1NOSWmODauyCBrK9-n2KdeKj_YMDBeL5HFxANG3t_i9MKfBD9_rzKu7et8CJZnRStUfnp05TZmfGLpttWmJK036XDzgW-LiA5upThFb9t1ctsLwo05VxPnpPukyraICYVPuxu78APqZX2QqDX_4JEe5EPBzxw4XCQ0tctrcniJyvWvgTQ";
        let keys = [VerifyingKey::from_jwk(&key).unwrap()];
        let verified = |signature: &str| {
            verify::<Claims>(&format!("{signed}.{signature}"), &keys, &[Algorithm::Ps256]).map(drop)
        };
        assert_eq!(verified(right), Ok(()));
        assert_eq!(verified(short_salt), Err(JwsError::Signature));
    }

    proptest! {
        #[test]
        fn nothing_a_stranger_sends_breaks_the_reader(token in "\\PC{0,300}", parts in "[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}\\.[A-Za-z0-9_-]{0,60}") {
            prop_assert!(verify::<Claims>(&token, &[], &Algorithm::ALL).is_err());
            prop_assert!(verify::<Claims>(&parts, &[], &Algorithm::ALL).is_err());
        }
    }
}
