//! Tokens of an application for itself (RFC 6749 §4.4): kept while they are good, renewed ahead, asked for once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use royaume_protocol::{Scope, Secret};

use crate::flight::Flight;
use crate::kept::{Kept, Shared, later};
use crate::shared::{Held, SharedCache, SharedKey};
use crate::{Client, ClientError, TokenSet, Transport, requests};

/// After a failure nothing is asked for so long, if the server does not say how long.
const PAUSE: Duration = Duration::from_secs(1);
/// A server that wants to be left alone for longer is asked again all the same.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// The most scopes whose tokens are kept, each spelling of a set counted.
const MOST: usize = 4096;

/// The tokens of one application at one provider. A clone is the same cache: make one for each application, and share it.
///
/// There is one token for each set of scopes, in whatever order they are written. It is renewed ahead of time, by a fifth
/// of its life and a minute at most, and whoever comes meanwhile is served the old one. However many want a token that is
/// not there, the server is asked once, and all are told what it said. While a renewal fails, the old token serves for as
/// long as it is good; the server is asked again after its `Retry-After`, or a second.
pub struct Machine<T> {
    desk: Arc<Desk<T>>,
}

impl<T> Clone for Machine<T> {
    fn clone(&self) -> Self {
        Self { desk: Arc::clone(&self.desk) }
    }
}

impl<T> fmt::Debug for Machine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Machine")
            .field("client", &self.desk.client)
            .field("scopes", &self.desk.slots.load().len())
            .finish()
    }
}

struct Desk<T> {
    client: Client<T>,
    /// By scope as it is written, and each spelling of a set has the same slot: whoever reads sorts no words. Replaced as a
    /// whole when a spelling is new, so that whoever reads waits for nobody.
    slots: ArcSwap<HashMap<String, Arc<Slot>>>,
    /// Held while it is replaced.
    adding: Mutex<()>,
    /// Where other processes find them.
    shared: Option<Arc<dyn SharedCache>>,
}

/// The place of one set of scopes.
#[derive(Default)]
struct Slot {
    kept: ArcSwapOption<Kept>,
    renewal: Mutex<Renewal>,
}

/// What goes on with the server.
#[derive(Default)]
struct Renewal {
    /// The request on its way.
    asked: Flight<Result<Arc<Kept>, ClientError>>,
    /// The last failure, which stands until then.
    failed: Option<(ClientError, Timestamp)>,
    /// The last token that an API refused: other processes may share it still.
    refused: Option<Secret>,
}

impl Slot {
    fn renewal(&self) -> MutexGuard<'_, Renewal> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Machine<T> {
    /// The tokens of that client.
    pub fn new(client: Client<T>) -> Self {
        let desk = Desk { client, slots: ArcSwap::default(), adding: Mutex::default(), shared: None };
        Self { desk: Arc::new(desk) }
    }

    /// The same, with what other processes have there: of all that want a token, one asks. What is good in memory is served
    /// from there. A place in trouble stops nobody: the provider is asked without it, and the log says so.
    #[must_use]
    pub fn sharing(self, cache: Arc<dyn SharedCache>) -> Self {
        let client = self.desk.client.clone();
        let (slots, adding) = (ArcSwap::default(), Mutex::default());
        Self { desk: Arc::new(Desk { client, slots, adding, shared: Some(cache) }) }
    }

    /// A token for these scopes that is good now.
    ///
    /// # Errors
    /// [`ClientError`]: what the server said to whoever asked it, or why it said nothing. Within a second of a failure, or
    /// for as long as the server said, it is the same error again, and nothing is asked.
    pub async fn token(&self, scope: &Scope, now: Timestamp) -> Result<Arc<TokenSet>, ClientError> {
        let slot = self.desk.slot(scope, now);
        if let Some(kept) = &*slot.kept.load()
            && kept.is_fresh(now)
        {
            return Ok(Arc::clone(&kept.tokens));
        }
        let old = slot.kept.load_full().filter(|kept| kept.is_good(now));
        match self.renewed(&slot, scope, old.is_some(), now).await {
            Some(Ok(kept)) => Ok(Arc::clone(&kept.tokens)),
            Some(Err(error)) => old.map(|kept| Arc::clone(&kept.tokens)).ok_or(error),
            None => Ok(Arc::clone(&old.expect("only whoever has a token does not wait").tokens)),
        }
    }

