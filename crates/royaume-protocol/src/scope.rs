//! Scopes (RFC 6749 §3.3): a set of words, kept in the order in which they came.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most words in one scope.
pub const MOST: usize = 200;
/// Longest scope, in bytes.
pub const LONGEST: usize = 4 * 1024;

/// The scope of what goes on while the person is away (OIDC Core §11).
pub const OFFLINE_ACCESS: &str = "offline_access";

/// A set of scope tokens, as the text in which it is written. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Scope(Arc<str>);

/// A text that is no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A character outside `%x21 / %x23-5B / %x5D-7E` and the blank.
    #[error("a scope is made of words of visible ASCII without quotes and backslashes, blanks between them")]
    Character,
    /// Over [`MOST`] words or [`LONGEST`] bytes.
    #[error("the scope is too long")]
    TooLong,
}

impl Scope {
    /// Reads a scope. Words that are repeated count once; blanks more than one, before and after are read, as
    /// deployed clients send them, and never written.
    ///
    /// # Errors
    /// [`ScopeError`] for other characters or too many of them.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        if text.len() > LONGEST {
            return Err(ScopeError::TooLong);
        }
        let (mut written, mut count) = (String::with_capacity(text.len()), 0);
        for word in words(text) {
            if !is_token(word) {
                return Err(ScopeError::Character);
            }
            if words(&written).any(|known| known == word) {
                continue;
            }
            if count == MOST {
                return Err(ScopeError::TooLong);
            }
            count += 1;
            write(&mut written, word);
        }
        Ok(Self(written.into()))
    }

    /// Is every word of `other` here?
    pub fn covers(&self, other: &Self) -> bool {
        other.iter().all(|word| self.contains(word))
    }

    /// Is that word here?
    pub fn contains(&self, word: &str) -> bool {
        self.iter().any(|known| known == word)
    }

    /// The words of both.
    pub fn union(&self, other: &Self) -> Self {
        Self::of(self.iter().chain(other.iter().filter(|word| !self.contains(word))))
    }

    /// The words that both have.
    pub fn intersection(&self, other: &Self) -> Self {
        Self::of(self.iter().filter(|word| other.contains(word)))
    }

    /// The words that `other` lacks.
    pub fn minus(&self, other: &Self) -> Self {
        if !self.iter().any(|word| other.contains(word)) {
            return self.clone();
        }
        Self::of(self.iter().filter(|word| !other.contains(word)))
    }

    /// Its text, as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// No word at all?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        words(&self.0)
    }

    /// The words of which that is so.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self::of(self.iter().filter(|word| keep(word)))
    }

    fn of<'a>(words: impl Iterator<Item = &'a str>) -> Self {
        let mut written = String::new();
        words.for_each(|word| write(&mut written, word));
        Self(written.into())
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|word| !word.is_empty())
}

fn write(written: &mut String, word: &str) {
    if !written.is_empty() {
        written.push(' ');
    }
    written.push_str(word);
}

/// Is that one scope token?
pub fn is_token(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E))
}

/// Nothing to be said of it on the wire: an empty scope has no form there (RFC 6749 §3.3).
pub(crate) fn is_unsaid(scope: &Option<Scope>) -> bool {
    scope.as_ref().is_none_or(Scope::is_empty)
}

/// Order does not count.
impl PartialEq for Scope {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.covers(other)
    }
}

impl Eq for Scope {}

/// Nor does it for the digest.
impl Hash for Scope {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut words: Vec<&str> = self.iter().collect();
        words.sort_unstable();
        words.hash(state);
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text)
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn a_scope_is_a_set() {
        assert_eq!(scope("a b a"), scope("b a"));
        assert_eq!(scope("b a b").to_string(), "b a");
        assert!(scope("a b c").covers(&scope("c a")));
        assert!(!scope("a").covers(&scope("a b")));
        assert_eq!(scope("a b").union(&scope("b c")).to_string(), "a b c");
        assert_eq!(scope("a b").minus(&scope("b c")).to_string(), "a");
        assert_eq!(scope("a b").intersection(&scope("b c")).to_string(), "b");
    }

    #[test]
    fn other_characters_and_sizes_are_refused() {
        for text in ["a\"b", "a\\b", "é", "a\tb", "a\nb", "a\u{0}"] {
            assert_eq!(Scope::parse(text), Err(ScopeError::Character), "{text:?}");
        }
        let many = (0..=MOST).map(|n| n.to_string()).collect::<Vec<_>>().join(" ");
        assert_eq!(Scope::parse(&many), Err(ScopeError::TooLong));
        assert_eq!(Scope::parse(&"x".repeat(LONGEST + 1)), Err(ScopeError::TooLong));
    }

    #[test]
    fn blanks_are_read_as_deployed_clients_send_them() {
        assert_eq!(scope("  a   b ").to_string(), "a b");
        assert!(scope(" ").is_empty());
        assert_eq!(serde_json::to_string(&scope(" b a")).unwrap(), "\"b a\"");
        assert_eq!(serde_json::from_str::<Scope>("\"a b\"").unwrap(), scope("b a"));
        assert!(serde_json::from_str::<Scope>("[\"a\"]").is_err());
    }

    proptest! {
        #[test]
        fn sets_are_sets(one in "[a-e]( [a-e]){0,6}", other in "[a-e]( [a-e]){0,6}") {
            let (one, other) = (scope(&one), scope(&other));
            prop_assert_eq!(scope(&one.to_string()), one.clone());
            let (union, both) = (one.union(&other), one.intersection(&other));
            prop_assert!(union.covers(&one) && union.covers(&other));
            prop_assert!(one.covers(&both) && other.covers(&both));
            prop_assert_eq!(&union, &other.union(&one));
            prop_assert_eq!(&both, &other.intersection(&one));
            prop_assert_eq!(one.minus(&other).union(&both), one.clone());
            prop_assert_eq!(one.covers(&other), other.minus(&one).is_empty());
            prop_assert_eq!(HashSet::from([union.clone(), other.union(&one)]).len(), 1);
        }

        #[test]
        fn nothing_breaks_the_reader(text in "\\PC{0,200}") {
            if let Ok(read) = Scope::parse(&text) {
                prop_assert_eq!(Scope::parse(&read.to_string()), Ok(read));
            }
        }
    }
}
