//! A connection that ends when nothing travels: one timer each, looked at only when it fires.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use crate::counters::{Counters, count};

/// A stream under watch.
pub(crate) struct Watched<S> {
    stream: S,
    timer: Pin<Box<Sleep>>,
    moved_at: Instant,
    idle: Duration,
    /// Until the first request has come, the deadline stands, however much travels.
    established: Arc<AtomicBool>,
    deadline: Instant,
    counters: Arc<Counters>,
}

impl<S> Watched<S> {
    pub(crate) fn new(
        stream: S,
        idle: Duration,
        first_request: Duration,
        established: Arc<AtomicBool>,
        counters: Arc<Counters>,
    ) -> Self {
        let now = Instant::now();
        let deadline = now + first_request;
        let timer = Box::pin(tokio::time::sleep_until(deadline.min(now + idle)));
        Self { stream, timer, moved_at: now, idle, established, deadline, counters }
    }

    /// Has it been still for too long? Asked whenever the stream has nothing to give or takes nothing.
    fn poll_watch<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let mut end = self.moved_at + self.idle;
            if !self.established.load(Ordering::Relaxed) {
                end = end.min(self.deadline);
            }
            if Instant::now() >= end {
                count(&self.counters.idle_closed);
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.timer.as_mut().reset(end);
        }
    }

    fn moved(&mut self) {
        self.moved_at = Instant::now();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Pending => self.poll_watch(cx),
            ready => {
                self.moved();
                ready
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, bytes) {
            Poll::Pending => self.poll_watch(cx),
            ready => {
                self.moved();
                ready
            }
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write_vectored(cx, bytes) {
            Poll::Pending => self.poll_watch(cx),
            ready => {
                self.moved();
                ready
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_flush(cx) {
            Poll::Pending => self.poll_watch(cx),
            ready => ready,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_shutdown(cx) {
            Poll::Pending => self.poll_watch(cx),
            ready => ready,
        }
    }
}
