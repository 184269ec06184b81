//! A sentence in the languages of the pages.

use serde::{Deserialize, Serialize};

/// A text in French and in English.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// In French.
    pub fr: String,
    /// In English.
    pub en: String,
}

impl Text {
    /// The same text in both languages, for proper names.
    pub fn same(text: &str) -> Text {
        Text { fr: text.to_owned(), en: text.to_owned() }
    }

    /// The text for a language tag (RFC 5646): French for `fr` and its variants, English for any other.
    pub fn in_language(&self, tag: &str) -> &str {
        let primary = tag.split('-').next().unwrap_or(tag);
        if primary.eq_ignore_ascii_case("fr") { &self.fr } else { &self.en }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_is_for_french_tags_and_english_for_the_others() {
        let text = Text { fr: "oui".into(), en: "yes".into() };
        for (tag, expected) in
            [("fr", "oui"), ("fr-CA", "oui"), ("FR", "oui"), ("en-GB", "yes"), ("de", "yes")]
        {
            assert_eq!(text.in_language(tag), expected, "{tag}");
        }
    }
}
