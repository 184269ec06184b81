//! Answers, as pure functions: what may be read from which.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use royaume_jose::Object;
use royaume_protocol::bearer::Challenge;
use royaume_protocol::{ErrorResponse, Introspection, TokenResponse, UserInfo};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::provider::is_safe;
use crate::{ClientError, Registration, webfinger};

/// A larger body is not read.
pub const LONGEST_BODY: usize = 1024 * 1024;

/// A token response (RFC 6749 §5).
///
/// # Errors
/// [`ClientError`]: the refusal, or what makes the answer unusable.
pub fn token(response: &Response<Bytes>) -> Result<TokenResponse, ClientError> {
    let tokens: TokenResponse = json(response, "a token response")?;
    if tokens.is_bearer() {
        Ok(tokens)
    } else {
        Err(ClientError::Unexpected { expected: "a bearer token", status: response.status().as_u16() })
    }
}

/// What a token stands for (RFC 7662 §2.2).
///
/// # Errors
/// As for tokens.
pub fn introspection(response: &Response<Bytes>) -> Result<Introspection, ClientError> {
    json(response, "an introspection response")
}

/// That a token is dead (RFC 7009 §2.2).
///
/// # Errors
/// As for tokens.
pub fn revocation(response: &Response<Bytes>) -> Result<(), ClientError> {
    if response.status() == StatusCode::OK { Ok(()) } else { Err(refusal(response, "a revocation response")) }
}

/// Userinfo as it was answered (OIDC Core §5.3.2).
#[derive(Debug, Clone, PartialEq)]
pub enum UserInfoAnswer {
    /// As JSON: what protects it is the connection.
    Plain(UserInfo),
    /// As a token: signed, encrypted, or both.
    Token(String),
}

/// What the person allowed the application to know (OIDC Core §5.3.2).
///
/// # Errors
/// As for tokens.
pub fn userinfo(response: &Response<Bytes>) -> Result<UserInfoAnswer, ClientError> {
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    let signed = media_type.eq_ignore_ascii_case("application/jwt");
    if !signed || response.status() != StatusCode::OK {
        return json(response, "userinfo").map(UserInfoAnswer::Plain);
    }
    let text = std::str::from_utf8(response.body())
        .map_err(|_| ClientError::Unexpected { expected: "userinfo", status: response.status().as_u16() })?;
    Ok(UserInfoAnswer::Token(text.trim().to_owned()))
}

/// What an application is registered as (RFC 7591 §3.2.1, RFC 7592 §3).
///
/// # Errors
/// As for tokens, and [`ClientError::Registration`].
pub fn registration(response: &Response<Bytes>) -> Result<Registration, ClientError> {
    let expected = "a registration";
    match response.status() {
        // RFC 7591 §3.2.1 says 201; there are servers that say 200.
        StatusCode::OK | StatusCode::CREATED => Registration::of(body(response, expected)?),
        _ => Err(refusal(response, expected)),
    }
}

/// The issuer that somebody's address belongs to (OIDC Discovery §2, RFC 7033 §4.4): the first that is named.
///
/// # Errors
/// As for tokens, and [`ClientError::Metadata`] when what is named is no issuer (OIDC Discovery §2).
pub fn webfinger(response: &Response<Bytes>) -> Result<String, ClientError> {
    #[derive(Deserialize)]
    struct Descriptor {
        #[serde(default)]
        links: Vec<Link>,
    }
    #[derive(Deserialize)]
    struct Link {
        rel: String,
        href: Option<String>,
    }
    let descriptor: Descriptor = json(response, "who signs people in there")?;
    let mut issuers = descriptor.links.into_iter().filter(|link| link.rel == webfinger::ISSUER);
    let issuer = issuers.next().and_then(|link| link.href);
    let issuer = issuer.ok_or(ClientError::NotOffered("signing these people in"))?;
    if !is_safe(&issuer) || issuer.contains(['?', '#']) {
        return Err(ClientError::Metadata("what is named as issuer is none: see its address".to_owned()));
    }
    Ok(issuer)
}

/// A public document.
///
/// # Errors
/// As for tokens.
pub fn json<T: DeserializeOwned>(
    response: &Response<Bytes>,
    expected: &'static str,
) -> Result<T, ClientError> {
    if response.status() == StatusCode::OK {
        body(response, expected)
    } else {
        Err(refusal(response, expected))
    }
}

fn body<T: DeserializeOwned>(response: &Response<Bytes>, expected: &'static str) -> Result<T, ClientError> {
    let unexpected = || ClientError::Unexpected { expected, status: response.status().as_u16() };
    if response.body().len() > LONGEST_BODY {
        return Err(unexpected());
    }
    serde_json::from_slice(response.body()).map(|Object(read)| read).map_err(|_| unexpected())
}

/// The same error, without its words if the server repeats one of these secrets in its answer (CWE-209).
pub(crate) fn unspoken(error: ClientError, response: &Response<Bytes>, secrets: &[&str]) -> ClientError {
    let (body, words) = (String::from_utf8_lossy(response.body()), error.to_string());
    let repeated =
        secrets.iter().any(|secret| !secret.is_empty() && (body.contains(secret) || words.contains(secret)));
    if repeated { error.without_words() } else { error }
}

/// What an answer that is no success stands for.
pub(crate) fn refusal(response: &Response<Bytes>, expected: &'static str) -> ClientError {
    let status = response.status();
    let retry_after = retry_after(response);
    if status == StatusCode::TOO_MANY_REQUESTS {
        return ClientError::TooManyRequests { retry_after };
    }
    if status.is_server_error() {
        return ClientError::Unavailable { reason: format!("HTTP {}", status.as_u16()), retry_after };
    }
    let small = response.body().len() <= LONGEST_BODY;
    if let Some(error) =
        small.then(|| serde_json::from_slice::<ErrorResponse>(response.body()).ok()).flatten()
    {
        return ClientError::of(error);
    }
    let challenge = response.headers().get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    if let Some(challenge) = challenge.and_then(Challenge::parse) {
        return ClientError::TokenRefused(
            challenge.error_description.map(|text| crate::error::harmless(&text)),
        );
    }
    if status == StatusCode::UNAUTHORIZED {
        return ClientError::TokenRefused(None);
    }
    ClientError::Unexpected { expected, status: status.as_u16() }
}

/// `Retry-After` in seconds (RFC 9110 §10.2.3), at most a day.
fn retry_after(response: &Response<Bytes>) -> Option<Duration> {
    let text = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(|seconds: u64| Duration::from_secs(seconds.min(24 * 3600)))
}
