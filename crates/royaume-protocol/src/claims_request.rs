//! The `claims` parameter (OIDC Core §5.5): claims that are asked for by name, at userinfo or in the id token.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value, json};

use crate::strict_json;

/// Longest text, in bytes.
pub const LONGEST: usize = 8 * 1024;
/// Deepest nesting. What is defined has four levels, and a value may have some of its own.
pub const DEEPEST: usize = 16;

/// What is asked for at one place, by name (§5.5). The order says nothing.
pub type Wishes = BTreeMap<String, Wish>;

/// The parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimsRequest {
    /// What userinfo should say.
    pub userinfo: Wishes,
    /// What the id token should say.
    pub id_token: Wishes,
}

/// How one claim is asked for (§5.5.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Whether the client cannot do without.
    pub essential: bool,
    /// The values that it may have, the best first; whichever when empty. One is written `value`, several `values`.
    pub values: Vec<Value>,
}

/// Why a text is no claims request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimsRequestError {
    /// Over [`LONGEST`].
    #[error("claims is too long")]
    TooLong,
    /// Not JSON, over [`DEEPEST`], or with a member that is repeated (RFC 8259 §4).
    #[error("claims is not JSON, nested too deeply, or repeats a member")]
    Json,
    /// Not the members of §5.5 and §5.5.1.
    #[error("claims does not have the form of OIDC Core section 5.5")]
    Shape,
}

impl ClaimsRequest {
    /// Reads the parameter. Members that we do not know are passed over (§5.5, §5.5.1).
    ///
    /// # Errors
    /// [`ClaimsRequestError`] for anything else than what the standard describes.
    pub fn parse(text: &str) -> Result<Self, ClaimsRequestError> {
        if text.len() > LONGEST {
            return Err(ClaimsRequestError::TooLong);
        }
        let value = strict_json::read(text.as_bytes(), DEEPEST).map_err(|_| ClaimsRequestError::Json)?;
        let Value::Object(mut members) = value else { return Err(ClaimsRequestError::Shape) };
        let mut wishes = |name| members.remove(name).map_or(Ok(Wishes::new()), read_wishes);
        Ok(Self { userinfo: wishes("userinfo")?, id_token: wishes("id_token")? })
    }

    /// Is nothing asked for?
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }
}

fn read_wishes(value: Value) -> Result<Wishes, ClaimsRequestError> {
    let Value::Object(members) = value else { return Err(ClaimsRequestError::Shape) };
    members.into_iter().map(|(name, wish)| Ok((name, read_wish(wish)?))).collect()
}

fn read_wish(value: Value) -> Result<Wish, ClaimsRequestError> {
    let mut members = match value {
        Value::Null => return Ok(Wish::default()),
        Value::Object(members) => members,
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return Err(ClaimsRequestError::Shape);
        }
    };
    let essential = match members.remove("essential") {
        None => false,
        Some(Value::Bool(essential)) => essential,
        Some(_) => return Err(ClaimsRequestError::Shape),
    };
    let mut values: Vec<_> = members.remove("value").into_iter().collect();
    match members.remove("values") {
        None => {}
        Some(Value::Array(several)) if !several.is_empty() => values.extend(several),
        Some(_) => return Err(ClaimsRequestError::Shape),
    }
    Ok(Wish { essential, values })
}

/// The parameter as a client sends it.
impl fmt::Display for ClaimsRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = |wishes: &Wishes| {
            wishes.iter().map(|(name, wish)| (name.clone(), write_wish(wish))).collect::<Map<_, _>>()
        };
        let mut members = Map::new();
        for (name, wishes) in [("userinfo", &self.userinfo), ("id_token", &self.id_token)] {
            if !wishes.is_empty() {
                members.insert(name.to_owned(), written(wishes).into());
            }
        }
        Value::Object(members).fmt(f)
    }
}

