//! The welcome of a rehearsal: what runs here, and whom to try it with. Only `royaume dev` shows it.

use askama::Template;

use super::{Page, render};

/// What a rehearsal offers.
#[derive(Debug, Clone, Template)]
#[template(path = "welcome.html")]
pub struct Welcome<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// Where the server is.
    pub base: &'a str,
    /// The realms.
    pub realms: Vec<WelcomeRealm>,
    /// The sample applications.
    pub applications: Vec<WelcomeApplication>,
    /// The sample people.
    pub people: Vec<WelcomePerson>,
    /// Commands to try.
    pub commands: Vec<String>,
}

/// A realm and its addresses.
#[derive(Debug, Clone)]
pub struct WelcomeRealm {
    /// Its name.
    pub name: String,
    /// Whom it authenticates.
    pub population: String,
    /// Method and address, in the order of use.
    pub addresses: Vec<(String, String)>,
}

/// A sample application.
#[derive(Debug, Clone)]
pub struct WelcomeApplication {
    /// Its realm.
    pub realm: String,
    /// Machine, private or public.
    pub kind: String,
    /// `client_id`.
    pub client_id: String,
    /// Its secret; empty when public.
    pub secret: String,
}

/// A sample person.
#[derive(Debug, Clone)]
pub struct WelcomePerson {
    /// The realm.
    pub realm: String,
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// What the person is there to show.
    pub persona: String,
}

impl Welcome<'_> {
    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let sample = |text: &str| {
        let text = || text.to_owned();
        Welcome {
            page: page.clone(),
            base: "http://127.0.0.1:8080",
            realms: vec![WelcomeRealm {
                name: "individu".to_owned(),
                population: text(),
                addresses: vec![(
                    "GET".to_owned(),
                    "http://127.0.0.1:8080/connexion/oauth2/authorize".to_owned(),
                )],
            }],
            applications: vec![WelcomeApplication {
                realm: "individu".to_owned(),
                kind: "private".to_owned(),
                client_id: text(),
                secret: text(),
            }],
            people: vec![WelcomePerson {
                realm: "individu".to_owned(),
                username: text(),
                password: text(),
                persona: text(),
            }],
            commands: vec![text()],
        }
        .render()
    };
    vec![
        ("welcome".to_owned(), sample("PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd8")),
        ("welcome-hostile".to_owned(), sample("\"'><PROBE src=x>")),
    ]
}
