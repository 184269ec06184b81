//! The `display` parameter (OIDC Core §3.1.2.1): how a client would like pages to be shown. A wish, never a condition.

/// How pages should be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Display {
    /// In the whole window.
    Page,
    /// In a small window.
    Popup,
    /// Under a finger.
    Touch,
    /// On a telephone without a browser to speak of.
    Wap,
}

impl Display {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Page, Self::Popup, Self::Touch, Self::Wap];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Popup => "popup",
            Self::Touch => "touch",
            Self::Wap => "wap",
        }
    }

    /// Reads the word. Another wish is none that we know of, and breaks nothing.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|display| display.as_str() == text)
    }
}
