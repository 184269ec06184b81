//! Who goes through to an API, and when: in the order of arrival, at the rate that it takes, and nobody in vain.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_channel::oneshot;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;

use super::bucket::{Bucket, Rate};
use crate::Clock;
use crate::kept::later;

/// The queue before one API, for all who call it as one application. The first in it waits for its moment, the others for
/// their turn; whoever goes away is out of it.
#[derive(Debug)]
pub(crate) struct Limiter(Mutex<Queue>);

#[derive(Debug)]
struct Queue {
    bucket: Bucket,
    /// Somebody is at the head, waiting for the moment.
    attended: bool,
    waiting: BTreeMap<u64, Waiting>,
    tickets: u64,
}

#[derive(Debug)]
struct Waiting {
    deadline: Timestamp,
    tell: oneshot::Sender<Turn>,
}

/// What somebody who waits is told.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    /// It is at the head.
    Comes,
    /// It would come so much later, which is too late.
    TooLate(Duration),
}

impl Limiter {
    pub(crate) fn new() -> Self {
        let waiting = BTreeMap::new();
        Self(Mutex::new(Queue { bucket: Bucket::new(), attended: false, waiting, tickets: 0 }))
    }

    pub(crate) fn configure(&self, rate: Rate) {
        self.queue().bucket.configure(rate);
    }

    /// Ends when a request may be sent.
    ///
    /// # Errors
    /// How long it would take, as soon as that is known to be beyond the deadline.
    pub(crate) async fn pass<C: Clock>(&self, clock: &C, deadline: Timestamp) -> Result<(), Duration> {
        let place = {
            let mut queue = self.queue();
            let now = clock.now();
            if !queue.attended && queue.bucket.take(now) {
                return Ok(());
            }
            let before = queue.waiting.len() + usize::from(queue.attended);
            let wait = queue.bucket.wait(before, now);
            if later(now, wait) > deadline {
                return Err(wait);
            }
            queue.join(self, deadline)
        };
        let _head = match place {
            Some(place) => place.turn().await?,
            None => Head(self),
        };
        loop {
            let now = clock.now();
            let wait = {
                let mut queue = self.queue();
                if queue.bucket.take(now) {
                    return Ok(());
                }
                queue.bucket.wait(0, now)
            };
            if later(now, wait) > deadline {
                return Err(wait);
            }
            clock.sleep(wait).await;
        }
    }

    /// What an answer says of the limit. Those who wait and cannot be served in time any more are told at once.
    pub(crate) fn learn(&self, status: StatusCode, headers: &HeaderMap, now: Timestamp) {
        let mut queue = self.queue();
        if queue.bucket.learn(status, headers, now) {
            queue.dismiss(now);
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// A place in the queue; nothing for whoever is its head already.
    fn join<'a>(&mut self, limiter: &'a Limiter, deadline: Timestamp) -> Option<Place<'a>> {
        if !self.attended {
            self.attended = true;
            return None;
        }
        let (tell, told) = oneshot::channel();
        self.tickets += 1;
        self.waiting.insert(self.tickets, Waiting { deadline, tell });
        Some(Place { limiter, ticket: self.tickets, told })
    }

    /// The next one comes to the head.
    fn advance(&mut self) {
        while let Some((_, next)) = self.waiting.pop_first() {
            if next.tell.send(Turn::Comes).is_ok() {
                return;
            }
        }
        self.attended = false;
    }

    fn dismiss(&mut self, now: Timestamp) {
        let mut staying = BTreeMap::new();
        for (ticket, waiting) in std::mem::take(&mut self.waiting) {
            let wait = self.bucket.wait(staying.len() + usize::from(self.attended), now);
            if later(now, wait) > waiting.deadline {
                // Whoever has gone need not be told.
                let _ = waiting.tell.send(Turn::TooLate(wait));
            } else {
                staying.insert(ticket, waiting);
            }
        }
        self.waiting = staying;
    }
}

/// A place in the queue.
struct Place<'a> {
    limiter: &'a Limiter,
    ticket: u64,
    told: oneshot::Receiver<Turn>,
}

impl<'a> Place<'a> {
    async fn turn(mut self) -> Result<Head<'a>, Duration> {
        match (&mut self.told).await {
            Ok(Turn::Comes) => Ok(Head(self.limiter)),
            Ok(Turn::TooLate(wait)) => Err(wait),
            Err(oneshot::Canceled) => Err(Duration::ZERO),
        }
    }
}

impl Drop for Place<'_> {
    /// Whoever goes away passes on a turn that it was given and did not hear of.
    fn drop(&mut self) {
        let mut queue = self.limiter.queue();
        let unheard =
            queue.waiting.remove(&self.ticket).is_none() && self.told.try_recv() == Ok(Some(Turn::Comes));
        if unheard {
            queue.advance();
        }
    }
}

/// The head of the queue.
struct Head<'a>(&'a Limiter);

impl Drop for Head<'_> {
    fn drop(&mut self) {
        self.0.queue().advance();
    }
}
