//! Request objects (RFC 9101, OIDC Core §6): the request that counts is the one that the client has signed.
//!
//! Of what stands beside an object only `client_id` is read: it says whose keys to try. The object is fetched, verified and
//! judged once, when it arrives; the request that waits afterwards is what it said.

use std::sync::Arc;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use quick_cache::sync::Cache;
use royaume_jose::{Algorithm, jws};
use royaume_protocol::{Parameters, RequestObjectError, request_object};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use super::addressed::Addressed;
use crate::client_keys::{self, Unverified};
use crate::context::Context;
use crate::outbound::Unreached;
use crate::pages::Language;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::client::Client;

/// The parameters that count. When the object is not believed nothing in it is: the refusal is returned beside the
/// parameters around it, if those prove where it may be sent, and shown on a page otherwise (RFC 9101 §6, RFC 6749
/// §4.1.2.1). What the realm does not support is left for the judge of the request, who says so by name.
pub(crate) async fn resolve(
    outer: Parameters,
    cx: &Context<'_>,
) -> Result<(Parameters, Option<Refusal>), Failure> {
    let realm = &cx.realm.realm;
    let value = outer.optional("request").filter(|_| realm.request_parameter);
    let reference = outer.optional("request_uri").filter(|_| realm.request_uri_parameter);
    if value.is_none() && reference.is_none() {
        return Ok((outer, None));
    }
    let both = outer.optional("request").is_some() && outer.optional("request_uri").is_some();
    let client = cx.client(outer.required("client_id").map_err(|_| Refusal::ClientIdMissing)?).await?;
    let client = client.ok_or(Refusal::ClientUnknown)?;
    if client.disabled {
        return Err(Refusal::ClientDisabled.into());
    }
    let read = match (value, reference) {
        _ if both => Err(Refusal::RequestTwice.into()),
        (Some(object), None) => read(object, &client, cx).await,
        (None, Some(uri)) => match fetch(uri, &client, cx).await {
            Ok(object) => read(&object, &client, cx).await,
            Err(failure) => Err(failure),
        },
        (Some(_), Some(_)) | (None, None) => Err(Refusal::RequestTwice.into()),
    };
    match read {
        Ok(inner) => Ok((inner, None)),
        Err(Failure::Failed(fault)) => Err(fault.into()),
        Err(Failure::Refused(refusal)) => match Addressed::prove(&outer, Language::French, cx).await {
            Ok(_) => Ok((outer, Some(refusal))),
            Err(Failure::Refused(_)) => Err(refusal.into()),
            Err(Failure::Failed(fault)) => Err(fault.into()),
        },
    }
}

/// What the client has signed (RFC 9101 §6.2, §6.3).
async fn read(object: &str, client: &Client, cx: &Context<'_>) -> Result<Parameters, Failure> {
    use RequestObjectError as E;
    if object.split('.').count() == 5 {
        return Err(Refusal::RequestObject(E::Encrypted).into());
    }
    let registered = client.requests.request_object_signing_alg.as_deref();
    let accepted: Vec<_> = Algorithm::ALL
        .into_iter()
        .filter(|algorithm| registered.is_none_or(|registered| registered == algorithm.as_str()))
        .collect();
    let verified = client_keys::verify::<Map<String, Value>>(object, client, &accepted, cx).await;
    let verified = verified.map_err(|unverified| match unverified {
        Unverified::Keys(unusable) => unusable.failure(Refusal::RequestObjectKeys),
        Unverified::Token(jws::JwsError::Payload) => Refusal::RequestObject(E::Claims).into(),
        Unverified::Token(_) => Refusal::RequestObject(E::Unsigned).into(),
    })?;
    if !request_object::is_typ(verified.header.typ.as_deref()) {
        return Err(Refusal::RequestObject(E::Kind).into());
    }
    let parameters =
        request_object::parameters(&verified.claims, &client.client_id, &cx.realm.issuer, cx.now);
    Ok(parameters.map_err(Refusal::RequestObject)?)
}

/// Fetches what a registered address has (OIDC Core §6.2). Fragments are no part of the comparison: they tell a cache that
/// the content is another, and nothing is cached here. Strangers choose when this is asked, so it counts as a sign-in begun.
async fn fetch(uri: &str, client: &Client, cx: &Context<'_>) -> Result<String, Failure> {
    let address = before_fragment(uri);
    let registered = client.requests.request_uris.iter().any(|known| before_fragment(known) == address);
    if !registered || !address.starts_with("https://") {
        return Err(Refusal::RequestUriUnregistered.into());
    }
    if !cx.parts.begun_throttle.take(&cx.subscriber, cx.now) {
        return Err(Fault::Busy("too many sign-ins are begun from one address").into());
    }
    let request =
        Request::get(address).header(header::ACCEPT, "application/oauth-authz-req+jwt, application/jwt");
    let request = request.body(Bytes::new()).map_err(|_| Refusal::RequestUriUnregistered)?;
    let Ok(_place) = cx.realm.fetching.of(&client.client_id).try_acquire_owned() else {
        return Err(Fault::Busy("too many request objects of one client are fetched at once").into());
    };
    let answer = cx.parts.outbound.send(request).await.map_err(|unreached| match unreached {
        Unreached::Busy(_) => Failure::from(Fault::Busy("too much is being asked of others")),
        Unreached::Theirs(reason) => {
            tracing::warn!(reason, client_id = client.client_id, "a request object cannot be had");
            Refusal::RequestUriUnanswered.into()
        }
    })?;
    if answer.status() != StatusCode::OK || answer.body().len() > jws::LONGEST {
        return Err(Refusal::RequestUriUnanswered.into());
    }
    let text = std::str::from_utf8(answer.body()).map_err(|_| Refusal::RequestUriUnanswered)?;
    Ok(text.trim().to_owned())
}

fn before_fragment(uri: &str) -> &str {
    uri.split('#').next().unwrap_or_default()
}

/// Request objects of one client that are fetched at once, at most: fewer than there are places for one host, so that its
/// keys can be asked for meanwhile.
const AT_ONCE: usize = 2;

/// Clients whose fetches are counted, at most.
const COUNTED: usize = 1_024;

/// Places for fetches, by client.
pub(crate) struct Fetching(Cache<Box<str>, Arc<Semaphore>>);

impl Fetching {
    pub(crate) fn new() -> Self {
        Self(Cache::new(COUNTED))
    }

    fn of(&self, client_id: &str) -> Arc<Semaphore> {
        let key: Box<str> = client_id.into();
        let new = || Ok::<_, std::convert::Infallible>(Arc::new(Semaphore::new(AT_ONCE)));
        match self.0.get_or_insert_with(&key, new) {
            Ok(places) => places,
        }
    }
}
