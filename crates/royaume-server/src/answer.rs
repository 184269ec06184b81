//! Answers: from outcome to response. Every header that protects a response is set here, and what the dialect makes of
//! a status, an error, a media type or a body.

use bytes::Bytes;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use royaume_protocol::bearer::Challenge;
use royaume_protocol::{ErrorCode, ErrorResponse};
use royaume_realm::Dialect;
use serde::Serialize;

use crate::context::Context;
use crate::pages::{self, ErrorPage, Language, Page};
use crate::refusal::{Failure, Fault, Refusal};

/// A response whose body is complete.
pub(crate) type Answer = Response<Bytes>;

/// What a browser may do with a response that is no page: nothing.
const CSP_NOTHING: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
/// About as many fields as an answer has.
const FIELDS: usize = 10;
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const JSON_WITH_CHARSET: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const JWT: HeaderValue = HeaderValue::from_static("application/jwt");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

/// A body of JSON that no cache keeps (RFC 6749 §5.1).
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(value).expect("an answer always serialises");
    let mut answer = with_body(status, JSON, body.into());
    answer.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    answer.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    answer
}

/// A body that is a JWT (OIDC Core §5.3.2), which no cache keeps.
pub(crate) fn jwt(token: &str) -> Answer {
    let mut answer = with_body(StatusCode::OK, JWT, token.to_owned().into());
    answer.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    answer
}

/// A body of JSON that may be cached and read by any origin: discovery and keys.
pub(crate) fn public_json(body: Bytes, max_age: HeaderValue) -> Answer {
    let mut answer = with_body(StatusCode::OK, JSON, body);
    answer.headers_mut().insert(header::CACHE_CONTROL, max_age);
    answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    answer
}

/// An empty body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = status;
    answer.headers_mut().reserve(FIELDS);
    answer.headers_mut().insert(header::CACHE_CONTROL, NO_STORE);
    answer
}

/// 303, so that a browser never repeats a form elsewhere (RFC 9700 §4.12).
pub(crate) fn see_other(location: &str) -> Result<Answer, Fault> {
    let location = HeaderValue::from_str(location)
        .map_err(|error| Fault::Corrupt { kind: "redirect location", reason: error.to_string() })?;
    let mut answer = empty(StatusCode::SEE_OTHER);
    answer.headers_mut().insert(header::LOCATION, location);
    Ok(answer)
}

/// A page. Forms on it may lead to this server and, through its redirect, to `form_target` (an origin that was
/// proven to belong to the client), and nowhere else: Chromium applies `form-action` to redirects too.
pub(crate) fn page(status: StatusCode, html: String, form_target: Option<&str>) -> Answer {
    page_of_client(status, html, form_target, None)
}

/// A page about a client, with its picture from `logo`, an origin that its registration names.
pub(crate) fn page_of_client(
    status: StatusCode,
    html: String,
    form_target: Option<&str>,
    logo: Option<&str>,
) -> Answer {
    let logo = logo.map(|origin| format!(" {origin}")).unwrap_or_default();
    let target = form_target.map(|origin| format!(" {origin}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:{logo}; font-src 'self'; connect-src 'self'; \
         form-action 'self'{target}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
    );
    page_under(status, html, &policy)
}

/// The page of a logout, which loads what ends the sessions of clients, in frames from these origins and from nowhere else
/// (Front-Channel Logout 1.0 §2).
pub(crate) fn page_with_frames(html: String, origins: &[String]) -> Answer {
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; frame-src {}; form-action 'none'; \
         frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
        origins.join(" ")
    );
    page_under(StatusCode::OK, html, &policy)
}

/// The page that posts an answer to a client's own site, by itself where scripts run (Form Post Response Mode §2): the
/// one script of the house, known by its digest, and one place where the form may lead.
pub(crate) fn form_post(html: String, target: &str) -> Answer {
    let digest = royaume_jose::base64::encode(&royaume_jose::sha256(pages::FormPost::SCRIPT.as_bytes()));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{digest}'; style-src 'self'; img-src 'self'; form-action {target}; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    page_under(StatusCode::OK, html, &policy)
}

