//! A request, checked and read whole before anybody answers it (RFC 9112 §3.2, RFC 9110 §8.4, §15.5).

use std::net::SocketAddr;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};

use crate::counters::{Counters, count};
use crate::limits::Limits;

/// Who is at the other end of the connection: in the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// Checks the head and reads the body. The error is the status that says which limit was broken.
pub(crate) async fn complete(
    request: Request<Incoming>,
    limits: &Limits,
    counters: &Counters,
) -> Result<Request<Bytes>, StatusCode> {
    check_head(&request, limits, counters)?;
    let (parts, body) = request.into_parts();
    let body = read(body, limits, counters).await?;
    Ok(Request::from_parts(parts, body))
}

fn check_head<B>(request: &Request<B>, limits: &Limits, counters: &Counters) -> Result<(), StatusCode> {
    let headers = request.headers();
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > limits.head_bytes || headers.len() > limits.head_fields {
        count(&counters.refused_head);
        return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > limits.target_bytes {
        count(&counters.refused_target);
        return Err(StatusCode::URI_TOO_LONG);
    }
    if !one_host(request) {
        count(&counters.refused_host);
        return Err(StatusCode::BAD_REQUEST);
    }
    let encoded = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        count(&counters.refused_encoding);
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    Ok(())
}

/// Exactly one host, however it is said.
fn one_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let (host, second) = (hosts.next(), hosts.next());
    let authority = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    if second.is_some() || host.is_some_and(|host| host.is_empty()) {
        return false;
    }
    match (host.map(HeaderValue::as_bytes), authority) {
        (Some(host), Some(authority)) => host.eq_ignore_ascii_case(authority),
        (Some(_), None) | (None, Some(_)) => true,
        (None, None) => request.version() == Version::HTTP_10,
    }
}

async fn read(mut body: Incoming, limits: &Limits, counters: &Counters) -> Result<Bytes, StatusCode> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let too_large = || {
        count(&counters.refused_body);
        StatusCode::PAYLOAD_TOO_LARGE
    };
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_large());
    }
    let reading = async {
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Err(StatusCode::BAD_REQUEST) };
            let Ok(data) = frame.into_data() else { continue };
            if first.len() + rest.len() + data.len() > limits.body_bytes {
                return Err(too_large());
            }
            // Most bodies are one frame: it is passed on as it is.
            if first.is_empty() {
                first = data;
            } else {
                rest.extend_from_slice(&data);
            }
        }
        if rest.is_empty() { Ok(first) } else { Ok([&first[..], &rest[..]].concat().into()) }
    };
    match tokio::time::timeout(limits.body_time(), reading).await {
        Ok(read) => read,
        Err(_) => {
            count(&counters.slow_body);
            Err(StatusCode::REQUEST_TIMEOUT)
        }
    }
}

/// An answer without a body, after which the connection is not used again.
pub(crate) fn refusal(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
