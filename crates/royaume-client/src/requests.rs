//! Requests, as pure functions: what goes to which address.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use royaume_protocol::{PresentedToken, Secret, TokenRequest, parameters};

use crate::{ClientError, Proof};

/// A token request (RFC 6749 §3.2).
///
/// # Errors
/// [`ClientError::Metadata`] when the address is none.
pub fn token(address: &str, proof: &Proof, request: &TokenRequest) -> Result<Request<Bytes>, ClientError> {
    let mut pairs = request.pairs();
    pairs.extend(proof.pairs());
    form(address, proof, &pairs)
}

/// An introspection request (RFC 7662 §2.1).
///
/// # Errors
/// [`ClientError::Metadata`] when the address is none.
pub fn introspection(address: &str, proof: &Proof, token: &Secret) -> Result<Request<Bytes>, ClientError> {
    about(address, proof, token)
}

/// A revocation request (RFC 7009 §2.1).
///
/// # Errors
/// [`ClientError::Metadata`] when the address is none.
pub fn revocation(address: &str, proof: &Proof, token: &Secret) -> Result<Request<Bytes>, ClientError> {
    about(address, proof, token)
}

/// A request with a bearer token (RFC 6750 §2.1), as for userinfo.
///
/// # Errors
/// [`ClientError::Metadata`] when the address is none.
pub fn bearer(address: &str, token: &Secret) -> Result<Request<Bytes>, ClientError> {
    with_bearer(finish(start(Method::GET, address), Bytes::new(), address)?, token)
}

/// The same request with a bearer token, and with no other.
///
/// # Errors
/// [`ClientError::TokenRefused`] when it has characters that no token has.
pub fn with_bearer(mut request: Request<Bytes>, token: &Secret) -> Result<Request<Bytes>, ClientError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose()))
        .map_err(|_| ClientError::TokenRefused(Some("it has characters that no token has".to_owned())))?;
    value.set_sensitive(true);
    request.headers_mut().insert(header::AUTHORIZATION, value);
    Ok(request)
}

/// A request for a public document: metadata, keys.
///
/// # Errors
/// [`ClientError::Metadata`] when the address is none.
pub fn document(address: &str) -> Result<Request<Bytes>, ClientError> {
    finish(start(Method::GET, address), Bytes::new(), address)
}

/// A request to register, or to manage a registration (RFC 7591 §3.1, RFC 7592 §2).
///
/// # Errors
/// [`ClientError::Metadata`] when the address is none, [`ClientError::TokenRefused`] when the token has characters that no
/// token has.
pub fn registration(
    method: Method,
    address: &str,
    document: Option<&serde_json::Value>,
    token: Option<&Secret>,
) -> Result<Request<Bytes>, ClientError> {
    let mut builder = start(method, address);
    if document.is_some() {
        builder = builder.header(header::CONTENT_TYPE, "application/json");
    }
    let body = document.map(|document| Bytes::from(document.to_string())).unwrap_or_default();
    let request = finish(builder, body, address)?;
    match token {
        Some(token) => with_bearer(request, token),
        None => Ok(request),
    }
}

fn about(address: &str, proof: &Proof, token: &Secret) -> Result<Request<Bytes>, ClientError> {
    let mut pairs = PresentedToken::new(token.clone()).pairs();
    pairs.extend(proof.pairs());
    form(address, proof, &pairs)
}

fn form(
    address: &str,
    proof: &Proof,
    pairs: &[(&'static str, String)],
) -> Result<Request<Bytes>, ClientError> {
    let mut builder =
        start(Method::POST, address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(credentials) = proof.header() {
        let mut value = HeaderValue::from_str(credentials.expose()).expect("base64 is a header value");
        value.set_sensitive(true);
        builder = builder.header(header::AUTHORIZATION, value);
    }
    finish(builder, parameters::encode(pairs).into(), address)
}

fn start(method: Method, address: &str) -> http::request::Builder {
    let builder = Request::builder().method(method).uri(address).header(header::ACCEPT, "application/json");
    // A service without sockets sees no connection, so the host is said here (RFC 9110 §7.2).
    match address.split_once("://").and_then(|(_, after)| after.split(['/', '?']).next()) {
        Some(host) => builder.header(header::HOST, host),
        None => builder,
    }
}

fn finish(
    builder: http::request::Builder,
    body: Bytes,
    address: &str,
) -> Result<Request<Bytes>, ClientError> {
    builder
        .body(body)
        .map_err(|_| ClientError::Metadata(format!("{} is not an address", crate::error::harmless(address))))
}