fn write_wish(wish: &Wish) -> Value {
    let mut members = Map::new();
    if wish.essential {
        members.insert("essential".to_owned(), true.into());
    }
    match wish.values.as_slice() {
        [] => {}
        [one] => drop(members.insert("value".to_owned(), one.clone())),
        several => drop(members.insert("values".to_owned(), json!(several))),
    }
    if members.is_empty() { Value::Null } else { members.into() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The example of §5.5, but for what it asks in other languages.
    #[test]
    fn the_example_of_the_standard_is_read() {
        let text = r#"{
            "userinfo": {
                "given_name": {"essential": true}, "nickname": null, "email": {"essential": true},
                "picture": null, "http://example.info/claims/groups": null
            },
            "id_token": {
                "auth_time": {"essential": true}, "sub": {"value": "248289761001"},
                "acr": {"values": ["urn:mace:incommon:iap:silver", "urn:mace:incommon:iap:bronze"]}
            },
            "another": [1]
        }"#;
        let read = ClaimsRequest::parse(text).unwrap();
        assert_eq!(read.userinfo.len(), 5);
        assert_eq!(read.userinfo["nickname"], Wish::default());
        assert!(read.id_token["auth_time"].essential);
        assert_eq!(read.id_token["sub"].values, ["248289761001"]);
        assert_eq!(read.id_token["acr"].values.len(), 2);
        assert_eq!(ClaimsRequest::parse("{}"), Ok(ClaimsRequest::default()));
        assert!(ClaimsRequest::default().is_empty() && !read.is_empty());
    }

    #[test]
    fn anything_else_is_refused() {
        use ClaimsRequestError as E;
        let deep = |levels: usize| {
            let value = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            format!(r#"{{"id_token":{{"x":{{"value":{value}}}}}}}"#)
        };
        assert!(ClaimsRequest::parse(&deep(DEEPEST - 3)).is_ok());
        assert_eq!(ClaimsRequest::parse(&"[".repeat(LONGEST + 1)), Err(E::TooLong));
        for text in [
            "",
            "{",
            "name",
            "{} {}",
            r#"{"userinfo":{},"userinfo":{}}"#,
            r#"{"userinfo":{"name":null,"name":null}}"#,
            r#"{"userinfo":{"name":{"essential":true,"essential":false}}}"#,
            r#"{"other":{"a":1,"a":2}}"#,
            &deep(DEEPEST - 2),
            &"[".repeat(LONGEST),
            &deep(2_000),
        ] {
            assert_eq!(ClaimsRequest::parse(text), Err(E::Json), "{text}");
        }
        for text in [
            "null",
            "[]",
            r#""name""#,
            r#"{"userinfo":null}"#,
            r#"{"userinfo":["name"]}"#,
            r#"{"id_token":{"name":true}}"#,
            r#"{"id_token":{"name":"x"}}"#,
            r#"{"id_token":{"name":{"essential":"true"}}}"#,
            r#"{"id_token":{"name":{"values":"x"}}}"#,
            r#"{"id_token":{"name":{"values":[]}}}"#,
        ] {
            assert_eq!(ClaimsRequest::parse(text), Err(E::Shape), "{text}");
        }
        for error in [E::TooLong, E::Json, E::Shape] {
            assert!(crate::error::is_safe_description(&error.to_string()));
        }
    }

    fn wishes() -> impl Strategy<Value = Wishes> {
        let value = prop_oneof![any::<bool>().prop_map(Value::from), "[^\0]{0,9}".prop_map(Value::from)];
        let wish = (any::<bool>(), proptest::collection::vec(value, 0..3))
            .prop_map(|(essential, values)| Wish { essential, values });
        proptest::collection::btree_map("[^\0]{1,12}", wish, 0..4)
    }

    proptest! {
        #[test]
        fn what_the_client_writes_the_server_reads(userinfo in wishes(), id_token in wishes()) {
            let request = ClaimsRequest { userinfo, id_token };
            prop_assert_eq!(ClaimsRequest::parse(&request.to_string()), Ok(request));
        }

        #[test]
        fn nothing_breaks_the_reader(text in "[\\[\\]{}\":,a0e. ]{0,200}") {
            if let Ok(read) = ClaimsRequest::parse(&text) {
                prop_assert_eq!(ClaimsRequest::parse(&read.to_string()), Ok(read));
            }
        }
    }
}
