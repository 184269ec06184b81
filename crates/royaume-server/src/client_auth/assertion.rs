//! `private_key_jwt`: an assertion signed with the client's own key (RFC 7521 §4.2, RFC 7523 §2.2, OIDC Core §9).
//!
//! What the assertion says of itself chooses the client and its keys. Only once the signature is that of one of them are
//! the claims judged, and why they are refused told: whoever learns it holds the key.

use royaume_jose::{Algorithm, base64url, jws};
use royaume_protocol::{ClientAssertion, Parameters, client_assertion};
use royaume_realm::{AssertionAudience, Endpoint};
use royaume_store::Outcome;
use serde::Deserialize;

use super::Presented;
use crate::client_keys::{self, Unverified};
use crate::context::Context;
use crate::refusal::{Failure, Refusal};
use crate::stored::assertion_id;
use crate::stored::client::Client;

/// What stands in the body, if it is an assertion of the kind that is known.
pub(super) fn presented(parameters: &Parameters) -> Result<Presented, Refusal> {
    let kind = parameters.required("client_assertion_type").map_err(Refusal::Parameters)?;
    let assertion = parameters.required("client_assertion").map_err(Refusal::Parameters)?;
    if kind != client_assertion::TYPE {
        return Err(Refusal::ClientAssertionType);
    }
    if parameters.optional("client_secret").is_some() {
        return Err(Refusal::ClientAuthenticationTwice);
    }
    let client_id = subject(assertion).ok_or(Refusal::ClientAssertionMalformed)?;
    if parameters.optional("client_id").is_some_and(|named| named != client_id) {
        return Err(Refusal::ClientAssertionOfAnother);
    }
    Ok(Presented::Assertion { client_id, assertion: assertion.to_owned() })
}

/// Whose assertion it claims to be, which is believed later.
fn subject(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claimed {
        sub: String,
    }
    jws::header(assertion).ok()?;
    let payload = base64url::decode(assertion.split('.').nth(1)?).ok()?;
    Some(serde_json::from_slice::<Claimed>(&payload).ok()?.sub)
}

/// Is it the client's own, for us, now, and for the first time? It is used up whatever becomes of the request.
pub(super) async fn prove(assertion: &str, client: &Client, cx: &Context<'_>) -> Result<(), Failure> {
    let failed = Refusal::ClientAuthenticationFailed { by_header: false };
    let registered = client.requests.token_endpoint_auth_signing_alg.as_deref();
    let accepted: Vec<_> = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| registered.is_none_or(|registered| registered == algorithm.as_str()))
        .collect();
    let verified = match client_keys::verify::<ClientAssertion>(assertion, client, &accepted, cx).await {
        Ok(verified) => verified,
        Err(Unverified::Keys(_)) => return Err(Refusal::ClientKeysUnusable.into()),
        Err(Unverified::Token(jws::JwsError::Payload)) => return Err(Refusal::ClientAssertionClaims.into()),
        Err(Unverified::Token(_)) => return Err(failed.into()),
    };
    if !client_assertion::is_typ(verified.header.typ.as_deref()) {
        return Err(Refusal::ClientAssertionKind.into());
    }
    let token_endpoint = cx.parts.url(&cx.realm.realm, Endpoint::Token);
    let audiences: Vec<_> = cx
        .realm
        .realm
        .assertion_audience
        .iter()
        .map(|audience| match audience {
            AssertionAudience::Issuer => cx.realm.issuer.as_str(),
            AssertionAudience::TokenEndpoint => token_endpoint.as_str(),
        })
        .collect();
    verified.claims.judge(&client.client_id, &audiences, cx.now).map_err(Refusal::ClientAssertion)?;
    match cx.store().write(vec![assertion_id::spend(&verified.claims, &cx.realm.name)]).await? {
        Outcome::Done => Ok(()),
        Outcome::Refused { .. } => Err(Refusal::ClientAssertionUsed.into()),
    }
}
