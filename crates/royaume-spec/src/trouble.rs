//! Trouble: a store that stops answering when a test says so, and answers again when the test is done.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use royaume_store::{Family, Kind, Outcome, RealmName, RowId, Store, StoreError, Stored, Write};
use tokio::sync::Barrier;

/// The switch in a test's hand.
#[derive(Debug, Clone, Default)]
pub struct Trouble {
    state: Arc<Mutex<State>>,
    gathering: Arc<Mutex<Option<Gathering>>>,
}

/// Writes that wait for each other.
#[derive(Debug)]
struct Gathering {
    gate: Arc<Barrier>,
    missing: usize,
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

    /// The next so many writes are done when all of them have been asked for, and not before.
    ///
    /// # Panics
    /// When others still wait for each other.
    pub fn together(&self, writes: usize) {
        let gathering = Gathering { gate: Arc::new(Barrier::new(writes)), missing: writes };
        let before = self.gathering().replace(gathering);
        assert!(before.is_none(), "writes still wait for each other");
    }

    /// The store answers again. Did a question go unanswered meanwhile?
    pub fn over(&self) -> bool {
        let mut state = self.state();
        std::mem::take(&mut *state) == State::Silence
    }

    fn set(&self, state: State) {
        *self.state() = state;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn gathering(&self) -> MutexGuard<'_, Option<Gathering>> {
        self.gathering.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One write more: it waits for the others of its gathering, if there is one.
    async fn gather(&self) {
        let gate = {
            let mut gathering = self.gathering();
            let Some(here) = &mut *gathering else { return };
            here.missing -= 1;
            let gate = Arc::clone(&here.gate);
            if here.missing == 0 {
                *gathering = None;
            }
            gate
        };
        gate.wait().await;
    }

    /// One question more.
    fn ask(&self) -> Result<State, StoreError> {
        let mut state = self.state();
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
        self.trouble.gather().await;
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
