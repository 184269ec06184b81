//! The renewal of a session: hold, read what others left, say that one renews, ask, write, let go.
//!
//! At every point where this may end, what is left leads on: before the request nothing is spent; after it the place says
//! that somebody was renewing, and the next one asks at once with the same refresh token.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use royaume_protocol::Secret;

use crate::failpoint::reached;
use crate::flight::Flight;
use crate::kept::{Kept, Shared, later};
use crate::shared::{Held, SharedCache, SharedCacheError, SharedKey};
use crate::{Client, ClientError, TokenSet, Transport};

/// After a failure nothing is asked for so long, if the server does not say how long: short, because a provider that rotates
/// refresh tokens gives a lost answer again for some seconds only.
const PAUSE: Duration = Duration::from_secs(1);
/// A server that wants to be left alone for longer is asked again all the same.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);

/// One person's place at the provider.
pub(super) struct Seat<T> {
    pub(super) client: Client<T>,
    /// Nothing once the session is over. Stored while `renewal` is held.
    pub(super) kept: ArcSwapOption<Kept>,
    pub(super) renewal: Mutex<Renewal>,
    /// Where other processes find them.
    pub(super) place: Option<(Arc<dyn SharedCache>, SharedKey)>,
}

/// What goes on with the provider.
#[derive(Default)]
pub(super) struct Renewal {
    /// The request on its way.
    asked: Flight<Result<Arc<Kept>, ClientError>>,
    /// The last failure, which stands until then.
    failed: Option<(ClientError, Timestamp)>,
    /// The last access token that an API refused.
    pub(super) refused: Option<Secret>,
    /// The last refresh token that was spent here: a place that still has it has not learned what it bought.
    spent: Option<Secret>,
}

/// What the place says.
enum Left {
    /// These tokens, which nobody is renewing.
    Whole(Kept),
    /// These tokens, whose renewal did not end.
    Unfinished(Kept),
    /// The session is over.
    Nothing,
    /// Something that nobody wrote.
    Unreadable,
}

impl<T> Seat<T> {
    pub(super) fn renewal(&self) -> MutexGuard<'_, Renewal> {
        self.renewal.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Seat<T> {
    /// What a renewal led to. Nothing, to whoever has a token that serves while somebody else renews.
    pub(super) async fn renewed(
        self: &Arc<Self>,
        served: bool,
        now: Timestamp,
    ) -> Option<Result<Arc<Kept>, ClientError>> {
        let asked = {
            let mut renewal = self.renewal();
            // Somebody else may have finished since.
            if let Some(kept) = self.kept.load_full().filter(|kept| kept.is_fresh(now)) {
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
            let seat = Arc::clone(self);
            renewal.asked.join_to_the_end(|| Box::pin(async move { seat.renew(now).await }))
        };
        Some(asked.await)
    }

    /// One renewal, for all who wait.
    async fn renew(self: Arc<Self>, now: Timestamp) -> Result<Arc<Kept>, ClientError> {
        let led_to = match &self.place {
            Some((cache, key)) => match cache.hold(key).await {
                Ok(mut held) => self.renew_shared(&mut *held, now).await,
                Err(error) => Err(error.into()),
            },
            None => self.renew_alone(now).await,
        };
        let mut renewal = self.renewal();
        match led_to {
            Ok(kept) => {
                (renewal.failed, renewal.refused) = (None, None);
                self.kept.store(Some(Arc::clone(&kept)));
                Ok(kept)
            }
            Err(error) => {
                let pause = error.retry_after().map_or(PAUSE, |wait| wait.clamp(PAUSE, LONGEST_PAUSE));
                renewal.failed = Some((error.clone(), later(now, pause)));
                if matches!(error, ClientError::GrantRefused(_)) {
                    self.kept.store(None);
                }
                Err(error)
            }
        }
    }

    async fn renew_alone(&self, now: Timestamp) -> Result<Arc<Kept>, ClientError> {
        let old = self.kept.load_full().ok_or(ClientError::GrantRefused(None))?;
        let tokens = self.ask(&old.tokens, now).await?;
        Ok(Arc::new(Kept::new(tokens, now)))
    }

    /// While the key is held.
    async fn renew_shared(&self, held: &mut dyn Held, now: Timestamp) -> Result<Arc<Kept>, ClientError> {
        let (refused, spent) = {
            let renewal = self.renewal();
            (renewal.refused.clone(), renewal.spent.clone())
        };
        let here = self.kept.load_full();
        let is_behind = |kept: &Kept| spent.is_some() && kept.tokens.refresh_token == spent;
        let old = match left(held).await? {
            // What was bought here could not be written there: it is newer.
            Left::Whole(kept) | Left::Unfinished(kept) if is_behind(&kept) && here.is_some() => {
                let newest = here.expect("it was looked for");
                held.write(&newest.written(None)).await?;
                newest
            }
            Left::Whole(kept) if kept.is_fresh(now) && !kept.is(refused.as_ref()) => {
                return Ok(Arc::new(kept));
            }
            Left::Whole(kept) | Left::Unfinished(kept) => Arc::new(kept),
            Left::Nothing => return Err(ClientError::GrantRefused(None)),
            Left::Unreadable => here.ok_or(ClientError::GrantRefused(None))?,
        };
        if old.tokens.refresh_token.is_none() {
            return Err(ClientError::NoRefreshToken);
        }
        held.write(&old.written(Some(now))).await?;
        reached("session.before_request");
        let answer = self.ask(&old.tokens, now).await;
        reached("session.before_save");
        match answer {
            Ok(tokens) => {
                self.renewal().spent.clone_from(&old.tokens.refresh_token);
                let kept = Arc::new(Kept::new(tokens, now));
                if let Err(error) = held.write(&kept.written(None)).await {
                    // They are the person's, and good: whoever holds them here writes them next time.
                    tracing::warn!(%error, "renewed tokens of a person are not shared between processes");
                }
                reached("session.after_save");
                Ok(kept)
            }
            // Held since they were read, the place still has the tokens that were refused, and nobody's new login.
            Err(error @ ClientError::GrantRefused(_)) => {
                if let Err(error) = held.remove().await {
                    tracing::warn!(%error, "a login that is over could not be removed");
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Asks the provider, and once more if the answer may be lost: soon enough for the same answer.
    async fn ask(&self, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, ClientError> {
        match self.client.refresh(tokens, now).await {
            Err(ClientError::Unavailable { retry_after: None, .. }) => self.client.refresh(tokens, now).await,
            answer => answer,
        }
    }
}

/// What the last holder left.
async fn left(held: &mut dyn Held) -> Result<Left, ClientError> {
    let value = match held.read().await {
        Ok(None) => return Ok(Left::Nothing),
        Ok(Some(value)) => Shared::read(&value),
        Err(error @ SharedCacheError::Unreadable { .. }) => {
            tracing::warn!(%error, "a shared login is not used");
            None
        }
        Err(error) => return Err(error.into()),
    };
    Ok(match value {
        Some(shared) if shared.is_unfinished() => Left::Unfinished(shared.into()),
        Some(shared) => Left::Whole(shared.into()),
        None => Left::Unreadable,
    })
}
