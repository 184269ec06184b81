//! Access tokens: a JWT that anybody can check (RFC 9068), or a handle whose meaning is a row, as each realm says.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Algorithm, base64url, jws, random, sha256};
use royaume_protocol::access_token::{AccessTokenClaims, TYP};
use royaume_realm::AccessTokenFormat;
use royaume_store::{Family, Write};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::grants::Granted;
use crate::handle::{Handle, Size};
use crate::people;
use crate::refusal::Fault;
use crate::stored::access_token::AccessToken;
use crate::stored::asked_claims::AskedClaims;
use crate::stored::client::Client;
use crate::stored::{Storable, create, expiring, new_family, read};

/// A new token, as it travels.
pub(crate) struct Fresh {
    pub(crate) text: String,
    pub(crate) lifetime: Duration,
}

pub(super) async fn issue(
    granted: &Granted,
    client: &Client,
    cx: &Context<'_>,
    writes: &mut Vec<Write>,
) -> Result<Fresh, Fault> {
    let realm = &cx.realm.realm;
    let lifetime = realm.lifetimes.access_token;
    let token = AccessToken {
        client_id: client.client_id.clone(),
        subject: granted.subject.clone(),
        scope: granted.scope.clone(),
        issued_at: cx.now,
        expires_at: cx.after(lifetime),
        sid: granted.person.as_ref().and_then(|person| person.session().map(str::to_owned)),
        credential: granted.person.as_ref().map_or(0, |person| person.credential),
        asked: granted.person.as_ref().map(|person| for_userinfo(&person.asked)).unwrap_or_default(),
    };
    let family = granted.person.as_ref().map(|person| person.family);
    let text = match realm.access_token {
        AccessTokenFormat::Jwt(algorithm) => sign(token, client, family, algorithm, cx).await?,
        AccessTokenFormat::Opaque => {
            let handle = Handle::new(Size::Short, cx.now, cx.entropy());
            let id = handle.row_id(&cx.realm.name, AccessToken::KIND, &cx.parts.handles_key);
            let mut row = expiring(id, &token, token.expires_at);
            row.family = family;
            row.within = token.sid.as_ref().and_then(|sid| sid.parse().ok());
            writes.push(create(row));
            handle.text()
        }
    };
    Ok(Fresh { text, lifetime })
}

/// What was asked for by name, as far as an access token opens it.
fn for_userinfo(asked: &AskedClaims) -> AskedClaims {
    AskedClaims { id_token: Vec::new(), ..asked.clone() }
}

/// RFC 9068 §2.2.
async fn sign(
    token: AccessToken,
    client: &Client,
    family: Option<Family>,
    algorithm: Algorithm,
    cx: &Context<'_>,
) -> Result<String, Fault> {
    let family = family.unwrap_or_else(|| new_family(cx.entropy()));
    let sub = told_subject(client, &token, cx);
    // Where sectors may not link a person, neither may they link a session.
    let (sid, session) = if sub == token.subject { (token.sid, None) } else { (None, token.sid) };
    let unsaid =
        Unsaid { subject: (sub != token.subject).then_some(token.subject), session, asked: token.asked };
    let claims = AccessTokenClaims {
        iss: cx.realm.issuer.clone(),
        sub,
        aud: cx.realm.audience().to_owned(),
        client_id: token.client_id,
        scope: token.scope,
        iat: token.issued_at.as_second(),
        exp: token.expires_at.as_second(),
        jti: name(family, token.credential, &unsaid, cx),
        sid,
    };
    let keys = cx.keys().await?;
    let key = keys.signing(algorithm, cx.now)?;
    Ok(jws::sign(key, Some(TYP), &claims))
}

/// A live access token of this realm, whatever its format; nothing for anything else.
pub(crate) async fn find(presented: &str, cx: &Context<'_>) -> Result<Option<Live>, Fault> {
    let live = match Handle::parse(presented, Size::Short) {
        Some(handle) => find_opaque(&handle, cx).await?,
        None => find_jwt(presented, cx).await?,
    };
    let Some(live) = live.filter(|live| cx.now < live.token.expires_at) else { return Ok(None) };
    Ok(Some(live).filter(|live| !live.client.disabled))
}

/// A live access token, and what ends it.
pub(crate) struct Live {
    pub(crate) token: AccessToken,
    /// Whose it is.
    pub(crate) client: Arc<Client>,
    /// The write that ends this one token (RFC 7009 §2).
    pub(crate) ends: Write,
    /// RFC 7662 §2.2, of a JWT.
    pub(crate) jti: Option<String>,
}

impl Live {
    /// The `sub` that its client is told.
    pub(crate) fn told_subject(&self, cx: &Context<'_>) -> String {
        told_subject(&self.client, &self.token, cx)
    }
}

/// A client that speaks for itself is its own subject.
fn told_subject(client: &Client, token: &AccessToken, cx: &Context<'_>) -> String {
    if token.is_of_person() {
        people::told_subject(client, &token.subject, cx)
    } else {
        token.subject.clone()
    }
}

