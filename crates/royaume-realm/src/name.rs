//! The name of a realm: short, lower case, safe in a path.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A realm's name: 1 to 63 characters, `[a-z0-9][a-z0-9-]*`. Cloning is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RealmName(Arc<str>);

/// The text is not a realm's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot name a realm: use 1 to 63 characters among a-z, 0-9 and -, the first not a -")]
pub struct BadRealmName(pub String);

impl RealmName {
    /// The longest name, in bytes.
    pub const MAX_LENGTH: usize = 63;

    /// Checks and keeps a name.
    ///
    /// # Errors
    /// [`BadRealmName`] for any other text.
    pub fn new(name: &str) -> Result<RealmName, BadRealmName> {
        let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let bytes = name.as_bytes();
        let good = bytes.first().is_some_and(plain)
            && bytes.len() <= RealmName::MAX_LENGTH
            && bytes.iter().all(|byte| plain(byte) || *byte == b'-');
        if good { Ok(RealmName(name.into())) } else { Err(BadRealmName(name.chars().take(80).collect())) }
    }

    /// The name, without a slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RealmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RealmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for RealmName {
    type Err = BadRealmName;

    fn from_str(name: &str) -> Result<RealmName, BadRealmName> {
        RealmName::new(name)
    }
}

impl TryFrom<String> for RealmName {
    type Error = BadRealmName;

    fn try_from(name: String) -> Result<RealmName, BadRealmName> {
        RealmName::new(&name)
    }
}

impl From<RealmName> for String {
    fn from(name: RealmName) -> String {
        name.as_str().to_owned()
    }
}

impl AsRef<str> for RealmName {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for RealmName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for RealmName {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for RealmName {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_lower_case_letters_digits_and_hyphens() {
        for good in ["individu", "0", "my-realm-2", &"a".repeat(63)] {
            assert_eq!(RealmName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "Individu", "/individu", "a b", "é", "a.b", "a_b", &"a".repeat(64)] {
            assert!(RealmName::new(bad).is_err(), "{bad}");
        }
    }
}
