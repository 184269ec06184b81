//! Refresh tokens: rotation, reuse detection, and one answer for a retry (RFC 6749 §6, RFC 9700 §4.14).

use jiff::SignedDuration;
use royaume_protocol::Parameters;
use royaume_protocol::scope::OFFLINE_ACCESS;
use royaume_store::{Family, Stored, Write};

use super::{Granted, PersonGrant, Refresh, asked_scope};
use crate::context::Context;
use crate::handle::{Handle, Size};
use crate::people;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::client::Client;
use crate::stored::refresh_token::RefreshToken;
use crate::stored::{Storable, read};

pub(super) async fn judge(
    parameters: &Parameters,
    client: &Client,
    cx: &Context<'_>,
) -> Result<Granted, Failure> {
    let presented = parameters.required("refresh_token")?;
    let handle = Handle::parse(presented, Size::Long).ok_or(Refusal::RefreshTokenUnknown)?;
    let id = handle.row_id(&cx.realm.name, RefreshToken::KIND, &cx.parts.handles_key);
    let stored = cx.store().get(&id).await?.ok_or(Refusal::RefreshTokenUnknown)?;
    let token: RefreshToken = read(&stored)?;
    let family =
        stored.row.family.ok_or(Fault::Corrupt { kind: "refresh-token", reason: "no family".into() })?;

    if token.client_id != client.client_id {
        return Err(Refusal::RefreshTokenOfAnotherClient.into());
    }
    if stored.revoked {
        return Err(Refusal::GrantRevoked.into());
    }
    let successor = handle.successor(&cx.parts.handles_key, stored.spent_at.unwrap_or(cx.now));
    let retry = match stored.spent_at {
        None => false,
        Some(_) if is_retry(&stored, &successor, cx).await? => true,
        Some(_) => {
            revoke(family, cx).await?;
            return Err(Refusal::RefreshTokenReused.into());
        }
    };
    if cx.now >= token.expires_at.min(token.ends_at) {
        return Err(Refusal::RefreshTokenExpired.into());
    }
    let asked = asked_scope(parameters, client, cx)?;
    let scope = asked.unwrap_or_else(|| token.scope.clone());
    if !token.scope.covers(&scope) {
        return Err(Refusal::ScopeWidened.into());
    }
    people::able(&token.subject, token.credential, cx).await?.ok_or(Refusal::PersonUnavailable)?;
    let (allowed, named) =
        people::still_allowed(&token.subject, &token.client_id, &token.scope, token.asked, cx).await?;
    let scope = scope.intersection(&allowed);
    // Whoever no longer allows it to go on in their absence has ended what went on.
    let absent = token.scope.contains(OFFLINE_ACCESS) && !allowed.contains(OFFLINE_ACCESS);
    if scope.is_empty() || absent {
        return Err(Refusal::GrantRevoked.into());
    }

    let refresh = if retry {
        Refresh::Again { handle: successor }
    } else {
        Refresh::Next { handle: successor, generation: token.generation + 1, ends_at: token.ends_at }
    };
    Ok(Granted {
        subject: token.subject,
        scope,
        person: Some(PersonGrant {
            scope: allowed,
            auth_time: token.auth_time,
            credential: token.credential,
            amr: token.amr,
            sid: token.sid,
            nonce: None,
            asked: named,
            family,
            refresh,
        }),
        spends: (!retry).then_some(id),
    })
}

/// A client whose answer was lost asks again: soon, and without having used the successor. Anything else is reuse.
async fn is_retry(stored: &Stored, successor: &Handle, cx: &Context<'_>) -> Result<bool, Failure> {
    let Some(spent_at) = stored.spent_at else { return Ok(false) };
    let window = SignedDuration::try_from(cx.realm.realm.lifetimes.refresh_retry_window).unwrap_or_default();
    if cx.now.duration_since(spent_at).abs() >= window {
        return Ok(false);
    }
    let id = successor.row_id(&cx.realm.name, RefreshToken::KIND, &cx.parts.handles_key);
    let successor = cx.store().get(&id).await?;
    Ok(successor.is_some_and(|successor| successor.spent_at.is_none() && !successor.revoked))
}

async fn revoke(family: Family, cx: &Context<'_>) -> Result<(), Failure> {
    cx.audit("refresh_token_reused", None, None);
    let until = cx.realm.family_forgotten(cx.now);
    cx.store().write(vec![Write::Revoke { realm: cx.realm.name.clone(), family, until }]).await?;
    Ok(())
}
