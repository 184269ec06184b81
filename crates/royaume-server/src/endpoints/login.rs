//! The login page: who is it? (OIDC Core §3.1.2.3)

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use royaume_protocol::{Parameters, Prompt};
use royaume_realm::Endpoint;
use royaume_store::Outcome;

use super::waited::Waited;
use super::{body, chosen_language, remember_language};
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::interaction::addressed::Addressed;
use crate::interaction::browser::{Browser, check_origin};
use crate::interaction::sign_in::sign_in;
use crate::interaction::waiting::Waiting;
use crate::pages::{self, LoginProblem};
use crate::passwords::LONGEST_PASSWORD;
use crate::people;
use crate::refusal::{Failure, Refusal};
use crate::stored::account::Account;
use crate::stored::{Storable, read};

/// Shows the page.
pub(super) async fn get(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let browser = Browser::new(request.headers(), cx);
    let waited = Waited::read(request, &browser, cx).await?;
    let hint = waited.wanted.login_hint.clone().unwrap_or_default();
    let mut answer = show(&waited, &browser, &hint, None, cx).await?;
    remember_language(&waited.query, &mut answer, cx);
    Ok(answer)
}

/// Takes the form.
pub(super) async fn post(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    check_origin(request.method(), request.headers(), cx)?;
    let browser = Browser::new(request.headers(), cx);
    let mut waited = Waited::read(request, &browser, cx).await?;
    let form = body(request)?;
    waited.waiting.check_form(&form, cx)?;
    match form.optional("decision") {
        Some("cancel") => return cancel(&waited.waiting, &waited.addressed, cx).await,
        Some("continue") => return go_on(waited.waiting, &form, &browser, cx).await,
        _ => {}
    }
    let username = form.optional("username").unwrap_or_default();
    match identify(username, form.optional("password").unwrap_or_default(), cx).await? {
        Identified::Person(account) => {
            for _ in 0..Waiting::TRIES {
                if let Some(answer) = sign_in(&account, Vec::new(), &browser, waited.waiting, cx).await? {
                    return Ok(answer);
                }
                waited = Waited::read(request, &browser, cx).await?;
            }
            Err(Refusal::InteractionUnknown.into())
        }
        Identified::Nobody(problem) => show(&waited, &browser, username, Some(problem), cx).await,
    }
}

/// Whoever is signed in chose to go on as they are (OIDC Core §3.1.2.1 `select_account`). That is no proof of who they
/// are, only a choice: how long ago they gave one still counts. Who has signed in since the page was shown is asked
/// themselves.
async fn go_on(
    mut waiting: Waiting,
    form: &Parameters,
    browser: &Browser<'_>,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let asked = form.optional("asked");
    let live = browser.session().await?;
    let onward = answer::see_other(&waiting.page(Endpoint::Authorization, None, cx))?;
    let live = live.filter(|live| asked == Some(&waiting.asked_token(&live.session, cx)));
    let Some(live) = live else { return Ok(onward) };
    for _ in 0..Waiting::TRIES {
        waiting.interaction.chosen = Some(live.session.sid.clone());
        if cx.store().write(vec![waiting.keep(cx)]).await? == Outcome::Done {
            return Ok(onward);
        }
        waiting = browser.waiting(&waiting.id.text()).await?;
    }
    Err(Refusal::InteractionUnknown.into())
}

/// The person who may go on without a password: asked to choose, and not asked for more.
async fn may_go_on(
    waited: &Waited,
    browser: &Browser<'_>,
    cx: &Context<'_>,
) -> Result<Option<(Arc<Account>, String)>, Failure> {
    let prompt = &waited.wanted.prompt;
    if !prompt.contains(&Prompt::SelectAccount) || prompt.contains(&Prompt::Login) {
        return Ok(None);
    }
    let Some(live) = browser.session().await? else { return Ok(None) };
    if !live.session.fresh_enough(waited.wanted.max_age, cx.now) {
        return Ok(None);
    }
    let account = people::able(&live.session.subject, live.session.credential, cx).await?;
    Ok(account.map(|account| (account, waited.waiting.asked_token(&live.session, cx))))
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

/// The person goes back to the application without having signed in.
async fn cancel(waiting: &Waiting, addressed: &Addressed, cx: &Context<'_>) -> Result<Answer, Failure> {
    waiting.end(cx).await?;
    let mut answer = addressed.refuse(&Refusal::LoginCancelled, cx)?;
    answer.headers_mut().append(header::SET_COOKIE, waiting.forget(cx));
    Ok(answer)
}

async fn show(
    waited: &Waited,
    browser: &Browser<'_>,
    username: &str,
    problem: Option<LoginProblem>,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let Waited { query, waiting, addressed, .. } = waited;
    let language = addressed.language;
    let status = match problem {
        None => StatusCode::OK,
        Some(LoginProblem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(LoginProblem::TooManyAttempts) => StatusCode::TOO_MANY_REQUESTS,
        Some(
            LoginProblem::WrongCredentials | LoginProblem::MissingUsername | LoginProblem::MissingPassword,
        ) => StatusCode::BAD_REQUEST,
    };
    let chosen = chosen_language(query);
    let action = waiting.page(Endpoint::Login, chosen, cx);
    let create_account = waiting.page(Endpoint::CreateAccount, chosen, cx);
    let here = may_go_on(waited, browser, cx).await?;
    let host = addressed.host();
    let page = cx.page(language, waiting.language_links(Endpoint::Login, cx));
    let html = pages::Login {
        hidden: vec![("form", waiting.form_token(cx))],
        username,
        problem,
        signed_in: here.as_ref().map(|(account, asked)| (account.username.as_str(), asked.as_str())),
        create_account: cx.realm.realm.account_creation.then_some(&*create_account),
        ..pages::Login::new(page, cx.realm.population(language), addressed.shown(&host), &action)
    }
    .render();
    let mut answer = answer::page_of_client(
        status,
        html,
        addressed.origin().as_deref(),
        addressed.logo_origin().as_deref(),
    );
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        answer.headers_mut().insert(header::RETRY_AFTER, http::HeaderValue::from_static("5"));
    }
    Ok(answer)
}
