//! The consent page.

use askama::Template;

use super::{Page, render};

/// Asks whether the person agrees.
#[derive(Debug, Clone, Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// The application.
    pub client_name: &'a str,
    /// The host that the application returns to.
    pub client_host: &'a str,
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
}

impl Consent<'_> {
    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let line = |name, description, already_granted| ScopeLine { name, description, already_granted };
    let usual = Consent {
        page,
        client_name: "Exemple : un site pour les demandeurs d'emploi",
        client_host: "exemple.fr",
        person: "camille",
        scopes: vec![
            line("openid", "Vous reconnaître d’une visite à l’autre", true),
            line("email", "Votre adresse électronique, si vous l’avez confirmée", false),
            line(
                "api_peconnect-experiencesprofessionellesdeclareesparlemployeurv1",
                "Vos emplois déclarés",
                false,
            ),
        ],
        action: "/consent?interaction=1",
        hidden: vec![("form", "token".to_owned())],
    };
    let hostile = "\"'><PROBE src=x>";
    let attacked = Consent {
        client_name: hostile,
        client_host: hostile,
        person: hostile,
        scopes: vec![line(hostile, hostile, false)],
        ..usual.clone()
    };
    vec![("consent".to_owned(), usual.render()), ("consent-hostile".to_owned(), attacked.render())]
}
