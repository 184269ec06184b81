//! A deadline: until when a connection may go on waiting as it does. One timer for each connection, looked at rather
//! than moved, so that a request costs one reading of the clock and no change of the timer.

use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep};

use crate::limits::Limits;
use crate::line::Phase;

/// What a peer is given to close its end, or to take its leave (RFC 9112 §9.6).
const FAREWELL: Duration = Duration::from_secs(1);

/// The deadline of one connection.
pub(crate) struct Deadline {
    timer: Pin<Box<Sleep>>,
    /// When the timer fires, if it has not.
    armed: Option<Instant>,
    phase: Option<Phase>,
    until: Instant,
    retires: Instant,
    leaving: bool,
}

/// What became of a connection whose time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expired {
    /// A head did not come.
    Head,
    /// No request came.
    Idle,
    /// An answer was not taken.
    Reader,
    /// It was told to leave, or left, and has had the time for that.
    Farewell,
    /// It is old.
    Age,
}

impl Deadline {
    pub(crate) fn new(limits: &Limits) -> Self {
        let now = Instant::now();
        let until = now + limits.head_time();
        Self {
            timer: Box::pin(tokio::time::sleep_until(until)),
            armed: Some(until),
            phase: None,
            until,
            retires: now + limits.connection_time(),
            leaving: false,
        }
    }

    /// The connection has been told to leave: it is not too old any more, and may not wait for a request.
    pub(crate) fn leave(&mut self) {
        self.leaving = true;
        self.phase = None;
    }

    /// Ends when a connection in this phase has waited too long.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, phase: Phase, limits: &Limits) -> Poll<Expired> {
        if self.phase != Some(phase) {
            self.phase = Some(phase);
            self.until = Instant::now() + self.allowed(phase, limits);
        }
        loop {
            let next = if self.leaving { self.until } else { self.until.min(self.retires) };
            if self.armed.is_none_or(|armed| next < armed) {
                self.timer.as_mut().reset(next);
                self.armed = Some(next);
            }
            ready!(self.timer.as_mut().poll(cx));
            self.armed = None;
            let now = Instant::now();
            if now < next {
                continue;
            }
            if now < self.until {
                return Poll::Ready(Expired::Age);
            }
            match phase {
                // Nothing to hold against anybody; but nobody wakes us when a stream of HTTP/2 is gone.
                Phase::Busy => self.until = now + self.allowed(phase, limits),
                Phase::Head(_) => return Poll::Ready(Expired::Head),
                Phase::Idle(_) if !self.leaving => return Poll::Ready(Expired::Idle),
                Phase::Blocked | Phase::Unsent(_) => return Poll::Ready(Expired::Reader),
                Phase::Idle(_) | Phase::Closing => return Poll::Ready(Expired::Farewell),
            }
        }
    }

    fn allowed(&self, phase: Phase, limits: &Limits) -> Duration {
        match phase {
            Phase::Head(_) => limits.head_time(),
            Phase::Idle(_) if self.leaving => FAREWELL,
            Phase::Idle(_) => limits.idle_time(),
            Phase::Busy => limits.idle_time().max(FAREWELL),
            Phase::Blocked | Phase::Unsent(_) => limits.write_time(),
            Phase::Closing => FAREWELL,
        }
    }
}
