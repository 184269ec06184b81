//! Delivery: a notice is posted to its application until it is taken, a few times at most, and by one node at a time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use jiff::Timestamp;
use royaume_jose::jws;
use royaume_protocol::{LogoutTokenClaims, RedirectUri, logout_token, parameters};
use royaume_store::{Expect, Outcome, RowId, Write};
use tokio::sync::watch;

use crate::realms::ServedRealm;
use crate::refusal::Fault;
use crate::server::Parts;
use crate::stored::client::Client;
use crate::stored::logout_notice::LogoutNotice;
use crate::stored::{Storable, read};

/// Deliveries at once, to everybody and to one origin: a slow receiver holds up itself.
const AT_ONCE: usize = 64;
const AT_ONCE_PER_ORIGIN: usize = 8;
/// For one try. Less than the shortest pause, so that no other node tries meanwhile.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a logout token is believed: two minutes is what the standard recommends at most (§2.4).
const BELIEVED: i64 = 120;
/// Notices read in one go.
const PAGE: usize = 200;

/// Deliveries under way, and how those went that are over.
pub(crate) struct Deliveries {
    by_origin: Mutex<HashMap<String, usize>>,
    count: watch::Sender<usize>,
    taken: AtomicU64,
    given_up: AtomicU64,
}

impl Deliveries {
    pub(crate) fn new() -> Self {
        Self {
            by_origin: Mutex::default(),
            count: watch::Sender::new(0),
            taken: AtomicU64::new(0),
            given_up: AtomicU64::new(0),
        }
    }

    /// Notices that were taken, and those that were given up.
    pub(crate) fn counters(&self) -> (u64, u64) {
        (self.taken.load(Ordering::Relaxed), self.given_up.load(Ordering::Relaxed))
    }

    /// Room for one more to that origin, if there is any.
    pub(super) fn enter(self: &Arc<Self>, origin: &str) -> Option<Place> {
        let mut by_origin = self.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        let there = by_origin.get(origin).copied().unwrap_or_default();
        if there >= AT_ONCE_PER_ORIGIN || *self.count.borrow() >= AT_ONCE {
            return None;
        }
        by_origin.insert(origin.to_owned(), there + 1);
        self.count.send_modify(|count| *count += 1);
        Some(Place { deliveries: Arc::clone(self), origin: origin.to_owned() })
    }

