//! The language of the terminal: French or English, by locale (POSIX.1 §8.2 `LC_ALL`, `LC_MESSAGES`, `LANG`).

use royaume_realm::Text;

/// What the command line speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    French,
    English,
}

impl Language {
    /// By the environment: French where the locale is French, English everywhere else.
    pub(crate) fn of_environment() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty())
            .unwrap_or_default();
        Self::of_locale(&locale)
    }

    fn of_locale(locale: &str) -> Self {
        let language = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("fr") { Self::French } else { Self::English }
    }

    /// One of two phrases.
    pub(crate) fn say<'a>(self, french: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::French => french,
            Self::English => english,
        }
    }

    /// One of a text's two.
    pub(crate) fn of(self, text: &Text) -> &str {
        self.say(&text.fr, &text.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn french_locales_speak_french_and_all_others_english() {
        for locale in ["fr", "fr_FR.UTF-8", "FR_be@euro"] {
            assert_eq!(Language::of_locale(locale), Language::French, "{locale}");
        }
        for locale in ["", "C", "C.UTF-8", "POSIX", "en_US.UTF-8", "frr_DE", "de_DE"] {
            assert_eq!(Language::of_locale(locale), Language::English, "{locale}");
        }
    }
}
