//! The sandbox: APIs whose code begins with `test` take what they are sent, and answer the same to everybody.

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use serde_json::Value;

use crate::answer::{self, Answer};
use crate::apis::Stub;

/// Takes any JSON, at any resource.
pub(crate) fn answer(request: &Request<Bytes>, stub: Option<&Stub>) -> Answer {
    let Some(stub) = stub else { return answer::empty(StatusCode::NOT_FOUND) };
    if request.method() != Method::POST {
        return answer::with(answer::empty(StatusCode::METHOD_NOT_ALLOWED), header::ALLOW, "POST");
    }
    if serde_json::from_slice::<serde_json::Map<String, Value>>(request.body()).is_err() {
        return answer::business(
            StatusCode::BAD_REQUEST,
            "corps-illisible",
            "Le corps n'est pas un objet JSON.",
        );
    }
    answer::json(StatusCode::from_u16(stub.status).unwrap_or(StatusCode::OK), &stub.body)
}
