//! Id tokens: who signed in, when, for which client (OIDC Core §2, §3.1.3.6).

use royaume_jose::{Algorithm, half_hash, jws};
use royaume_protocol::IdTokenClaims;

use crate::context::Context;
use crate::grants::PersonGrant;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::client::Client;

pub(super) async fn issue(
    subject: &str,
    person: &PersonGrant,
    client: &Client,
    access_token: &str,
    cx: &Context<'_>,
) -> Result<String, Fault> {
    let realm = &cx.realm.realm;
    let algorithm = realm.id_token_algorithm;
    let mut claims = IdTokenClaims::new(
        &cx.realm.issuer,
        subject,
        &client.client_id,
        cx.now.as_second(),
        cx.after(realm.lifetimes.id_token).as_second(),
    );
    claims.auth_time = Some(person.auth_time.as_second());
    claims.nonce = person.nonce.clone();
    claims.at_hash = Some(half_hash(algorithm, access_token));
    if realm.dialect.realm_in_id_token {
        claims.azp = Some(client.client_id.clone());
        claims.extra.insert("realm".into(), realm.slashed().into());
    }
    let keys = cx.keys().await?;
    Ok(jws::sign(keys.signing(algorithm, cx.now)?, None, &claims))
}

/// What an id token says that comes back as a hint: it must be one of this realm, expired or not (OIDC Core §3.1.2.1,
/// RP-Initiated Logout 1.0 §2).
pub(crate) async fn hinted(hint: &str, cx: &Context<'_>) -> Result<IdTokenClaims, Failure> {
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
