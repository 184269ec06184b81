//! Revocation: a client gives a token back (RFC 7009).
//!
//! A refresh token takes its whole family with it: every token of the grant ends (§2.1). An access token ends alone.

use bytes::Bytes;
use http::{Request, StatusCode};
use royaume_protocol::PresentedToken;
use royaume_store::Write;

use super::form;
use super::token::allow_browser;
use crate::answer::{self, Answer};
use crate::client_auth;
use crate::context::Context;
use crate::handle::{Handle, Size};
use crate::refusal::{Failure, Fault};
use crate::stored::client::Client;
use crate::stored::refresh_token::RefreshToken;
use crate::stored::{Storable, read};
use crate::tokens::access_token;

/// POST. 200 whatever the token was (§2.2): unknown, dead, or somebody else's, which stays untouched.
pub(super) async fn post(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let parameters = form(request)?;
    let client = client_auth::authenticate(request.headers(), &parameters, cx).await?;
    let presented = PresentedToken::parse(&parameters)?;
    let token = presented.token.expose();
    let write = match refresh_token(token, &client, cx).await? {
        Some(write) => Some(write),
        None => access_token(token, &client, cx).await?,
    };
    if let Some(write) = write {
        crate::failpoint("revocation.before_commit").await?;
        cx.store().write(vec![write]).await?;
        crate::failpoint("revocation.after_commit").await?;
        cx.audit("token_revoked", Some(&client.client_id), None);
    }
    let mut answer = answer::empty(StatusCode::OK);
    allow_browser(request, &client, &mut answer);
    Ok(answer)
}

async fn refresh_token(presented: &str, client: &Client, cx: &Context<'_>) -> Result<Option<Write>, Fault> {
    let Some(handle) = Handle::parse(presented, Size::Long) else { return Ok(None) };
    let id = handle.row_id(&cx.realm.name, RefreshToken::KIND, &cx.parts.handles_key);
    let Some(stored) = cx.store().get(&id).await? else { return Ok(None) };
    let token: RefreshToken = read(&stored)?;
    Ok(stored.row.family.filter(|_| token.client_id == client.client_id).map(|family| Write::Revoke {
        realm: cx.realm.name.clone(),
        family,
        until: cx.realm.family_forgotten(cx.now),
    }))
}

async fn access_token(presented: &str, client: &Client, cx: &Context<'_>) -> Result<Option<Write>, Fault> {
    let live = access_token::find(presented, cx).await?;
    Ok(live.filter(|live| live.token.client_id == client.client_id).map(|live| live.ends))
}
