//! Languages of pages: French first, and English.

use std::collections::HashMap;
use std::sync::OnceLock;

/// A language that pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Français.
    French,
    /// English.
    English,
}

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::French, Self::English];

    /// The language tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::French => "fr",
            Self::English => "en",
        }
    }

    /// Its own name for itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::French => "Français",
            Self::English => "English",
        }
    }

    /// The language of a tag, whatever its region.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// What the application or the person wished (`ui_locales`, in order of preference, OIDC Core §3.1.2.1), else
    /// what the browser prefers (RFC 9110 §12.5.4), else French.
    pub fn negotiate(wished: Option<&str>, accept_language: Option<&str>) -> Self {
        if let Some(language) = wished.and_then(|wished| wished.split(' ').find_map(Self::from_tag)) {
            return language;
        }
        let mut best = (0.0, Self::French);
        for range in accept_language.unwrap_or_default().split(',').take(20) {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let quality = match parameters.trim().strip_prefix("q=") {
                Some(quality) => {
                    quality.parse::<f32>().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0)
                }
                None => 1.0,
            };
            if let Some(language) = Self::from_tag(tag.trim())
                && quality > best.0
            {
                best = (quality, language);
            }
        }
        best.1
    }

    /// One of two texts.
    pub fn choose<T>(self, french: T, english: T) -> T {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }

    /// The words of a key.
    pub(crate) fn say(self, key: &str) -> &'static str {
        self.messages().get(key).map_or("", String::as_str)
    }

    pub(crate) fn messages(self) -> &'static HashMap<String, String> {
        static FRENCH: OnceLock<HashMap<String, String>> = OnceLock::new();
        static ENGLISH: OnceLock<HashMap<String, String>> = OnceLock::new();
        match self {
            Self::French => FRENCH.get_or_init(|| read(include_str!("../../messages/fr.toml"))),
            Self::English => ENGLISH.get_or_init(|| read(include_str!("../../messages/en.toml"))),
        }
    }
}

fn read(text: &str) -> HashMap<String, String> {
    let sections: HashMap<String, HashMap<String, String>> =
        toml::from_str(text).expect("the messages in this binary read");
    let flat = sections.into_iter().flat_map(|(section, messages)| {
        messages.into_iter().map(move |(key, words)| (format!("{section}.{key}"), words))
    });
    flat.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_negotiated_by_wish_then_by_quality_then_french() {
        for (wished, accepted, expected) in [
            (None, None, Language::French),
            (None, Some("de"), Language::French),
            (None, Some("en"), Language::English),
            (None, Some("en-GB,en;q=0.9,fr;q=0.8"), Language::English),
            (None, Some("de, fr;q=0.5, en;q=0.9"), Language::English),
            (None, Some("en;q=0"), Language::French),
            (None, Some("en;q=nonsense"), Language::French),
            (Some("fr-CA en"), Some("en"), Language::French),
            (Some("de EN-us"), Some("fr"), Language::English),
            (Some("<script>"), Some("en"), Language::English),
        ] {
            assert_eq!(Language::negotiate(wished, accepted), expected, "{wished:?} {accepted:?}");
        }
    }

    #[test]
    fn every_language_has_the_same_keys_and_every_key_is_used() {
        let keys = |language: Language| {
            let mut keys: Vec<_> = language.messages().keys().cloned().collect();
            keys.sort();
            keys
        };
        assert_eq!(keys(Language::French), keys(Language::English));
        let sources = [
            include_str!("../../templates/base.html"),
            include_str!("../../templates/login.html"),
            include_str!("../../templates/client.html"),
            include_str!("../../templates/consent.html"),
            include_str!("../../templates/create_account.html"),
            include_str!("../../templates/error.html"),
            include_str!("../../templates/form_post.html"),
            include_str!("../../templates/logout.html"),
            include_str!("../../templates/logged_out.html"),
            include_str!("../../templates/welcome.html"),
            include_str!("../../templates/loopback.html"),
            include_str!("mod.rs"),
            include_str!("create_account.rs"),
            include_str!("login.rs"),
            include_str!("loopback.rs"),
            include_str!("error.rs"),
        ];
        for key in keys(Language::French) {
            let quoted = format!("\"{key}\"");
            assert!(sources.iter().any(|source| source.contains(&quoted)), "{key} is used nowhere");
        }
    }
}
