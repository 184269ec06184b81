//! The consent page: does the person agree? (RFC 6749 §4.1.1, OIDC Core §3.1.2.4)

use std::ops::ControlFlow;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use royaume_protocol::Scope;
use royaume_realm::Endpoint;
use royaume_store::{Expect, Outcome, Write};

use super::waited::Waited;
use super::{body, chosen_language, remember_language};
use crate::answer::{self, Answer};
use crate::clients;
use crate::context::Context;
use crate::interaction::addressed::Wanted;
use crate::interaction::browser::{Browser, LiveSession, check_origin};
use crate::interaction::next;
use crate::interaction::waiting::Waiting;
use crate::pages::{self, ScopeLine};
use crate::people;
use crate::refusal::{Failure, Refusal};
use crate::stored::consent::{self, Consent};
use crate::stored::expiring;

/// What both methods need: the waiting request, who asks, what for, and who is asked.
struct Asked<'a> {
    waited: Waited,
    session: LiveSession,
    cx: &'a Context<'a>,
}

impl<'a> Asked<'a> {
    /// What is asked, and of whom. Whose session has ended meanwhile goes back to the authorization endpoint, which has
    /// them sign in again.
    async fn read(
        request: &Request<Bytes>,
        cx: &'a Context<'a>,
    ) -> Result<ControlFlow<Answer, Self>, Failure> {
        let browser = Browser::new(request.headers(), cx);
        let waited = Waited::read(request, &browser, cx).await?;
        let Some(session) = browser.session().await? else {
            let back = waited.waiting.page(Endpoint::Authorization, None, cx);
            return Ok(ControlFlow::Break(answer::see_other(&back)?));
        };
        Ok(ControlFlow::Continue(Self { waited, session, cx }))
    }
}

/// Shows the page.
pub(super) async fn get(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let asked = match Asked::read(request, cx).await? {
        ControlFlow::Continue(asked) => asked,
        ControlFlow::Break(elsewhere) => return Ok(elsewhere),
    };
    let account = people::able(&asked.session.session.subject, asked.session.session.credential, cx)
        .await?
        .ok_or(Refusal::InteractionUnknown)?;
    let before = people::consent(&account.subject, &asked.waited.addressed.client.client_id, cx).await?;
    let language = asked.waited.addressed.language;
    let new = next::new_scopes(&asked.waited.wanted.scope, before.as_ref());
    let scopes = asked.waited.wanted.scope.iter().map(|name| ScopeLine {
        name,
        description: cx.realm.describe(name, language),
        already_granted: !new.contains(name),
        choice: may_be_declined(name, &asked.waited.wanted.scope, cx)
            .then(|| !before.as_ref().is_some_and(|before| before.declined.contains(name))),
    });
    let claims =
        next::claims_beyond_scopes(&asked.waited.wanted, cx.realm).into_iter().map(|name| ScopeLine {
            name,
            description: cx.realm.describe_claim(name, language),
            already_granted: before.as_ref().is_some_and(|before| next::allowed(name, before, cx.realm)),
            choice: None,
        });
    let action = asked.waited.waiting.page(Endpoint::Consent, chosen_language(&asked.waited.query), cx);
    let host = asked.waited.addressed.host();
    let html = pages::Consent {
        page: cx.page(language, asked.waited.waiting.language_links(Endpoint::Consent, cx)),
        client: asked.waited.addressed.shown(&host),
        person: &account.username,
        scopes: scopes.chain(claims).collect(),
        action: &action,
        hidden: vec![
            ("form", asked.waited.waiting.form_token(cx)),
            ("asked", asked.waited.waiting.asked_token(&asked.session.session, cx)),
        ],
    }
    .render();
    let mut answer = answer::page_of_client(
        StatusCode::OK,
        html,
        asked.waited.addressed.origin().as_deref(),
        asked.waited.addressed.logo_origin().as_deref(),
    );
    remember_language(&asked.waited.query, &mut answer, cx);
    Ok(answer)
}

