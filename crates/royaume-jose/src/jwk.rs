//! JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2): public ones only.

mod material;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Object, base64url, sha256};

/// A public key as JSON. Private and symmetric members are refused when read and cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Jwk {
    /// Key type: `RSA`, `EC` or `OKP` (§4.1).
    pub kty: String,
    /// `sig` or `enc` (§4.2).
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    pub use_: Option<String>,
    /// The algorithm it is meant for (§4.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// Its name within a set (§4.5).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Curve, of `EC` and `OKP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// Coordinate or key, of `EC` and `OKP`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Coordinate, of `EC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// Modulus, of `RSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// Exponent, of `RSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
}

impl Jwk {
    /// A key of that type, with nothing else.
    pub(crate) fn of_type(kty: &str) -> Self {
        Self {
            kty: kty.to_owned(),
            use_: None,
            alg: None,
            kid: None,
            crv: None,
            x: None,
            y: None,
            n: None,
            e: None,
        }
    }

    /// The thumbprint (RFC 7638 §3): the digest of the required members, in order, without space. Nothing for a key
    /// whose members are not complete.
    pub fn thumbprint(&self) -> Option<String> {
        let member = |name: &str, value: &Option<String>| {
            Some(format!("\"{name}\":\"{}\"", plain(value.as_deref()?)?))
        };
        let members = match self.kty.as_str() {
            "RSA" => vec![member("e", &self.e)?, "\"kty\":\"RSA\"".to_owned(), member("n", &self.n)?],
            "EC" => vec![
                member("crv", &self.crv)?,
                "\"kty\":\"EC\"".to_owned(),
                member("x", &self.x)?,
                member("y", &self.y)?,
            ],
            "OKP" => vec![member("crv", &self.crv)?, "\"kty\":\"OKP\"".to_owned(), member("x", &self.x)?],
            _ => return None,
        };
        Some(base64url::encode(&sha256(format!("{{{}}}", members.join(",")).as_bytes())))
    }
}

/// Members of a thumbprint need no escaping: they are base64url or registered names.
fn plain(value: &str) -> Option<&str> {
    value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_').then_some(value)
}

/// A key as it is read, before anybody has looked whether it is public.
#[derive(Deserialize)]
pub(crate) struct Read {
    kty: String,
    #[serde(rename = "use")]
    use_: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<IgnoredAny>,
    p: Option<IgnoredAny>,
    q: Option<IgnoredAny>,
    dp: Option<IgnoredAny>,
    dq: Option<IgnoredAny>,
    qi: Option<IgnoredAny>,
    oth: Option<IgnoredAny>,
    k: Option<IgnoredAny>,
}

impl Read {
    /// Has it members that only its owner may know, or is it such a key altogether?
    pub(crate) fn is_secret(&self) -> bool {
        let secret = [&self.d, &self.p, &self.q, &self.dp, &self.dq, &self.qi, &self.oth, &self.k];
        secret.into_iter().any(Option::is_some) || self.kty == "oct"
    }

    /// Its public members.
    pub(crate) fn public(self) -> Jwk {
        Jwk {
            use_: self.use_.or_else(|| use_of(self.key_ops.as_deref()?)),
            kty: self.kty,
            alg: self.alg,
            kid: self.kid,
            crv: self.crv,
            x: self.x,
            y: self.y,
            n: self.n,
            e: self.e,
        }
    }
}

/// What operations say of a key's use (§4.3): signatures, encryption, or neither, which is no use of ours.
fn use_of(key_ops: &[String]) -> Option<String> {
    let any = |words: &[&str]| key_ops.iter().any(|operation| words.contains(&operation.as_str()));
    let use_ = if any(&["verify"]) {
        "sig"
    } else if any(&["encrypt", "wrapKey", "deriveKey", "deriveBits"]) {
        "enc"
    } else {
        "other"
    };
    Some(use_.to_owned())
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(read) = Object::<Read>::deserialize(deserializer)?;
        if read.is_secret() {
            return Err(serde::de::Error::custom(
                "a key here must be public: it has private or symmetric members",
            ));
        }
        Ok(read.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7638 §3.1.
    #[test]
    fn the_thumbprint_is_that_of_the_specification_s_example() {
        let key: Jwk = serde_json::from_str(
            r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
        )
        .unwrap();
        assert_eq!(key.thumbprint().unwrap(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn private_and_symmetric_keys_are_refused_and_unknown_ones_left_out() {
        for key in [
            r#"{"kty":"oct","k":"AAAA"}"#,
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB","d":"AQAB"}"#,
            r#"{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}"#,
        ] {
            assert!(serde_json::from_str::<Jwk>(key).is_err(), "{key}");
        }
        let set: crate::JwkSet =
            serde_json::from_str(r#"{"keys":[{"kty":"oct","k":"AA"},{"no":1},{"kty":"XX"}]}"#).unwrap();
        assert_eq!(set.keys.len(), 1);
    }
}
