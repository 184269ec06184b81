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
    /// What to try, in a terminal.
    pub commands: Vec<WelcomeCommand>,
    /// The realms, each with what belongs to it.
    pub realms: Vec<WelcomeRealm>,
}

/// A command that works as it stands.
#[derive(Debug, Clone)]
pub struct WelcomeCommand {
    /// What it does, in a sentence.
    pub purpose: String,
    /// What to type.
    pub line: String,
}

/// A realm.
#[derive(Debug, Clone)]
pub struct WelcomeRealm {
    /// Its name.
    pub name: String,
    /// Whom it authenticates.
    pub population: String,
    /// The name and the place of each endpoint that one begins with, in the order of use.
    pub addresses: Vec<(String, String)>,
    /// Who may sign in.
    pub people: Vec<WelcomePerson>,
    /// What may ask for tokens.
    pub applications: Vec<WelcomeApplication>,
}

/// A sample application.
#[derive(Debug, Clone)]
pub struct WelcomeApplication {
    /// What it is there to show.
    pub name: String,
    /// Machine, private or public.
    pub kind: String,
    /// `client_id`.
    pub client_id: String,
    /// Its secret, unless it is public.
    pub secret: Option<String>,
}

/// A sample person.
#[derive(Debug, Clone)]
pub struct WelcomePerson {
    /// The user name.
    pub username: String,
    /// The password.
    pub password: String,
    /// What the person is there to show.
    pub description: String,
}

impl Welcome<'_> {
    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let sample = |name: &str, text: &str| {
        let text = || text.to_owned();
        let application = |secret| WelcomeApplication {
            name: text(),
            kind: "private".to_owned(),
            client_id: text(),
            secret,
        };
        let realm = WelcomeRealm {
            name: name.to_owned(),
            population: text(),
            addresses: vec![
                ("authorize".to_owned(), format!("http://127.0.0.1:8080/connexion/oauth2/{}", text())),
                ("token".to_owned(), text()),
                ("discovery".to_owned(), text()),
            ],
            people: vec![WelcomePerson { username: text(), password: text(), description: text() }],
            applications: vec![application(Some(text())), application(None)],
        };
        let machines = WelcomeRealm {
            name: "partenaire".to_owned(),
            people: Vec::new(),
            addresses: realm.addresses[1..].to_vec(),
            ..realm.clone()
        };
        Welcome {
            page: Page { place: "Royaume", ..page.clone() },
            base: "http://127.0.0.1:8080",
            commands: vec![WelcomeCommand { purpose: text(), line: text() }],
            realms: vec![realm, machines],
        }
        .render()
    };
    vec![
        ("welcome".to_owned(), sample("individu", "PAR_exemple_individu_026ead8ce48199a080b18af8fcb2afd8")),
        ("welcome-hostile".to_owned(), sample("individu", "\"'><PROBE src=x>")),
    ]
}
