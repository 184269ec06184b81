//! The one table that says what is missing next: thing → step (OIDC Core §3.1.2.3, §3.1.2.4).

use royaume_protocol::{Prompt, Scope};

use super::addressed::{Addressed, Wanted};
use crate::context::Context;
use crate::people;
use crate::realms::ServedRealm;
use crate::refusal::Refusal;
use crate::stored::asked_claims::bare;
use crate::stored::consent::Consent;
use crate::stored::interaction::Interaction;
use crate::stored::session::Session;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Who is it?
    Login,
    /// Who will it be?
    CreateAccount,
    /// Do they agree?
    Consent,
    /// Nothing is missing.
    Nothing,
    /// Something is missing and no page may be shown.
    Refuse(Refusal),
}

/// The table. `as_expected`: whoever is signed in is the person that the request is about, if it says who.
pub(crate) fn step(
    wanted: &Wanted,
    addressed: &Addressed,
    as_expected: bool,
    session: Option<&Session>,
    consent: Option<&Consent>,
    interaction: Option<&Interaction>,
    cx: &Context<'_>,
) -> Step {
    let silent = wanted.prompt.contains(&Prompt::None);
    if wanted.prompt.contains(&Prompt::Create) && !signed_in_here(session, interaction) {
        return Step::CreateAccount;
    }
    let (step, refusal) = if login_missing(wanted, session, interaction, cx) {
        (Step::Login, Refusal::LoginRequired)
    } else if session.is_some() && !as_expected {
        // Whoever has just signed in is not who was expected: asking once more would only go in circles.
        if signed_in_here(session, interaction) {
            return Step::Refuse(Refusal::AnotherPerson);
        }
        (Step::Login, Refusal::AnotherPerson)
    } else if consent_missing(wanted, addressed, session, consent, interaction, cx) {
        (Step::Consent, Refusal::ConsentRequired)
    } else {
        return Step::Nothing;
    };
    if silent { Step::Refuse(refusal) } else { step }
}

fn login_missing(
    wanted: &Wanted,
    session: Option<&Session>,
    interaction: Option<&Interaction>,
    cx: &Context<'_>,
) -> bool {
    // Whoever has just signed in for this very request has answered every wish to see them sign in.
    if signed_in_here(session, interaction) {
        return false;
    }
    let Some(session) = session else { return true };
    let chosen = interaction.is_some_and(|waiting| waiting.chosen.as_ref() == Some(&session.sid));
    let to_choose = wanted.prompt.contains(&Prompt::SelectAccount) && !chosen;
    wanted.prompt.contains(&Prompt::Login) || to_choose || !session.fresh_enough(wanted.max_age, cx.now)
}

/// The session was signed in to during this very request.
fn signed_in_here(session: Option<&Session>, interaction: Option<&Interaction>) -> bool {
    let here = interaction.and_then(|waiting| waiting.signed_in.as_ref());
    session.is_some_and(|session| here == Some(&session.sid))
}

fn consent_missing(
    wanted: &Wanted,
    addressed: &Addressed,
    session: Option<&Session>,
    consent: Option<&Consent>,
    interaction: Option<&Interaction>,
    cx: &Context<'_>,
) -> bool {
    let agreed_here = agreed_here(session, interaction);
    if people::never_asked(&addressed.client, cx) {
        return wanted.prompt.contains(&Prompt::Consent) && !agreed_here;
    }
    if agreed_here {
        return false;
    }
    let remembered = consent.is_some_and(|consent| {
        let claims = claims_beyond_scopes(wanted, cx.realm);
        let open = wanted.scope.minus(&consent.scope);
        let chosen = cx.realm.realm.partial_consent && consent.declined.covers(&open);
        (open.is_empty() || chosen) && claims.iter().all(|claim| allowed(claim, consent, cx.realm))
    });
    wanted.prompt.contains(&Prompt::Consent) || addressed.impersonable() || !remembered
}

/// The person who is signed in has said yes on the page of this very request.
fn agreed_here(session: Option<&Session>, interaction: Option<&Interaction>) -> bool {
    let agreed = interaction.and_then(|waiting| waiting.consented.as_ref());
    agreed.is_some() && agreed == session.map(|session| &session.sid)
}

/// The claims that are asked for by name and that no scope of the request releases, each once: what a person is asked
/// about beside the scopes.
pub(crate) fn claims_beyond_scopes<'a>(wanted: &'a Wanted, realm: &ServedRealm) -> Vec<&'a str> {
    let released = realm.realm.claims_of(wanted.scope.iter());
    let mut beyond: Vec<&str> = Vec::new();
    for name in wanted.asked.userinfo.iter().chain(&wanted.asked.id_token).map(|name| bare(name)) {
        if realm.releases(name) && !released.contains(&name) && !beyond.contains(&name) {
            beyond.push(name);
        }
    }
    beyond
}

/// Has the person allowed the client to be told that claim, by name or with a scope?
pub(crate) fn allowed(claim: &str, consent: &Consent, realm: &ServedRealm) -> bool {
    consent.claims.iter().any(|known| known == claim)
        || realm.realm.claims_of(consent.scope.iter()).contains(&claim)
}

/// What is asked for beyond what was allowed before.
pub(crate) fn new_scopes(asked: &Scope, consent: Option<&Consent>) -> Scope {
    consent.map_or_else(|| asked.clone(), |consent| asked.minus(&consent.scope))
}
