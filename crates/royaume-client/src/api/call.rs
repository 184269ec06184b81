//! One call: what is asked, where, and how its answer is read.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attempts::{Ended, Failed, Record, Repeatable};
use super::backoff::is_idempotent;
use super::pages::Pages;
use super::refusal::{Told, refusal};
use super::{Api, ApiError, TokenSource, target};
use crate::{ClientError, Clock, Transport};

/// One call of an API, to be sent as often as one likes.
///
/// What is wrong with it is said when it is sent.
#[derive(Clone)]
pub struct Call<S, T, C> {
    api: Api<S, T, C>,
    method: Method,
    path: String,
    values: Vec<(String, String)>,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
    idempotent: bool,
    wrong: Option<ApiError>,
}

/// Neither values nor a body: they may be about somebody.
impl<S, T, C> fmt::Debug for Call<S, T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("api", &self.api)
            .field("method", &self.method)
            .field("path", &target::shown(&self.path))
            .finish_non_exhaustive()
    }
}

impl<S, T, C> Call<S, T, C> {
    pub(super) fn new(api: Api<S, T, C>, method: Method, path: &str) -> Self {
        let headers = api.headers.clone();
        Self {
            api,
            idempotent: is_idempotent(&method),
            method,
            path: path.to_owned(),
            values: Vec::new(),
            query: Vec::new(),
            headers,
            body: Bytes::new(),
            wrong: None,
        }
    }

    /// The value that stands for `{name}` in the path. It is encoded, and it is in no log.
    #[must_use]
    pub fn value(mut self, name: &str, value: impl ToString) -> Self {
        self.values.push((name.to_owned(), value.to_string()));
        self
    }

    /// A pair of the query. It is encoded, and it is in no log.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// A header. `Authorization` and `Host` are not the caller's to say.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(header::AUTHORIZATION | header::HOST), _) => {
                self.wrong(format!("{} is said by the client itself", name.to_ascii_lowercase()))
            }
            (Ok(name), Ok(value)) => self.with(name, value),
            _ => self.wrong(format!("{} is no header, or its value is none", crate::error::harmless(name))),
        }
    }

    /// A body of JSON.
    #[must_use]
    pub fn json_body<B: Serialize + ?Sized>(self, body: &B) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body("application/json", bytes),
            Err(error) => self.wrong(format!("its body is not to be written as JSON: {error}")),
        }
    }

    /// A body of that media type.
    #[must_use]
    pub fn body(self, media_type: &str, body: impl Into<Bytes>) -> Self {
        let mut call = self.header("content-type", media_type);
        call.body = body.into();
        call
    }

    /// It means the same when it is sent twice, although its method does not promise so (RFC 9110 §9.2.2): it is
    /// repeated after trouble.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// A header that is known to be one.
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub(super) fn wrong(mut self, why: String) -> Self {
        self.wrong.get_or_insert(ApiError::Request(why));
        self
    }

    fn address(&self, more: Option<(&str, String)>) -> Result<Uri, ApiError> {
        let mut query = self.query.clone();
        query.extend(more.map(|(name, value)| (name.to_owned(), value)));
        target::address(&self.api.shared.base, self.api.sandbox, &self.path, &self.values, &query)
    }
}

impl<S: TokenSource, T: Transport, C: Clock> Call<S, T, C> {
    /// Sends it: a success, whatever is in it.
    ///
    /// # Errors
    /// [`ApiError`]: the refusal, or why there is no answer.
    pub async fn send(&self) -> Result<Response<Bytes>, ApiError> {
        self.send_with(None).await
    }

    /// Sends it, and reads the answer as JSON.
    ///
    /// # Errors
    /// [`ApiError`]: the refusal, why there is no answer, or [`ApiError::Body`] for one that does not read, as an empty
    /// one (HTTP 204) does not.
    pub async fn json<D: DeserializeOwned>(&self) -> Result<D, ApiError> {
        read(&self.send().await?)
    }

    /// The list that it answers with, page by page, as [`Pages`] says. The items are in that member of each page; if its
    /// name is empty, the page is the list.
    pub fn pages<D>(&self, member: &str) -> Pages<S, T, C, D> {
        Pages::new(self.clone(), member)
    }

    pub(super) async fn send_with(&self, more: Option<(&str, String)>) -> Result<Response<Bytes>, ApiError> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        let uri = self.address(more)?;
        let record = Record::default();
        let (response, authorization) = self.attempted(&uri, &record).await?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (scope, now) = (&self.api.scope, self.api.shared.clock.now());
        let sent = self.headers.values().chain(&authorization);
        Err(refusal(&response, &Told { scope, attempts: record.attempts(), now }, sent))
    }

    /// The answer, and the token that was sent for it.
    async fn attempted(
        &self,
        uri: &Uri,
        record: &Record,
    ) -> Result<(Response<Bytes>, Option<HeaderValue>), ApiError> {
        let repeatable = if self.idempotent { Repeatable::Idempotent } else { Repeatable::IfNotDone };
        let mut headers = self.headers.clone();
        headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("application/json"));
        // A service without sockets sees no connection, so the host is said here (RFC 9110 §7.2).
        if let Some(host) = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
            headers.insert(header::HOST, host);
        }
        let mut last = None;
        let send = |authorization: HeaderValue| {
            let mut request = Request::new(self.body.clone());
            request.method_mut().clone_from(&self.method);
            request.uri_mut().clone_from(uri);
            request.headers_mut().clone_from(&headers);
            request.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
            last = Some(authorization);
            async { self.api.transport.send(request).await.map_err(failed) }
        };
        let named = (&self.method, target::shown(&self.path));
        let answered = self.api.carry(named, repeatable, record, send).await;
        let response = answered.map_err(|ended| match ended {
            Ended::Here(error) => error,
            Ended::There(error) => unanswered(error, record),
        })?;
        Ok((response, last))
    }
}

/// May another attempt end otherwise?
pub(crate) fn failed(error: ClientError) -> Failed<ClientError> {
    if error.is_temporary() { Failed::Trouble(error) } else { Failed::Final(error) }
}

/// Why the last attempt had no answer.
pub(crate) fn unanswered(error: ClientError, record: &Record) -> ApiError {
    match error {
        ClientError::Unavailable { reason, retry_after } => {
            ApiError::Unavailable { reason, attempts: record.attempts(), retry_after }
        }
        ClientError::TooManyRequests { retry_after } => ApiError::TooManyRequests { retry_after },
        ClientError::Unexpected { expected, status } => {
            ApiError::Body { status, reason: format!("it is not {expected}") }
        }
        other => ApiError::Request(other.to_string()),
    }
}

/// The body of a success, as JSON.
pub(crate) fn read<D: DeserializeOwned>(response: &Response<Bytes>) -> Result<D, ApiError> {
    let status = response.status();
    let unread = |reason| ApiError::Body { status: status.as_u16(), reason };
    if status == StatusCode::NO_CONTENT || response.body().is_empty() {
        return Err(unread(
            "it has no body: there is nothing, or the API does not say what there is".to_owned(),
        ));
    }
    // Where it does not read is said; what is written there may be anybody's.
    serde_json::from_slice(response.body()).map_err(|error| {
        let kind = match error.classify() {
            serde_json::error::Category::Syntax | serde_json::error::Category::Eof => "it is not JSON",
            serde_json::error::Category::Data => "its JSON is not what the program expects",
            serde_json::error::Category::Io => "it ends too early",
        };
        unread(format!("{kind} (line {}, column {})", error.line(), error.column()))
    })
}
