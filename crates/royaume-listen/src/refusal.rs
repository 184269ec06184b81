//! Refusals: what is answered without the service, each with its status and its counter.

use std::sync::atomic::AtomicU64;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};

use crate::counters::Counters;

/// Why a request did not reach the service, or came back without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No host, two, or two that differ (RFC 9112 §3.2).
    Host,
    /// A head of too many fields or bytes (RFC 6585 §5).
    Head,
    /// A target too long (RFC 9110 §15.5.15).
    Target,
    /// A body in a content coding, whose size says nothing (RFC 9110 §15.5.16).
    Encoding,
    /// A transfer coding other than chunked, or a tunnel (RFC 9112 §6.1, RFC 9110 §15.6.2).
    Coding,
    /// An expectation other than 100-continue (RFC 9110 §10.1.1).
    Expectation,
    /// A body too large (RFC 9110 §15.5.14).
    Body,
    /// A body too slow (RFC 9110 §15.5.9).
    SlowBody,
    /// A body that broke off or broke its framing.
    BrokenBody,
    /// Too many bodies on their way.
    Bodies,
    /// Too many requests in flight.
    InFlight,
    /// The service panicked.
    Panic,
}

impl Refusal {
    pub(crate) fn counter(self, counters: &Counters) -> &AtomicU64 {
        match self {
            Self::Host => &counters.refused_host,
            Self::Head => &counters.refused_head,
            Self::Target => &counters.refused_target,
            Self::Encoding => &counters.refused_encoding,
            Self::Coding => &counters.refused_coding,
            Self::Expectation => &counters.refused_expectation,
            Self::Body => &counters.refused_body,
            Self::SlowBody => &counters.slow_body,
            Self::BrokenBody => &counters.broken_body,
            Self::Bodies => &counters.refused_bodies,
            Self::InFlight => &counters.refused_in_flight,
            Self::Panic => &counters.panicked,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::Host | Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::Head => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::Target => StatusCode::URI_TOO_LONG,
            Self::Encoding => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Coding => StatusCode::NOT_IMPLEMENTED,
            Self::Expectation => StatusCode::EXPECTATION_FAILED,
            Self::Body => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SlowBody => StatusCode::REQUEST_TIMEOUT,
            Self::Bodies | Self::InFlight => StatusCode::SERVICE_UNAVAILABLE,
            Self::Panic => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Whether the request was read to its end, so that the next one can be found.
    fn leaves_the_connection(self) -> bool {
        matches!(self, Self::InFlight | Self::Panic)
    }

    /// The answer: no text, nothing to keep.
    pub(crate) fn response(self, http2: bool) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.status() == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if self == Self::Encoding {
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        // RFC 9113 §8.2.2: HTTP/2 has no such field.
        if !http2 && !self.leaves_the_connection() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
