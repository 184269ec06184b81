//! The page of a program on one's own machine, once the browser has come back to it (RFC 8252 §7.3). The program ends
//! right after it, so the page brings its style along and asks for nothing more.

use askama::Template;

use super::{Page, render};

/// Says what became of a login, and sends the person back to the program.
#[derive(Debug, Clone, Template)]
#[template(path = "loopback.html")]
pub struct Loopback<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// What became of it.
    pub outcome: LoopbackOutcome,
}

/// What became of a login, as the program sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoopbackOutcome {
    /// A code has come.
    SignedIn,
    /// An error has come: the person cancelled or refused, or the server did.
    NotSignedIn,
    /// The answer has come before.
    Repeated,
    /// It is the answer to no question of this program.
    Unexpected,
    /// Another address of the program.
    Nothing,
}

impl LoopbackOutcome {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::SignedIn, Self::NotSignedIn, Self::Repeated, Self::Unexpected, Self::Nothing];

    fn id(self) -> &'static str {
        match self {
            Self::SignedIn => "royaume-signed-in",
            Self::NotSignedIn => "royaume-not-signed-in",
            Self::Repeated => "royaume-repeated",
            Self::Unexpected => "royaume-unexpected",
            Self::Nothing => "royaume-nothing",
        }
    }

    fn is_well(self) -> bool {
        matches!(self, Self::SignedIn | Self::Repeated)
    }

    fn title_key(self) -> &'static str {
        match self {
            Self::SignedIn => "loopback.signed_in_title",
            Self::NotSignedIn => "loopback.not_signed_in_title",
            Self::Repeated => "loopback.repeated_title",
            Self::Unexpected => "loopback.unexpected_title",
            Self::Nothing => "error.missing_title",
        }
    }

    fn words_key(self) -> &'static str {
        match self {
            Self::SignedIn => "loopback.signed_in",
            Self::NotSignedIn => "loopback.not_signed_in",
            Self::Repeated => "loopback.repeated",
            Self::Unexpected => "loopback.unexpected",
            Self::Nothing => "error.missing",
        }
    }
}

impl Loopback<'_> {
    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let page = Page { place: "Royaume", language_links: Vec::new(), ..page };
    let sample = |outcome: LoopbackOutcome| {
        let name = outcome.id().replace("royaume-", "loopback-");
        (name, Loopback { page: page.clone(), outcome }.render())
    };
    LoopbackOutcome::ALL.into_iter().map(sample).collect()
}
