//! The login page: who is it? (OIDC Core §3.1.2.3)

use bytes::Bytes;
use http::{Request, StatusCode, header};
use royaume_protocol::Parameters;
use royaume_realm::Endpoint;
use royaume_store::{Family, Outcome, Write};

use super::{body, chosen_language, language, remember_language};
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::handle::{Handle, Size};
use crate::interaction::addressed::Addressed;
use crate::interaction::browser::{Browser, check_origin};
use crate::interaction::waiting::Waiting;
use crate::pages::{self, LoginProblem};
use crate::passwords::LONGEST_PASSWORD;
use crate::refusal::{Failure, Refusal};
use crate::stored::account::Account;
use crate::stored::session::Session;
use crate::stored::{Storable, create, new_family, read};

/// Shows the page.
pub(super) async fn get(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())?;
    let waiting = Browser::new(request.headers(), cx)
        .waiting(query.optional("interaction").unwrap_or_default())
        .await?;
    let parameters = waiting.parameters()?;
    let language = language(request, &query, waiting.ui_locales(), cx);
    let addressed = Addressed::prove(&parameters, language, cx).await?;
    let hint = parameters.optional("login_hint").unwrap_or_default();
    let mut answer = show(&query, &waiting, &addressed, hint, None, cx);
    remember_language(&query, &mut answer, cx);
    Ok(answer)
}

/// Takes the form.
pub(super) async fn post(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    check_origin(request.method(), request.headers(), cx)?;
    let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())?;
    let browser = Browser::new(request.headers(), cx);
    let waiting = browser.waiting(query.optional("interaction").unwrap_or_default()).await?;
    let form = body(request)?;
    waiting.check_form(&form, cx)?;
    let parameters = waiting.parameters()?;
    let language = language(request, &query, waiting.ui_locales(), cx);
    let addressed = Addressed::prove(&parameters, language, cx).await?;
    if form.optional("decision") == Some("cancel") {
        return cancel(&waiting, &addressed, cx).await;
    }
    let username = form.optional("username").unwrap_or_default();
    match identify(username, form.optional("password").unwrap_or_default(), cx).await? {
        Identified::Person(account) => sign_in(&account, &browser, waiting, cx).await,
        Identified::Nobody(problem) => Ok(show(&query, &waiting, &addressed, username, Some(problem), cx)),
    }
}

/// Who that is, or what to tell them.
enum Identified {
    Person(Box<Account>),
    Nobody(LoginProblem),
}

/// One answer, in one time, for unknown people, disabled people and wrong passwords.
async fn identify(username: &str, password: &str, cx: &Context<'_>) -> Result<Identified, Failure> {
    if username.is_empty() {
        return Ok(Identified::Nobody(LoginProblem::MissingUsername));
    }
    if password.is_empty() {
        return Ok(Identified::Nobody(LoginProblem::MissingPassword));
    }
    let normal = Account::normal_username(username);
    let throttled = (cx.subscriber, &cx.realm.name, normal.as_deref().unwrap_or_default());
    let (of_person, of_place) = (&cx.parts.login_throttle, &cx.parts.address_throttle);
    if !of_place.take(&cx.subscriber, cx.now) {
        return Ok(Identified::Nobody(LoginProblem::TooManyAttempts));
    }
    if !of_person.take(&throttled, cx.now) {
        of_place.give_back(&cx.subscriber);
        return Ok(Identified::Nobody(LoginProblem::TooManyAttempts));
    }
    let identified = compare(normal.as_deref(), password, cx).await;
    match &identified {
        Ok(Identified::Person(_)) => {
            of_person.forget(&throttled);
            of_place.give_back(&cx.subscriber);
        }
        Ok(Identified::Nobody(LoginProblem::WrongCredentials)) => cx.audit("login_failed", None, None),
        // Nothing was compared, so that nothing was tried.
        Ok(Identified::Nobody(_)) | Err(_) => {
            of_person.give_back(&throttled);
            of_place.give_back(&cx.subscriber);
        }
    }
    identified
}