/// A page that brings its style along: the one stylesheet of the house, known by its digest (CSP 3 §6.7.3.3), and
/// nothing from anywhere.
pub(crate) fn page_alone(status: StatusCode, html: String) -> Answer {
    let digest = royaume_jose::base64::encode(&royaume_jose::sha256(pages::style().as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'none'; \
         frame-ancestors 'none'; base-uri 'none'"
    );
    page_under(status, html, &policy)
}

fn page_under(status: StatusCode, html: String, policy: &str) -> Answer {
    let mut answer = with_body(status, HTML, html.into());
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, NO_STORE);
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    const PERMISSIONS: &str = "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
        magnetometer=(), microphone=(), midi=(), payment=(), usb=(), \
        publickey-credentials-create=(self), publickey-credentials-get=(self)";
    for (name, value) in [
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

/// An error page: for failures that must not, or cannot, be sent to the client.
pub(crate) fn error_page(failure: &Failure, language: Language) -> Answer {
    let (status, code, description) = match failure {
        Failure::Refused(refusal) => (refusal.status(), refusal.code(), refusal.description()),
        Failure::Failed(fault) => {
            tracing::error!(%fault, "a page could not be served");
            (fault.status(), unavailable(fault), "try again in a moment".to_owned())
        }
    };
    let place = Page { language, place: "Royaume", language_links: Vec::new() };
    let html = ErrorPage::new(place, failure, code.as_str(), &description).render();
    let mut answer = page(status, html, None);
    add_failure_headers(answer.headers_mut(), failure);
    answer
}

/// The error body of RFC 6749 §5.2, for every endpoint that answers in JSON.
pub(crate) fn error_json(failure: &Failure, cx: &Context<'_>) -> Answer {
    let dialect = &cx.realm.realm.dialect;
    match failure {
        Failure::Refused(refusal) => {
            let (mut status, mut code, mut description) =
                (refusal.status(), refusal.code().as_str().to_owned(), refusal.description());
            match refusal {
                Refusal::RedirectUriDiffers { registered: false } if dialect.redirect_uri_mismatch_code => {
                    code = "redirect_uri_mismatch".to_owned();
                }
                Refusal::ScopeNotAllowed(scope) if dialect.scopes_in_error_descriptions => {
                    description = format!("{description}: {scope}");
                }
                // Whoever used the header is owed a challenge, in every dialect (RFC 6749 §5.2).
                Refusal::ClientAuthenticationFailed { by_header: false }
                | Refusal::ClientAuthenticationMethod { by_header: false }
                | Refusal::ClientAuthenticationMissing
                | Refusal::IntrospectionByPublicClient
                    if dialect.invalid_client_as_bad_request =>
                {
                    status = StatusCode::BAD_REQUEST;
                }
                _ => {}
            }
            let mut answer = json(status, &ErrorResponse::new(ErrorCode::of(&code), description));
            add_failure_headers(answer.headers_mut(), failure);
            if status == StatusCode::UNAUTHORIZED {
                answer.headers_mut().insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"royaume\", charset=\"UTF-8\""),
                );
            }
            answer
        }
        Failure::Failed(fault) => {
            tracing::error!(%fault, realm = %cx.realm.name, "a request could not be served");
            let body = ErrorResponse::new(unavailable(fault), "try again in a moment");
            let mut answer = json(fault.status(), &body);
            add_failure_headers(answer.headers_mut(), failure);
            answer
        }
    }
}

