//! Tokens of an application for itself (RFC 6749 §4.4): kept while they are good, renewed ahead, asked for once.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use royaume_protocol::Scope;

use crate::flight::Flight;
use crate::{Client, ClientError, TokenSet, Transport, requests};

/// After a failure nothing is asked for so long, if the server does not say how long.
const PAUSE: Duration = Duration::from_secs(1);
/// A server that wants to be left alone for longer is asked again all the same.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// A token whose life the server did not tell is renewed after so long.
const UNTOLD_LIFE: Duration = Duration::from_secs(300);
/// A clock that goes back by more makes a token old: nobody knows any more how old it is.
const CLOCK_STEP: Duration = Duration::from_secs(60);
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
}

/// The place of one set of scopes.
#[derive(Default)]
struct Slot {
    kept: ArcSwapOption<Kept>,
    renewal: Mutex<Renewal>,
}

/// A token, and when it is what.
struct Kept {
    tokens: Arc<TokenSet>,
    received_at: Timestamp,
    renew_at: Timestamp,
    expires_at: Timestamp,
}

/// What goes on with the server.
#[derive(Default)]
struct Renewal {
    /// The request on its way.
    asked: Flight<Result<Arc<Kept>, ClientError>>,
    /// The last failure, which stands until then.
    failed: Option<(ClientError, Timestamp)>,
}

impl Kept {
    fn new(tokens: TokenSet, now: Timestamp) -> Self {
        let expires_at = tokens.expires_at.unwrap_or(Timestamp::MAX);
        let renew_at = match tokens.expires_at {
            Some(expires_at) => {
                let life = Duration::try_from(expires_at.duration_since(now)).unwrap_or_default();
                expires_at.checked_sub(TokenSet::margin(life)).unwrap_or(now)
            }
            None => later(now, UNTOLD_LIFE),
        };
        Self { tokens: Arc::new(tokens), received_at: now, renew_at, expires_at }
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.renew_at && self.is_good(now)
    }

    fn is_good(&self, now: Timestamp) -> bool {
        now < self.expires_at && self.received_at <= later(now, CLOCK_STEP)
    }
}

impl Slot {
    fn renewal(&self) -> MutexGuard<'_, Renewal> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Machine<T> {
    /// The tokens of that client.
    pub fn new(client: Client<T>) -> Self {
        let desk = Desk { client, slots: ArcSwap::default(), adding: Mutex::default() };
        Self { desk: Arc::new(desk) }
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

    /// Forgets a token that an API refused (RFC 6750 §3.1). One that has been renewed since stays.
    pub fn forget(&self, scope: &Scope, refused: &Arc<TokenSet>) {
        let Some(slot) = self.desk.slots.load().get(scope.as_str()).cloned() else { return };
        let kept = slot.kept.load();
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(&kept.tokens, refused)) {
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
    let received = desk.client.client_credentials(Some(scope).filter(|scope| !scope.is_empty()), now).await;
    let mut renewal = slot.renewal();
    match received {
        Ok(tokens) => {
            let kept = Arc::new(Kept::new(tokens, now));
            renewal.failed = None;
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

/// A moment later, or the last there is.
fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
