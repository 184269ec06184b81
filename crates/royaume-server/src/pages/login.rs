//! The login page.

use askama::Template;

use super::{Client, Page, render};

/// Asks who the person is.
#[derive(Debug, Clone, Template)]
#[template(path = "login.html")]
pub struct Login<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// Who signs in here, in the plural.
    pub population: &'a str,
    /// The application.
    pub client: Client<'a>,
    /// Where the form goes.
    pub action: &'a str,
    /// What the form carries.
    pub hidden: Vec<(&'a str, String)>,
    /// What was typed before, or hinted.
    pub username: &'a str,
    /// What went wrong before.
    pub problem: Option<LoginProblem>,
    /// Who is signed in here and may go on as they are, and what the form says of whom it asked.
    pub signed_in: Option<(&'a str, &'a str)>,
    /// Where those go who have no account yet, where they may make one.
    pub create_account: Option<&'a str>,
}

/// Why a login did not succeed, as people may know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    /// One of the two is wrong, or there is no such account: which, is not told.
    WrongCredentials,
    /// Too many failures.
    TooManyAttempts,
    /// Too many people at once.
    Busy,
    /// Nothing was typed there.
    MissingUsername,
    /// Nothing was typed there.
    MissingPassword,
}

impl LoginProblem {
    fn title_key(self) -> &'static str {
        match self {
            Self::WrongCredentials => "login.wrong",
            Self::TooManyAttempts => "login.many",
            Self::Busy => "login.busy",
            Self::MissingUsername => "login.no_username",
            Self::MissingPassword => "login.no_password",
        }
    }

    fn help_key(self) -> &'static str {
        match self {
            Self::WrongCredentials => "login.wrong_help",
            Self::TooManyAttempts => "login.many_help",
            Self::Busy => "login.busy_help",
            Self::MissingUsername => "login.no_username_help",
            Self::MissingPassword => "login.no_password_help",
        }
    }
}

impl<'a> Login<'a> {
    /// A page that nobody has filled in yet.
    pub fn new(page: Page<'a>, population: &'a str, client: Client<'a>, action: &'a str) -> Self {
        Self {
            page,
            population,
            client,
            action,
            hidden: Vec::new(),
            username: "",
            problem: None,
            signed_in: None,
            create_account: None,
        }
    }

    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }

    fn username_at_fault(&self) -> bool {
        matches!(self.problem, Some(LoginProblem::WrongCredentials | LoginProblem::MissingUsername))
    }

    fn password_at_fault(&self) -> bool {
        matches!(self.problem, Some(LoginProblem::WrongCredentials | LoginProblem::MissingPassword))
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let language = page.language;
    let population = language.choose("demandeurs d’emploi", "job seekers");
    let client =
        Client::new(language.choose("Mon emploi à deux pas", "A job around the corner"), "emploi.example.fr");
    let usual = Login {
        hidden: vec![("form", "token".to_owned())],
        ..Login::new(page, population, client, "/login?interaction=1")
    };
    let mut samples = vec![("login".to_owned(), usual.render())];
    for (name, problem) in [
        ("wrong", LoginProblem::WrongCredentials),
        ("many", LoginProblem::TooManyAttempts),
        ("busy", LoginProblem::Busy),
        ("no-username", LoginProblem::MissingUsername),
        ("no-password", LoginProblem::MissingPassword),
    ] {
        let page = Login { problem: Some(problem), username: "camille", ..usual.clone() };
        samples.push((format!("login-{name}"), page.render()));
    }
    let choice = Login {
        signed_in: Some(("camille", "token")),
        create_account: Some("/create-account?interaction=1"),
        client: Client {
            logo_uri: Some(
                "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'%3E%3Cpath fill='%23046' d='M0 0h1v1H0z'/%3E%3C/svg%3E",
            ),
            policy_uri: Some("https://emploi.example.fr/confidentialite"),
            tos_uri: Some("https://emploi.example.fr/conditions"),
            ..client
        },
        ..usual.clone()
    };
    samples.push(("login-choice".to_owned(), choice.render()));
    let hostile = "\"'><PROBE src=x>";
    let client = Client {
        logo_uri: Some("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E#\"'><PROBE src=x>"),
        policy_uri: Some(hostile),
        tos_uri: Some(hostile),
        ..Client::new(hostile, hostile)
    };
    let page = Login {
        client,
        username: hostile,
        population: hostile,
        signed_in: Some((hostile, hostile)),
        create_account: Some(hostile),
        ..usual
    };
    samples.push(("login-hostile".to_owned(), page.render()));
    samples
}
