//! Logout (OpenID Connect RP-Initiated Logout 1.0, and the deployed forms of France Travail).
//!
//! A valid hint for the person who is signed in ends the session at once. Anything else asks first: a link on
//! somebody's site must not sign anybody out.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use royaume_jose::base64url;
use royaume_protocol::logout::way_back;
use royaume_protocol::{ClientId, IdTokenClaims, LogoutRequest, ParameterError, Parameters};
use royaume_realm::Endpoint;
use royaume_store::{Outcome, Write};

use super::{body, is_form, language};
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::cookies;
use crate::interaction::browser::{Browser, LiveSession, check_origin};
use crate::interaction::sign_in::end;
use crate::notices::{self, Notices};
use crate::pages::{self, Language, LanguageLink, LogoutFrame};
use crate::people;
use crate::refusal::{Failure, Fault, Refusal};
use crate::tokens::id_token;

/// What was asked, proven as far as it can be.
struct Asked {
    /// The id token that hints at a person.
    hint: Option<IdTokenClaims>,
    /// Where to go afterwards: registered, or absent.
    redirect: Option<String>,
    state: Option<String>,
}

/// GET and POST.
pub(super) async fn answer(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes())?;
    let form = if request.method() == Method::POST && is_form(request) {
        body(request)?
    } else {
        Parameters::default()
    };
    let browser = Browser::new(request.headers(), cx);
    let held = browser.held_session().await?;
    if form.optional("decision").is_some() {
        return decide(request, &browser, held, &form, cx).await;
    }
    let parameters = query.merge(form)?;
    let asked = judge(&parameters, cx).await?;
    if request.method() == Method::POST && browser.session_cookie().is_none() {
        return ask_here(&parameters, cx);
    }
    // A session that lies idle is asked about like any other: tokens that came from it live on.
    let sure = match &held {
        Some(held) => {
            asked.hint.is_some()
                && people::are_hinted_at(asked.hint.as_ref(), &held.session.subject, cx).await?
        }
        None => asked.hint.is_some() || asked.redirect.is_none(),
    };
    if sure {
        let language = language(request, &parameters, parameters.optional("ui_locales"), cx);
        return finish(&browser, held, &asked, language, cx).await;
    }
    let account = match &held {
        Some(held) if browser.is_live(&held.session).await? => {
            people::able(&held.session.subject, held.session.credential, cx).await?
        }
        Some(_) | None => None,
    };
    let person = account.as_ref().map(|account| account.username.as_str());
    Ok(confirm(request, &browser, person, &asked, &parameters, cx))
}

/// The form of an application comes from its own site, and so without our cookies (SameSite=Lax): as an address of ours
/// the same request comes with them, and the session that it is to end is seen.
fn ask_here(parameters: &Parameters, cx: &Context<'_>) -> Result<Answer, Failure> {
    /// Bytes of the address that this makes: what browsers and proxies carry.
    const LONGEST: usize = 8 * 1024;
    let pairs: Vec<_> = parameters.iter().filter(|(name, _)| *name != "realm").collect();
    let query = royaume_protocol::parameters::encode(&pairs);
    if query.len() > LONGEST {
        return Err(Refusal::Parameters(ParameterError::TooLong).into());
    }
    Ok(answer::see_other(&format!("{}?{query}", cx.parts.path(&cx.realm.realm, Endpoint::Logout)))?)
}

/// The page that says it is done.
pub(super) fn logged_out(request: &Request<Bytes>, cx: &Context<'_>) -> Answer {
    let query = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes()).unwrap_or_default();
    let language = language(request, &query, None, cx);
    said(language, false, cx)
}

