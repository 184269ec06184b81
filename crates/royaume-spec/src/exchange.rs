//! Requests as tests write them, and answers as tests read them.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use royaume_protocol::{Parameters, parameters};
use serde_json::Value;

/// An answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, as text.
    pub body: String,
}

impl From<Response<Bytes>> for Exchange {
    fn from(response: Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(body.to_vec()).expect("every body here is text");
        Self { status: parts.status, headers: parts.headers, body }
    }
}

impl Exchange {
    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// A string member of the body.
    ///
    /// # Panics
    /// When there is none.
    pub fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name} in {self:?}")).to_owned()
    }

    /// A header, empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("headers are ASCII")).unwrap_or_default()
    }

    /// Where the answer leads, empty when nowhere.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The parameters of the address it leads to.
    ///
    /// # Panics
    /// When they do not read.
    pub fn redirected(&self) -> Parameters {
        let query = self.location().split_once('?').map_or("", |(_, query)| query);
        Parameters::parse(query.as_bytes()).expect("our own redirects read")
    }

    /// A parameter of the address it leads to, empty when absent.
    pub fn parameter(&self, name: &str) -> String {
        self.redirected().optional(name).unwrap_or_default().to_owned()
    }

    /// Asserts a JSON error (RFC 6749 §5.2), and that it is not cached.
    ///
    /// # Panics
    /// When it is another.
    #[track_caller]
    pub fn is_error(&self, status: u16, error: &str) -> &Self {
        assert_eq!((self.status.as_u16(), self.member("error").as_str()), (status, error), "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        assert!(royaume_protocol::error::is_safe_description(&self.member("error_description")), "{self:?}");
        self
    }

    /// Asserts success.
    ///
    /// # Panics
    /// When it is none.
    #[track_caller]
    pub fn is_ok(&self) -> &Self {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self
    }

    /// Asserts an error page: shown here, sent nowhere.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub fn is_error_page(&self) -> &Self {
        assert!(self.status.is_client_error(), "{self:?}");
        assert!(self.location().is_empty(), "{self:?}");
        assert!(self.body.contains("royaume-error"), "{self:?}");
        self
    }

    /// Asserts an error that was sent to the client by redirect (RFC 6749 §4.1.2.1).
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub fn is_redirected_error(&self, error: &str) -> &Self {
        assert_eq!(
            (self.status, self.parameter("error").as_str()),
            (StatusCode::SEE_OTHER, error),
            "{self:?}"
        );
        assert!(self.redirected().optional("code").is_none());
        self
    }
}

/// A GET.
///
/// # Panics
/// When the address is none.
pub fn get(url: &str) -> Request<Bytes> {
    request(Method::GET, url).body(Bytes::new()).expect("a well-formed request")
}

/// A POST of a form.
///
/// # Panics
/// When the address is none.
pub fn post<N: AsRef<str>, V: AsRef<str>>(url: &str, pairs: &[(N, V)]) -> Request<Bytes> {
    form(url, &parameters::encode(pairs))
}

/// A POST of a form that is written already.
///
/// # Panics
/// When the address is none.
pub fn form(url: &str, body: &str) -> Request<Bytes> {
    request(Method::POST, url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(body.to_owned()))
        .expect("a well-formed request")
}

/// The target as a browser sends it: path and query, with the host in its header.
fn request(method: Method, url: &str) -> http::request::Builder {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let at = after.find(['/', '?']).unwrap_or(after.len());
    let (host, target) = after.split_at(at);
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Request::builder().method(method).uri(target).header(header::HOST, host)
}
