//! The consent page.

use askama::Template;

use super::{Client, Page, render};

/// Asks whether the person agrees.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// The application.
    pub client: Client<'a>,
    /// Who is asked.
    pub person: &'a str,
    /// What is asked for.
    pub scopes: Vec<ScopeLine<'a>>,
    /// Where the form goes.
    pub action: &'a str,
    /// What the form carries.
    pub hidden: Vec<(&'a str, String)>,
}

/// One scope on the page.
#[derive(Debug, Clone)]
pub struct ScopeLine<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it opens.
    pub description: &'a str,
    /// The person has agreed to it before.
    pub already_granted: bool,
    /// Whether it is ticked, where the person may choose.
    pub choice: Option<bool>,
}

impl Consent<'_> {
    fn may_choose(&self) -> bool {
        self.scopes.iter().any(|scope| scope.choice.is_some())
    }

    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let language = page.language;
    let line =
        |name, description, already_granted| ScopeLine { name, description, already_granted, choice: None };
    let described = |name, french, english, already_granted| {
        line(name, language.choose(french, english), already_granted)
    };
    let usual = Consent {
        page,
        client: Client::new(
            language.choose("Mon emploi à deux pas", "A job around the corner"),
            "127.0.0.1:49152",
        ),
        person: "camille",
        scopes: vec![
            described(
                "openid",
                "Vous reconnaître d’une visite à l’autre",
                "Recognise you from one visit to the next",
                true,
            ),
            described(
                "email",
                "Votre adresse électronique, si vous l’avez validée",
                "Your email address, if you have confirmed it",
                false,
            ),
            described(
                "api_peconnect-experiencesprofessionellesdeclareesparlemployeurv1",
                "Consulter les emplois déclarés par vos employeurs",
                "Look up the jobs your employers declared",
                false,
            ),
        ],
        action: "/consent?interaction=1",
        hidden: vec![("form", "token".to_owned())],
    };
    let hostile = "\"'><PROBE src=x>";
    let attacked = Consent {
        client: Client::new(hostile, hostile),
        person: hostile,
        scopes: vec![ScopeLine { choice: Some(true), ..line(hostile, hostile, false) }],
        ..usual.clone()
    };
    let mut choice = usual.clone();
    choice.client.unverified = true;
    for (position, scope) in choice.scopes.iter_mut().enumerate().skip(1) {
        scope.choice = Some(position == 1);
    }
    vec![
        ("consent".to_owned(), usual.render()),
        ("consent-choice".to_owned(), choice.render()),
        ("consent-hostile".to_owned(), attacked.render()),
    ]
}
