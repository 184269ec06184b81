//! The published keys of a realm (RFC 7517 §5, OIDC Discovery §3 `jwks_uri`).

use std::sync::LazyLock;

use http::HeaderValue;
use royaume_realm::Lifetimes;

use crate::answer::{self, Answer};
use crate::context::Context;
use crate::refusal::Failure;

/// For less time than a new key is published before it signs: no topology is served that says otherwise.
static CACHED: LazyLock<HeaderValue> = LazyLock::new(|| {
    let text = format!("public, max-age={}", Lifetimes::KEYS_CACHED.as_secs());
    HeaderValue::try_from(text).expect("a number of seconds is visible ASCII")
});

/// GET.
pub(super) async fn get(cx: &Context<'_>) -> Result<Answer, Failure> {
    let body = cx.keys().await?.jwks(cx.now);
    Ok(answer::public_json(body, CACHED.clone()))
}
