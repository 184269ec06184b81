//! Id tokens (OIDC Core §2) and the rules by which a client believes one (§3.1.3.7, §12.2).

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Audience, numeric_date};

mod rules;

pub use rules::{Expectations, IdTokenError};

/// What an id token says. Dates are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// Who says so.
    pub iss: String,
    /// Who signed in.
    pub sub: String,
    /// To whom it is said.
    pub aud: Audience,
    /// Not to be believed after.
    #[serde(deserialize_with = "numeric_date::required")]
    pub exp: i64,
    /// Said at.
    #[serde(deserialize_with = "numeric_date::required")]
    pub iat: i64,
    /// Not to be believed before (RFC 7519 §4.1.5).
    #[serde(default, deserialize_with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// When the person proved who they are.
    #[serde(default, deserialize_with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// From the authorization request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Left half of the access token's digest (§3.1.3.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// Left half of the code's digest (§3.3.2.11).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// The client it was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// How strongly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By what means (RFC 8176). Some providers say `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Everything else. A claim that has its own field is never written from here: no claim of an account can stand
    /// in for what the server says.
    #[serde(flatten, serialize_with = "without_own")]
    pub extra: Map<String, Value>,
}

/// The claims that have a field.
const OWN: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "auth_time",
    "nonce",
    "at_hash",
    "c_hash",
    "azp",
    "acr",
    "amr",
    "sid",
];

fn without_own<S: Serializer>(extra: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for (name, value) in extra.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
        map.serialize_entry(name, value)?;
    }
    map.end()
}

impl IdTokenClaims {
    /// The claims that every id token has.
    pub fn new(iss: &str, sub: &str, aud: &str, iat: i64, exp: i64) -> Self {
        Self {
            iss: iss.to_owned(),
            sub: sub.to_owned(),
            aud: Audience::One(aud.to_owned()),
            exp,
            iat,
            nbf: None,
            auth_time: None,
            nonce: None,
            at_hash: None,
            c_hash: None,
            azp: None,
            acr: None,
            amr: None,
            sid: None,
            extra: Map::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployed_oddities_are_read() {
        let text = r#"{"iss":"i","sub":"s","aud":["a"],"exp":1.5,"iat":1,"amr":null,"realm":"/individu"}"#;
        let claims: IdTokenClaims = serde_json::from_str(text).unwrap();
        assert_eq!(
            (claims.aud.first(), claims.amr, claims.extra["realm"].as_str()),
            (Some("a"), None, Some("/individu"))
        );
    }

    #[test]
    fn what_is_missing_or_said_twice_is_not_an_id_token() {
        let whole = r#"{"iss":"i","sub":"s","aud":"a","exp":1,"iat":1}"#;
        assert!(serde_json::from_str::<IdTokenClaims>(whole).is_ok());
        for member in [r#""iss":"i","#, r#""sub":"s","#, r#""aud":"a","#, r#""exp":1,"#, r#","iat":1"#] {
            assert!(serde_json::from_str::<IdTokenClaims>(&whole.replace(member, "")).is_err(), "{member}");
        }
        let twice = whole.replace(r#""sub":"s""#, r#""sub":"s","sub":"t""#);
        assert!(serde_json::from_str::<IdTokenClaims>(&twice).is_err());
    }

    #[test]
    fn no_extra_claim_stands_in_for_one_of_the_server() {
        let mut claims = IdTokenClaims::new("i", "s", "a", 1, 2);
        for name in OWN {
            claims.extra.insert(name.to_owned(), "evil".into());
        }
        claims.extra.insert("realm".to_owned(), "/individu".into());
        let text = serde_json::to_string(&claims).unwrap();
        assert_eq!(text, r#"{"iss":"i","sub":"s","aud":"a","exp":2,"iat":1,"realm":"/individu"}"#);
        let read: IdTokenClaims = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}
