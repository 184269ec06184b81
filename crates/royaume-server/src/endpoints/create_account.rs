//! The page where a person makes an account (Initiating User Registration 1.0), in realms that let people do so.

use bytes::Bytes;
use http::{Request, StatusCode, header};
use royaume_jose::{base64url, random};
use royaume_realm::Endpoint;
use royaume_store::Row;
use serde_json::Map;

use super::waited::Waited;
use super::{body, chosen_language, remember_language};
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::interaction::browser::{Browser, check_origin};
use crate::interaction::sign_in::sign_in;
use crate::pages::{self, CreateAccountProblem};
use crate::passwords::LONGEST_PASSWORD;
use crate::refusal::Failure;
use crate::stored::account::Account;
use crate::stored::{Storable as _, create, row};

/// What a password has at least, in characters (OWASP ASVS 6.2.1 asks for eight): guesses at the page are bounded by
/// throttles, the rest is length.
const SHORTEST_PASSWORD: usize = 12;

/// How many of its characters do not follow from the one before, at least.
const FEWEST_SURPRISES: usize = 6;

/// What everybody tries, and what counts for nothing.
const EVERYBODYS: [&str; 6] = ["password", "motdepasse", "azerty", "qwerty", "bonjour", "royaume"];

/// From how many characters on a user name is looked for in it: a letter or two are in every sentence.
const TELLING_NAME: usize = 4;

/// Shows the page.
pub(super) async fn get(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let waited = Waited::read(request, &Browser::new(request.headers(), cx), cx).await?;
    let mut answer = show(&waited, "", None, cx);
    remember_language(&waited.query, &mut answer, cx);
    Ok(answer)
}

/// Takes the form.
pub(super) async fn post(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    check_origin(request.method(), request.headers(), cx)?;
    let browser = Browser::new(request.headers(), cx);
    let waited = Waited::read(request, &browser, cx).await?;
    let form = body(request)?;
    waited.waiting.check_form(&form, cx)?;
    let username = form.optional("username").unwrap_or_default();
    let account = match new_account(username, form.optional("password").unwrap_or_default(), cx).await? {
        Ok(account) => account,
        Err(problem) => return Ok(show(&waited, username, Some(problem), cx)),
    };
    let alias = Account::normal_username(&account.username);
    let made = create(Row { alias, ..row(Account::id(&cx.realm.name, &account.subject), &account) });
    let client_id = waited.addressed.client.client_id.clone();
    if let Some(answer) = sign_in(&account, vec![made], &browser, waited.waiting, cx).await? {
        cx.audit("account_created", Some(&client_id), Some(&account.subject));
        return Ok(answer);
    }
    // Somebody else took the name meanwhile, or the request was answered in another tab: which, looking again says.
    let waited = Waited::read(request, &browser, cx).await?;
    Ok(show(&waited, username, Some(CreateAccountProblem::UsernameTaken), cx))
}

/// The account that somebody wishes, or what to tell them.
async fn new_account(
    username: &str,
    password: &str,
    cx: &Context<'_>,
) -> Result<Result<Account, CreateAccountProblem>, Failure> {
    use CreateAccountProblem as P;
    let Some(normal) = Account::normal_username(username) else {
        return Ok(Err(if username.trim().is_empty() { P::MissingUsername } else { P::UnfitUsername }));
    };
    if is_weak(password, &normal) {
        return Ok(Err(P::WeakPassword));
    }
    if password.len() > LONGEST_PASSWORD {
        return Ok(Err(P::LongPassword));
    }
    // Each account is a row for ever and each look tells whether a name is taken: both are bounded for an address.
    if !cx.parts.accounts_throttle.take(&cx.subscriber, cx.now) {
        return Ok(Err(P::TooManyAttempts));
    }
    if cx.store().find(&cx.realm.name, Account::KIND, &normal).await?.is_some() {
        return Ok(Err(P::UsernameTaken));
    }
    let Ok(hash) = cx.parts.passwords.hash(password, cx.entropy(), cx.subscriber).await else {
        cx.parts.accounts_throttle.give_back(&cx.subscriber);
        return Ok(Err(P::Busy));
    };
    Ok(Ok(Account {
        subject: base64url::encode(&random::<16>(cx.entropy())),
        username: username.trim().to_owned(),
        password: Some(hash),
        claims: Map::new(),
        disabled: false,
        created_at: cx.now,
        credential: 0,
    }))
}

/// Too short, counted up or down or the same over and over, what everybody tries, or made of the user name.
fn is_weak(password: &str, username: &str) -> bool {
    let lower = password.to_lowercase();
    let left = EVERYBODYS.iter().fold(lower.clone(), |left, word| left.replace(word, ""));
    let mut before = None;
    let surprises = left.chars().filter(|c| {
        let now = u32::from(*c);
        before.replace(now).is_none_or(|before: u32| before.abs_diff(now) > 1)
    });
    let named = username.chars().count() >= TELLING_NAME && lower.contains(username);
    password.chars().count() < SHORTEST_PASSWORD || surprises.count() < FEWEST_SURPRISES || named
}

fn show(waited: &Waited, username: &str, problem: Option<CreateAccountProblem>, cx: &Context<'_>) -> Answer {
    use CreateAccountProblem as P;
    let Waited { query, waiting, addressed, .. } = waited;
    let status = match problem {
        None => StatusCode::OK,
        Some(P::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(P::TooManyAttempts) => StatusCode::TOO_MANY_REQUESTS,
        Some(
            P::MissingUsername | P::UnfitUsername | P::UsernameTaken | P::WeakPassword | P::LongPassword,
        ) => StatusCode::BAD_REQUEST,
    };
    let chosen = chosen_language(query);
    let host = addressed.host();
    let html = pages::CreateAccount {
        page: cx.page(addressed.language, waiting.language_links(Endpoint::CreateAccount, cx)),
        population: cx.realm.population(addressed.language),
        client: addressed.shown(&host),
        action: &waiting.page(Endpoint::CreateAccount, chosen, cx),
        login: &waiting.page(Endpoint::Login, chosen, cx),
        hidden: vec![("form", waiting.form_token(cx))],
        username,
        shortest_password: SHORTEST_PASSWORD,
        problem,
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
    answer
}
