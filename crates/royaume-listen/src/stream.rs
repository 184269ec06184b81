//! A stream that notes on its line what travels, and closes as RFC 9112 §9.6 asks.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::line::Line;

/// What is read and thrown away after the last answer, so that it is not lost to a reset.
const THROWN_AWAY: usize = 1024 * 1024;

/// What carries a connection: a socket, or later one with TLS around it.
pub(crate) trait Carrier: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// Closing shall not wait for what the peer has not taken.
    fn forget(&self);
}

impl Carrier for TcpStream {
    fn forget(&self) {
        // A socket that cannot be told is gone already.
        let _ = self.set_zero_linger();
    }
}

/// A stream with a line.
pub(crate) struct Noted<C: Carrier> {
    carrier: C,
    line: Arc<Line>,
    thrown_away: usize,
}

impl<C: Carrier> Noted<C> {
    pub(crate) fn new(carrier: C, line: Arc<Line>) -> Self {
        Self { carrier, line, thrown_away: 0 }
    }

    fn noted<T>(&self, written: Poll<T>) -> Poll<T> {
        if written.is_pending() {
            self.line.blocked(true);
        }
        written
    }
}

impl<C: Carrier> AsyncRead for Noted<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.carrier).poll_read(cx, buffer))?;
        self.line.received(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<C: Carrier> AsyncWrite for Noted<C> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.carrier).poll_write(cx, bytes);
        self.noted(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.carrier).poll_write_vectored(cx, bytes);
        self.noted(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.carrier.is_write_vectored()
    }

    /// Asked for only when everything has been written: so an answer of HTTP/1.1 has its time as a whole, however
    /// many spoons it is taken by.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.carrier).poll_flush(cx);
        self.line.blocked(flushed.is_pending());
        flushed
    }

    /// Says that nothing more comes, then waits for the peer to say so too. Closing while something is unread would
    /// reset the connection, and with it the answer that says why.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.carrier).poll_shutdown(cx))?;
        self.line.close();
        let mut thrown_away = [0; 4096];
        while !self.line.has_ended() && self.thrown_away < THROWN_AWAY {
            let mut buffer = ReadBuf::new(&mut thrown_away);
            if ready!(self.as_mut().poll_read(cx, &mut buffer)).is_err() {
                break;
            }
            self.thrown_away += buffer.filled().len();
        }
        Poll::Ready(Ok(()))
    }
}

impl<C: Carrier> Drop for Noted<C> {
    fn drop(&mut self) {
        if self.line.is_forgotten() {
            self.carrier.forget();
        }
    }
}
