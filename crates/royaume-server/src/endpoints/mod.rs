//! Endpoints: one table, one file each. The table says which file answers which endpoint to which method; nothing
//! else routes.

use bytes::Bytes;
use http::{Method, Request, header};
use royaume_protocol::Parameters;
use royaume_realm::Endpoint;

use crate::answer::{self, Answer};
use crate::context::Context;
use crate::pages::Language;
use crate::refusal::{Failure, Refusal};

mod authorization;
mod consent;
mod create_account;
mod introspection;
mod jwks;
mod login;
mod logout;
mod metadata;
mod registration;
mod revocation;
mod token;
mod userinfo;
mod waited;

/// How an endpoint shows a failure that it could not answer otherwise.
enum Face {
    /// JSON (RFC 6749 §5.2).
    Json,
    /// A challenge (RFC 6750 §3).
    Challenge,
    /// A challenge where a token is missing or wrong, JSON otherwise (RFC 7591 §3.2.2, RFC 7592 §2).
    JsonOrChallenge,
    /// A page.
    Page,
}

/// Answers a request that was located.
pub(crate) async fn answer(request: &Request<Bytes>, cx: &Context<'_>) -> Answer {
    let endpoint = cx.located.endpoint;
    let face = match endpoint {
        Endpoint::Token
        | Endpoint::Jwks
        | Endpoint::Discovery
        | Endpoint::OauthMetadata
        | Endpoint::Introspection
        | Endpoint::Revocation => Face::Json,
        Endpoint::UserInfo => Face::Challenge,
        Endpoint::Registration => Face::JsonOrChallenge,
        Endpoint::Authorization
        | Endpoint::Login
        | Endpoint::CreateAccount
        | Endpoint::Consent
        | Endpoint::Logout
        | Endpoint::LoggedOut => Face::Page,
    };
    let mut answer = match route(endpoint, request, cx).await {
        Ok(answer) => answer,
        Err(failure) => {
            let mut answer = match face {
                Face::Json => answer::error_json(&failure, cx),
                Face::Challenge => answer::challenge(&failure, cx),
                Face::JsonOrChallenge if failure.is_unauthorized() => answer::challenge(&failure, cx),
                Face::JsonOrChallenge => answer::error_json(&failure, cx),
                Face::Page => answer::error_page(&failure, language_of_error(request, cx)),
            };
            if request.method() == Method::HEAD {
                *answer.body_mut() = Bytes::new();
            }
            answer
        }
    };
    answer::in_dialect(&mut answer, &cx.realm.realm.dialect);
    answer
}

/// The table. What an endpoint waits with is boxed, so that those above it, which most requests only pass through, stay
/// small.
async fn route(endpoint: Endpoint, request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    if answer::is_preflight(request.method(), request.headers()) {
        match endpoint {
            Endpoint::Token | Endpoint::Revocation => {
                return Ok(answer::preflight(request.headers(), "POST"));
            }
            Endpoint::UserInfo => return Ok(answer::preflight(request.headers(), "GET, POST")),
            Endpoint::Authorization
            | Endpoint::Jwks
            | Endpoint::Discovery
            | Endpoint::OauthMetadata
            | Endpoint::Introspection
            | Endpoint::Registration
            | Endpoint::Logout
            | Endpoint::Login
            | Endpoint::CreateAccount
            | Endpoint::Consent
            | Endpoint::LoggedOut => {}
        }
    }
    match (endpoint, request.method()) {
        (Endpoint::Authorization, &Method::GET | &Method::POST) => {
            Box::pin(authorization::answer(request, cx)).await
        }
        (Endpoint::Token, &Method::POST) => Box::pin(token::post(request, cx)).await,
        (Endpoint::Jwks, &Method::GET | &Method::HEAD) => Box::pin(jwks::get(cx)).await,
        (Endpoint::Discovery | Endpoint::OauthMetadata, &Method::GET | &Method::HEAD) => metadata::get(cx),
        (Endpoint::UserInfo, &Method::GET | &Method::POST) => Box::pin(userinfo::answer(request, cx)).await,
        (Endpoint::Introspection, &Method::POST) => Box::pin(introspection::post(request, cx)).await,
        (Endpoint::Revocation, &Method::POST) => Box::pin(revocation::post(request, cx)).await,
        (Endpoint::Logout, &Method::GET | &Method::POST) => Box::pin(logout::answer(request, cx)).await,
        (Endpoint::LoggedOut, &Method::GET | &Method::HEAD) => Ok(logout::logged_out(request, cx)),
        (Endpoint::Login, &Method::GET) => Box::pin(login::get(request, cx)).await,
        (Endpoint::Login, &Method::POST) => Box::pin(login::post(request, cx)).await,
        (Endpoint::Consent, &Method::GET) => Box::pin(consent::get(request, cx)).await,
        (Endpoint::Consent, &Method::POST) => Box::pin(consent::post(request, cx)).await,
        (Endpoint::CreateAccount, &Method::GET) => Box::pin(create_account::get(request, cx)).await,
        (Endpoint::CreateAccount, &Method::POST) => Box::pin(create_account::post(request, cx)).await,
        (Endpoint::Registration, _) => Box::pin(registration::answer(request, cx)).await,
        (Endpoint::Token | Endpoint::Introspection | Endpoint::Revocation, _) => {
            Err(Refusal::MethodNotAllowed { allowed: "POST" }.into())
        }
        (Endpoint::Jwks | Endpoint::Discovery | Endpoint::OauthMetadata | Endpoint::LoggedOut, _) => {
            Err(Refusal::MethodNotAllowed { allowed: "GET, HEAD" }.into())
        }
        (
            Endpoint::Authorization
            | Endpoint::UserInfo
            | Endpoint::Logout
            | Endpoint::Login
            | Endpoint::CreateAccount
            | Endpoint::Consent,
            _,
        ) => Err(Refusal::MethodNotAllowed { allowed: "GET, POST" }.into()),
    }
}