/// Is that the person's password?
async fn compare(normal: Option<&str>, password: &str, cx: &Context<'_>) -> Result<Identified, Failure> {
    if password.len() > LONGEST_PASSWORD {
        return Ok(Identified::Nobody(LoginProblem::WrongCredentials));
    }
    let account = match normal {
        Some(normal) => cx.store().find(&cx.realm.name, Account::KIND, normal).await?,
        None => None,
    };
    let account = account.as_ref().map(read::<Account>).transpose()?.filter(|account| !account.disabled);
    let phc = account.as_ref().and_then(|account| account.password.as_deref());
    let Ok(right) = cx.parts.passwords.verify(password, phc, cx.subscriber).await else {
        return Ok(Identified::Nobody(LoginProblem::Busy));
    };
    Ok(match account.filter(|_| right) {
        Some(account) => Identified::Person(Box::new(account)),
        None => Identified::Nobody(LoginProblem::WrongCredentials),
    })
}

/// A new session under a new secret, whatever was there before (OWASP ASVS 7.2.4), then back to the authorization
/// endpoint, which decides what comes next.
async fn sign_in(
    account: &Account,
    browser: &Browser<'_>,
    mut waiting: Waiting,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let lifetimes = &cx.realm.realm.lifetimes;
    let before = browser.held_session().await?;
    let mut writes = Vec::with_capacity(4);
    let mut sid = new_family(cx.entropy());
    if let Some(before) = before {
        // The same person keeps their session's name, so that one logout ends all of it; somebody else's ends here.
        match before.session.family() {
            Some(family) if before.session.subject == account.subject => sid = family,
            Some(family) => writes.push(end(family, cx)),
            None => {}
        }
        writes.push(Write::Delete { id: before.row_id });
    }
    let session = Session {
        subject: account.subject.clone(),
        auth_time: cx.now,
        credential: account.credential,
        amr: vec!["pwd".to_owned()],
        sid: sid.to_string(),
        used_at: cx.now,
        ends_at: cx.after(lifetimes.session_absolute),
    };
    let handle = Handle::new(Size::Long, cx.now, cx.entropy());
    let id = handle.row_id(&cx.realm.name, Session::KIND, &cx.parts.handles_key);
    writes.push(create(session.row(id)));
    waiting.interaction.signed_in = Some(session.sid.clone());
    writes.push(waiting.keep(cx));
    crate::failpoint("session.before_commit").await?;
    if cx.store().write(writes).await? != Outcome::Done {
        return Err(Refusal::InteractionUnknown.into());
    }
    crate::failpoint("session.after_commit").await?;
    cx.audit("signed_in", None, Some(&account.subject));
    let mut answer = answer::see_other(&waiting.page(Endpoint::Authorization, None, cx))?;
    let cookie = crate::cookies::set(&cx.realm.session_cookie, &handle.text(), cx.parts.secure);
    answer.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(answer)
}

/// Ends a session and every token that came from it.
pub(super) fn end(session: Family, cx: &Context<'_>) -> Write {
    Write::Revoke { realm: cx.realm.name.clone(), family: session, until: cx.realm.family_forgotten(cx.now) }
}

/// The person goes back to the application without having signed in.
async fn cancel(waiting: &Waiting, addressed: &Addressed, cx: &Context<'_>) -> Result<Answer, Failure> {
    cx.store().write(vec![Write::Spend { id: waiting.row_id(cx), at: cx.now }]).await?;
    let mut answer = addressed.refuse(&Refusal::LoginCancelled, cx)?;
    answer.headers_mut().append(header::SET_COOKIE, waiting.forget(cx));
    Ok(answer)
}

fn show(
    query: &Parameters,
    waiting: &Waiting,
    addressed: &Addressed,
    username: &str,
    problem: Option<LoginProblem>,
    cx: &Context<'_>,
) -> Answer {
    let language = addressed.language;
    let status = match problem {
        None => StatusCode::OK,
        Some(LoginProblem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(LoginProblem::TooManyAttempts) => StatusCode::TOO_MANY_REQUESTS,
        Some(
            LoginProblem::WrongCredentials | LoginProblem::MissingUsername | LoginProblem::MissingPassword,
        ) => StatusCode::BAD_REQUEST,
    };
    let action = waiting.page(Endpoint::Login, chosen_language(query), cx);
    let host = addressed.host();
    let page = cx.page(language, waiting.language_links(Endpoint::Login, cx));
    let html = pages::Login {
        client_name: &addressed.client.name,
        client_host: &host,
        hidden: vec![("form", waiting.form_token(cx))],
        username,
        problem,
        ..pages::Login::new(page, cx.realm.population(language), &action)
    }
    .render();
    let mut answer = answer::page(status, html, addressed.origin().as_deref());
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        answer.headers_mut().insert(header::RETRY_AFTER, http::HeaderValue::from_static("5"));
    }
    answer
}
