//! The error page: for what must not, or cannot, be sent to the application.

use askama::Template;
use http::StatusCode;

use super::{Page, render};
use crate::refusal::{Failure, Refusal};

/// Says what went wrong: to the person in words, to the developer in the standard's terms.
#[derive(Debug, Clone, Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage<'a> {
    page: Page<'a>,
    title: &'static str,
    words: &'static str,
    advice: &'static str,
    code: &'a str,
    description: &'a str,
}

impl<'a> ErrorPage<'a> {
    pub(crate) fn new(page: Page<'a>, failure: &Failure, code: &'a str, description: &'a str) -> Self {
        let (title, words) = keys(failure);
        let later = match failure {
            Failure::Failed(_) => true,
            Failure::Refused(refusal) => refusal.status() == StatusCode::TOO_MANY_REQUESTS,
        };
        let advice = if later { "error.later" } else { "error.retry" };
        Self { page, title, words, advice, code, description }
    }

    pub(crate) fn render(&self) -> String {
        render(self)
    }
}

/// What a person may know of a failure.
fn keys(failure: &Failure) -> (&'static str, &'static str) {
    let Failure::Refused(refusal) = failure else { return ("error.trouble_title", "error.trouble") };
    match refusal {
        Refusal::ClientIdMissing | Refusal::ClientUnknown | Refusal::ClientDisabled => {
            ("error.client_title", "error.client")
        }
        Refusal::RedirectUriMissing
        | Refusal::RedirectUriUnregistered
        | Refusal::PostLogoutRedirectUriUnregistered
        | Refusal::PostLogoutRedirectUrisDiffer => ("error.redirect_title", "error.redirect"),
        Refusal::InteractionUnknown => ("error.expired_title", "error.expired"),
        Refusal::ForgedForm => ("error.form_title", "error.form"),
        Refusal::NotFound | Refusal::NotOffered => ("error.missing_title", "error.missing"),
        Refusal::RealmUnknown | Refusal::RealmMissing | Refusal::RealmContradictory => {
            ("error.realm_title", "error.realm")
        }
        Refusal::TooManyAttempts => ("error.many_title", "error.many"),
        // Everything else is the application's mistake: the details below are for its developer.
        _ => ("error.request_title", "error.request"),
    }
}

pub(super) fn samples(page: Page<'_>) -> Vec<(String, String)> {
    let refusals = [
        ("client", Refusal::ClientUnknown),
        ("redirect", Refusal::RedirectUriUnregistered),
        ("expired", Refusal::InteractionUnknown),
        ("form", Refusal::ForgedForm),
        ("missing", Refusal::NotFound),
        ("realm", Refusal::RealmUnknown),
        ("many", Refusal::TooManyAttempts),
        ("request", Refusal::ResponseTypeMissing),
    ];
    let mut samples = Vec::new();
    for (name, refusal) in refusals {
        let (code, description) = (refusal.code(), refusal.description());
        let failure = Failure::Refused(refusal);
        let html = ErrorPage::new(page.clone(), &failure, code.as_str(), &description).render();
        samples.push((format!("error-{name}"), html));
    }
    let failed = Failure::Failed(crate::refusal::Fault::Busy("sample"));
    let html =
        ErrorPage::new(page.clone(), &failed, "temporarily_unavailable", "try again in a moment").render();
    samples.push(("error-trouble".to_owned(), html));
    let hostile = "\"'><PROBE src=x>";
    let html = ErrorPage::new(page, &failed, hostile, hostile).render();
    samples.push(("error-hostile".to_owned(), html));
    samples
}
