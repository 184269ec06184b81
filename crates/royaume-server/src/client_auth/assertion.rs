//! `private_key_jwt` and `client_secret_jwt`: an assertion signed with the client's own key, or under a MAC with its secret
//! (RFC 7521 §4.2, RFC 7523 §2.2, OIDC Core §9).
//!
//! What the assertion says of itself chooses the client and its keys. Only once the signature is that of one of them are
//! the claims judged, and why they are refused told: whoever learns it holds the key.

use royaume_jose::jws::{self, HmacKey, JwsError, MacAlgorithm, Verified};
use royaume_jose::{Algorithm, base64url};
use royaume_protocol::{ClientAssertion, ClientAuthenticationMethod, Parameters, client_assertion};
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
    let (client_id, method) = claimed(assertion).ok_or(Refusal::ClientAssertionMalformed)?;
    if parameters.optional("client_id").is_some_and(|named| named != client_id) {
        return Err(Refusal::ClientAssertionOfAnother);
    }
    Ok(Presented::Assertion { client_id, method, assertion: assertion.to_owned() })
}

/// The only MAC: the secrets that are made here are long enough for it, and for no other (RFC 7518 §3.2).
pub(crate) const MAC: MacAlgorithm = MacAlgorithm::Hs256;

/// Whose assertion it claims to be, and by which method, which is believed later. No algorithm belongs to two methods.
fn claimed(assertion: &str) -> Option<(String, ClientAuthenticationMethod)> {
    #[derive(Deserialize)]
    struct Claimed {
        sub: String,
    }
    let method = match jws::header(assertion).ok()?.alg.parse::<MacAlgorithm>() {
        Ok(_) => ClientAuthenticationMethod::ClientSecretJwt,
        Err(_) => ClientAuthenticationMethod::PrivateKeyJwt,
    };
    let payload = base64url::decode(assertion.split('.').nth(1)?).ok()?;
    Some((serde_json::from_slice::<Claimed>(&payload).ok()?.sub, method))
}

/// Signed with a key of the client, by an algorithm that it may use.
async fn by_key(
    assertion: &str,
    client: &Client,
    cx: &Context<'_>,
) -> Result<Verified<ClientAssertion>, Failure> {
    let accepted: Vec<_> =
        Algorithm::ALL.into_iter().filter(|algorithm| may_use(client, algorithm.as_str())).collect();
    let verified = client_keys::verify(assertion, client, &accepted, cx).await;
    verified.map_err(|unverified| match unverified {
        Unverified::Keys(unusable) => unusable.failure(Refusal::ClientKeysUnusable),
        Unverified::Token(error) => unbelieved(error).into(),
    })
}

/// Under a MAC with a secret of the client. A client whose secret is not kept for that has none.
fn by_secret(
    assertion: &str,
    client: &Client,
    cx: &Context<'_>,
) -> Result<Verified<ClientAssertion>, Failure> {
    let secrets = client.secrets_for_mac(&cx.realm.name, &cx.parts.server_key)?;
    let keys: Vec<_> = secrets
        .iter()
        .filter(|_| may_use(client, MAC.as_str()))
        .filter_map(|secret| HmacKey::from_secret(MAC, secret.expose().as_bytes()).ok())
        .collect();
    Ok(jws::verify_mac(assertion, &keys).map_err(unbelieved)?)
}

/// Is the client registered for that algorithm, or for none in particular?
fn may_use(client: &Client, algorithm: &str) -> bool {
    client
        .requests
        .token_endpoint_auth_signing_alg
        .as_deref()
        .is_none_or(|registered| registered == algorithm)
}

fn unbelieved(error: JwsError) -> Refusal {
    match error {
        JwsError::Payload => Refusal::ClientAssertionClaims,
        JwsError::TooLong
        | JwsError::Malformed
        | JwsError::Extension
        | JwsError::Algorithm
        | JwsError::UnknownKey
        | JwsError::Signature => Refusal::ClientAuthenticationFailed { by_header: false },
    }
}

/// Is it the client's own, for us, now, and for the first time? It is used up whatever becomes of the request.
pub(super) async fn prove(
    assertion: &str,
    by_mac: bool,
    client: &Client,
    cx: &Context<'_>,
) -> Result<(), Failure> {
    let verified = match by_mac {
        true => by_secret(assertion, client, cx)?,
        false => by_key(assertion, client, cx).await?,
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
