//! Trouble: a store that stops answering when a test says so, and answers again when the test is done.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use royaume_store::{Family, Kind, Outcome, RealmName, RowId, Store, StoreError, Stored, Write};
use tokio::sync::Barrier;

/// The switch in a test's hand.
#[derive(Debug, Clone, Default)]
pub struct Trouble(Arc<Mutex<State>>, Arc<Mutex<Option<Crossing>>>);

/// Writes that wait for each other.
#[derive(Debug)]
struct Crossing {
    awaited: usize,
    together: Arc<Barrier>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Every question is answered.
    #[default]
    Peace,
    /// So many questions are answered yet, then none.
    Ahead(usize),
    /// A question was not answered.
    Silence,
    /// Every write is done, and none is confirmed.
    Unconfirmed,
}

impl Trouble {
    /// So many questions are answered, and then none until it is [`Trouble::over`].
    pub fn after(&self, answers: usize) {
        self.set(State::Ahead(answers));
    }

    /// Writes are done but their confirmation is lost, until it is [`Trouble::over`].
    pub fn lose_confirmations(&self) {
        self.set(State::Unconfirmed);
    }

    /// None of the next writes, so many, happens before all of them are asked: each was judged by what was there before.
    pub fn cross(&self, writes: usize) {
        let crossing = Crossing { awaited: writes, together: Arc::new(Barrier::new(writes)) };
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) = Some(crossing);
    }

    /// The store answers again. Did a question go unanswered meanwhile?
    pub fn over(&self) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *state) == State::Silence
    }

    fn set(&self, state: State) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// One write more: what it waits for, if it does.
    fn crossing(&self) -> Option<Arc<Barrier>> {
        let mut crossing = self.1.lock().unwrap_or_else(PoisonError::into_inner);
        let awaited = crossing.as_mut()?;
        awaited.awaited -= 1;
        let together = Arc::clone(&awaited.together);
        if awaited.awaited == 0 {
            *crossing = None;
        }
        Some(together)
    }

    /// One question more.
    fn ask(&self) -> Result<State, StoreError> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Ahead(0) | State::Silence => {
                *state = State::Silence;
                Err(StoreError::Unavailable("the test says so".to_owned()))
            }
            State::Ahead(left) => {
                *state = State::Ahead(left - 1);
                Ok(State::Peace)
            }
            calm @ (State::Peace | State::Unconfirmed) => Ok(calm),
        }
    }
}

/// A store in the way of which trouble can be put.
pub(crate) struct Troubled {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) trouble: Trouble,
}

#[async_trait]
impl Store for Troubled {
    async fn get(&self, id: &RowId) -> Result<Option<Stored>, StoreError> {
        self.trouble.ask()?;
        self.store.get(id).await
    }

    async fn find(&self, realm: &RealmName, kind: Kind, alias: &str) -> Result<Option<Stored>, StoreError> {
        self.trouble.ask()?;
        self.store.find(realm, kind, alias).await
    }

    async fn list(
        &self,
        realm: &RealmName,
        kind: Kind,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        self.trouble.ask()?;
        self.store.list(realm, kind, after, limit).await
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Outcome, StoreError> {
        let state = self.trouble.ask()?;
        if let Some(together) = self.trouble.crossing() {
            together.wait().await;
        }
        let outcome = self.store.write(writes).await?;
        match state {
            State::Unconfirmed => Err(StoreError::OutcomeUnknown("the test says so".to_owned())),
            State::Peace | State::Ahead(_) | State::Silence => Ok(outcome),
        }
    }

    async fn revoked(&self, realm: &RealmName, family: Family) -> Result<bool, StoreError> {
        self.trouble.ask()?;
        self.store.revoked(realm, family).await
    }

    async fn epoch(&self, realm: &RealmName) -> Result<u64, StoreError> {
        self.trouble.ask()?;
        self.store.epoch(realm).await
    }

    async fn sweep(&self, expired_before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.trouble.ask()?;
        self.store.sweep(expired_before, limit).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.trouble.ask()?;
        self.store.ping().await
    }
}
