//! A document that a provider publishes: kept for as long as it says, fetched again when it does not do, and still known
//! while the provider is down (RFC 9111 §4.2).

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::{Response, header};
use jiff::Timestamp;

use crate::flight::Flight;
use crate::{ClientError, Transport, requests};

/// A document is kept for so long when the provider does not say.
const UNTOLD: Duration = Duration::from_secs(300);
/// It is not fetched more often, whatever the provider says; nor, for what it lacks, more often than that again: whoever
/// invents keys costs next to nothing.
const FLOOR: Duration = Duration::from_secs(30);
/// It is never kept for longer without being asked for, so that what was withdrawn is not believed for ever.
const CEILING: Duration = Duration::from_secs(24 * 3600);

/// What is made of an answer.
type Read<T> = Box<dyn Fn(&Response<Bytes>) -> Result<T, ClientError> + Send + Sync>;

/// A document of one provider. All clones of a client share it.
pub(crate) struct Document<T> {
    read: Read<T>,
    kept: ArcSwapOption<Kept<T>>,
    fetching: Mutex<Fetching<T>>,
}

/// The request on its way, and to which address.
struct Fetching<T> {
    address: String,
    flight: Flight<Result<Arc<Kept<T>>, ClientError>>,
}

struct Kept<T> {
    address: String,
    value: Arc<T>,
    fetched_at: Timestamp,
    /// When it was last asked for, with whatever success.
    asked_at: Timestamp,
    /// When it was last asked for because it lacked something.
    lacked_at: Option<Timestamp>,
    /// What the provider said when it was last asked, if that was no answer, or none that can be used.
    trouble: Option<ClientError>,
    fresh_for: Duration,
}

impl<T> fmt::Debug for Document<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("known", &self.kept.load().is_some()).finish_non_exhaustive()
    }
}

impl<T> Kept<T> {
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

    /// May it be asked again for what it lacks? What was fetched a moment ago too: a token may be signed with a key that is
    /// newer than that (OIDC Core §10.1.1).
    fn may_look_again(&self, now: Timestamp) -> bool {
        self.lacked_at.is_none_or(|moment| Self::since(moment, now) >= FLOOR)
    }

    fn serves_in_trouble(&self, now: Timestamp) -> bool {
        Self::since(self.fetched_at, now) < CEILING
    }
}

/// Why the document that is known does not do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Because {
    /// It is old.
    Old,
    /// It lacks something that a token names.
    Lacking,
}

impl<T: Send + Sync + 'static> Document<T> {
    /// One that is read so. Nothing is known of it yet.
    pub(crate) fn new(
        read: impl Fn(&Response<Bytes>) -> Result<T, ClientError> + Send + Sync + 'static,
    ) -> Self {
        let fetching = Fetching { address: String::new(), flight: Flight::default() };
        Self { read: Box::new(read), kept: ArcSwapOption::empty(), fetching: Mutex::new(fetching) }
    }

    /// What is known, however old.
    pub(crate) fn known(&self) -> Option<Arc<T>> {
        self.kept.load().as_ref().map(|kept| Arc::clone(&kept.value))
    }

    /// The document, as fresh as the provider wants it to be.
    ///
    /// # Errors
    /// [`ClientError`] when none is known and none can be had, or when what the provider says now cannot be used.
    pub(crate) async fn fresh(
        self: &Arc<Self>,
        transport: &impl Transport,
        address: &str,
        now: Timestamp,
    ) -> Result<Arc<T>, ClientError> {
        Ok(Arc::clone(&self.at(transport, address, Because::Old, now).await?.value))
    }

    /// The document after a token has named something that is not in it: fetched again, unless that has just been done.
    ///
    /// # Errors
    /// [`ClientError`] when the provider does not say what it is now.
    pub(crate) async fn renewed(
        self: &Arc<Self>,
        transport: &impl Transport,
        address: &str,
        now: Timestamp,
    ) -> Result<Arc<T>, ClientError> {
        let kept = self.at(transport, address, Because::Lacking, now).await?;
        kept.trouble.clone().map_or_else(|| Ok(Arc::clone(&kept.value)), Err)
    }

    async fn at(
        self: &Arc<Self>,
        transport: &impl Transport,
        address: &str,
        because: Because,
        now: Timestamp,
    ) -> Result<Arc<Kept<T>>, ClientError> {
        let asking = {
            let mut fetching = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            let kept = self.kept.load_full().filter(|kept| kept.address == address);
            if let Some(kept) = &kept {
                let waits = !kept.may_ask_again(now);
                match because {
                    Because::Old if kept.is_fresh(now) => return Ok(Arc::clone(kept)),
                    Because::Lacking if !kept.may_look_again(now) => return Ok(Arc::clone(kept)),
                    Because::Old if waits => match &kept.trouble {
                        // What cannot be used is not asked for at every request either.
                        Some(error) if !error.is_temporary() => return Err(error.clone()),
                        Some(_) | None if kept.serves_in_trouble(now) => return Ok(Arc::clone(kept)),
                        Some(_) | None => {}
                    },
                    Because::Old | Because::Lacking => {}
                }
            }
            // What is on its way from another address answers nobody here.
            if fetching.address != address {
                *fetching = Fetching { address: address.to_owned(), flight: Flight::default() };
            }
            fetching.flight.join(|| {
                let (document, transport, address) =
                    (Arc::clone(self), transport.clone(), address.to_owned());
                Box::pin(async move { document.fetch(&transport, address, (kept, because), now).await })
            })
        };
        asking.await
    }

    async fn fetch(
        &self,
        transport: &impl Transport,
        address: String,
        (old, because): (Option<Arc<Kept<T>>>, Because),
        now: Timestamp,
    ) -> Result<Arc<Kept<T>>, ClientError> {
        let fetched = match requests::document(&address) {
            Ok(request) => transport
                .send(request)
                .await
                .and_then(|response| Ok(((self.read)(&response)?, fresh_for(&response)))),
            Err(error) => Err(error),
        };
        let lacked_at = match because {
            Because::Old => old.as_ref().and_then(|old| old.lacked_at),
            Because::Lacking => Some(now),
        };
        let (kept, error) = match (fetched, old) {
            (Ok((value, fresh_for)), _) => {
                let value = Arc::new(value);
                let (fetched_at, asked_at) = (now, now);
                (Kept { address, value, fetched_at, asked_at, lacked_at, trouble: None, fresh_for }, None)
            }
            (Err(error), Some(old)) => {
                let served = error.is_temporary() && old.serves_in_trouble(now);
                let kept = Kept {
                    address,
                    value: Arc::clone(&old.value),
                    fetched_at: old.fetched_at,
                    asked_at: now,
                    lacked_at,
                    trouble: Some(error.clone()),
                    fresh_for: old.fresh_for,
                };
                (kept, Some(error).filter(|_| !served))
            }
            (Err(error), None) => return Err(error),
        };
        let kept = Arc::new(kept);
        self.kept.store(Some(Arc::clone(&kept)));
        error.map_or(Ok(kept), Err)
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
    fn a_document_is_kept_for_as_long_as_the_provider_says_within_bounds() {
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
