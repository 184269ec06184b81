//! Audiences: for whom a token is meant (RFC 7519 §4.1.3).

use serde::{Deserialize, Serialize};

/// The audience: one, or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One, as a string.
    One(String),
    /// A list.
    Several(Vec<String>),
}

impl Audience {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }

    /// The first.
    pub fn first(&self) -> Option<&str> {
        self.iter().next()
    }

    /// Is it among them?
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|audience| audience == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_several_are_read_and_nothing_else() {
        for (text, names) in [(r#""a""#, &["a"][..]), (r#"["a","b"]"#, &["a", "b"]), ("[]", &[])] {
            let audience: Audience = serde_json::from_str(text).unwrap();
            assert_eq!(audience.iter().collect::<Vec<_>>(), names, "{text}");
            assert_eq!(serde_json::to_string(&audience).unwrap(), text);
            assert!(names.iter().all(|name| audience.contains(name)));
            assert!(!audience.contains("c"));
        }
        for text in ["null", "1", r#"{"a":"b"}"#, "[1]", r#"[["a"]]"#] {
            assert!(serde_json::from_str::<Audience>(text).is_err(), "{text}");
        }
    }
}
