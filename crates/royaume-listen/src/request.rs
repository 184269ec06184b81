//! A request's head, checked before anything of its body is read (RFC 9112 §3.2, §6.1, RFC 9110 §8.4, §10.1.1).

use std::net::SocketAddr;

use http::request::Parts;
use http::{HeaderValue, Method, Version, header};

use crate::limits::Limits;
use crate::refusal::Refusal;

/// Who is at the other end of the connection: in the extensions of every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// Checks a head, and what it says of a body that follows.
pub(crate) fn check(head: &Parts, body_follows: bool, limits: &Limits) -> Result<(), Refusal> {
    let size: usize = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > limits.head_bytes || head.headers.len() > limits.head_fields {
        return Err(Refusal::Head);
    }
    let target = head.uri.path_and_query().map_or(0, |target| target.as_str().len());
    if target > limits.target_bytes {
        return Err(Refusal::Target);
    }
    if !one_host(head) {
        return Err(Refusal::Host);
    }
    if head.method == Method::CONNECT {
        return Err(Refusal::Coding);
    }
    if body_follows { check_body(head) } else { Ok(()) }
}

/// Exactly one host, however it is said.
fn one_host(head: &Parts) -> bool {
    let mut hosts = head.headers.get_all(header::HOST).iter();
    let (host, second) = (hosts.next(), hosts.next());
    let authority = head.uri.authority().map(|authority| authority.as_str().as_bytes());
    if second.is_some() || !host.is_none_or(|host| is_host(host.as_bytes())) {
        return false;
    }
    match (host.map(HeaderValue::as_bytes), authority) {
        (Some(host), Some(authority)) => host.eq_ignore_ascii_case(authority),
        (Some(_), None) => true,
        // HTTP/2 has its host there; HTTP/1.1 says it in its field, whatever the target (RFC 9112 §3.2).
        (None, Some(authority)) => head.version != Version::HTTP_11 && is_host(authority),
        (None, None) => head.version == Version::HTTP_10,
    }
}

/// The characters of a host and a port (RFC 3986 §3.2.2): no user, no path, no list.
fn is_host(value: &[u8]) -> bool {
    !value.is_empty() && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%:[]".contains(byte))
}

fn check_body(head: &Parts) -> Result<(), Refusal> {
    let only = |name, allowed: &[u8]| {
        head.headers.get_all(name).iter().all(|value| value.as_bytes().eq_ignore_ascii_case(allowed))
    };
    if !only(header::CONTENT_ENCODING, b"identity") {
        return Err(Refusal::Encoding);
    }
    // hyper looks at the last coding only; what comes before it would reach the service as it is.
    if !only(header::TRANSFER_ENCODING, b"chunked") {
        return Err(Refusal::Coding);
    }
    if head.version != Version::HTTP_10 && !only(header::EXPECT, b"100-continue") {
        return Err(Refusal::Expectation);
    }
    Ok(())
}