    /// Forgets a token that an API refused (RFC 6750 §3.1). One that has been renewed since stays. Where processes share
    /// it, it is removed by whoever wants the next one, unless another process has renewed it since.
    pub fn forget(&self, scope: &Scope, refused: &Arc<TokenSet>) {
        let Some(slot) = self.desk.slots.load().get(scope.as_str()).cloned() else { return };
        let kept = slot.kept.load();
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(&kept.tokens, refused)) {
            slot.renewal().refused = Some(refused.access_token.clone());
            slot.kept.compare_and_swap(&kept, None);
        }
    }

    /// Sends a request with a token for these scopes. An API that refuses the token with 401 is asked once more, with
    /// another one; what it says then stands.
    ///
    /// # Errors
    /// [`ClientError`]: there is no token, or no answer.
    pub async fn send(
        &self,
        request: Request<Bytes>,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<Response<Bytes>, ClientError> {
        let tokens = self.token(scope, now).await?;
        let response = self.send_with(&tokens, request.clone()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        self.forget(scope, &tokens);
        match self.token(scope, now).await {
            Ok(tokens) => self.send_with(&tokens, request).await,
            // What the API said is an answer; that there is no other token is none.
            Err(_) => Ok(response),
        }
    }

    async fn send_with(
        &self,
        tokens: &TokenSet,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, ClientError> {
        self.desk.client.transport.send(requests::with_bearer(request, &tokens.access_token)?).await
    }

    /// What the server said. Nothing, to whoever has a token that serves while somebody else asks.
    async fn renewed(
        &self,
        slot: &Arc<Slot>,
        scope: &Scope,
        served: bool,
        now: Timestamp,
    ) -> Option<Result<Arc<Kept>, ClientError>> {
        let asked = {
            let mut renewal = slot.renewal();
            // Somebody else may have finished since.
            if let Some(kept) = slot.kept.load_full().filter(|kept| kept.is_fresh(now)) {
                return Some(Ok(kept));
            }
            if let Some((error, until)) = &renewal.failed
                && now < *until
            {
                let left = Duration::try_from(until.duration_since(now)).unwrap_or_default();
                return Some(Err(error.clone().still(left)));
            }
            if served && renewal.asked.under_way().is_some() {
                return None;
            }
            renewal.asked.join(|| Box::pin(ask(Arc::clone(&self.desk), Arc::clone(slot), scope.clone(), now)))
        };
        Some(asked.await)
    }
}

/// One request, for all who wait.
async fn ask<T: Transport>(
    desk: Arc<Desk<T>>,
    slot: Arc<Slot>,
    scope: Scope,
    now: Timestamp,
) -> Result<Arc<Kept>, ClientError> {
    let received = match &desk.shared {
        Some(cache) => {
            let refused = slot.renewal().refused.clone();
            shared(&**cache, &desk.client, &scope, refused.as_ref(), now).await
        }
        None => alone(&desk.client, &scope, now).await,
    };
    let mut renewal = slot.renewal();
    match received {
        Ok(kept) => {
            let kept = Arc::new(kept);
            renewal.failed = None;
            renewal.refused = None;
            slot.kept.store(Some(Arc::clone(&kept)));
            Ok(kept)
        }
        Err(error) => {
            let pause = error.retry_after().map_or(PAUSE, |wait| wait.clamp(PAUSE, LONGEST_PAUSE));
            renewal.failed = Some((error.clone(), later(now, pause)));
            Err(error)
        }
    }
}

async fn alone<T: Transport>(client: &Client<T>, scope: &Scope, now: Timestamp) -> Result<Kept, ClientError> {
    let scope = Some(scope.clone()).filter(|scope| !scope.is_empty());
    Ok(Kept::new(client.client_credentials(scope, now).await?, now))
}

/// What another process has, or else what the provider says to one process at a time.
async fn shared<T: Transport>(
    cache: &dyn SharedCache,
    client: &Client<T>,
    scope: &Scope,
    refused: Option<&Secret>,
    now: Timestamp,
) -> Result<Kept, ClientError> {
    let key = SharedKey::of_application(&client.provider, &client.application, scope);
    let trouble = |error| tracing::warn!(%error, "a token is not shared between processes");
    let Ok(mut held) = cache.hold(&key).await.map_err(trouble) else {
        return alone(client, scope, now).await;
    };
    if let Some(kept) = left(&mut *held).await {
        if kept.is(refused) {
            let _ = held.remove().await.map_err(trouble);
        } else if kept.is_fresh(now) {
            return Ok(kept);
        }
    }
    let kept = alone(client, scope, now).await?;
    let _ = held.write(&kept.written(None)).await.map_err(trouble);
    Ok(kept)
}

/// What the last holder left. What does not read is as good as nothing, and overwritten.
async fn left(held: &mut dyn Held) -> Option<Kept> {
    match held.read().await {
        Ok(value) => value.and_then(|value| Shared::read(&value)).map(Kept::from),
        Err(error) => {
            tracing::warn!(%error, "a shared token is not used");
            None
        }
    }
}

impl<T> Desk<T> {
    fn slot(&self, scope: &Scope, now: Timestamp) -> Arc<Slot> {
        if let Some(slot) = self.slots.load().get(scope.as_str()) {
            return Arc::clone(slot);
        }
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let mut slots = HashMap::clone(&self.slots.load());
        if slots.len() >= MOST {
            let serves = |slot: &Slot| slot.kept.load().as_ref().is_some_and(|kept| kept.is_good(now));
            slots.retain(|_, slot| serves(slot));
        }
        // Whoever uses thousands of scopes at once begins anew.
        if slots.len() >= MOST {
            slots.clear();
        }
        let mut words: Vec<_> = scope.iter().collect();
        words.sort_unstable();
        let slot = Arc::clone(slots.entry(words.join(" ")).or_default());
        slots.insert(scope.to_string(), Arc::clone(&slot));
        self.slots.store(Arc::new(slots));
        slot
    }
}
