//! Client credentials: an application speaks for itself (RFC 6749 §4.4).

use royaume_protocol::Parameters;

use super::{Granted, asked_scope};
use crate::context::Context;
use crate::refusal::{Failure, Refusal};
use crate::stored::client::Client;

pub(super) fn judge(parameters: &Parameters, client: &Client, cx: &Context<'_>) -> Result<Granted, Failure> {
    if !client.confidential() {
        return Err(Refusal::ClientCredentialsByPublicClient.into());
    }
    let asked = asked_scope(parameters, client, cx)?;
    // RFC 6749 §3.3: without a scope the client gets what it is registered for.
    let asked = asked.unwrap_or_else(|| client.scope.clone());
    if !client.scope.covers(&asked) {
        return Err(Refusal::ScopeNotAllowed(asked.minus(&client.scope)).into());
    }
    Ok(Granted { subject: client.client_id.clone(), scope: asked, person: None, spends: None })
}
