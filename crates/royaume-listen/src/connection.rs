//! One connection: driven until it ends by itself, is told to leave, or has waited too long.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Future as _, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use http::Version;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;

use crate::accept::House;
use crate::admission::Place;
use crate::answer::{Answers, answer};
use crate::counters::count;
use crate::deadline::{Deadline, Expired};
use crate::limits::Limits;
use crate::line::{Line, Turn};
use crate::stream::{Carrier, Noted};

/// Fields that hyper has room for on its stack; with more it allocates for each request.
const FIELDS_AT_HAND: usize = 100;

/// What hyper keeps of a connection at least.
const LEAST_BUFFER: usize = 8 * 1024;

/// The protocol, with those limits that hyper itself holds.
pub(crate) fn protocol(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    let mut http1 = builder.http1();
    // Time is ours to watch: hyper would make a timer for each head.
    http1.header_read_timeout(None).max_buf_size((limits.head_bytes + limits.target_bytes).max(LEAST_BUFFER));
    if limits.head_fields > FIELDS_AT_HAND {
        http1.max_headers(limits.head_fields);
    }
    builder
        .http2()
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX));
    builder
}

/// How a connection ended.
enum Ended {
    ByItself(Result<(), Box<dyn Error + Send + Sync>>),
    Abandoning,
    Expired(Expired),
}

/// Serves a connection until its end.
pub(crate) async fn run<S: Answers>(
    carrier: impl Carrier,
    peer: SocketAddr,
    service: S,
    house: Arc<House>,
    _place: Place,
) {
    let line = Arc::new(Line::default());
    let stream = TokioIo::new(Noted::new(carrier, Arc::clone(&line)));
    let answering = service_fn({
        let (line, house) = (Arc::clone(&line), Arc::clone(&house));
        move |request| {
            let turn = Turn::begin(&line, request.version() == Version::HTTP_2);
            let (service, house) = (service.clone(), Arc::clone(&house));
            async move { Ok::<_, Infallible>(answer(service, request, peer, &house, turn).await) }
        }
    });
    let mut connection = pin!(house.protocol.serve_connection(stream, answering));
    let mut stopping = pin!(house.stop.heard());
    let mut deadline = Deadline::new(&house.limits);
    let (mut listening, mut leaving) = (false, false);
    let ended = poll_fn(|cx| {
        loop {
            // First: a request that has come is answered, whatever there is to be told.
            if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                return Poll::Ready(Ended::ByItself(ended));
            }
            if line.abandons() {
                return Poll::Ready(Ended::Abandoning);
            }
            if !listening {
                // Once is enough: the task that is woken is always this one.
                listening = true;
                let _ = stopping.as_mut().poll(cx);
            }
            let mut told = !leaving && house.stop.is_said();
            if !told && let Poll::Ready(expired) = deadline.poll(cx, line.phase(), &house.limits) {
                match expired {
                    Expired::Idle => count(&house.counters.idle_closed),
                    Expired::Age => count(&house.counters.retired),
                    Expired::Head | Expired::Reader | Expired::Farewell => {
                        return Poll::Ready(Ended::Expired(expired));
                    }
                }
                told = true;
            }
            if !told {
                return Poll::Pending;
            }
            leaving = true;
            deadline.leave();
            connection.as_mut().graceful_shutdown();
        }
    });
    match ended.await {
        Ended::ByItself(Ok(())) => {}
        Ended::ByItself(Err(error)) => match error.downcast_ref::<hyper::Error>() {
            Some(error) if error.is_parse_too_large() => count(&house.counters.refused_head),
            Some(error) if error.is_parse() => count(&house.counters.malformed),
            // Told to leave before its protocol was known.
            None if leaving => {}
            Some(_) | None => count(&house.counters.connection_errors),
        },
        Ended::Abandoning => count(&house.counters.abandoning),
        Ended::Expired(Expired::Head) => count(&house.counters.slow_head),
        Ended::Expired(Expired::Reader) => {
            line.forget();
            count(&house.counters.slow_reader);
        }
        Ended::Expired(Expired::Farewell | Expired::Idle | Expired::Age) => {}
    }
}
