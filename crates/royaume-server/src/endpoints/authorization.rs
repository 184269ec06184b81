//! The authorization endpoint (RFC 6749 §3.1, OIDC Core §3.1.2): where a person's browser arrives from the client,
//! and where it comes back to from every page in between.
//!
//! Trust grows in steps. [`Parameters`] are well-formed. An [`Addressed`] request names a known client and one of
//! its redirect URIs: only from then on may anything be sent there. A [`Wanted`] request says what is asked for.

use bytes::Bytes;
use http::{Method, Request, header};
use royaume_protocol::Parameters;
use royaume_store::{Family, Outcome, Write};

use super::{body, language};
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::grants::{Granted, PersonGrant, Refresh};
use crate::handle::{Handle, Size};
use crate::interaction::addressed::{Addressed, Wanted};
use crate::interaction::browser::Browser;
use crate::interaction::next::{self, Step};
use crate::interaction::request_object;
use crate::interaction::waiting::Waiting;
use crate::notices;
use crate::people;
use crate::refusal::{Failure, Refusal};
use crate::stored::code::Code;
use crate::stored::session::Session;
use crate::stored::{Storable, create, expiring, new_family};
use crate::tokens::{self, id_token};

/// GET and POST.
pub(super) async fn answer(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let (parameters, malformed) = read(request)?;
    let browser = Browser::new(request.headers(), cx);
    // Only a page of ours sends a browser here with an interaction: the request then is the one that waited.
    if let Some(id) = parameters.optional("interaction") {
        let waiting = browser.waiting(id).await?;
        let parameters = waiting.parameters()?;
        let language = language(request, &parameters, waiting.ui_locales(), cx);
        let addressed = Addressed::prove(&parameters, language, cx).await?;
        return proceed(request, addressed, &parameters, browser, Some(waiting), cx).await;
    }
    let (parameters, wrong) = match malformed {
        Some(error) => (parameters, Some(Refusal::Parameters(error))),
        None => request_object::resolve(parameters, cx).await?,
    };
    let language = language(request, &parameters, parameters.optional("ui_locales"), cx);
    let addressed = Addressed::prove(&parameters, language, cx).await?;
    if let Some(refusal) = wrong {
        return refuse(refusal, &addressed, &parameters, &browser, cx).await;
    }
    proceed(request, addressed, &parameters, browser, None, cx).await
}

/// Reads the request, in the query or in the form. A parameter that is repeated is refused, but the client is told
/// by redirect if it can be: so what is wrong is kept beside what could be read.
fn read(request: &Request<Bytes>) -> Result<(Parameters, Option<royaume_protocol::ParameterError>), Failure> {
    let query = request.uri().query().unwrap_or_default();
    let (parameters, wrong) = Parameters::parse_keeping_first(query.as_bytes())?;
    if request.method() == Method::GET {
        return Ok((parameters, wrong));
    }
    if parameters.iter().any(|(name, _)| name != "realm" && name != "interaction") {
        return Err(Refusal::ParametersInQuery.into());
    }
    if parameters.optional("interaction").is_some() {
        return Ok((parameters, wrong));
    }
    if body(request).is_err_and(|failure| matches!(failure, Failure::Refused(Refusal::MediaType))) {
        return Err(Refusal::MediaType.into());
    }
    Ok(Parameters::parse_keeping_first(request.body())?)
}

/// Sends a refusal back. A stranger's address is another matter (RFC 9700 §4.11.2): somebody whom we do not know yet would
/// be sent on by us to wherever a stranger likes. They are told here instead, unless no page may be shown at all.
async fn refuse(
    refusal: Refusal,
    addressed: &Addressed,
    parameters: &Parameters,
    browser: &Browser<'_>,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let silent = parameters.optional("prompt") == Some("none");
    if addressed.client.self_registered && !silent && browser.session().await?.is_none() {
        return Err(refusal.into());
    }
    addressed.refuse(&refusal, cx)
}

