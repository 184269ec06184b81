//! The writer: one thread, one connection, many batches to a commit.
//!
//! While one group is being written to disk the next one gathers, so that the price of a durable commit is shared by all
//! who wait for it. Nobody is answered before the commit. A batch that is refused, or a disk that is full, costs the
//! others of its group nothing, or a new try.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};
use tokio::sync::{mpsc, oneshot};

use super::fault::{commit_fault, fault, is_busy};
use super::file::DatabaseFile;
use super::statements;
use crate::{Outcome, StoreError, Write, failpoint};

/// At most so many batches to a commit: beyond, a group only makes its members wait.
const GROUP: usize = 512;
/// A busy database is asked again so often, and those who have waited enough are told so.
const TRY: Duration = Duration::from_millis(50);
/// The log is folded into the file each time it has grown by so many pages of 4 KiB.
const CHECKPOINT_PAGES: i64 = 4_000;

/// Pages that the writer keeps, in KiB, as a negative number. Rows are written where others have just been, and a commit
/// that has split a page walks through all that is kept: more would cost more than it spares.
const CACHE_KIB: i64 = -4 * 1024;

/// What the writer is asked to do.
pub(super) enum Work {
    Write(Vec<Write>, Answer<Outcome>),
    Sweep { before: i64, limit: usize, answer: Answer<usize> },
    Beat(Answer<()>),
}

pub(super) type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

struct Job {
    work: Work,
    arrived: Instant,
}

/// What is to be said to one caller when the fate of its group is known.
type Promise = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// The way to the writer. Dropped, it ends the thread, after what was asked before.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    patience: Duration,
}

impl Writer {
    pub(super) fn start(
        file: Arc<DatabaseFile>,
        queue: usize,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let mut thread =
            Thread { file, patience, connection: None, waiting: VecDeque::new(), receiver, well: true };
        thread.connect()?;
        let handle = thread::Builder::new()
            .name("royaume-store".to_owned())
            .spawn(move || thread.run())
            .map_err(|error| StoreError::Unavailable(format!("no thread for the writer: {error}")))?;
        Ok(Self { queue: Some(sender), thread: Some(handle), patience })
    }

    /// Asks for something and waits until it is durable.
    pub(super) async fn ask<T>(&self, work: impl FnOnce(Answer<T>) -> Work) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        #[expect(
            clippy::disallowed_methods,
            reason = "measures how long a batch waits; no rule depends on it"
        )]
        let arrived = Instant::now();
        self.send(Job { work: work(answer), arrived }).await?;
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::OutcomeUnknown("the writer ended without a word".to_owned())))
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let gone = || StoreError::Unavailable("the writer has ended".to_owned());
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        let job = match queue.try_send(job) {
            Ok(()) => return Ok(()),
            Err(mpsc::error::TrySendError::Closed(_)) => return Err(gone()),
            Err(mpsc::error::TrySendError::Full(job)) => job,
        };
        match tokio::time::timeout(self.patience, queue.send(job)).await {
            Ok(sent) => sent.map_err(|_| gone()),
            Err(_) => Err(StoreError::Unavailable("too many writes wait".to_owned())),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A panic in it has been answered to whoever asked.
            let _ = thread.join();
        }
    }
}

struct Thread {
    file: Arc<DatabaseFile>,
    patience: Duration,
    /// None after an error that leaves doubt: the next group begins with a new one.
    connection: Option<Connection>,
    waiting: VecDeque<Job>,
    receiver: mpsc::Receiver<Job>,
    /// Whether the last group was written: only changes are logged.
    well: bool,
}

impl Thread {
    fn run(mut self) {
        while let Some(job) = self.receiver.blocking_recv() {
            self.waiting.push_back(job);
            let mut promises = Vec::new();
            let mut committing = false;
            let group = catch_unwind(AssertUnwindSafe(|| self.group(&mut promises, &mut committing)));
            let result = group.unwrap_or_else(|_| {
                self.connection = None;
                let died = "the writer panicked".to_owned();
                Err(if committing { StoreError::OutcomeUnknown(died) } else { StoreError::Unavailable(died) })
            });
            self.log(&result);
            if let Err(error) = &result {
                for job in self.waiting.drain(..) {
                    job.work.fail(error.clone());
                }
            }
            for promise in promises {
                promise(result.clone());
            }
        }
    }

    fn log(&mut self, result: &Result<(), StoreError>) {
        match result {
            Err(error) if self.well => tracing::warn!(%error, "the store does not write"),
            Ok(()) if !self.well => tracing::info!("the store writes again"),
            Ok(()) | Err(_) => {}
        }
        self.well = result.is_ok();
    }

