//! What a provider tells about a person (OIDC Core §5.1, §5.3.2).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::IdTokenClaims;

/// The claims about a person. Which are there, scopes and the person's account decide: all but `sub` may be missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserInfo {
    /// Whom it is about.
    pub sub: String,
    /// Everything else, as it came.
    #[serde(flatten)]
    pub claims: Map<String, Value>,
}

impl UserInfo {
    /// Is it about the person of that id token? To be asked before anything else is looked at (§5.3.2).
    pub fn is_about(&self, id_token: &IdTokenClaims) -> bool {
        !self.sub.is_empty() && self.sub == id_token.sub
    }

    /// A claim that is a text. An empty one counts as not said.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    /// A claim that is a text or several: deployed providers send one value without its list.
    pub fn texts(&self, name: &str) -> Vec<&str> {
        match self.claims.get(name) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(text)) if !text.is_empty() => vec![text],
            Some(_) | None => Vec::new(),
        }
    }

    /// A claim that is yes or no. Deployed providers send the words as texts.
    pub fn truth(&self, name: &str) -> Option<bool> {
        match self.claims.get(name)? {
            Value::Bool(truth) => Some(*truth),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The address of the person's mail. France Travail leaves it out for accounts that were never confirmed.
    pub fn email(&self) -> Option<&str> {
        self.text("email")
    }

    /// Does the provider say that the address is the person's own?
    pub fn email_verified(&self) -> Option<bool> {
        self.truth("email_verified")
    }

    /// First names.
    pub fn given_name(&self) -> Option<&str> {
        self.text("given_name")
    }

    /// Last names.
    pub fn family_name(&self) -> Option<&str> {
        self.text("family_name")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> UserInfo {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn deployed_oddities_are_read() {
        let person = read(
            r#"{"sub":"c","email":"","email_verified":"true","habilitation":"recruteurcertifie","updated_at":"0"}"#,
        );
        assert_eq!((person.email(), person.email_verified()), (None, Some(true)));
        assert_eq!(person.texts("habilitation"), ["recruteurcertifie"]);
        let person =
            read(r#"{"sub":"c","email_verified":false,"habilitation":["a",1,"b"],"email":"c@a.test"}"#);
        assert_eq!((person.email(), person.email_verified()), (Some("c@a.test"), Some(false)));
        assert_eq!(person.texts("habilitation"), ["a", "b"]);
        assert_eq!(person.texts("absent"), [""; 0]);
        assert_eq!(read(r#"{"sub":"c","email_verified":1}"#).email_verified(), None);
    }

    #[test]
    fn it_is_about_the_person_who_signed_in_or_about_nobody() {
        let id_token = |sub| IdTokenClaims::new("i", sub, "a", 1, 2);
        assert!(read(r#"{"sub":"c"}"#).is_about(&id_token("c")));
        assert!(!read(r#"{"sub":"d"}"#).is_about(&id_token("c")));
        assert!(!read(r#"{"sub":""}"#).is_about(&id_token("")));
        for text in ["{}", r#"{"sub":null}"#, r#"{"sub":1}"#, r#"{"sub":"a","sub":"b"}"#] {
            assert!(serde_json::from_str::<UserInfo>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_one_end_writes_the_other_reads() {
        let text = r#"{"sub":"c","given_name":"Camille","realm":{"a":[1]}}"#;
        assert_eq!(serde_json::to_string(&read(text)).unwrap(), text);
        assert_eq!((read(text).given_name(), read(text).family_name()), (Some("Camille"), None));
    }
}