async fn proceed(
    request: &Request<Bytes>,
    addressed: Addressed,
    parameters: &Parameters,
    browser: Browser<'_>,
    waiting: Option<Waiting>,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let forget = waiting.as_ref().map(|waiting| waiting.forget(cx));
    match judge(request, &addressed, parameters, &browser, waiting, cx).await {
        // The application has its answer already and awaits no second one (RFC 6749 §4.1.2): the person is told here.
        Err(Failure::Refused(refusal @ Refusal::InteractionUnknown)) => Err(refusal.into()),
        Err(Failure::Refused(refusal)) => {
            let mut answer = match &forget {
                // Whoever has been on our pages is no passer-by.
                Some(_) => addressed.refuse(&refusal, cx)?,
                None => refuse(refusal, &addressed, parameters, &browser, cx).await?,
            };
            answer.headers_mut().extend(forget.map(|cookie| (header::SET_COOKIE, cookie)));
            Ok(answer)
        }
        // Our own trouble is told to the client too: the person is sent back rather than stranded (RFC 6749 §4.1.2.1).
        Err(Failure::Failed(fault)) => {
            tracing::error!(%fault, realm = %cx.realm.name, "an authorization request could not be served");
            addressed.unavailable(&fault, cx)
        }
        Ok(answer) => Ok(answer),
    }
}

async fn judge(
    request: &Request<Bytes>,
    addressed: &Addressed,
    parameters: &Parameters,
    browser: &Browser<'_>,
    waiting: Option<Waiting>,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let mut wanted = Wanted::judge(addressed, parameters, cx)?;
    if waiting.is_none() && request.method() == Method::POST && browser.session_cookie().is_none() {
        return take_up_here(parameters, browser, cx).await;
    }
    let hint = match parameters.optional("id_token_hint") {
        Some(hint) => Some(id_token::hinted(hint, cx).await?),
        None => None,
    };
    let session = browser.session().await?;
    let as_expected = match &session {
        Some(live) => {
            let subject = &live.session.subject;
            wanted.may_be_about(subject, &addressed.client, cx)
                && people::are_hinted_at(hint.as_ref(), subject, cx).await?
        }
        None => false,
    };
    let consent = match &session {
        Some(session) => people::consent(&session.session.subject, &addressed.client.client_id, cx).await?,
        None => None,
    };
    let step = next::step(
        &wanted,
        addressed,
        as_expected,
        session.as_ref().map(|live| &live.session),
        consent.as_ref(),
        waiting.as_ref().map(|waiting| &waiting.interaction),
        cx,
    );
    match (step, session) {
        (Step::Refuse(refusal), _) => Err(refusal.into()),
        (Step::Nothing, Some(session)) => {
            let asked = std::mem::take(&mut wanted.asked);
            (wanted.granted, wanted.asked) = people::allowed(&wanted.scope, asked, consent.as_ref(), cx);
            if wanted.granted.is_empty() {
                return Err(Refusal::ConsentDenied.into());
            }
            let mut writes = Vec::with_capacity(3);
            if let Some(waiting) = &waiting {
                writes.push(Write::Spend { id: waiting.row_id(cx), at: cx.now });
            }
            let family = new_family(cx.entropy());
            let granted = granted(&wanted, &session.session, family);
            let code = wanted.response_type.has_code().then(|| Handle::new(Size::Long, cx.now, cx.entropy()));
            if let Some(handle) = &code {
                writes.push(code_row(handle, addressed, &wanted, &session.session, family, cx));
            }
            writes.extend(notices::attend(&session.session, &addressed.client, cx).await?);
            let code = code.map(|handle| handle.text());
            let in_browser = tokens::in_browser(
                &granted,
                &addressed.client,
                wanted.response_type,
                code.as_deref(),
                cx,
                &mut writes,
            )
            .await?;
            crate::failpoint("code.before_commit").await?;
            let noted = writes.iter().cloned().chain(session.note_use(cx)).collect();
            let mut written = cx.store().write(noted).await?;
            // Another request has just noted the use, or ended the session: then what lies within it is born ended.
            if matches!(written, Outcome::Refused { index, .. } if index == writes.len()) {
                written = cx.store().write(writes).await?;
            }
            if written != Outcome::Done {
                // Somebody pressed the button twice, or in two tabs: the first press has its code.
                return Err(Refusal::InteractionUnknown.into());
            }
            crate::failpoint("code.after_commit").await?;
            let event = if code.is_some() { "code_issued" } else { "token_issued" };
            cx.audit(event, Some(&addressed.client.client_id), Some(&session.session.subject));
            let mut answer = addressed.grant(code.as_deref(), &in_browser, &wanted, cx)?;
            if let Some(waiting) = &waiting {
                answer.headers_mut().append(header::SET_COOKIE, waiting.forget(cx));
            }
            Ok(answer)
        }
        (step, _) => wait(step, parameters, browser, waiting, cx).await,
    }
}

