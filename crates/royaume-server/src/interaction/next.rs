//! The one table that says what is missing next: thing → step (OIDC Core §3.1.2.3, §3.1.2.4).

use royaume_protocol::{Prompt, Scope};
use royaume_realm::ConsentPolicy;

use super::addressed::{Addressed, Wanted};
use crate::context::Context;
use crate::refusal::{Fault, Refusal};
use crate::stored::client::Client;
use crate::stored::consent::{self, Consent};
use crate::stored::interaction::Interaction;
use crate::stored::read;
use crate::stored::session::Session;

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Who is it?
    Login,
    /// Do they agree?
    Consent,
    /// Nothing is missing.
    Nothing,
    /// Something is missing and no page may be shown.
    Refuse(Refusal),
}

/// The table.
pub(crate) fn step(
    wanted: &Wanted,
    addressed: &Addressed,
    expected: Option<&str>,
    session: Option<&Session>,
    consent: Option<&Consent>,
    interaction: Option<&Interaction>,
    cx: &Context<'_>,
) -> Step {
    let silent = wanted.prompt.contains(&Prompt::None);
    let (step, refusal) = if login_missing(wanted, session, interaction, cx) {
        (Step::Login, Refusal::LoginRequired)
    } else if session.is_some_and(|session| expected.is_some_and(|subject| subject != session.subject)) {
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
    let wished = [Prompt::Login, Prompt::SelectAccount].iter().any(|prompt| wanted.prompt.contains(prompt));
    wished || !session.fresh_enough(wanted.max_age, cx.now)
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
    if never_asked(&addressed.client, cx) {
        return wanted.prompt.contains(&Prompt::Consent) && !agreed_here;
    }
    if agreed_here {
        return false;
    }
    let remembered = consent.is_some_and(|consent| consent.scope.covers(&wanted.scope));
    wanted.prompt.contains(&Prompt::Consent) || addressed.impersonable() || !remembered
}

/// The realm asks nobody, but for a client that nobody has verified (RFC 7591 §5).
fn never_asked(client: &Client, cx: &Context<'_>) -> bool {
    cx.realm.realm.consent == ConsentPolicy::Never && !client.self_registered
}

/// The person who is signed in has said yes on the page of this very request.
fn agreed_here(session: Option<&Session>, interaction: Option<&Interaction>) -> bool {
    let agreed = interaction.and_then(|waiting| waiting.consented.as_ref());
    agreed.is_some() && agreed == session.map(|session| &session.sid)
}

/// What a person has allowed a client so far.
pub(crate) async fn consent(
    subject: &str,
    client_id: &str,
    cx: &Context<'_>,
) -> Result<Option<Consent>, Fault> {
    if cx.client(client_id).await?.is_none_or(|client| never_asked(&client, cx)) {
        return Ok(None);
    }
    let stored = cx.store().get(&consent::id(&cx.realm.name, subject, client_id)).await?;
    let live = stored.filter(|stored| stored.row.expires_at.is_none_or(|until| cx.now < until));
    live.as_ref().map(read).transpose()
}

/// What is asked for beyond what was allowed before.
pub(crate) fn new_scopes(asked: &Scope, consent: Option<&Consent>) -> Scope {
    consent.map_or_else(|| asked.clone(), |consent| asked.minus(&consent.scope))
}
