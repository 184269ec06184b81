//! An answer that is no success, as an error: what the gateway, an API or a proxy before them says.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use jiff::Timestamp;
use royaume_protocol::Scope;
use royaume_protocol::bearer::Challenge;
use serde_json::Value;

use super::ApiError;
use super::backoff::is_trouble;
use super::retry_after::retry_after;
use crate::error::harmless;

/// Longer texts are no messages.
const LONGEST_MESSAGE: usize = 600;
/// A longer body is not looked into for an error.
const LONGEST_BODY: usize = 64 * 1024;

/// What is known of a call besides its answer.
pub(super) struct Told<'a> {
    pub(super) scope: &'a Scope,
    pub(super) attempts: u32,
    pub(super) now: Timestamp,
}

/// The error that an answer stands for. What was sent in headers that are sensitive is repeated in none.
pub(super) fn refusal<'a>(
    response: &Response<Bytes>,
    told: &Told<'_>,
    sent: impl Iterator<Item = &'a HeaderValue>,
) -> ApiError {
    let status = response.status();
    let number = status.as_u16();
    let (code, message) = if repeats_a_secret(response, sent) { (None, None) } else { words(response) };
    let retry_after = retry_after(response.headers(), told.now);
    match (status, code) {
        (StatusCode::UNAUTHORIZED, _) => ApiError::Unauthorized(message),
        (StatusCode::FORBIDDEN, _) => ApiError::Forbidden { scope: told.scope.clone(), message },
        (StatusCode::TOO_MANY_REQUESTS, _) => ApiError::TooManyRequests { retry_after },
        (status, _) if status.is_redirection() && status != StatusCode::NOT_MODIFIED => {
            ApiError::Redirected { status: number }
        }
        (_, Some(code)) => ApiError::Business { status: number, code, message },
        (StatusCode::NOT_FOUND | StatusCode::GONE, None) => ApiError::NotFound { status: number },
        (status, None) if is_trouble(status) => {
            ApiError::Unavailable { reason: format!("HTTP {number}"), attempts: told.attempts, retry_after }
        }
        (_, None) => ApiError::Unexpected { status: number, message },
    }
}

/// The API's own code and words: `{codeErreur, codeHttp, message}`, what other APIs call the same, a short text, or the
/// challenge of RFC 6750 §3. A page of HTML says nothing to anybody.
fn words(response: &Response<Bytes>) -> (Option<String>, Option<String>) {
    let body = response.body();
    if body.len() <= LONGEST_BODY
        && let Ok(Value::Object(members)) = serde_json::from_slice(body)
    {
        let text = |names: &[&str]| {
            names.iter().find_map(|name| match members.get(*name)? {
                Value::String(text) if !text.trim().is_empty() => Some(harmless(text.trim())),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            })
        };
        let code = text(&["codeErreur", "code", "codeRetour", "error"]);
        let message = text(&["message", "messageErreur", "error_description", "detail", "title", "libelle"]);
        return (code, message);
    }
    let challenge = response.headers().get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
    if let Some(words) =
        challenge.and_then(Challenge::parse).and_then(|challenge| challenge.error_description)
    {
        return (None, Some(harmless(&words)));
    }
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    let is_message = !text.is_empty() && text.len() <= LONGEST_MESSAGE && !text.starts_with(['<', '{', '[']);
    (None, is_message.then(|| harmless(text)))
}

/// Does it say a token again? Then nothing that it says is repeated (CWE-209).
fn repeats_a_secret<'a>(response: &Response<Bytes>, sent: impl Iterator<Item = &'a HeaderValue>) -> bool {
    let secrets = sent.filter(|value| value.is_sensitive()).filter_map(|value| value.to_str().ok());
    let mut secrets = secrets.map(|secret| secret.strip_prefix("Bearer ").unwrap_or(secret));
    let body = String::from_utf8_lossy(response.body());
    let said = response.headers().get(header::WWW_AUTHENTICATE).map(|value| value.as_bytes());
    let challenge = said.map(String::from_utf8_lossy).unwrap_or_default();
    secrets.any(|secret| !secret.is_empty() && (body.contains(secret) || challenge.contains(secret)))
}
