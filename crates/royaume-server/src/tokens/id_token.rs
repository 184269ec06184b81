//! Id tokens: who signed in, when, for which client (OIDC Core §2, §3.1.3.6).

use jiff::Timestamp;
use royaume_jose::{Algorithm, half_hash, jwe, jws};
use royaume_protocol::{IdTokenClaims, Scope};

use crate::context::Context;
use crate::people;
use crate::refusal::{Failure, Refusal};
use crate::stored::asked_claims::AskedClaims;
use crate::stored::client::Client;
use crate::tokens::encrypted;

/// What an id token is about: who signed in, when, and what was asked about it.
pub(crate) struct Statement<'a> {
    /// The account's own subject: what the client is told instead, [`people::told_subject`] says.
    pub(crate) subject: &'a str,
    pub(crate) client: &'a Client,
    pub(crate) auth_time: Timestamp,
    /// The session's own name: what the client is told instead, [`people::told_session`] says.
    pub(crate) sid: &'a str,
    /// How (RFC 8176). Told when it is asked for.
    pub(crate) amr: &'a [String],
    /// Of the authorization request; nothing at a refresh (OIDC Core §12.2).
    pub(crate) nonce: Option<&'a str>,
    /// The scope whose claims stand in the token itself: only where no access token is issued to fetch them with
    /// (OIDC Core §5.4).
    pub(crate) scope_claims: Option<&'a Scope>,
    /// Claims that were asked for by name.
    pub(crate) asked: &'a AskedClaims,
}

/// What is handed out beside an id token, and bound to it by a hash.
#[derive(Default)]
pub(crate) struct Beside<'a> {
    /// OIDC Core §3.1.3.6, §3.2.2.9.
    pub(crate) access_token: Option<&'a str>,
    /// OIDC Core §3.3.2.11.
    pub(crate) code: Option<&'a str>,
}

/// An id token, signed, and encrypted for a client that is registered so (OIDC Core §2). It can be issued at the token endpoint and at the authorization endpoint.
pub(crate) async fn issue(
    statement: &Statement<'_>,
    beside: Beside<'_>,
    cx: &Context<'_>,
) -> Result<String, Failure> {
    let realm = &cx.realm.realm;
    let client = statement.client;
    let algorithm = client.answers.id_token_signed_response_alg.unwrap_or(realm.id_token_algorithm);
    let mut claims = IdTokenClaims::new(
        &cx.realm.issuer,
        &people::told_subject(client, statement.subject, cx),
        &client.client_id,
        cx.now.as_second(),
        cx.after(realm.lifetimes.id_token).as_second(),
    );
    claims.auth_time = Some(statement.auth_time.as_second());
    claims.nonce = statement.nonce.map(str::to_owned);
    claims.at_hash = beside.access_token.map(|token| half_hash(algorithm, token));
    claims.c_hash = beside.code.map(|code| half_hash(algorithm, code));
    let asked = statement.asked;
    let is_asked = |name| asked.id_token.iter().any(|asked| asked == name);
    // OIDC Core §5.5.1.1: the level that was reached, whichever was wished.
    claims.acr = is_asked("acr").then(|| realm.acr.clone());
    claims.amr = is_asked("amr").then(|| statement.amr.to_vec());
    if (statement.scope_claims.is_some() || !asked.id_token.is_empty())
        && let Some(account) = cx.account(statement.subject).await?
    {
        let scope = statement.scope_claims.cloned().unwrap_or_default();
        claims.extra = people::claims(&account, &scope, &asked.id_token, &asked.locales, cx);
    }
    // Who is told of logouts must know which session ends.
    claims.sid = client.logout.any().then(|| people::told_session(client, statement.sid, cx));
    if realm.dialect.realm_in_id_token {
        claims.azp = Some(client.client_id.clone());
        claims.extra.insert("realm".into(), realm.slashed().into());
    }
    let keys = cx.keys().await?;
    let signed = jws::sign(keys.signing(algorithm, cx.now)?, None, &claims);
    Ok(encrypted::nested(signed, client.answers.id_token_encrypted_response, client, cx).await?)
}

/// What an id token says that comes back as a hint: it must be one of this realm, expired or not (OIDC Core §3.1.2.1,
/// RP-Initiated Logout 1.0 §2).
pub(crate) async fn hinted(hint: &str, cx: &Context<'_>) -> Result<IdTokenClaims, Failure> {
    // What was encrypted for the client, the client alone can decrypt (RP-Initiated Logout 1.0 §4).
    if jwe::header(hint).is_ok() {
        return Err(Refusal::IdTokenHintEncrypted.into());
    }
    let keys = cx.keys().await?.hinting();
    let verified = jws::verify::<IdTokenClaims>(hint, &keys, &Algorithm::ALL)
        .map_err(|_| Refusal::IdTokenHintInvalid)?;
    // An access token is signed with the same keys; its type says what it is (RFC 8725 §3.11).
    let id_token = verified.header.typ.as_deref().is_none_or(|typ| typ == "JWT");
    if !id_token || verified.claims.iss != cx.realm.issuer {
        return Err(Refusal::IdTokenHintInvalid.into());
    }
    Ok(verified.claims)
}
