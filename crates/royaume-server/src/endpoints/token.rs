//! The token endpoint (RFC 6749 §3.2): authenticate the client, check the grant type, judge the grant, issue, write
//! once, answer. A grant cannot leave out what is not its task.

use bytes::Bytes;
use http::{Request, StatusCode, header};
use royaume_protocol::{GrantType, Parameters};
use royaume_store::{Outcome, Write};

use super::form;
use crate::answer::{self, Answer};
use crate::client_auth;
use crate::context::Context;
use crate::grants;
use crate::refusal::{Failure, Refusal};
use crate::stored::client::Client;
use crate::tokens;

/// POST.
pub(super) async fn post(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let parameters = form(request)?;
    let client = client_auth::authenticate(request.headers(), &parameters, cx).await?;
    // Whoever calls is known now: a public application's script may read the refusal as it may the tokens.
    let mut answer =
        grant(&parameters, &client, cx).await.unwrap_or_else(|failure| answer::error_json(&failure, cx));
    allow_browser(request, &client, &mut answer);
    Ok(answer)
}

async fn grant(parameters: &Parameters, client: &Client, cx: &Context<'_>) -> Result<Answer, Failure> {
    let asked = parameters.required("grant_type")?;
    let grant_type = GrantType::parse(asked)
        .filter(|grant_type| cx.realm.realm.grants.contains(grant_type))
        .ok_or(Refusal::GrantTypeUnsupported)?;
    if grant_type == GrantType::ClientCredentials && !client.confidential() {
        return Err(Refusal::ClientCredentialsByPublicClient.into());
    }
    if !client.may_use(grant_type) {
        return Err(Refusal::GrantTypeNotAllowed.into());
    }
    // A write that is refused lost a race: what the winner wrote is judged like anything else that was there before.
    for _ in 0..3 {
        let granted = grants::judge(grant_type, parameters, client, cx).await?;
        let mut issued = tokens::issue(&granted, client, cx).await?;
        if let Some(id) = granted.spends {
            issued.writes.insert(0, Write::Spend { id, at: cx.now });
        }
        if !issued.writes.is_empty() {
            crate::failpoint("token.before_commit").await?;
            if cx.store().write(issued.writes).await? != Outcome::Done {
                continue;
            }
            crate::failpoint("token.after_commit").await?;
        }
        cx.audit("token_issued", Some(&client.client_id), Some(&granted.subject));
        return Ok(answer::json(StatusCode::OK, &issued.response));
    }
    Err(crate::refusal::Fault::Busy("one grant asked for too often at once").into())
}

/// A public client's script may read the answer, from the origins of its redirect URIs.
pub(super) fn allow_browser(request: &Request<Bytes>, client: &Client, answer: &mut Answer) {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return };
    let known = origin.to_str().is_ok_and(|origin| {
        !client.confidential() && client.redirect_uris.iter().any(|uri| uri.allows_origin(origin))
    });
    if known {
        answer::allow_origin(answer, origin);
    }
}
