//! The page that posts an answer to the application (OAuth 2.0 Form Post Response Mode §2): seen only for a moment, or
//! where no script runs.

use askama::Template;

use super::{Page, render};

/// Sends the person back to the application.
#[derive(Debug, Clone, Template)]
#[template(path = "form_post.html")]
pub struct FormPost<'a> {
    /// What every page has.
    pub page: Page<'a>,
    /// The application.
    pub client_name: &'a str,
    /// Its redirect URI, proven.
    pub action: &'a str,
    /// The answer.
    pub pairs: &'a [(&'a str, &'a str)],
}

impl FormPost<'_> {
    /// Posts the form. Always the same text, so that a policy can name its digest.
    pub const SCRIPT: &'static str = "document.getElementById(\"form-post\").submit();";

    /// The HTML.
    pub fn render(&self) -> String {
        render(self)
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let client_name = page.language.choose("Mon emploi à deux pas", "A job around the corner");
    let pairs = [("code", "a-code"), ("state", "a-state")];
    let usual = FormPost { page, client_name, action: "https://emploi.example.fr/retour", pairs: &pairs };
    let hostile = "\"'><PROBE src=x>";
    let attacked =
        FormPost { client_name: hostile, action: hostile, pairs: &[("state", hostile)], ..usual.clone() };
    vec![("form-post".to_owned(), usual.render()), ("form-post-hostile".to_owned(), attacked.render())]
}
