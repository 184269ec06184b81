//! The keys of a provider, as it publishes them (RFC 7517 §5): kept for as long as it says, fetched again when a token
//! names one that is not there, and still known while it is down.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::{Response, header};
use jiff::Timestamp;
use royaume_jose::{JwkSet, VerifyingKey};

use crate::flight::Flight;
use crate::{ClientError, Transport, answers, requests};

/// Keys are kept for so long when the provider does not say.
const UNTOLD: Duration = Duration::from_secs(300);
/// They are never fetched more often, whatever the provider says and tokens name: whoever invents keys costs nothing.
const FLOOR: Duration = Duration::from_secs(30);
/// They are never kept for longer without being asked for, so that a key that was withdrawn is not believed for ever.
const CEILING: Duration = Duration::from_secs(24 * 3600);

/// The keys of one provider. All clones of a client share them.
#[derive(Default)]
pub(crate) struct Keys {
    kept: ArcSwapOption<Kept>,
    fetching: Mutex<Flight<Result<Arc<Kept>, ClientError>>>,
}

struct Kept {
    address: String,
    keys: Vec<VerifyingKey>,
    fetched_at: Timestamp,
    /// When they were last asked for, with whatever success.
    asked_at: Timestamp,
    /// What the provider said when it was last asked, if that was no answer.
    trouble: Option<ClientError>,
    fresh_for: Duration,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("known", &self.kept.load().as_ref().map_or(0, |kept| kept.keys.len()))
            .finish()
    }
}

impl Kept {
    /// The age of a moment. One that lies ahead is of a clock that went back, and as old as can be.
    fn since(moment: Timestamp, now: Timestamp) -> Duration {
        Duration::try_from(now.duration_since(moment)).unwrap_or(Duration::MAX)
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        Self::since(self.fetched_at, now) < self.fresh_for
    }

    fn may_ask_again(&self, now: Timestamp) -> bool {
        Self::since(self.asked_at, now) >= FLOOR
    }

    fn serves_in_trouble(&self, now: Timestamp) -> bool {
        Self::since(self.fetched_at, now) < CEILING
    }
}

/// Why the keys that are known do not do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Because {
    /// They are old.
    Old,
    /// A token names another.
    Unknown,
}

impl Keys {
    /// The keys, as fresh as the provider wants them to be.
    ///
    /// # Errors
    /// [`ClientError`] when none are known and none can be had.
    pub(crate) async fn known<T: Transport>(
        self: &Arc<Self>,
        transport: &T,
        address: &str,
        now: Timestamp,
    ) -> Result<Vec<VerifyingKey>, ClientError> {
        Ok(self.at(transport, address, Because::Old, now).await?.keys.clone())
    }

    /// The keys after a token has named one that is not among them: fetched again, unless that has just been done.
    ///
    /// # Errors
    /// [`ClientError`] when the provider does not say what its keys are now.
    pub(crate) async fn looked_for<T: Transport>(
        self: &Arc<Self>,
        transport: &T,
        address: &str,
        now: Timestamp,
    ) -> Result<Vec<VerifyingKey>, ClientError> {
        let kept = self.at(transport, address, Because::Unknown, now).await?;
        kept.trouble.clone().map_or_else(|| Ok(kept.keys.clone()), Err)
    }

    async fn at<T: Transport>(
        self: &Arc<Self>,
        transport: &T,
        address: &str,
        because: Because,
        now: Timestamp,
    ) -> Result<Arc<Kept>, ClientError> {
        let asking = {
            let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = self.kept.load_full().filter(|kept| kept.address == address);
            let does = |kept: &Kept| match because {
                Because::Old => {
                    kept.is_fresh(now) || (kept.serves_in_trouble(now) && !kept.may_ask_again(now))
                }
                Because::Unknown => !kept.may_ask_again(now),
            };
            if let Some(kept) = kept.as_ref().filter(|kept| does(kept)) {
                return Ok(Arc::clone(kept));
            }
            fetching.join(|| {
                let (keys, transport, address) = (Arc::clone(self), transport.clone(), address.to_owned());
                Box::pin(async move { keys.fetch(&transport, address, kept, now).await })
            })
        };
        asking.await
    }

    async fn fetch(
        &self,
        transport: &impl Transport,
        address: String,
        old: Option<Arc<Kept>>,
        now: Timestamp,
    ) -> Result<Arc<Kept>, ClientError> {
        let fetched = match requests::document(&address) {
            Ok(request) => transport.send(request).await.and_then(|response| {
                answers::json::<JwkSet>(&response, "a key set").map(|set| (set, fresh_for(&response)))
            }),
            Err(error) => Err(error),
        };
        let kept = match (fetched, old) {
            // RFC 7517 §5: keys that are not understood are left out.
            (Ok((set, fresh_for)), _) => Kept {
                address,
                keys: set.keys.iter().filter_map(|key| VerifyingKey::from_jwk(key).ok()).collect(),
                fetched_at: now,
                asked_at: now,
                trouble: None,
                fresh_for,
            },
            (Err(error), Some(old)) if error.is_temporary() && old.serves_in_trouble(now) => Kept {
                address,
                keys: old.keys.clone(),
                fetched_at: old.fetched_at,
                asked_at: now,
                trouble: Some(error),
                fresh_for: old.fresh_for,
            },
            (Err(error), _) => return Err(error),
        };
        let kept = Arc::new(kept);
        self.kept.store(Some(Arc::clone(&kept)));
        Ok(kept)
    }
}

/// How long the provider wants its answer to be kept (RFC 9111 §5.2.2).
fn fresh_for(response: &Response<Bytes>) -> Duration {
    let directives = response.headers().get_all(header::CACHE_CONTROL);
    let directives =
        directives.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    let mut told = UNTOLD;
    for directive in directives.map(str::trim) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return FLOOR,
            "max-age" => {
                told = value.trim_matches('"').parse().map_or(Duration::ZERO, Duration::from_secs);
            }
            _ => {}
        }
    }
    told.clamp(FLOOR, CEILING)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 9111 §5.2.2, §4.2.1: what does not read makes an answer stale.
    #[test]
    fn keys_are_kept_for_as_long_as_the_provider_says_within_bounds() {
        for (said, seconds) in [
            (None, 300),
            (Some("max-age=600"), 600),
            (Some("public, Max-Age=\"900\", must-revalidate"), 900),
            (Some("max-age=1"), 30),
            (Some("max-age=x"), 30),
            (Some("no-store"), 30),
            (Some("max-age=600, no-cache"), 30),
            (Some("max-age=99999999999"), 86_400),
            (Some("public"), 300),
        ] {
            let mut response = Response::new(Bytes::new());
            response.headers_mut().extend(said.map(|said| (header::CACHE_CONTROL, said.parse().unwrap())));
            assert_eq!(fresh_for(&response), Duration::from_secs(seconds), "{said:?}");
        }
    }
}
