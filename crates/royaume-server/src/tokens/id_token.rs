//! Id tokens: who signed in, when, for which client (OIDC Core §2, §3.1.3.6).

use royaume_jose::{half_hash, jws};
use royaume_protocol::IdTokenClaims;

use crate::context::Context;
use crate::grants::PersonGrant;
use crate::refusal::Fault;
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