    /// Does what waits in one transaction.
    fn group(&mut self, promises: &mut Vec<Promise>, committing: &mut bool) -> Result<(), StoreError> {
        failpoint::before("store.before_group")?;
        self.file.check_still_there()?;
        if !self.begin()? {
            return Ok(());
        }
        let done = self.work(promises);
        if let Err(error) = done {
            self.abandon(&error);
            return Err(fault(error));
        }
        if let Err(error) = failpoint::before("store.before_commit") {
            self.connection = None;
            return Err(error);
        }
        *committing = true;
        if let Err(error) = statements::run(self.connection()?, "COMMIT") {
            self.abandon(&error);
            return Err(commit_fault(error));
        }
        failpoint::after("store.after_commit")
    }

    /// Everything between BEGIN and COMMIT.
    fn work(&mut self, promises: &mut Vec<Promise>) -> rusqlite::Result<()> {
        let Some(connection) = &self.connection else { return Ok(()) };
        while let Some(job) = self.waiting.pop_front() {
            match job.work {
                Work::Write(writes, answer) => note(promises, answer, batch(connection, &writes))?,
                Work::Sweep { before, limit, answer } => {
                    note(promises, answer, statements::sweep(connection, before, limit))?;
                }
                Work::Beat(answer) => note(promises, answer, statements::beat(connection))?,
            }
        }
        Ok(())
    }

    /// Undoes the transaction. After anything but a full disk the next group begins with a new connection.
    fn abandon(&mut self, error: &rusqlite::Error) {
        let full = error.sqlite_error_code() == Some(ErrorCode::DiskFull);
        let Some(connection) = self.connection.take_if(|_| full) else {
            self.connection = None;
            return;
        };
        // SQLite may have rolled back by itself.
        if connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok() {
            self.connection = Some(connection);
        }
    }

    /// Gathers what waits and gets the lock. False if meanwhile everybody has given up.
    fn begin(&mut self) -> Result<bool, StoreError> {
        loop {
            while self.waiting.len() < GROUP {
                let Ok(job) = self.receiver.try_recv() else { break };
                self.waiting.push_back(job);
            }
            match statements::run(self.connection()?, "BEGIN IMMEDIATE") {
                Ok(()) => return Ok(true),
                Err(error) if is_busy(&error) => {
                    self.dismiss();
                    if self.waiting.is_empty() {
                        return Ok(false);
                    }
                }
                Err(error) => {
                    self.connection = None;
                    return Err(fault(error));
                }
            }
        }
    }

    /// Tells those who have waited enough.
    fn dismiss(&mut self) {
        while self.waiting.front().is_some_and(|job| job.arrived.elapsed() >= self.patience) {
            let Some(job) = self.waiting.pop_front() else { break };
            job.work.fail(StoreError::Unavailable("another process keeps the database locked".to_owned()));
        }
    }

    fn connection(&mut self) -> Result<&Connection, StoreError> {
        if self.connection.is_none() {
            self.connect()?;
        }
        self.connection.as_ref().ok_or_else(closed)
    }

    fn connect(&mut self) -> Result<(), StoreError> {
        let connection = self.file.connect().map_err(fault)?;
        connection.busy_timeout(TRY).map_err(fault)?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES).map_err(fault)?;
        connection.pragma_update(None, "journal_size_limit", CHECKPOINT_PAGES * 8 * 1024).map_err(fault)?;
        connection.pragma_update(None, "cache_size", CACHE_KIB).map_err(fault)?;
        self.connection = Some(connection);
        Ok(())
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the writer has no connection".to_owned())
}

/// All of a batch or nothing of it, inside the transaction of its group.
fn batch(connection: &Connection, writes: &[Write]) -> rusqlite::Result<Outcome> {
    let refused = |index, why| Outcome::Refused { index, why };
    if let [write] = writes {
        // One statement is all or nothing by itself.
        return Ok(statements::apply(connection, write)?.map_or(Outcome::Done, |why| refused(0, why)));
    }
    statements::run(connection, "SAVEPOINT batch")?;
    let mut outcome = Outcome::Done;
    for (index, write) in writes.iter().enumerate() {
        if let Some(why) = statements::apply(connection, write)? {
            outcome = refused(index, why);
            statements::run(connection, "ROLLBACK TO batch")?;
            break;
        }
    }
    statements::run(connection, "RELEASE batch")?;
    Ok(outcome)
}

impl Work {
    fn fail(self, error: StoreError) {
        // Whoever does not wait any more need not know.
        match self {
            Self::Write(_, answer) => drop(answer.send(Err(error))),
            Self::Sweep { answer, .. } => drop(answer.send(Err(error))),
            Self::Beat(answer) => drop(answer.send(Err(error))),
        }
    }
}

/// Notes what to say to one caller once the group is committed, or once it is known that it will not be.
fn note<T: Send + 'static>(
    promises: &mut Vec<Promise>,
    answer: Answer<T>,
    done: rusqlite::Result<T>,
) -> rusqlite::Result<()> {
    let (value, done) = match done {
        Ok(value) => (Some(value), Ok(())),
        Err(error) => (None, Err(error)),
    };
    promises.push(Box::new(move |group| {
        drop(answer.send(group.and_then(|()| value.ok_or_else(closed))));
    }));
    done
}