/// Takes the answer.
pub(super) async fn post(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    check_origin(request.method(), request.headers(), cx)?;
    let mut asked = match Asked::read(request, cx).await? {
        ControlFlow::Continue(asked) => asked,
        ControlFlow::Break(elsewhere) => return Ok(elsewhere),
    };
    let form = body(request)?;
    asked.waited.waiting.check_form(&form, cx)?;
    // Somebody else has signed in since the page was shown: they are asked themselves.
    if form.optional("asked") != Some(&asked.waited.waiting.asked_token(&asked.session.session, cx)) {
        return Ok(answer::see_other(&asked.waited.waiting.page(Endpoint::Authorization, None, cx))?);
    }
    let allows = |name: &str| {
        !may_be_declined(name, &asked.waited.wanted.scope, cx) || form.optional(&choice(name)).is_some()
    };
    let allowed = asked.waited.wanted.scope.only(allows);
    match form.optional("decision") {
        // Whoever allows nothing of it has refused.
        Some("allow") if allowed.is_empty() => return deny(&asked).await,
        Some("allow") => {}
        Some("deny") => return deny(&asked).await,
        _ => return Err(Refusal::Parameters(royaume_protocol::ParameterError::missing("decision")).into()),
    }
    let subject = &asked.session.session.subject;
    let client_id = &asked.waited.addressed.client.client_id;
    let id = consent::id(&cx.realm.name, subject, client_id);
    // Two tabs may agree to different things at once: each adds to what the other wrote.
    for _ in 0..Waiting::TRIES {
        asked.waited.waiting.interaction.consented = Some(asked.session.session.sid.clone());
        let stored = cx.store().get(&id).await?;
        let before: Option<Consent> = stored.as_ref().map(crate::stored::read).transpose()?;
        let kept = with_what_is_new(before, &asked.waited.wanted, &allowed, cx);
        let until = cx.after(std::time::Duration::from_secs(consent::KEPT_SECONDS));
        let expect = stored.map_or(Expect::Absent, |stored| Expect::Version(stored.version));
        let row = expiring(id.clone(), &kept, until);
        crate::failpoint("consent.before_commit").await?;
        let mut writes = vec![asked.waited.waiting.keep(cx), Write::Put { row, expect }];
        writes.extend(clients::unused::used(&asked.waited.addressed.client, cx).await?);
        let written = cx.store().write(writes).await?;
        crate::failpoint("consent.after_commit").await?;
        match written {
            Outcome::Done => {
                cx.audit("consent_given", Some(client_id), Some(subject));
                return Ok(answer::see_other(&asked.waited.waiting.page(Endpoint::Authorization, None, cx))?);
            }
            Outcome::Refused { index: 0, .. } => {
                let id = asked.waited.waiting.id.text();
                asked.waited.waiting = Browser::new(request.headers(), cx).waiting(&id).await?;
            }
            Outcome::Refused { .. } => {}
        }
    }
    Err(crate::refusal::Fault::Busy("one consent given too often at once").into())
}

/// May the person allow the rest without it? `openid` alone says who they are: without it there is no sign-in.
/// Of more scopes than a form has fields for, nobody chooses one by one.
fn may_be_declined(scope: &str, asked: &Scope, cx: &Context<'_>) -> bool {
    const MOST_CHOICES: usize = 50;
    let few = asked.iter().count() <= MOST_CHOICES && asked.iter().all(|scope| scope.len() <= 200);
    cx.realm.realm.partial_consent && few && scope != "openid"
}

/// The field of the form that allows a scope. Each has a name of its own: a repeated field would be refused.
fn choice(scope: &str) -> String {
    format!("allow:{scope}")
}

/// Everything that was allowed before, and what has just been.
fn with_what_is_new(before: Option<Consent>, wanted: &Wanted, allowed: &Scope, cx: &Context<'_>) -> Consent {
    let (scope, declined, mut claims) =
        before.map_or_else(Default::default, |before| (before.scope, before.declined, before.claims));
    let refused = wanted.scope.minus(allowed);
    let kept = scope.minus(&refused).union(allowed);
    // What a scope would have told is not told by name either, once that scope is refused.
    let (taken_back, told) =
        (cx.realm.realm.claims_of(refused.iter()), cx.realm.realm.claims_of(kept.iter()));
    claims.retain(|claim| !taken_back.contains(&claim.as_str()) || told.contains(&claim.as_str()));
    for claim in next::claims_beyond_scopes(wanted, cx.realm) {
        if !claims.iter().any(|known| known == claim) {
            claims.push(claim.to_owned());
        }
    }
    Consent { scope: kept, declined: declined.minus(allowed).union(&refused), claims, given_at: cx.now }
}

async fn deny(asked: &Asked<'_>) -> Result<Answer, Failure> {
    let cx = asked.cx;
    asked.waited.waiting.end(cx).await?;
    cx.audit(
        "consent_denied",
        Some(&asked.waited.addressed.client.client_id),
        Some(&asked.session.session.subject),
    );
    let mut answer = asked.waited.addressed.refuse(&Refusal::ConsentDenied, cx)?;
    answer.headers_mut().append(header::SET_COOKIE, asked.waited.waiting.forget(cx));
    Ok(answer)
}