/// The page that says what became of it.
fn said(language: Language, stayed: bool, cx: &Context<'_>) -> Answer {
    let here = cx.parts.path(&cx.realm.realm, Endpoint::LoggedOut);
    let link =
        |language: Language| LanguageLink { language, href: format!("{here}?lang={}", language.tag()) };
    // The answer to "no" is no place of its own, so it has no other language to link to.
    let links = if stayed { Vec::new() } else { Language::ALL.into_iter().map(link).collect() };
    let html = pages::LoggedOut { page: cx.page(language, links), stayed, frames: Vec::new(), onward: None }
        .render();
    answer::page(StatusCode::OK, html, None)
}

async fn judge(parameters: &Parameters, cx: &Context<'_>) -> Result<Asked, Failure> {
    let request = LogoutRequest::parse(parameters).map_err(|_| Refusal::ClientUnknown)?;
    let hint = match &request.id_token_hint {
        Some(hint) => Some(id_token::hinted(hint.expose(), cx).await?),
        None => None,
    };
    let named = request.client_id.as_ref().map(ClientId::as_str);
    let from_hint = hint.as_ref().map(|claims| claims.aud.first().unwrap_or_default().to_owned());
    if let (Some(named), Some(hinted)) = (named, &from_hint)
        && named != hinted
    {
        return Err(Refusal::IdTokenHintInvalid.into());
    }
    let client = match named.map(str::to_owned).or(from_hint) {
        Some(client_id) => cx.client(&client_id).await?.filter(|client| !client.disabled),
        None => None,
    };
    let deployed = cx.realm.realm.dialect.redirect_uri_at_logout;
    let wished = match (
        request.post_logout_redirect_uri.as_deref(),
        parameters.optional("redirect_uri").filter(|_| deployed),
    ) {
        (Some(standard), Some(deployed)) if standard != deployed => {
            return Err(Refusal::PostLogoutRedirectUrisDiffer.into());
        }
        (standard, deployed) => standard.or(deployed),
    };
    let redirect = match wished {
        None => None,
        Some(uri) if client.as_ref().is_some_and(|client| client.logs_out_to(uri)) => Some(uri.to_owned()),
        Some(_) => return Err(Refusal::PostLogoutRedirectUriUnregistered.into()),
    };
    Ok(Asked { hint, redirect, state: request.state })
}

/// Ends the session, then goes where was asked, or says that it is done.
async fn finish(
    browser: &Browser<'_>,
    session: Option<LiveSession>,
    asked: &Asked,
    language: Language,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    let mut frames = Vec::new();
    if let Some(session) = session {
        let clients = notices::attending(&session.session, cx).await?;
        let notices = Notices::of(&session.session, &clients, cx);
        // Spent, so that of several that end it at once only one tells of it.
        let mut writes = vec![Write::Spend { id: session.row_id, at: cx.now }];
        writes.extend(session.session.family().map(|family| end(family, cx)));
        writes.extend(notices.writes(cx));
        crate::failpoint("logout.before_commit").await?;
        if cx.store().write(writes).await? == Outcome::Done {
            crate::failpoint("logout.after_commit").await?;
            notices.deliver(cx);
            frames = notices::frames(&session.session, &clients, cx);
            cx.audit("signed_out", None, Some(&session.session.subject));
        }
    }
    let back = asked.redirect.as_ref().map(|uri| way_back(uri, asked.state.as_deref()));
    let mut answer = if frames.is_empty() {
        answer::see_other(&back.unwrap_or_else(|| cx.parts.path(&cx.realm.realm, Endpoint::LoggedOut)))?
    } else {
        telling(frames, back.as_deref(), language, cx)?
    };
    let headers = answer.headers_mut();
    // A request without the cookie speaks for no session: another site may have made it, and takes nothing away.
    if browser.session_cookie().is_some() {
        headers.append(header::SET_COOKIE, cookies::delete(&cx.realm.session_cookie, cx.parts.secure));
    }
    headers.insert("clear-site-data", HeaderValue::from_static("\"cache\", \"storage\""));
    Ok(answer)
}

