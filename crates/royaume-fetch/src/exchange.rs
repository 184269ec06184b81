//! One request and its answer on one connection (RFC 9112), within the limits.

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::FetchError;
use crate::configuration::Limits;
use crate::deadline::Deadline;
use crate::error::Stage;
use crate::host::Target;

/// The least that hyper reads into.
const LEAST_BUFFER: usize = 8 * 1024;

/// Sends, and reads the answer to its end. The connection goes with it: nothing of one exchange reaches the next.
pub(crate) async fn exchange<S: AsyncRead + AsyncWrite + Unpin + Send>(
    stream: S,
    request: Request<Bytes>,
    target: &Target,
    limits: &Limits,
    deadline: Deadline<'_>,
) -> Result<Response<Bytes>, FetchError> {
    let broken = |error: hyper::Error| broken(&error, target, limits);
    let (mut sender, connection) = http1::Builder::new()
        .max_header_size(limits.head_bytes)
        .max_buf_size(limits.head_bytes.max(LEAST_BUFFER))
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let answered = async {
        let asked = sender.send_request(outbound(request, target)?);
        let (head, body) = deadline.within(Stage::Head, asked).await?.map_err(broken)?.into_parts();
        if !is_plain(&head.headers) {
            return Err(FetchError::Encoded { host: target.to_string() });
        }
        let read = read(body, limits.body_bytes);
        let body = match deadline.within(Stage::Body, read).await? {
            Ok(body) => body,
            Err(Some(error)) => return Err(broken(error)),
            Err(None) => {
                return Err(FetchError::BodyTooLarge { host: target.to_string(), limit: limits.body_bytes });
            }
        };
        Ok(Response::from_parts(head, body))
    };
    // Whoever ends first, the answer is what counts: when the connection breaks, the answer says so.
    let driven = async {
        let _ = connection.await;
        std::future::pending().await
    };
    tokio::select! {
        answer = answered => answer,
        never = driven => never,
    }
}

/// What goes out: the path to that host, and nothing that would make the answer larger than it looks.
fn outbound(request: Request<Bytes>, target: &Target) -> Result<Request<Full<Bytes>>, FetchError> {
    let (mut head, body) = request.into_parts();
    // An empty path is sent as a slash (RFC 9112 §3.2.1).
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    head.uri = path.parse::<Uri>().map_err(|_| FetchError::Malformed("its path is not one"))?;
    let host = HeaderValue::from_str(&target.authority());
    let host = host.map_err(|_| FetchError::Malformed("its host is not one"))?;
    head.headers.remove(header::ACCEPT_ENCODING);
    head.headers.insert(header::HOST, host);
    head.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    head.headers.entry(header::USER_AGENT).or_insert(HeaderValue::from_static("royaume"));
    Ok(Request::from_parts(head, Full::new(body)))
}

fn is_plain(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
    codings.all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// The whole body, or the error that ended it, or none when it is too large.
async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Option<hyper::Error>> {
    // As early as its length is said.
    if body.size_hint().lower() > limit as u64 {
        return Err(None);
    }
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame?.data_ref() {
            if whole.len() + data.len() > limit {
                return Err(None);
            }
            whole.extend_from_slice(data);
        }
    }
    Ok(whole.freeze())
}

fn broken(error: &hyper::Error, target: &Target, limits: &Limits) -> FetchError {
    let host = target.to_string();
    if error.is_parse_too_large() {
        return FetchError::HeadTooLarge { host, limit: limits.head_bytes };
    }
    let why = if error.is_parse() {
        "it does not speak HTTP/1.1"
    } else if error.is_incomplete_message() {
        "it broke off"
    } else {
        "the connection broke"
    };
    FetchError::Broken { host, why }
}
