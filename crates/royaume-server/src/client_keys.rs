//! The public keys of clients (RFC 7591 §2): by value, parsed once; by reference, fetched and kept for a while.
//!
//! A client changes its keys when it likes, so a signature that none of the known keys has made is a reason to ask again
//! (OIDC Core §10.1.1), once in a while and no more: whoever makes tokens up makes nobody fetch.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use quick_cache::sync::Cache;
use royaume_jose::jwe::{EncryptionKey, KeyManagement};
use royaume_jose::jws::{self, JwsError, Verified};
use royaume_jose::{Algorithm, JwkSet, VerifyingKey};
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::outbound::{Outbound, Unreached};
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::client::{self, Client};

/// Clients whose keys are held, at most.
const HELD: usize = 1_024;
/// Bytes of a document.
const LARGEST: usize = 64 * 1024;
/// Fetched keys are good for that long without a question.
const FRESH: Duration = Duration::from_secs(300);
/// Between two questions to one client, whatever the first was answered.
const BETWEEN: Duration = Duration::from_secs(10);
/// While a client's site is silent, what it said before stays good for that long.
const STALE: Duration = Duration::from_secs(3_600);
/// Requests that wait for one site at most: strangers choose when it is asked, and a silent one must not hold up others.
const MOST_WAITING: usize = 64;

/// Why a token of a client is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unverified {
    /// The client's site gives no keys, so nothing can be said of the token.
    Keys(Unusable),
    /// It is not signed by the client.
    Token(JwsError),
}

/// Why there are no keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// The client's site gives none that are of use. It is the client's to mend: this server is well, and a 503 would say
    /// that it is not.
    Site,
    /// Too many wait for that site already, or for any. That says nothing of the client.
    Busy,
}

impl Unusable {
    /// What is answered: a refusal of the client's, or our own trouble.
    pub(crate) fn failure(self, refusal: Refusal) -> Failure {
        match self {
            Self::Site => refusal.into(),
            Self::Busy => Fault::Busy("too many wait for the keys of one client").into(),
        }
    }
}

/// The keys of one client at one moment.
type Keys = Arc<Parsed>;

/// Those of a set that are good for something we know (RFC 7517 §5).
#[derive(Default)]
struct Parsed {
    verifying: Vec<VerifyingKey>,
    encrypting: Vec<EncryptionKey>,
}

fn parsed(set: &JwkSet) -> Keys {
    Arc::new(Parsed { verifying: set.verifying_keys(), encrypting: set.encryption_keys() })
}

/// The keys of the clients of a realm, as far as they were asked for.
pub(crate) struct KeysOfClients {
    by_value: Cache<Box<str>, (JwkSet, Keys)>,
    by_reference: Cache<Box<str>, Arc<Site>>,
}

/// A `jwks_uri`, and what it has said.
struct Site {
    uri: String,
    known: Mutex<Known>,
    /// Held by the one who asks.
    asking: tokio::sync::Mutex<()>,
    /// Places for those who wait.
    waiting: tokio::sync::Semaphore,
}

#[derive(Clone, Default)]
struct Known {
    keys: Option<(Keys, Timestamp)>,
    asked_at: Option<Timestamp>,
}

impl Known {
    /// The keys, if they are no older.
    fn within(&self, age: Duration, now: Timestamp) -> Option<Keys> {
        let (keys, since) = self.keys.as_ref()?;
        (now.duration_since(*since).unsigned_abs() < age).then(|| Arc::clone(keys))
    }

    /// May the site be asked again?
    fn may_ask(&self, now: Timestamp) -> bool {
        self.asked_at.is_none_or(|asked| now.duration_since(asked).unsigned_abs() >= BETWEEN)
    }
}

impl KeysOfClients {
    pub(crate) fn new() -> Self {
        Self { by_value: Cache::new(HELD), by_reference: Cache::new(HELD) }
    }

    fn value(&self, client: &Client, set: &JwkSet) -> Keys {
        let known = self.by_value.get(client.client_id.as_str());
        if let Some((_, keys)) = known.filter(|(of, _)| of == set) {
            return keys;
        }
        let keys = parsed(set);
        self.by_value.insert(client.client_id.as_str().into(), (set.clone(), Arc::clone(&keys)));
        keys
    }

    fn site(&self, client: &Client, uri: &str) -> Arc<Site> {
        let new = || Site {
            uri: uri.to_owned(),
            known: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
            waiting: tokio::sync::Semaphore::new(MOST_WAITING),
        };
        let key: Box<str> = format!("{}\0{uri}", client.client_id).into();
        let made =
            self.by_reference.get_or_insert_with(&key, || Ok::<_, std::convert::Infallible>(Arc::new(new())));
        match made {
            Ok(site) => site,
        }
    }
}

