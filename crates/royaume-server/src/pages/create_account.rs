//! The page where an account is made.

use askama::Template;

use super::{Client, Page, render};

/// Asks what the person will be called, and by which password they will be known.
#[derive(Debug, Clone, Template)]
#[template(path = "create_account.html")]
pub struct CreateAccount<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// Who signs in here, in the plural.
    pub population: &'a str,
    /// The application.
    pub client: Client<'a>,
    /// Where the form goes.
    pub action: &'a str,
    /// Where those sign in who have an account.
    pub login: &'a str,
    /// What the form carries.
    pub hidden: Vec<(&'a str, String)>,
    /// What was typed before.
    pub username: &'a str,
    /// What a password has at least, in characters.
    pub shortest_password: usize,
    /// What went wrong before.
    pub problem: Option<CreateAccountProblem>,
}

/// Why no account was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateAccountProblem {
    /// Nothing was typed there.
    MissingUsername,
    /// It has characters that nobody sees, or too many.
    UnfitUsername,
    /// Somebody has that name.
    UsernameTaken,
    /// Too short, or made of the name.
    WeakPassword,
    /// Longer than a password may be.
    LongPassword,
    /// Too many in a row.
    TooManyAttempts,
    /// Too many people at once.
    Busy,
}

impl CreateAccountProblem {
    const ALL: [(&'static str, Self); 7] = [
        ("no-username", Self::MissingUsername),
        ("unfit", Self::UnfitUsername),
        ("taken", Self::UsernameTaken),
        ("weak", Self::WeakPassword),
        ("long", Self::LongPassword),
        ("many", Self::TooManyAttempts),
        ("busy", Self::Busy),
    ];

    fn title_key(self) -> &'static str {
        match self {
            Self::MissingUsername => "create_account.no_username",
            Self::UnfitUsername => "create_account.unfit",
            Self::UsernameTaken => "create_account.taken",
            Self::WeakPassword => "create_account.weak",
            Self::LongPassword => "create_account.long",
            Self::TooManyAttempts => "create_account.many",
            Self::Busy => "create_account.busy",
        }
    }

    fn help_key(self) -> &'static str {
        match self {
            Self::MissingUsername => "create_account.no_username_help",
            Self::UnfitUsername => "create_account.unfit_help",
            Self::UsernameTaken => "create_account.taken_help",
            Self::WeakPassword => "create_account.weak_help",
            Self::LongPassword => "create_account.long_help",
            Self::TooManyAttempts => "create_account.many_help",
            Self::Busy => "create_account.busy_help",
        }
    }
}

impl CreateAccount<'_> {
    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }

    fn username_at_fault(&self) -> bool {
        use CreateAccountProblem as P;
        matches!(self.problem, Some(P::MissingUsername | P::UnfitUsername | P::UsernameTaken))
    }

    fn password_at_fault(&self) -> bool {
        matches!(self.problem, Some(CreateAccountProblem::WeakPassword | CreateAccountProblem::LongPassword))
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let language = page.language;
    let usual = CreateAccount {
        page,
        population: language.choose("demandeurs d’emploi", "job seekers"),
        client: Client::new(
            language.choose("Mon emploi à deux pas", "A job around the corner"),
            "emploi.example.fr",
        ),
        action: "/create-account?interaction=1",
        login: "/login?interaction=1",
        hidden: vec![("form", "token".to_owned())],
        username: "",
        shortest_password: 12,
        problem: None,
    };
    let mut samples = vec![("create-account".to_owned(), usual.render())];
    for (name, problem) in CreateAccountProblem::ALL {
        let page = CreateAccount { problem: Some(problem), username: "camille", ..usual.clone() };
        samples.push((format!("create-account-{name}"), page.render()));
    }
    let hostile = "\"'><PROBE src=x>";
    let page = CreateAccount {
        client: Client::new(hostile, hostile),
        username: hostile,
        population: hostile,
        ..usual
    };
    samples.push(("create-account-hostile".to_owned(), page.render()));
    samples
}
