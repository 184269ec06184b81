//! Accounts: people of one realm who sign in with a user name and a password.

use icu_normalizer::ComposingNormalizerBorrowed;
use jiff::Timestamp;
use royaume_store::{Kind, RealmName, RowId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Named, Storable};

/// A user name longer than this, in bytes, is refused.
pub const LONGEST_USERNAME: usize = 256;

/// A person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// Never reused, never changed: `sub` of every token (OIDC Core §2).
    pub subject: String,
    /// As it was given. The row's alias is its normal form.
    pub username: String,
    /// PHC string of argon2id; absent for an account that cannot sign in by password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// What userinfo may say about the person, by claim name (OIDC Core §5.1).
    #[serde(default)]
    pub claims: Map<String, Value>,
    /// Refused everywhere while true.
    #[serde(default)]
    pub disabled: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// Which of the person's credentials is in force, counted. Sessions and tokens remember the one they came from, and
    /// are dead when it is no longer this one: numbers are compared, not the clocks of two machines.
    #[serde(default)]
    pub credential: u32,
}

impl Storable for Account {
    const KIND: Kind = Kind::new("account");
}

impl Named for Account {
    /// Nobody's password is asked about outside the login page, which reads it afresh.
    fn held(self) -> Self {
        Self { password: None, ..self }
    }
}

impl Account {
    /// Where the account of that subject lies.
    pub fn id(realm: &RealmName, subject: &str) -> RowId {
        <Self as Named>::id(realm, subject)
    }

    /// The form under which a user name is unique: without surrounding space, without case, and whichever way its
    /// characters are written (NFKC, Unicode Standard Annex 15): `ﬁ` is `fi`, an accent stands with its letter.
    /// Nothing when it is empty, too long, or holds a character that nobody sees.
    pub fn normal_username(username: &str) -> Option<String> {
        let nfkc = ComposingNormalizerBorrowed::new_nfkc();
        let seen = |text: &str| !text.chars().any(|c| c.is_control() || is_invisible(c));
        if username.len() > LONGEST_USERNAME || !seen(username.trim()) {
            return None;
        }
        let written = nfkc.normalize(username).trim().to_lowercase();
        let normal = nfkc.normalize(&written).into_owned();
        let fit = !normal.is_empty() && normal.len() <= LONGEST_USERNAME && seen(&normal);
        fit.then_some(normal)
    }
}

/// Characters that leave no trace where they are shown (Unicode's Default_Ignorable_Code_Point), so that two names look
/// the same.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFF8}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_unique_without_case_and_surrounding_space() {
        assert_eq!(Account::normal_username(" Camille@Exemple.FR "), Some("camille@exemple.fr".into()));
        for (one, other) in
            [("rené", "rene\u{301}"), ("ﬁona", "FIONA"), ("ｃａｍｉｌｌｅ", "camille"), ("K", "k")]
        {
            assert_eq!(Account::normal_username(one), Account::normal_username(other), "{one}");
        }
        for bad in [
            "",
            "  ",
            "a\u{0}b",
            "a\nb",
            "a\u{200B}b",
            "a\u{3164}",
            "a\u{FE0F}",
            "a\u{34F}b",
            &"x".repeat(257),
        ] {
            assert_eq!(Account::normal_username(bad), None, "{bad:?}");
        }
    }
}
