//! Rows: what they are called and what they hold.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The name of a realm: 1 to 63 of `a-z`, `0-9` and `-`, not beginning with `-`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RealmName(Arc<str>);

/// A text that is no name of a realm.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a realm's name is 1 to 63 lower-case letters, digits or hyphens and does not begin with a hyphen: {0:?} is not one"
)]
pub struct BadName(
    /// The text.
    pub String,
);

impl RealmName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`BadName`] if it is not one.
    pub fn new(name: &str) -> Result<Self, BadName> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=63).contains(&name.len()) && name.bytes().all(plain) && !name.starts_with('-') {
            Ok(Self(name.into()))
        } else {
            Err(BadName(name.to_owned()))
        }
    }

    /// The name.
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
        write!(f, "RealmName({})", self.0)
    }
}

impl std::str::FromStr for RealmName {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        Self::new(name)
    }
}

impl TryFrom<String> for RealmName {
    type Error = BadName;

    fn try_from(name: String) -> Result<Self, BadName> {
        Self::new(&name)
    }
}

impl From<RealmName> for String {
    fn from(name: RealmName) -> Self {
        name.as_str().to_owned()
    }
}

/// What a row is: `client`, `code`… Which kinds exist is the business of whoever writes rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(&'static str);

impl Kind {
    /// Names a kind, at compile time: 1 to 32 of `a-z`, `0-9` and `-`.
    ///
    /// # Panics
    /// If the name is anything else, which in a constant stops the build.
    pub const fn new(name: &'static str) -> Self {
        let bytes = name.as_bytes();
        assert!(!bytes.is_empty() && bytes.len() <= 32, "a kind has 1 to 32 characters");
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            assert!(
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-',
                "a kind is lower-case letters, digits and hyphens"
            );
            at += 1;
        }
        Self(name)
    }

    /// The name.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// Where a row lies: realm, kind and key. No id without a realm, so no row of one realm can be reached from another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId {
    realm: RealmName,
    kind: Kind,
    key: Box<[u8]>,
}

impl RowId {
    /// Names a row. Rows written together are written fastest if their keys begin alike, as with a time.
    ///
    /// Any key may be asked for; one that is empty or longer than [`KEY_MAX`](crate::KEY_MAX) bytes is never stored.
    pub fn new(realm: &RealmName, kind: Kind, key: impl Into<Box<[u8]>>) -> Self {
        Self { realm: realm.clone(), kind, key: key.into() }
    }

    /// The realm it belongs to.
    pub fn realm(&self) -> &RealmName {
        &self.realm
    }

    /// What the row is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The key, unique in realm and kind.
    pub fn key(&self) -> &[u8] {
        &self.key
    }
}

/// Shows no key: it may be derived from a secret.
impl fmt::Debug for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RowId({}/{}/{} bytes)", self.realm, self.kind, self.key.len())
    }
}

/// A group of rows that can be ended together: all that came from one grant, or from one session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Family([u8; 16]);

/// A text that is no family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a family is 32 hexadecimal digits")]
pub struct BadFamily;

impl Family {
    /// Names a family.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl From<[u8; 16]> for Family {
    fn from(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Family({self})")
    }
}

impl std::str::FromStr for Family {
    type Err = BadFamily;

    fn from_str(text: &str) -> Result<Self, BadFamily> {
        let hex = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if text.len() != 32 || !hex {
            return Err(BadFamily);
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| BadFamily)
    }
}

impl TryFrom<String> for Family {
    type Error = BadFamily;

    fn try_from(text: String) -> Result<Self, BadFamily> {
        text.parse()
    }
}

impl From<Family> for String {
    fn from(family: Family) -> Self {
        family.to_string()
    }
}

/// What is kept under an id. Times are kept to the microsecond.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it lies.
    pub id: RowId,
    /// Another name to find it by, unique in its realm and kind for as long as the row is there.
    pub alias: Option<String>,
    /// The group it ends with.
    pub family: Option<Family>,
    /// An outer group it ends with too, as the session that a grant came from.
    pub within: Option<Family>,
    /// When it becomes worthless and may be swept. `None`: the row is *kept*, and writing it changes the realm's
    /// [epoch](crate::Store::epoch).
    pub expires_at: Option<Timestamp>,
    /// Whatever the writer makes of it.
    pub body: Vec<u8>,
}

/// Shows no body, no alias: they may hold what people would not want in a log.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("id", &self.id)
            .field("alias", &self.alias.as_ref().map(|_| "…"))
            .field("family", &self.family)
            .field("within", &self.within)
            .field("expires_at", &self.expires_at)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}

/// A row as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The row.
    pub row: Row,
    /// 1 when it was created, one more with each change (a put or a spend; not the revocation of a family).
    pub version: u64,
    /// When it was spent. Once spent a row stays spent, whatever is put over it, until it is deleted.
    pub spent_at: Option<Timestamp>,
    /// Whether its family, or the one it is within, has been revoked.
    pub revoked: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_name_is_a_plain_word() {
        for name in ["individu", "a", "0", "a-b", &"a".repeat(63)] {
            assert_eq!(RealmName::new(name).unwrap().as_str(), name);
        }
        for name in ["", "-a", "A", "a_b", "a b", "é", "a/b", "a\0", &"a".repeat(64)] {
            assert_eq!(RealmName::new(name), Err(BadName(name.into())), "{name}");
        }
    }

    #[test]
    fn a_realm_name_is_checked_when_it_is_read() {
        assert_eq!(serde_json::from_str::<RealmName>("\"agent\"").unwrap().as_str(), "agent");
        assert!(serde_json::from_str::<RealmName>("\"Agent\"").is_err());
    }

    #[test]
    fn a_family_is_written_as_it_is_read() {
        let family = Family::from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        assert_eq!(family.to_string(), "000102030405060708090a0b0c0d0eff");
        assert_eq!(family.to_string().parse(), Ok(family));
        for text in ["", "00", "+00102030405060708090a0b0c0d0eff", "000102030405060708090A0B0C0D0EFF"] {
            assert_eq!(text.parse::<Family>(), Err(BadFamily), "{text}");
        }
    }

    #[test]
    fn logs_show_neither_keys_nor_bodies_nor_aliases() {
        let id = RowId::new(&RealmName::new("individu").unwrap(), Kind::new("code"), *b"secret-key");
        let alias = Some("someone@example.org".to_owned());
        let row =
            Row { id, alias, family: None, within: None, expires_at: None, body: b"secret-body".to_vec() };
        let shown = format!("{row:?}");
        assert!(shown.contains("individu/code"), "{shown}");
        assert!(!shown.contains("secret") && !shown.contains("someone"), "{shown}");
    }
}