/// The form that a client posts to an endpoint of its own. Its address may name the realm, and nothing else
/// (RFC 9700 §4.3.2: credentials in addresses end up in logs).
fn form(request: &Request<Bytes>) -> Result<Parameters, Failure> {
    if let Some(query) = request.uri().query() {
        let parameters = Parameters::parse(query.as_bytes())?;
        if parameters.iter().any(|(name, _)| name != "realm") {
            return Err(Refusal::ParametersInQuery.into());
        }
    }
    body(request)
}

/// The body, if it is a form.
fn body(request: &Request<Bytes>) -> Result<Parameters, Failure> {
    if !is_form(request) {
        return Err(Refusal::MediaType.into());
    }
    Ok(Parameters::parse(request.body())?)
}

fn is_form(request: &Request<Bytes>) -> bool {
    is_of_type(request, "application/x-www-form-urlencoded")
}

fn is_of_type(request: &Request<Bytes>, essence: &str) -> bool {
    let mut types = request.headers().get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else { return false };
    let said = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    said.trim().eq_ignore_ascii_case(essence)
}

/// The language of a page: what its address says, since somebody chose it on the page; what they chose before; what the
/// application asks for; what the browser prefers.
fn language(
    request: &Request<Bytes>,
    query: &Parameters,
    ui_locales: Option<&str>,
    cx: &Context<'_>,
) -> Language {
    let name = language_cookie(cx);
    let wished = crate::cookies::read(request.headers(), &name).or(ui_locales);
    let preferred = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    chosen_language(query).unwrap_or_else(|| Language::negotiate(wished, preferred))
}

/// The language of an error page: as far as the address reads, what it asks for.
fn language_of_error(request: &Request<Bytes>, cx: &Context<'_>) -> Language {
    let query = request.uri().query().unwrap_or_default();
    let (query, _) = Parameters::parse_keeping_first(query.as_bytes()).unwrap_or_default();
    language(request, &query, query.optional("ui_locales"), cx)
}

/// The `lang` of a page's address, once it is one we speak.
fn chosen_language(query: &Parameters) -> Option<Language> {
    query.optional("lang").and_then(Language::from_tag)
}

/// Remembers, for this browser's session, the language that somebody has just chosen on a page.
fn remember_language(query: &Parameters, answer: &mut Answer, cx: &Context<'_>) {
    if let Some(language) = chosen_language(query) {
        let cookie = crate::cookies::set(&language_cookie(cx), language.tag(), cx.parts.secure);
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

fn language_cookie(cx: &Context<'_>) -> String {
    format!("{}language", crate::cookies::prefix(cx.parts.secure))
}