async fn find_opaque(handle: &Handle, cx: &Context<'_>) -> Result<Option<Live>, Fault> {
    let id = handle.row_id(&cx.realm.name, AccessToken::KIND, &cx.parts.handles_key);
    let Some(stored) = cx.store().get(&id).await? else { return Ok(None) };
    if stored.revoked || stored.spent_at.is_some() {
        return Ok(None);
    }
    let token: AccessToken = read(&stored)?;
    if !person_able(&token, cx).await? {
        return Ok(None);
    }
    let Some(client) = cx.client(&token.client_id).await? else { return Ok(None) };
    Ok(Some(Live { token, client, ends: Write::Spend { id, at: cx.now }, jti: None }))
}

async fn find_jwt(presented: &str, cx: &Context<'_>) -> Result<Option<Live>, Fault> {
    let AccessTokenFormat::Jwt(algorithm) = cx.realm.realm.access_token else { return Ok(None) };
    let keys = cx.keys().await?.verifying(cx.now);
    let accepted = [algorithm];
    let Ok(verified) = jws::verify::<AccessTokenClaims>(presented, &keys, &accepted) else { return Ok(None) };
    let claims = verified.claims;
    let ours = claims.iss == cx.realm.issuer && claims.aud == cx.realm.audience();
    if verified.header.typ.as_deref() != Some(TYP) || !ours {
        return Ok(None);
    }
    let Some((family, credential, unsaid)) = read_name(&claims.jti, cx) else { return Ok(None) };
    let own = Family::from(first_half(&sha256(claims.jti.as_bytes())));
    let sid = unsaid.session.or(claims.sid);
    let session = sid.as_deref().and_then(|sid| sid.parse().ok());
    for group in [Some(family), Some(own), session].into_iter().flatten() {
        if cx.store().revoked(&cx.realm.name, group).await? {
            return Ok(None);
        }
    }
    let (Ok(issued_at), Ok(expires_at)) =
        (Timestamp::from_second(claims.iat), Timestamp::from_second(claims.exp))
    else {
        return Ok(None);
    };
    let token = AccessToken {
        client_id: claims.client_id,
        subject: unsaid.subject.unwrap_or(claims.sub),
        scope: claims.scope,
        issued_at,
        expires_at,
        sid,
        credential,
        asked: unsaid.asked,
    };
    if !person_able(&token, cx).await? {
        return Ok(None);
    }
    let Some(client) = cx.client(&token.client_id).await? else { return Ok(None) };
    let ends = Write::Revoke { realm: cx.realm.name.clone(), family: own, until: expires_at };
    Ok(Some(Live { token, client, ends, jti: Some(claims.jti) }))
}

/// A token that a person granted lives as long as the person's account can be used.
async fn person_able(token: &AccessToken, cx: &Context<'_>) -> Result<bool, Fault> {
    Ok(!token.is_of_person() || people::able(&token.subject, token.credential, cx).await?.is_some())
}

/// What the server must know of a signed token, and whoever reads the token need not.
#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Unsaid {
    /// The account's own subject, where the client is told another (OIDC Core §8.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
    /// The session's own name, there too.
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "AskedClaims::is_empty")]
    asked: AskedClaims,
}

/// The `jti` of a signed token: its family, so that a revoked grant is seen without a row; the person's credential, so
/// that a changed password is; and chance, or what is unsaid, sealed, which has chance of its own.
fn name(family: Family, credential: u32, unsaid: &Unsaid, cx: &Context<'_>) -> String {
    let rest = if *unsaid == Unsaid::default() {
        random::<CHANCE>(cx.entropy()).to_vec()
    } else {
        let plain = serde_json::to_vec(unsaid).expect("names always serialise");
        cx.parts.server_key.seal(&sealed_for(family, cx), &plain, cx.entropy())
    };
    base64url::encode(&[&family.as_bytes()[..], &credential.to_be_bytes(), &rest].concat())
}

fn read_name(jti: &str, cx: &Context<'_>) -> Option<(Family, u32, Unsaid)> {
    let bytes = base64url::decode(jti).ok()?;
    let (family, rest) = bytes.split_first_chunk::<16>()?;
    let (credential, rest) = rest.split_first_chunk()?;
    let family = Family::from(*family);
    let unsaid = if rest.len() == CHANCE {
        Unsaid::default()
    } else {
        let plain = cx.parts.server_key.open(&sealed_for(family, cx), rest).ok()?;
        serde_json::from_slice(&plain).ok()?
    };
    Some((family, u32::from_be_bytes(*credential), unsaid))
}

/// Bytes of chance in the name of a token of which nothing is unsaid.
const CHANCE: usize = 8;

/// What is sealed into one token opens in no other.
fn sealed_for(family: Family, cx: &Context<'_>) -> String {
    format!("access-token {} {family}", cx.realm.name)
}

fn first_half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&digest[..16]);
    half
}