impl Site {
    fn known(&self) -> Known {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The keys, fresh where that can be. Whoever comes while another asks is content with older ones, or waits.
    async fn keys(self: Arc<Self>, client: &Client, cx: &Context<'_>) -> Result<Keys, Unusable> {
        let known = self.known();
        if let Some(keys) = known.within(FRESH, cx.now) {
            return Ok(keys);
        }
        if known.may_ask(cx.now) && (known.within(STALE, cx.now).is_none() || self.asking.try_lock().is_ok())
        {
            Arc::clone(&self).ask(&client.client_id, cx).await?;
        }
        self.known().within(STALE, cx.now).ok_or(Unusable::Site)
    }

    /// Keys newer than those, if the site may be asked and gives some.
    async fn newer(
        self: Arc<Self>,
        than: &Keys,
        client: &Client,
        cx: &Context<'_>,
    ) -> Result<Option<Keys>, Unusable> {
        if self.known().may_ask(cx.now) {
            Arc::clone(&self).ask(&client.client_id, cx).await?;
        }
        let known = self.known().keys;
        Ok(known.map(|(keys, _)| keys).filter(|keys| !Arc::ptr_eq(keys, than)))
    }

    /// Asks once for all who wait, as far as they find a place. A caller who goes away does not call the question back.
    async fn ask(self: Arc<Self>, client_id: &str, cx: &Context<'_>) -> Result<(), Unusable> {
        let site = Arc::clone(&self);
        let Ok(_place) = site.waiting.try_acquire() else { return Err(Unusable::Busy) };
        let (outbound, now, client_id) = (Arc::clone(&cx.parts.outbound), cx.now, client_id.to_owned());
        let asked = tokio::spawn(async move {
            let _asking = self.asking.lock().await;
            if !self.known().may_ask(now) {
                return Ok(());
            }
            let fetched = fetch(&self.uri, &*outbound).await;
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            match fetched {
                Err(Unfetched::Busy) => return Err(Unusable::Busy),
                Err(Unfetched::Because(reason)) => {
                    tracing::warn!(client_id, reason, "the keys of a client cannot be had");
                }
                Ok(set) => known.keys = Some((parsed(&set), now)),
            }
            known.asked_at = Some(now);
            Ok(())
        });
        // A question that panicked has been answered by nobody, like one that nobody answers.
        asked.await.unwrap_or(Ok(()))
    }
}

/// The keys of that client now.
async fn keys_of(client: &Client, cx: &Context<'_>) -> Result<Keys, Unusable> {
    match &client.keys {
        None => Ok(Arc::default()),
        Some(client::ClientKeys::Jwks(set)) => Ok(cx.realm.client_keys.value(client, set)),
        Some(client::ClientKeys::JwksUri(uri)) => {
            cx.realm.client_keys.site(client, uri).keys(client, cx).await
        }
    }
}

/// Reads a token that the client has signed with one of those algorithms.
pub(crate) async fn verify<C: DeserializeOwned>(
    token: &str,
    client: &Client,
    accepted: &[Algorithm],
    cx: &Context<'_>,
) -> Result<Verified<C>, Unverified> {
    let keys = keys_of(client, cx).await.map_err(Unverified::Keys)?;
    let error = match jws::verify(token, &keys.verifying, accepted) {
        Ok(verified) => return Ok(verified),
        Err(error) => error,
    };
    // Keys may have no name, or a new one under an old name: a wrong signature asks as an unknown name does.
    let (JwsError::UnknownKey | JwsError::Signature, Some(client::ClientKeys::JwksUri(uri))) =
        (error, &client.keys)
    else {
        return Err(Unverified::Token(error));
    };
    let newer = cx.realm.client_keys.site(client, uri).newer(&keys, client, cx).await;
    let newer = newer.map_err(Unverified::Keys)?.ok_or(Unverified::Token(error))?;
    jws::verify(token, &newer.verifying, accepted).map_err(Unverified::Token)
}

/// The keys that the client can be sent something with, by that algorithm (OIDC Core §10.2). A site that has published none
/// is asked again, as for an unknown signature.
pub(crate) async fn encrypting(
    alg: KeyManagement,
    client: &Client,
    cx: &Context<'_>,
) -> Result<Vec<EncryptionKey>, Unusable> {
    let fitting = |keys: &Keys| {
        let fit = keys.encrypting.iter().filter(|key| key.algorithms().any(|its| its == alg));
        Some(fit.cloned().collect::<Vec<_>>()).filter(|fit| !fit.is_empty())
    };
    let keys = keys_of(client, cx).await?;
    if let Some(fit) = fitting(&keys) {
        return Ok(fit);
    }
    let Some(client::ClientKeys::JwksUri(uri)) = &client.keys else { return Err(Unusable::Site) };
    let newer = cx.realm.client_keys.site(client, uri).newer(&keys, client, cx).await?;
    newer.as_ref().and_then(fitting).ok_or(Unusable::Site)
}

/// Why a set was not fetched.
enum Unfetched {
    /// Too much is being asked of others.
    Busy,
    /// What is wrong with what the client has there.
    Because(String),
}

impl From<Unreached> for Unfetched {
    fn from(unreached: Unreached) -> Self {
        match unreached {
            Unreached::Busy(_) => Self::Busy,
            Unreached::Theirs(reason) => Self::Because(reason),
        }
    }
}

impl From<String> for Unfetched {
    fn from(reason: String) -> Self {
        Self::Because(reason)
    }
}

/// Fetches a set, and holds it to the rules of what clients publish: small, public through and through, and fit.
async fn fetch(uri: &str, outbound: &dyn Outbound) -> Result<JwkSet, Unfetched> {
    let request = Request::get(uri).header(header::ACCEPT, "application/jwk-set+json, application/json");
    let request = request.body(Bytes::new()).map_err(|_| "jwks_uri is no address".to_owned())?;
    let answer = outbound.send(request).await?;
    if answer.status() != StatusCode::OK {
        return Err(format!("jwks_uri answers {}", answer.status().as_str()).into());
    }
    if answer.body().len() > LARGEST {
        return Err("the document at jwks_uri is too large".to_owned().into());
    }
    JwkSet::parse_strict(answer.body()).map_err(|error| Unfetched::Because(error.to_string()))
}