    /// Until none is under way.
    pub(crate) async fn idle(&self) {
        // The sender lives as long as `self`, so there is always an answer.
        let _ = self.count.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// A place among the deliveries, until it is dropped.
pub(super) struct Place {
    deliveries: Arc<Deliveries>,
    origin: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut by_origin = self.deliveries.by_origin.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = by_origin.get_mut(&self.origin) {
            *there -= 1;
            if *there == 0 {
                by_origin.remove(&self.origin);
            }
        }
        self.deliveries.count.send_modify(|count| *count -= 1);
    }
}

/// A notice, and where it lies.
pub(super) struct Owed {
    pub(super) id: RowId,
    pub(super) notice: LogoutNotice,
}

/// Begins a try that nobody else makes.
pub(super) fn begin(parts: &Arc<Parts>, owed: Owed, place: Place) {
    let parts = Arc::clone(parts);
    tokio::spawn(async move {
        if let Err(fault) = attempt(&parts, &owed).await {
            tracing::warn!(%fault, "a logout notice could not be delivered; trying again later");
        }
        drop(place);
    });
}

/// Begins a try of every notice that is due, as far as there is room. Returns how many.
pub(crate) async fn deliver_due(parts: &Arc<Parts>) -> Result<usize, Fault> {
    let mut begun = 0;
    for realm in &parts.realms {
        let mut after: Option<RowId> = None;
        loop {
            let key = after.as_ref().map(RowId::key);
            let rows = parts.store.list(&realm.name, LogoutNotice::KIND, key, PAGE).await?;
            for stored in &rows {
                let owed = Owed { id: stored.row.id.clone(), notice: read(stored)? };
                begun += usize::from(take_up(parts, realm, owed, stored.version).await?);
            }
            if rows.len() < PAGE {
                break;
            }
            after = rows.last().map(|stored| stored.row.id.clone());
        }
    }
    Ok(begun)
}

/// Begins a try if one is due, if there is room, and if no other node has begun it.
async fn take_up(parts: &Arc<Parts>, realm: &ServedRealm, owed: Owed, version: u64) -> Result<bool, Fault> {
    let now = parts.clock.now();
    if !owed.notice.is_due(now) {
        return Ok(false);
    }
    let Some((_, uri)) = receiver(parts, realm, &owed.notice).await? else {
        forget(parts, &owed).await?;
        return Ok(false);
    };
    if owed.notice.is_last() {
        give_up(parts, realm, &owed, "nobody took it").await?;
        return Ok(false);
    }
    let origin = RedirectUri::origin_of(&uri).unwrap_or_default();
    let Some(place) = parts.deliveries.enter(&origin) else { return Ok(false) };
    let owed = Owed { notice: owed.notice.tried(now), id: owed.id };
    let row = owed.notice.row(owed.id.clone(), now);
    let lease = Write::Put { row, expect: Expect::Version(version) };
    if parts.store.write(vec![lease]).await? != Outcome::Done {
        return Ok(false);
    }
    begin(parts, owed, place);
    Ok(true)
}

/// The client as it is registered now, and where it takes word; nothing if it is gone, disabled, or wants none.
async fn receiver(
    parts: &Parts,
    realm: &ServedRealm,
    notice: &LogoutNotice,
) -> Result<Option<(Arc<Client>, String)>, Fault> {
    let epoch = parts.store.epoch(&realm.name).await?;
    let client = realm.clients.at(epoch, &*parts.store, &realm.name, &notice.client_id).await?;
    let client = client.filter(|client| !client.disabled);
    Ok(client.and_then(|client| client.logout.backchannel_uri.clone().map(|uri| (client, uri))))
}

/// One try, to its end.
async fn attempt(parts: &Parts, owed: &Owed) -> Result<(), Fault> {
    crate::failpoint("logout.before_delivery").await?;
    let Some(realm) = parts.realms.iter().find(|realm| realm.name == *owed.id.realm()) else { return Ok(()) };
    let Some((client, uri)) = receiver(parts, realm, &owed.notice).await? else {
        return forget(parts, owed).await;
    };
    let token = sign(parts, realm, &client, &owed.notice).await?;
    let body = parameters::encode(&[("logout_token", token)]);
    let request = Request::builder()
        .method(Method::POST)
        .uri(&uri)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(body));
    let Ok(request) = request else { return give_up(parts, realm, owed, "its address is none").await };
    let answer = tokio::time::timeout(PATIENCE, parts.outbound.send(request)).await;
    let status = answer.as_ref().ok().and_then(|answer| answer.as_ref().ok()).map(Response::status);
    match status {
        Some(StatusCode::OK | StatusCode::NO_CONTENT) => {
            parts.deliveries.taken.fetch_add(1, Ordering::Relaxed);
            tracing::info!(
                realm = %realm.name, client_id = owed.notice.client_id, "word of a logout was taken"
            );
            forget(parts, owed).await
        }
        // §2.8: it has read the token and will not believe it another time either.
        Some(StatusCode::BAD_REQUEST) => give_up(parts, realm, owed, "it was refused").await,
        Some(_) | None if owed.notice.is_last() => give_up(parts, realm, owed, "nobody took it").await,
        Some(_) | None => {
            tracing::info!(
                realm = %realm.name, client_id = owed.notice.client_id, ?status, "word of a logout was not taken yet"
            );
            Ok(())
        }
    }
}

/// §2.4. What is told is told anew: each try is believed for a short time.
async fn sign(
    parts: &Parts,
    realm: &ServedRealm,
    client: &Client,
    notice: &LogoutNotice,
) -> Result<String, Fault> {
    let now: Timestamp = parts.clock.now();
    let iat = now.as_second();
    let mut claims =
        LogoutTokenClaims::new(&realm.issuer, &client.client_id, iat, iat + BELIEVED, &notice.jti);
    claims.sub = Some(notice.subject.clone());
    claims.sid = Some(notice.sid.clone());
    let epoch = parts.store.epoch(&realm.name).await?;
    let keys = realm.keys.at(epoch, &*parts.store, &realm.name, &parts.server_key).await?;
    let algorithm = client.answers.id_token_signed_response_alg.unwrap_or(realm.realm.id_token_algorithm);
    Ok(jws::sign(keys.signing(algorithm, now)?, Some(logout_token::TYP), &claims))
}

async fn give_up(parts: &Parts, realm: &ServedRealm, owed: &Owed, why: &str) -> Result<(), Fault> {
    tracing::warn!(
        realm = %realm.name, client_id = owed.notice.client_id, why, "an application does not learn of a logout"
    );
    parts.deliveries.given_up.fetch_add(1, Ordering::Relaxed);
    forget(parts, owed).await
}

async fn forget(parts: &Parts, owed: &Owed) -> Result<(), Fault> {
    parts.store.write(vec![Write::Delete { id: owed.id.clone() }]).await?;
    Ok(())
}
