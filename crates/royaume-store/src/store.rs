//! The promises of a store.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{Family, Kind, Outcome, RealmName, RowId, StoreError, Stored, Write};

/// Keeps rows. Three do: [`Memory`](crate::Memory), `Sqlite` and `Postgres`; one suite holds them to what is said here.
///
/// Every method may fail with [`StoreError::Unavailable`] (nothing happened, later may be better). Every answer takes into
/// account all that had been answered before the question, by any process on the same database.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// The row with that id, spent, revoked and expired ones included: the caller judges.
    async fn get(&self, id: &RowId) -> Result<Option<Stored>, StoreError>;

    /// The row with that alias, likewise.
    async fn find(&self, realm: &RealmName, kind: Kind, alias: &str) -> Result<Option<Stored>, StoreError>;

    /// At most `limit` rows of a kind with keys above `after`, in the order of their keys' bytes.
    async fn list(
        &self,
        realm: &RealmName,
        kind: Kind,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError>;

    /// Does all of a batch, in order, or nothing of it. After [`Outcome::Done`] it survives a power cut.
    ///
    /// # Errors
    /// [`StoreError::OutcomeUnknown`] if the commit's answer was lost, [`StoreError::Invalid`] if the batch breaks the
    /// limits of [`Write`].
    async fn write(&self, writes: Vec<Write>) -> Result<Outcome, StoreError>;

    /// Has that family been revoked?
    async fn revoked(&self, realm: &RealmName, family: Family) -> Result<bool, StoreError>;

    /// A number that changes whenever a kept row (one without `expires_at`) of the realm is put, spent or deleted, by any
    /// process. What was computed from kept rows read after a number is good for as long as the number stays. Cheap.
    async fn epoch(&self, realm: &RealmName) -> Result<u64, StoreError>;

    /// Removes rows and revocations that ended before that time, at most `limit` of them, in small steps that leave room
    /// for others' writes. Answers how many it removed; fewer than `limit` means that no more are left.
    async fn sweep(&self, expired_before: Timestamp, limit: usize) -> Result<usize, StoreError>;

    /// Can it write now?
    async fn ping(&self) -> Result<(), StoreError>;
}