/// The page that tells applications by way of the browser, and then sends the person on (Front-Channel Logout 1.0 §2). It
/// waits for none of them: one that does not answer holds nobody up.
fn telling(
    frames: Vec<(LogoutFrame, String)>,
    onward: Option<&str>,
    language: Language,
    cx: &Context<'_>,
) -> Result<Answer, Fault> {
    const SECONDS: u8 = 3;
    let (frames, origins): (Vec<_>, Vec<_>) = frames.into_iter().unzip();
    let page = cx.page(language, Vec::new());
    let html = pages::LoggedOut { page, stayed: false, frames, onward }.render();
    let mut answer = answer::page_with_frames(html, &origins);
    if let Some(onward) = onward {
        let refresh = HeaderValue::from_str(&format!("{SECONDS}; url={onward}"))
            .map_err(|error| Fault::Corrupt { kind: "redirect location", reason: error.to_string() })?;
        answer.headers_mut().insert(header::REFRESH, refresh);
    }
    Ok(answer)
}

/// Asks.
fn confirm(
    request: &Request<Bytes>,
    browser: &Browser<'_>,
    person: Option<&str>,
    asked: &Asked,
    parameters: &Parameters,
    cx: &Context<'_>,
) -> Answer {
    let language = language(request, parameters, parameters.optional("ui_locales"), cx);
    let token = form_token(browser, asked.redirect.as_deref().unwrap_or_default(), cx);
    let here = cx.parts.path(&cx.realm.realm, Endpoint::Logout);
    let again = |language: Language| {
        let kept = parameters.iter().filter(|(name, _)| !matches!(*name, "lang" | "realm"));
        let pairs: Vec<_> = kept.chain([("lang", language.tag())]).collect();
        LanguageLink { language, href: format!("{here}?{}", royaume_protocol::parameters::encode(&pairs)) }
    };
    let mut hidden = vec![("form", token)];
    hidden.extend(asked.redirect.clone().map(|redirect| ("redirect", redirect)));
    hidden.extend(asked.state.clone().map(|state| ("state", state)));
    let page = cx.page(language, Language::ALL.into_iter().map(again).collect());
    let html = pages::LogoutConfirmation { page, person, action: &here, hidden }.render();
    let origin = asked.redirect.as_deref().and_then(royaume_protocol::RedirectUri::origin_of);
    answer::page(StatusCode::OK, html, origin.as_deref())
}

/// The form's token is tied to the realm, to the session and to the place it leads to: none can be changed under way.
fn form_token(browser: &Browser<'_>, redirect: &str, cx: &Context<'_>) -> String {
    let session = browser.session_cookie().unwrap_or_default();
    let mac = cx.parts.forms_key.mac(&[
        b"logout",
        cx.realm.name.as_str().as_bytes(),
        session.as_bytes(),
        redirect.as_bytes(),
    ]);
    base64url::encode(&mac[..18])
}

/// Takes the answer of the page.
async fn decide(
    request: &Request<Bytes>,
    browser: &Browser<'_>,
    session: Option<LiveSession>,
    form: &Parameters,
    cx: &Context<'_>,
) -> Result<Answer, Failure> {
    check_origin(request.method(), request.headers(), cx)?;
    let redirect = form.optional("redirect");
    let expected = form_token(browser, redirect.unwrap_or_default(), cx);
    let carried = form.optional("form").unwrap_or_default();
    if !royaume_jose::constant_time_eq(expected.as_bytes(), carried.as_bytes()) {
        return Err(Refusal::ForgedForm.into());
    }
    let asked = Asked {
        hint: None,
        redirect: redirect.map(str::to_owned),
        state: form.optional("state").map(str::to_owned),
    };
    match form.optional("decision") {
        Some("yes") => finish(browser, session, &asked, language(request, form, None, cx), cx).await,
        // Whoever stays signed in stays here: the application asked for a logout and did not get one.
        _ => Ok(said(language(request, form, None, cx), true, cx)),
    }
}