/// The form of an application comes from its own site, and so without our cookies (SameSite=Lax). The request waits, and
/// is taken up again at an address of ours, where whoever is signed in is seen.
async fn take_up_here(
    parameters: &Parameters,
    browser: &Browser<'_>,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let (waiting, cookies) = browser.begin(parameters).await?;
    let mut answer = answer::see_other(&waiting.page(royaume_realm::Endpoint::Authorization, None, cx))?;
    for cookie in cookies {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// Sends the browser to the page that asks for what is missing.
async fn wait(
    step: Step,
    parameters: &Parameters,
    browser: &Browser<'_>,
    waiting: Option<Waiting>,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let (waiting, cookies) = match waiting {
        Some(waiting) => (waiting, Vec::new()),
        None => browser.begin(parameters).await?,
    };
    let page = match step {
        Step::Consent => royaume_realm::Endpoint::Consent,
        Step::CreateAccount => royaume_realm::Endpoint::CreateAccount,
        Step::Login | Step::Nothing | Step::Refuse(_) => royaume_realm::Endpoint::Login,
    };
    let mut answer = answer::see_other(&waiting.page(page, None, cx))?;
    for cookie in cookies {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(answer)
}

/// What the person of that session grants.
fn granted(wanted: &Wanted, session: &Session, family: Family) -> Granted {
    Granted {
        subject: session.subject.clone(),
        scope: wanted.granted.clone(),
        person: Some(PersonGrant {
            scope: wanted.granted.clone(),
            auth_time: session.auth_time,
            credential: session.credential,
            amr: session.amr.clone(),
            sid: session.sid.clone(),
            nonce: wanted.nonce.clone(),
            asked: wanted.asked.clone(),
            family,
            refresh: Refresh::None,
        }),
        spends: None,
    }
}

fn code_row(
    handle: &Handle,
    addressed: &Addressed,
    wanted: &Wanted,
    session: &Session,
    family: Family,
    cx: &Context<'_>,
) -> Write {
    let expires_at = cx.after(cx.realm.realm.lifetimes.code);
    let code = Code {
        client_id: addressed.client.client_id.clone(),
        redirect_uri: addressed.redirect_uri.clone(),
        subject: session.subject.clone(),
        scope: wanted.granted.clone(),
        nonce: wanted.nonce.clone(),
        code_challenge: wanted.code_challenge.clone(),
        auth_time: session.auth_time,
        credential: session.credential,
        amr: session.amr.clone(),
        sid: session.sid.clone(),
        asked: wanted.asked.clone(),
        expires_at,
    };
    let id = handle.row_id(&cx.realm.name, Code::KIND, &cx.parts.handles_key);
    let mut row = expiring(id, &code, expires_at);
    row.family = Some(family);
    row.within = session.family();
    create(row)
}
