//! People: may this person still use what was granted, and what may be said about them?

use std::sync::Arc;

use royaume_jose::base64url;
use royaume_protocol::standard_claims::says_something;
use royaume_protocol::{IdTokenClaims, Scope, SubjectType};
use royaume_realm::ConsentPolicy;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::refusal::Fault;
use crate::stored::account::Account;
use crate::stored::asked_claims::AskedClaims;
use crate::stored::client::Client;
use crate::stored::consent::{self, Consent};
use crate::stored::read;

/// The account behind what came from that credential of the person's, if it may still be used: the account exists, is
/// not disabled, and the credential is still the one in force.
pub(crate) async fn able(
    subject: &str,
    credential: u32,
    cx: &Context<'_>,
) -> Result<Option<Arc<Account>>, Fault> {
    let account = cx.account(subject).await?;
    Ok(account.filter(|account| !account.disabled && account.credential == credential))
}

/// The `sub` that a client is told (OIDC Core §8): the person's own, or one that another sector cannot link to it. That
/// one follows from realm, sector and person under a key of the server: it stays the same on every node and after every
/// restart, and nobody else can compute it or turn it back (§8.1).
pub(crate) fn told_subject(client: &Client, subject: &str, cx: &Context<'_>) -> String {
    match client.answers.subject_type {
        SubjectType::Public => subject.to_owned(),
        SubjectType::Pairwise => {
            let sector = client.sector();
            let parts = [cx.realm.name.as_str(), &sector, subject].map(str::as_bytes);
            base64url::encode(&cx.parts.subjects_key.mac(&parts))
        }
    }
}

/// The realm asks nobody, but for a client that nobody has verified (RFC 7591 §5).
pub(crate) fn never_asked(client: &Client, cx: &Context<'_>) -> bool {
    cx.realm.realm.consent == ConsentPolicy::Never && !client.self_registered
}

/// What a person has allowed a client so far, in realms where people are asked.
pub(crate) async fn consent(
    subject: &str,
    client_id: &str,
    cx: &Context<'_>,
) -> Result<Option<Consent>, Fault> {
    if cx.client(client_id).await?.is_none_or(|client| never_asked(&client, cx)) {
        return Ok(None);
    }
    let stored = cx.store().get(&consent::id(&cx.realm.name, subject, client_id)).await?;
    let live = stored.filter(|stored| stored.row.expires_at.is_none_or(|until| cx.now < until));
    live.as_ref().map(read).transpose()
}

/// What of a grant the person allows: all of it, unless they may choose. What they have taken back is taken back from
/// grants that exist already, too (RFC 6749 §3.3).
pub(crate) fn allowed(
    scope: &Scope,
    mut asked: AskedClaims,
    consent: Option<&Consent>,
    cx: &Context<'_>,
) -> (Scope, AskedClaims) {
    let Some(consent) = consent.filter(|_| cx.realm.realm.partial_consent) else {
        return (scope.clone(), asked);
    };
    let scope = scope.intersection(&consent.scope);
    let released = cx.realm.realm.claims_of(scope.iter());
    asked.retain(|name| released.contains(&name) || consent.claims.iter().any(|known| known == name));
    (scope, asked)
}

/// The same of a grant that exists already.
pub(crate) async fn still_allowed(
    subject: &str,
    client_id: &str,
    scope: &Scope,
    asked: AskedClaims,
    cx: &Context<'_>,
) -> Result<(Scope, AskedClaims), Fault> {
    if !cx.realm.realm.partial_consent {
        return Ok((scope.clone(), asked));
    }
    let consent = consent(subject, client_id, cx).await?;
    Ok(allowed(scope, asked, consent.as_ref(), cx))
}

/// The `sid` that a client is told (Back-Channel Logout 1.0 §2.1): one name per session and client, the same on every node,
/// by which no two clients can find out that they were told of one session.
pub(crate) fn told_session(client: &Client, sid: &str, cx: &Context<'_>) -> String {
    let parts = [cx.realm.name.as_str(), sid, &client.client_id].map(str::as_bytes);
    base64url::encode(&cx.parts.sids_key.mac(&parts)[..18])
}

/// Is that the person whom an id token of this realm is about, as its client was told (OIDC Core §3.1.2.1, RP-Initiated
/// Logout 1.0 §2)? Without a hint it may be anybody.
pub(crate) async fn are_hinted_at(
    hint: Option<&IdTokenClaims>,
    subject: &str,
    cx: &Context<'_>,
) -> Result<bool, Fault> {
    let Some(hint) = hint else { return Ok(true) };
    if hint.sub == subject {
        return Ok(true);
    }
    let client = cx.client(hint.aud.first().unwrap_or_default()).await?;
    Ok(client.is_some_and(|client| told_subject(&client, subject, cx) == hint.sub))
}

/// What may be said about a person: the claims that the realm attaches to each scope (OIDC Core §5.4), and those that
/// were asked for by name (§5.5), as far as the account has them, in the first of the languages in which it does (§5.2).
/// The subject is not among them: whoever answers a client says which one it is told.
pub(crate) fn claims<'a>(
    account: &Account,
    scope: &'a Scope,
    named: &'a [String],
    locales: &[String],
    cx: &'a Context<'_>,
) -> Map<String, Value> {
    let mut claims = Map::new();
    let of_scopes = cx.realm.realm.claims_of(scope.iter());
    for name in of_scopes.into_iter().chain(named.iter().map(String::as_str)) {
        if name != "sub"
            && let Some(value) = in_language(account, name, locales)
        {
            claims.insert(name.to_owned(), value.clone());
        }
    }
    claims
}

/// A claim of the account, unless it says nothing (OIDC Core §5.3.2).
fn in_language<'a>(account: &'a Account, name: &str, locales: &[String]) -> Option<&'a Value> {
    let tagged = |tag: &String| {
        let wished = format!("{name}#{tag}");
        account.claims.iter().find(|(known, _)| known.eq_ignore_ascii_case(&wished)).map(|(_, value)| value)
    };
    let value = locales.iter().find_map(tagged).or_else(|| account.claims.get(name));
    value.filter(|value| says_something(value))
}
