//! Client authentication: who is calling? (RFC 6749 §2.3)
//!
//! One question, one answer for every endpoint that clients call: token, introspection, revocation. A file per
//! method; a request that uses two methods is refused before either is looked at.

use std::sync::Arc;

use http::{HeaderMap, header};
use royaume_protocol::{ClientAuthenticationMethod, Parameters};

use crate::context::Context;
use crate::refusal::{Failure, Refusal};
use crate::stored::client::Client;

pub(crate) mod assertion;
mod basic;
mod none;
mod post;

/// What a request presents, not yet judged.
enum Presented {
    /// RFC 6749 §2.3.1, the `Authorization` header.
    Basic { client_id: String, secret: royaume_protocol::Secret },
    /// RFC 6749 §2.3.1, in the body.
    Post { client_id: String, secret: royaume_protocol::Secret },
    /// RFC 7523 §2.2: signed with the client's key or under a MAC with its secret, as its algorithm says.
    Assertion { client_id: String, method: ClientAuthenticationMethod, assertion: String },
    /// RFC 6749 §3.2.1: a public client only says its name.
    Nothing { client_id: String },
}

impl Presented {
    fn client_id(&self) -> &str {
        match self {
            Self::Basic { client_id, .. }
            | Self::Post { client_id, .. }
            | Self::Assertion { client_id, .. }
            | Self::Nothing { client_id } => client_id,
        }
    }

    fn method(&self) -> ClientAuthenticationMethod {
        match self {
            Self::Basic { .. } => ClientAuthenticationMethod::ClientSecretBasic,
            Self::Post { .. } => ClientAuthenticationMethod::ClientSecretPost,
            Self::Assertion { method, .. } => *method,
            Self::Nothing { .. } => ClientAuthenticationMethod::None,
        }
    }

    fn by_header(&self) -> bool {
        matches!(self, Self::Basic { .. })
    }
}

/// Authenticates the caller.
pub(crate) async fn authenticate(
    headers: &HeaderMap,
    parameters: &Parameters,
    cx: &Context<'_>,
) -> Result<Arc<Client>, Failure> {
    let presented = presented(headers, parameters)?;
    let client = cx.client(presented.client_id()).await?;
    // Names of nobody stay out of the log: a stranger chose them.
    let known = client.as_ref().map(|client| client.client_id.clone());
    let refusal = match judge(client, &presented, cx).await {
        // A secret has 256 bits of chance: whoever has the right one has not guessed it, whatever others tried from there.
        Ok(client) => return Ok(client),
        // A client whose keys cannot be had has not guessed at anything.
        Err(Failure::Refused(refusal)) if refusal != Refusal::ClientKeysUnusable => refusal,
        Err(failure) => return Err(failure),
    };
    let throttled = (cx.subscriber, &cx.realm.name);
    if !cx.parts.client_throttle.take(&throttled, cx.now) {
        return Err(Refusal::TooManyAttempts.into());
    }
    cx.audit("client_authentication_failed", known.as_deref(), None);
    Err(refusal.into())
}

/// What is there, in at most one way.
fn presented(headers: &HeaderMap, parameters: &Parameters) -> Result<Presented, Refusal> {
    let mut authorization = headers.get_all(header::AUTHORIZATION).iter();
    let asserted =
        ["client_assertion", "client_assertion_type"].iter().any(|name| parameters.optional(name).is_some());
    match (authorization.next(), authorization.next()) {
        (Some(_), Some(_)) => Err(Refusal::ClientAuthenticationTwice),
        (Some(_), None) if asserted => Err(Refusal::ClientAuthenticationTwice),
        (Some(value), None) => basic::presented(value, parameters),
        (None, _) if asserted => assertion::presented(parameters),
        (None, _) => match parameters.optional("client_secret") {
            Some(secret) => post::presented(secret, parameters),
            None => none::presented(parameters),
        },
    }
}

/// Is it who it says it is, in the way it is registered for? Unknown, disabled and wrong are one answer.
async fn judge(
    client: Option<Arc<Client>>,
    presented: &Presented,
    cx: &Context<'_>,
) -> Result<Arc<Client>, Failure> {
    let by_header = presented.by_header();
    let failed = Refusal::ClientAuthenticationFailed { by_header };
    let proven = match presented {
        Presented::Basic { secret, .. } | Presented::Post { secret, .. } => {
            let key = &cx.parts.secrets_key;
            client.as_ref().is_some_and(|client| client.has_secret(secret.expose(), key))
        }
        Presented::Assertion { assertion, .. } => match client.as_deref().filter(|client| !client.disabled) {
            Some(client) => {
                let by_mac = presented.method() == ClientAuthenticationMethod::ClientSecretJwt;
                assertion::prove(assertion, by_mac, client, cx).await.map(|()| true)?
            }
            None => false,
        },
        Presented::Nothing { .. } => client.as_ref().is_some_and(|client| !client.confidential()),
    };
    let client = client.filter(|client| proven && !client.disabled).ok_or(failed)?;
    let method = presented.method();
    let named_only = method == ClientAuthenticationMethod::None;
    let registered = named_only || client.authentication.contains(&method);
    // What the realm no longer takes is refused to those who were registered for it before.
    if !registered || !cx.realm.realm.client_authentication.contains(&method) {
        return Err(Refusal::ClientAuthenticationMethod { by_header }.into());
    }
    Ok(client)
}
