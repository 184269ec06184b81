//! Pages: what people see. Each is a struct with what it shows and samples of itself; every sample is rendered in
//! every language by a test. There is no script on any of them but the one that posts an answer.

mod assets;
mod client;
mod consent;
mod create_account;
mod error;
mod form_post;
mod language;
mod login;
mod logout;
mod loopback;
mod welcome;

pub(crate) use assets::style;
pub use assets::{Asset, asset};
pub use client::Client;
pub use consent::{Consent, ScopeLine};
pub use create_account::{CreateAccount, CreateAccountProblem};
pub(crate) use error::ErrorPage;
pub use form_post::FormPost;
pub use language::Language;
pub use login::{Login, LoginProblem};
pub use logout::{LoggedOut, LogoutConfirmation, LogoutFrame};
pub use loopback::{Loopback, LoopbackOutcome};
pub use welcome::{Welcome, WelcomeApplication, WelcomeCommand, WelcomePerson, WelcomeRealm};

/// What every page has.
#[derive(Debug, Clone)]
pub struct Page<'a> {
    /// The language it speaks.
    pub language: Language,
    /// Where one is: the realm's title.
    pub place: &'a str,
    /// The same page in each language; none where there is only this one.
    pub language_links: Vec<LanguageLink>,
}

/// A link to the same page in a language.
#[derive(Debug, Clone)]
pub struct LanguageLink {
    /// The language.
    pub language: Language,
    /// The address.
    pub href: String,
}

impl Page<'_> {
    fn say(&self, key: &str) -> &'static str {
        self.language.say(key)
    }

    fn stylesheet(&self) -> &'static str {
        assets::stylesheet()
    }

    fn mark(&self) -> &'static str {
        assets::mark()
    }

    /// The stylesheet itself, for a page that stands alone.
    fn style(&self) -> &'static str {
        assets::style()
    }

    /// The mark itself, for a page that stands alone.
    fn mark_within(&self) -> &'static str {
        assets::mark_within()
    }

    /// Where a client is, as a person can tell: a loopback address is this very device.
    fn whereabouts<'t>(&self, host: &'t str) -> &'t str {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        match name {
            "127.0.0.1" | "[::1]" | "localhost" => self.say("base.this_device"),
            _ => host,
        }
    }
}

/// The HTML of a template. Rendering writes to a string, which takes every write.
fn render(template: &impl askama::Template) -> String {
    template.render().expect("a page of ours renders")
}

/// Every page × sample × language, by name: for tests, screenshots and people who want to look.
pub fn samples() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for language in Language::ALL {
        let links = || {
            let link =
                |language: Language| LanguageLink { language, href: format!("?lang={}", language.tag()) };
            Language::ALL.into_iter().map(link).collect::<Vec<_>>()
        };
        let page = || Page { language, place: "Individu", language_links: links() };
        let named = [
            login::samples(page()),
            create_account::samples(page()),
            consent::samples(page()),
            error::samples(page()),
            form_post::samples(page()),
            logout::samples(page()),
            loopback::samples(page()),
            welcome::samples(page()),
        ];
        let tagged =
            named.into_iter().flatten().map(|(name, html)| (format!("{name}-{}", language.tag()), html));
        all.extend(tagged);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_what_a_screen_reader_and_a_policy_need() {
        for (name, html) in samples() {
            assert_eq!(html.matches("<h1").count(), 1, "{name}");
            let script = format!("<script>{}</script>", FormPost::SCRIPT);
            let scripts = usize::from(name.starts_with("form-post"));
            assert_eq!(html.matches(&script).count(), scripts, "{name}");
            let html = html.replace(&script, "");
            for forbidden in ["<script", "style=", "onclick", "javascript:", "http-equiv", "<PROBE"] {
                assert!(!html.contains(forbidden), "{name} contains {forbidden}");
            }
            let ids: Vec<_> =
                html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            for id in &ids {
                assert_eq!(ids.iter().filter(|other| *other == id).count(), 1, "{name} has {id} twice");
            }
            for target in html.split("for=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(ids.contains(&target), "{name}: a label is bound to nothing");
            }
            let texts = html.split(['<', '>']).skip(2).step_by(2);
            assert!(!html.contains("<title> ·") && texts.count() > 5, "{name}");
        }
    }

    #[test]
    fn hostile_text_is_only_text() {
        let probed: Vec<_> = samples().into_iter().filter(|(name, _)| name.contains("hostile")).collect();
        assert!(probed.len() >= 8, "{}", probed.len());
        for (name, html) in probed {
            assert!(
                html.contains("PROBE") && !html.contains("<PROBE") && !html.contains("\"PROBE"),
                "{name}"
            );
        }
    }
}
