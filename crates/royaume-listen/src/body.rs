//! A request's body, read whole: a limit of size, of time and rate, and of memory for all that are on their way.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, Incoming};
use tokio::time::Instant;

use crate::limits::Limits;
use crate::refusal::Refusal;

/// Reads a body. `on_their_way` counts the bytes of all that are being read.
pub(crate) async fn read(
    mut body: Incoming,
    limits: &Limits,
    on_their_way: &AtomicUsize,
) -> Result<Bytes, Refusal> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(Refusal::Body);
    }
    // Most bodies came with their head in one piece, which is passed on as it is: no timer, no copy, no account.
    let first = match poll_fn(|cx| Poll::Ready(Pin::new(&mut body).poll_frame(cx))).await {
        Poll::Ready(Some(frame)) => data(frame)?,
        Poll::Ready(None) => return Ok(Bytes::new()),
        Poll::Pending => Bytes::new(),
    };
    if first.len() > limits.body_bytes {
        return Err(Refusal::Body);
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    read_on(first, body, limits, on_their_way).await
}

async fn read_on(
    first: Bytes,
    mut body: Incoming,
    limits: &Limits,
    on_their_way: &AtomicUsize,
) -> Result<Bytes, Refusal> {
    let begun = Instant::now();
    let mut held = Held { on_their_way, bytes: 0 };
    let mut whole = Vec::new();
    let mut piece = first;
    let timer = tokio::time::sleep_until(begun + limits.body_time(piece.len()));
    let mut timer = std::pin::pin!(timer);
    loop {
        if whole.len() + piece.len() > limits.body_bytes {
            return Err(Refusal::Body);
        }
        held.hold(piece.len(), limits.bodies_bytes)?;
        whole.extend_from_slice(&piece);
        piece = loop {
            tokio::select! {
                // The time first: a peer that sends nothing, and does so ceaselessly, has none left either.
                biased;
                () = timer.as_mut() => {
                    let end = begun + limits.body_time(whole.len());
                    if Instant::now() >= end {
                        return Err(Refusal::SlowBody);
                    }
                    timer.as_mut().reset(end);
                }
                frame = body.frame() => match frame {
                    Some(frame) => break data(frame)?,
                    None => return Ok(whole.into()),
                },
            }
        };
    }
}

/// The data of a frame; none in trailers, which say nothing to us.
fn data(frame: hyper::Result<Frame<Bytes>>) -> Result<Bytes, Refusal> {
    let frame = frame.map_err(|_| Refusal::BrokenBody)?;
    Ok(frame.into_data().unwrap_or_default())
}

/// The memory of one body on its way.
struct Held<'a> {
    on_their_way: &'a AtomicUsize,
    bytes: usize,
}

impl Held<'_> {
    fn hold(&mut self, bytes: usize, limit: usize) -> Result<(), Refusal> {
        let before = self.on_their_way.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        if before + bytes > limit { Err(Refusal::Bodies) } else { Ok(()) }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.on_their_way.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
