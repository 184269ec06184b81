//! Answers of the gateway, in the shapes that its callers meet: empty, JSON, and the business error of the APIs.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde_json::json;

/// An answer.
pub(crate) type Answer = Response<Bytes>;

/// The media type of every API, with the charset that the deployed ones add to it.
const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");

/// JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(value).expect("what the gateway says always serialises");
    of_type(status, JSON, Bytes::from(body))
}

/// A JSON media type, and nothing of that type.
pub(crate) fn empty(status: StatusCode) -> Answer {
    of_type(status, JSON, Bytes::new())
}

/// No content, of no type (RFC 9110 §15.3.5).
pub(crate) fn no_content() -> Answer {
    let mut answer = Response::new(Bytes::new());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    protected(answer)
}

/// Text.
pub(crate) fn text(status: StatusCode, text: &str) -> Answer {
    of_type(status, HeaderValue::from_static("text/plain;charset=UTF-8"), Bytes::from(text.to_owned()))
}

/// A page, where a program expects JSON.
pub(crate) fn html(status: StatusCode, html: &'static str) -> Answer {
    of_type(status, HeaderValue::from_static("text/html;charset=UTF-8"), Bytes::from_static(html.as_bytes()))
}

/// The error of an API: `codeErreur`, `codeHttp` and `message`.
pub(crate) fn business(status: StatusCode, code: &str, message: &str) -> Answer {
    json(status, &json!({ "codeErreur": code, "codeHttp": status.as_u16(), "message": message }))
}

/// The same answer with one more header. What is said there is ours: a text that no header can hold is left out.
pub(crate) fn with(mut answer: Answer, name: HeaderName, value: &str) -> Answer {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
    answer
}

fn of_type(status: StatusCode, media_type: HeaderValue, body: Bytes) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, media_type);
    protected(answer)
}

/// What it says belongs to whoever holds the token, and is what its type says (RFC 9111 §5.2.2.5).
fn protected(mut answer: Answer) -> Answer {
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}
