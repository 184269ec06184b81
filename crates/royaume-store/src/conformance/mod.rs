//! The suite that says when a store is one. Every back end runs it, the model included.
//!
//! Each promise gets a fresh place, two handles on it, and a name that is its sentence.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use crate::{Expect, Family, Kind, Outcome, RealmName, Row, RowId, Store, Stored, Write};

mod batches;
mod epochs;
mod limits;
mod races;
mod rows;
mod spending;
mod sweeping;

/// Somewhere rows are kept: a file, a database, a piece of memory. Empty when the suite gets it.
#[async_trait]
pub trait Place: Send + Sync {
    /// Opens one more handle on it, as another process would.
    async fn open(&self) -> Arc<dyn Store>;
}

type Promise = fn(Handles) -> Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! promises {
    ($($promise:path),* $(,)?) => {
        &[$((stringify!($promise), |handles| Box::pin($promise(handles)))),*]
    };
}

const PROMISES: &[(&str, Promise)] = promises![
    rows::a_row_comes_back_as_it_was_put,
    rows::what_was_never_put_is_not_there,
    rows::a_row_is_created_once,
    rows::a_row_is_replaced_only_in_the_version_that_was_read,
    rows::whatever_is_there_can_be_replaced,
    rows::realms_and_kinds_are_apart,
    rows::a_deleted_row_is_gone_and_can_be_made_anew,
    rows::an_alias_leads_to_its_row,
    rows::an_alias_belongs_to_one_row_of_its_realm_and_kind,
    rows::rows_are_listed_page_by_page_in_the_order_of_their_keys,
    spending::a_row_is_spent_once,
    spending::spending_changes_the_version,
    spending::a_spent_row_stays_spent_whatever_is_put_over_it,
    spending::what_is_not_there_cannot_be_spent,
    spending::a_row_of_a_revoked_family_cannot_be_spent,
    spending::a_row_within_a_revoked_family_cannot_be_spent,
    spending::a_row_that_joins_a_revoked_family_is_revoked,
    spending::a_family_of_another_realm_is_another_family,
    spending::revoking_again_is_fine,
    batches::a_batch_happens_as_a_whole,
    batches::nothing_of_a_refused_batch_happens,
    batches::the_first_refusal_is_told,
    batches::the_order_of_a_batch_counts,
    batches::an_empty_batch_is_done,
    epochs::an_epoch_changes_with_every_kept_row,
    epochs::an_epoch_stays_while_rows_that_expire_come_and_go,
    epochs::an_epoch_is_seen_through_every_handle,
    epochs::what_one_handle_was_answered_the_other_sees,
    sweeping::only_what_has_expired_is_swept,
    sweeping::a_sweep_takes_no_more_than_its_limit,
    sweeping::a_revocation_is_remembered_until_its_time,
    sweeping::the_latest_time_of_a_revocation_counts,
    limits::what_no_store_could_keep_is_refused_by_all,
    limits::the_longest_of_everything_is_kept,
    limits::a_store_that_works_says_so,
    races::of_fifty_who_spend_one_row_one_has_it,
    races::of_fifty_batches_that_spend_one_row_one_happens,
    races::no_update_is_lost,
    races::of_twenty_who_create_one_row_one_does,
    races::of_twenty_who_take_one_alias_one_has_it,
    races::after_a_revocation_nothing_is_spent,
    races::opposed_batches_both_happen_and_whole,
    races::a_row_can_be_swept_while_it_is_spent,
    races::kept_rows_written_at_once_all_change_the_epoch,
];

/// Runs the whole suite, each promise in a fresh place.
///
/// # Panics
/// After all have run, if any was broken, naming them.
pub async fn run<P, F>(fresh: impl Fn() -> F)
where
    P: Place,
    F: Future<Output = P>,
{
    let mut broken = Vec::new();
    for (name, promise) in PROMISES {
        let place = fresh().await;
        let handles = Handles { first: place.open().await, second: place.open().await };
        // A task of its own, so that one broken promise does not hide the others.
        if tokio::spawn(promise(handles)).await.is_err() {
            broken.push(*name);
        }
    }
    assert!(broken.is_empty(), "{} of {} promises are broken: {broken:#?}", broken.len(), PROMISES.len());
}

/// Two handles on one place.
struct Handles {
    first: Arc<dyn Store>,
    second: Arc<dyn Store>,
}

impl Handles {
    /// One of the two, taking turns.
    fn either(&self, turn: usize) -> Arc<dyn Store> {
        Arc::clone(if turn.is_multiple_of(2) { &self.first } else { &self.second })
    }

    async fn done(&self, writes: Vec<Write>) {
        assert_eq!(self.first.write(writes).await.expect("the store writes"), Outcome::Done);
    }

    async fn get(&self, id: &RowId) -> Option<Stored> {
        self.first.get(id).await.expect("the store reads")
    }

    async fn there(&self, id: &RowId) -> Stored {
        self.get(id).await.expect("the row is there")
    }

    async fn epoch(&self) -> u64 {
        self.first.epoch(&realm()).await.expect("the store reads")
    }
}

const CODE: Kind = Kind::new("code");
const CLIENT: Kind = Kind::new("client");
const FAMILY: Family = Family::new([1; 16]);
const OTHER_FAMILY: Family = Family::new([2; 16]);

fn realm() -> RealmName {
    RealmName::new("individu").expect("a name")
}

fn other_realm() -> RealmName {
    RealmName::new("entreprise").expect("a name")
}

/// A time, in seconds after some beginning, with a fraction that has to survive.
fn at(seconds: i64) -> Timestamp {
    let beginning = Timestamp::from_microsecond(1_795_000_000_123_456).expect("a time");
    beginning + SignedDuration::from_secs(seconds)
}

fn id(key: impl AsRef<[u8]>) -> RowId {
    RowId::new(&realm(), CODE, key.as_ref())
}

/// A row that expires, as tokens do.
fn code(key: impl AsRef<[u8]>) -> Row {
    let body = [b"body of ", key.as_ref()].concat();
    Row { id: id(key), alias: None, family: None, within: None, expires_at: Some(at(60)), body }
}

/// A row that is kept, as clients are.
fn client(key: &str) -> Row {
    let id = RowId::new(&realm(), CLIENT, key.as_bytes());
    Row { id, alias: None, family: None, within: None, expires_at: None, body: b"client".to_vec() }
}

fn create(row: Row) -> Write {
    Write::Put { row, expect: Expect::Absent }
}

fn replace(row: Row, version: u64) -> Write {
    Write::Put { row, expect: Expect::Version(version) }
}

fn put(row: Row) -> Write {
    Write::Put { row, expect: Expect::Anything }
}

fn delete(id: RowId) -> Write {
    Write::Delete { id }
}

fn spend(id: RowId) -> Write {
    Write::Spend { id, at: at(1) }
}

fn revoke(family: Family) -> Write {
    Write::Revoke { realm: realm(), family, until: at(1_000) }
}