/// The challenge of RFC 6750 §3, for protected resources.
pub(crate) fn challenge(failure: &Failure, cx: &Context<'_>) -> Answer {
    let Failure::Refused(refusal) = failure else { return error_json(failure, cx) };
    let mut challenge = Challenge::new(cx.realm.name.as_str());
    // RFC 6750 §3.1: without any credentials the challenge names no error.
    let nothing_presented = matches!(refusal, Refusal::TokenMissing | Refusal::RegistrationTokenMissing);
    if !nothing_presented {
        challenge = challenge.error(refusal.code(), &refusal.description());
    }
    if let Refusal::ScopeInsufficient { needed } = refusal {
        challenge = challenge.scope(needed);
    }
    let by_gateway = cx.realm.realm.dialect.empty_body_for_refused_bearer;
    let mut answer = if by_gateway && refusal.status() == StatusCode::UNAUTHORIZED {
        let mut answer = empty(refusal.status());
        answer.headers_mut().insert(header::CONTENT_TYPE, JSON);
        answer
    } else if nothing_presented {
        empty(refusal.status())
    } else {
        json(refusal.status(), &ErrorResponse::new(refusal.code(), refusal.description()))
    };
    if let Ok(value) = HeaderValue::from_str(&challenge.to_string()) {
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    add_failure_headers(answer.headers_mut(), failure);
    answer
}

/// What a dialect makes of any answer of its realm.
pub(crate) fn in_dialect(answer: &mut Answer, dialect: &Dialect) {
    if dialect.charset_in_content_type && answer.headers().get(header::CONTENT_TYPE) == Some(&JSON) {
        answer.headers_mut().insert(header::CONTENT_TYPE, JSON_WITH_CHARSET);
    }
}

/// A failure outside any realm, for a program.
pub(crate) fn plain_error(failure: &Failure) -> Answer {
    let (status, code, description) = match failure {
        Failure::Refused(refusal) => (refusal.status(), refusal.code(), refusal.description()),
        Failure::Failed(fault) => (fault.status(), unavailable(fault), "try again in a moment".to_owned()),
    };
    let mut answer = json(status, &ErrorResponse::new(code, description));
    add_failure_headers(answer.headers_mut(), failure);
    answer
}

/// `server_error` or `temporarily_unavailable` (RFC 6749 §4.1.2.1).
pub(crate) fn unavailable(fault: &Fault) -> royaume_protocol::ErrorCode {
    if fault.status() == StatusCode::SERVICE_UNAVAILABLE {
        royaume_protocol::ErrorCode::TemporarilyUnavailable
    } else {
        royaume_protocol::ErrorCode::ServerError
    }
}

fn add_failure_headers(headers: &mut HeaderMap, failure: &Failure) {
    match failure {
        Failure::Refused(Refusal::MethodNotAllowed { allowed }) => {
            headers.insert(header::ALLOW, HeaderValue::from_static(allowed));
        }
        Failure::Refused(Refusal::TooManyAttempts | Refusal::RegistrationsTooMany) => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("30"));
        }
        Failure::Refused(Refusal::RegistrationsFull) => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("3600"));
        }
        Failure::Failed(fault) if fault.status() == StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        Failure::Refused(_) | Failure::Failed(_) => {}
    }
}

fn with_body(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    // What is set here and by `protect`, without growing on the way.
    answer.headers_mut().reserve(FIELDS);
    answer.headers_mut().insert(header::CONTENT_TYPE, content_type);
    answer
}

/// What every response carries, whatever it is.
pub(crate) fn protect(headers: &mut HeaderMap, secure: bool) {
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(CSP_NOTHING);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if secure {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
}

/// Lets the script of one registered origin read a response (Fetch §3.2): only for public clients in browsers.
pub(crate) fn allow_origin(answer: &mut Answer, origin: &HeaderValue) {
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

/// The answer to a preflight (Fetch §4.8) at an endpoint that browsers' scripts may call.
pub(crate) fn preflight(headers: &HeaderMap, methods: &'static str) -> Answer {
    let mut answer = empty(StatusCode::NO_CONTENT);
    if let Some(origin) = headers.get(header::ORIGIN).filter(|origin| origin.as_bytes() != b"null") {
        allow_origin(&mut answer, origin);
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            HeaderValue::from_static("authorization, content-type"),
        );
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
    answer
}

/// Is this a preflight?
pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    method == Method::OPTIONS && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}
