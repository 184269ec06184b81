//! Introspection: is this token live, and what does it stand for? (RFC 7662)

use bytes::Bytes;
use http::{Request, StatusCode};
use royaume_protocol::introspection::Introspection;
use royaume_protocol::{Audience, PresentedToken};

use super::form;
use crate::answer::{self, Answer};
use crate::client_auth;
use crate::context::Context;
use crate::handle::{Handle, Size};
use crate::people;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::refresh_token::RefreshToken;
use crate::stored::{Storable, read};
use crate::tokens::access_token;

/// POST. A client learns of its own tokens, one that guards an API of every access token of the realm. What it may not
/// know about looks exactly like what does not exist (RFC 7662 §4).
pub(super) async fn post(request: &Request<Bytes>, cx: &Context<'_>) -> Result<Answer, Failure> {
    let parameters = form(request)?;
    let client = client_auth::authenticate(request.headers(), &parameters, cx).await?;
    if !client.confidential() {
        return Err(Refusal::IntrospectionByPublicClient.into());
    }
    let presented = PresentedToken::parse(&parameters)?;
    let token = presented.token.expose();
    let own = |found: &Introspection| found.client_id.as_deref() == Some(&client.client_id);
    let known = match refresh_token(token, cx).await? {
        // It opens no API: told that one is active, a guard would let its bearer in.
        Some(found) => Some(found).filter(own),
        None => access_token(token, cx).await?.filter(|found| own(found) || client.introspects_all),
    };
    Ok(answer::json(StatusCode::OK, &known.unwrap_or_else(Introspection::inactive)))
}

async fn access_token(presented: &str, cx: &Context<'_>) -> Result<Option<Introspection>, Fault> {
    let Some(live) = access_token::find(presented, cx).await? else { return Ok(None) };
    let sub = live.told_subject(cx);
    let token = live.token;
    Ok(Some(Introspection {
        active: true,
        scope: Some(token.scope),
        client_id: Some(token.client_id),
        token_type: Some("Bearer".to_owned()),
        exp: Some(token.expires_at.as_second()),
        iat: Some(token.issued_at.as_second()),
        sub: Some(sub),
        aud: Some(Audience::One(cx.realm.audience().to_owned())),
        iss: Some(cx.realm.issuer.clone()),
        jti: live.jti,
        ..Introspection::inactive()
    }))
}

async fn refresh_token(presented: &str, cx: &Context<'_>) -> Result<Option<Introspection>, Fault> {
    let Some(handle) = Handle::parse(presented, Size::Long) else { return Ok(None) };
    let id = handle.row_id(&cx.realm.name, RefreshToken::KIND, &cx.parts.handles_key);
    let Some(stored) = cx.store().get(&id).await? else { return Ok(None) };
    let token: RefreshToken = read(&stored)?;
    let Some(client) = cx.client(&token.client_id).await?.filter(|client| !client.disabled) else {
        return Ok(None);
    };
    let live = !stored.revoked
        && stored.spent_at.is_none()
        && cx.now < token.expires_at
        && people::able(&token.subject, token.credential, cx).await?.is_some();
    Ok(live.then(|| Introspection {
        active: true,
        scope: Some(token.scope),
        client_id: Some(token.client_id),
        exp: Some(token.expires_at.as_second()),
        sub: Some(people::told_subject(&client, &token.subject, cx)),
        iss: Some(cx.realm.issuer.clone()),
        ..Introspection::inactive()
    }))
}
