//! The published keys of a realm (RFC 7517 §5, OIDC Discovery §3 `jwks_uri`).

use http::HeaderValue;

use crate::answer::{self, Answer};
use crate::context::Context;
use crate::refusal::Failure;

/// GET. Verifiers may keep the set for five minutes: a new key is published longer than that before it signs.
pub(super) async fn get(cx: &Context<'_>) -> Result<Answer, Failure> {
    let body = cx.keys().await?.jwks(cx.now);
    Ok(answer::public_json(body, HeaderValue::from_static("public, max-age=300")))
}
