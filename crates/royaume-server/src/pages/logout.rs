//! The pages of logout: the question, and what became of it.

use askama::Template;

use super::{Page, render};

/// Asks whether the person wants to sign out.
#[derive(Debug, Clone, Template)]
#[template(path = "logout.html")]
pub struct LogoutConfirmation<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// Who is signed in, if anybody is.
    pub person: Option<&'a str>,
    /// Where the form goes.
    pub action: &'a str,
    /// What the form carries.
    pub hidden: Vec<(&'a str, String)>,
}

impl LogoutConfirmation<'_> {
    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }
}

/// Says that the session has ended, or that it goes on.
#[derive(Debug, Clone, Template)]
#[template(path = "logged_out.html")]
pub struct LoggedOut<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// The person chose to stay signed in.
    pub stayed: bool,
    /// What the browser loads of applications, so that they end their sessions too.
    pub frames: Vec<LogoutFrame>,
    /// Where the person goes from here.
    pub onward: Option<&'a str>,
}

/// Word to an application by way of the browser (OpenID Connect Front-Channel Logout 1.0 §2).
#[derive(Debug, Clone)]
pub struct LogoutFrame {
    /// The application.
    pub client_name: String,
    /// The address that ends its session.
    pub src: String,
}

impl LoggedOut<'_> {
    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let hostile = "\"'><PROBE src=x>";
    let ask = |person| {
        let hidden = vec![("form", "token".to_owned()), ("state", hostile.to_owned())];
        LogoutConfirmation { page: page.clone(), person, action: "/logout", hidden }.render()
    };
    let said = |stayed| LoggedOut { page: page.clone(), stayed, frames: Vec::new(), onward: None }.render();
    let telling = |name: &str, src: &str, onward| {
        let frames = vec![LogoutFrame { client_name: name.to_owned(), src: src.to_owned() }];
        LoggedOut { page: page.clone(), stayed: false, frames, onward: Some(onward) }.render()
    };
    let hostile_frame = format!("https://emploi.example.fr/?{hostile}");
    vec![
        ("logout".to_owned(), ask(Some("camille"))),
        ("logout-hostile".to_owned(), ask(Some(hostile))),
        ("logged-out".to_owned(), said(false)),
        (
            "logged-out-telling".to_owned(),
            telling("Mon emploi", "https://emploi.example.fr/fin?sid=x", "https://emploi.example.fr/"),
        ),
        ("logged-out-telling-hostile".to_owned(), telling(hostile, &hostile_frame, hostile)),
        ("logged-out-stayed".to_owned(), said(true)),
    ]
}
