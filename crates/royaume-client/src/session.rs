//! Tokens of one person who is signed in, kept alive: renewed ahead, once for all who want them, and by one process at a
//! time (RFC 6749 §6, RFC 9700 §4.14).

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use royaume_protocol::Scope;

use self::renewal::Seat;
use crate::kept::{Kept, Shared};
use crate::shared::{SharedCache, SharedCacheError, SharedKey};
use crate::{Client, ClientError, TokenSet, Transport};

mod renewal;

/// The tokens of one person. A clone is the same session.
///
/// They are renewed ahead of time, by a fifth of their life and a minute at most; whoever comes meanwhile is served the
/// old ones. While the provider is in trouble the old ones serve for as long as they are good, and the session goes on. It
/// is over when the provider refuses the grant: [`ClientError::GrantRefused`]. In a tokio runtime (feature `reqwest` or
/// `postgres`) a renewal goes on when whoever wanted it is gone, so that no answer is lost; in another, wait for it to the
/// end.
///
/// Where several processes serve the same person, they share a place ([`Session::begin`], [`Session::resume`]): a refresh
/// token that two of them use would end the grant at a provider that rotates them. Whoever renews says so there before it
/// asks. If it dies before it has written what it was given, the next one asks at once with the same refresh token, which
/// such a provider takes for the repetition of a lost answer if it comes soon (ten seconds at ours).
pub struct Session<T> {
    seat: Arc<Seat<T>>,
}

impl<T> Clone for Session<T> {
    fn clone(&self) -> Self {
        Self { seat: Arc::clone(&self.seat) }
    }
}

impl<T> fmt::Debug for Session<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("client", &self.seat.client)
            .field("tokens", &self.tokens())
            .finish_non_exhaustive()
    }
}

impl<T> Session<T> {
    /// What the session has now, if it is not over: to keep it elsewhere, or to sign out.
    pub fn tokens(&self) -> Option<Arc<TokenSet>> {
        self.seat.kept.load().as_ref().map(|kept| Arc::clone(&kept.tokens))
    }

    /// What to ask for in a new login, if the session lacks some of these scopes: all that it has, and these. A provider
    /// that did not say what it granted has granted what was asked for (RFC 6749 §5.1), which is not known here.
    pub fn lacks(&self, wanted: &Scope) -> Option<Scope> {
        match self.tokens().and_then(|tokens| tokens.scope.clone()) {
            Some(granted) if granted.covers(wanted) => None,
            Some(granted) => Some(granted.union(wanted)),
            None => Some(wanted.clone()),
        }
    }

    /// Forgets an access token that an API refused (RFC 6750 §3.1): the next is renewed. What has been renewed since stays.
    pub fn forget(&self, refused: &TokenSet) {
        let mut renewal = self.seat.renewal();
        if let Some(kept) = self.seat.kept.load_full()
            && kept.tokens.access_token == refused.access_token
        {
            renewal.refused = Some(refused.access_token.clone());
            self.seat.kept.store(Some(Arc::new(kept.refused())));
        }
    }

    fn with(client: Client<T>, kept: Kept, place: Option<(Arc<dyn SharedCache>, SharedKey)>) -> Self {
        let kept = ArcSwapOption::from_pointee(kept);
        Self { seat: Arc::new(Seat { client, kept, renewal: std::sync::Mutex::default(), place }) }
    }
}

impl<T: Transport> Session<T> {
    /// A person who has signed in just now, in this process alone.
    pub fn new(client: Client<T>, tokens: TokenSet, now: Timestamp) -> Self {
        Self::with(client, Kept::new(tokens, now), None)
    }

    /// A person who has signed in just now, for every process that resumes the same login. What was there under its name is
    /// replaced. The name is the application's own: choose one that nobody else's login has, as the id of its session.
    ///
    /// # Errors
    /// [`ClientError::Shared`]: it could not be written there. The tokens are good: [`Session::new`] keeps them in this
    /// process alone.
    pub async fn begin(
        client: Client<T>,
        tokens: TokenSet,
        cache: Arc<dyn SharedCache>,
        login: &str,
        now: Timestamp,
    ) -> Result<Self, ClientError> {
        let key = SharedKey::of_person(&client.provider, &client.application, login);
        let kept = Kept::new(tokens, now);
        cache.hold(&key).await?.write(&kept.written(None)).await?;
        Ok(Self::with(client, kept, Some((cache, key))))
    }

    /// A login that another process has begun, or this one before it was started again. Nothing if there is none: the person
    /// has to sign in.
    ///
    /// # Errors
    /// [`ClientError::Shared`]: nobody can tell, or what is there does not read.
    pub async fn resume(
        client: Client<T>,
        cache: Arc<dyn SharedCache>,
        login: &str,
    ) -> Result<Option<Self>, ClientError> {
        let key = SharedKey::of_person(&client.provider, &client.application, login);
        let Some(value) = cache.read(&key).await? else { return Ok(None) };
        let shared = Shared::read(&value).ok_or_else(|| SharedCacheError::Unreadable {
            place: format!("the shared login {key}"),
            reason: "it is not a login".to_owned(),
        })?;
        // Whoever was renewing it may have died: then these are spent, and only a renewal tells.
        let unfinished = shared.is_unfinished();
        let kept = Kept::from(shared);
        let kept = if unfinished { kept.due_now() } else { kept };
        Ok(Some(Self::with(client, kept, Some((cache, key)))))
    }

    /// Tokens that are good now.
    ///
    /// # Errors
    /// [`ClientError::GrantRefused`] once the session is over, [`ClientError::NoRefreshToken`] when its only token is dead:
    /// the person has to sign in again. Anything else is trouble on the way, in which nothing is lost.
    pub async fn token(&self, now: Timestamp) -> Result<Arc<TokenSet>, ClientError> {
        if let Some(kept) = &*self.seat.kept.load()
            && kept.is_fresh(now)
        {
            return Ok(Arc::clone(&kept.tokens));
        }
        let old = self.seat.kept.load_full().filter(|kept| kept.is_good(now));
        match self.seat.renewed(old.is_some(), now).await {
            Some(Ok(kept)) => Ok(Arc::clone(&kept.tokens)),
            // With its grant a token is dead, whatever it was promised.
            Some(Err(error @ ClientError::GrantRefused(_))) => Err(error),
            Some(Err(error)) => old.map(|kept| Arc::clone(&kept.tokens)).ok_or(error),
            None => Ok(Arc::clone(&old.expect("only whoever has a token does not wait").tokens)),
        }
    }

    /// Ends the session, for every process that shares it: what it had is returned, to be revoked and to sign out with
    /// ([`Client::revoke`], [`Client::logout`]). Another process that has the access token in memory serves it until its end.
    ///
    /// # Errors
    /// [`ClientError::Shared`]: it could not be removed there; the session goes on.
    pub async fn end(&self) -> Result<Option<Arc<TokenSet>>, ClientError> {
        let mut last = self.tokens();
        if let Some((cache, key)) = &self.seat.place {
            let mut held = cache.hold(key).await?;
            // Another process may have renewed them since.
            match held.read().await {
                Ok(Some(value)) => {
                    last = Shared::read(&value).map(|shared| Kept::from(shared).tokens).or(last);
                }
                Ok(None) | Err(SharedCacheError::Unreadable { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            held.remove().await?;
        }
        self.seat.kept.store(None);
        Ok(last)
    }
}
