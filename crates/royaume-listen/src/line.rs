//! A line: what is going on on one connection, noted by those who do it and read by the one who watches the time.
//!
//! It holds no times, so that a request in its fast path costs a few plain stores. Everything is relaxed: a note that
//! is read late moves a deadline by one look at it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use bytes::Bytes;

/// Requests abandoned before that is held against anybody.
const ABANDONED: u64 = 100;

/// The notes.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// Requests begun and not answered.
    active: AtomicU32,
    answered: AtomicU64,
    abandoned: AtomicU64,
    /// HTTP/2: answers whose body has not left, and those that have.
    unsent: AtomicU32,
    sent: AtomicU64,
    http2: AtomicBool,
    /// HTTP/1.1: the first byte of a head has come.
    head: AtomicBool,
    /// The socket takes nothing.
    blocked: AtomicBool,
    /// The peer will send nothing more.
    ended: AtomicBool,
    /// We will send nothing more.
    closing: AtomicBool,
    /// What the socket still holds is not worth keeping.
    forgotten: AtomicBool,
}

/// What a connection is waiting for. Two that are equal are the same wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The rest of a head, after so many answers.
    Head(u64),
    /// The next request, after so many answers.
    Idle(u64),
    /// The service, or a body, which has a time of its own.
    Busy,
    /// The socket.
    Blocked,
    /// The window of an HTTP/2 peer, after so many bodies.
    Unsent(u64),
    /// The end.
    Closing,
}

impl Line {
    pub(crate) fn phase(&self) -> Phase {
        let answered = self.answered.load(Relaxed);
        if self.closing.load(Relaxed) {
            Phase::Closing
        } else if self.blocked.load(Relaxed) {
            Phase::Blocked
        } else if self.unsent.load(Relaxed) > 0 {
            Phase::Unsent(self.sent.load(Relaxed))
        } else if self.active.load(Relaxed) > 0 {
            Phase::Busy
        } else if self.head.load(Relaxed) || answered == 0 {
            Phase::Head(answered)
        } else {
            Phase::Idle(answered)
        }
    }

    /// Asking and abandoning costs the peer nothing and us a request each time (CVE-2023-44487).
    pub(crate) fn abandons(&self) -> bool {
        let abandoned = self.abandoned.load(Relaxed);
        abandoned > ABANDONED && abandoned > self.answered.load(Relaxed)
    }

    pub(crate) fn received(&self, bytes: usize) {
        if bytes == 0 {
            self.ended.store(true, Relaxed);
        } else if self.active.load(Relaxed) == 0 && !self.http2.load(Relaxed) {
            self.head.store(true, Relaxed);
        }
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Relaxed)
    }

    pub(crate) fn blocked(&self, blocked: bool) {
        self.blocked.store(blocked, Relaxed);
    }

    pub(crate) fn close(&self) {
        self.closing.store(true, Relaxed);
    }

    pub(crate) fn forget(&self) {
        self.forgotten.store(true, Relaxed);
    }

    pub(crate) fn is_forgotten(&self) -> bool {
        self.forgotten.load(Relaxed)
    }
}

/// A request on a line, from its head to its answer.
pub(crate) struct Turn {
    line: Arc<Line>,
    pub(crate) http2: bool,
    answered: bool,
}

impl Turn {
    pub(crate) fn begin(line: &Arc<Line>, http2: bool) -> Self {
        line.active.fetch_add(1, Relaxed);
        line.head.store(false, Relaxed);
        line.http2.store(http2, Relaxed);
        Self { line: Arc::clone(line), http2, answered: false }
    }

    /// Ends the turn with a body. An HTTP/2 peer decides when it leaves, which nobody tells us but its last drop.
    pub(crate) fn end(mut self, body: Bytes) -> Bytes {
        self.answered = true;
        if !self.http2 || body.is_empty() {
            return body;
        }
        self.line.unsent.fetch_add(1, Relaxed);
        Bytes::from_owner(Unsent { body, line: Arc::clone(&self.line) })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let ended = if self.answered { &self.line.answered } else { &self.line.abandoned };
        ended.fetch_add(1, Relaxed);
        self.line.active.fetch_sub(1, Relaxed);
    }
}

/// A body that has not left.
struct Unsent {
    body: Bytes,
    line: Arc<Line>,
}

impl AsRef<[u8]> for Unsent {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        self.line.sent.fetch_add(1, Relaxed);
        self.line.unsent.fetch_sub(1, Relaxed);
    }
}
