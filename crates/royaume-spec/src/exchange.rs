//! Requests as tests write them, answers as tests read them, and both as people read them.

use crate::html;
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use royaume_jose::base64url;
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

    /// The parameters of the address it leads to: those of its fragment, where it has one.
    ///
    /// # Panics
    /// When they do not read.
    pub fn redirected(&self) -> Parameters {
        let location = self.location();
        let (_, answer) = location.split_once('#').or_else(|| location.split_once('?')).unwrap_or_default();
        Parameters::parse(answer.as_bytes()).expect("our own redirects read")
    }

    /// The address that the page posts an answer to, and the answer (OAuth 2.0 Form Post Response Mode §2).
    ///
    /// # Panics
    /// When it is another page.
    #[track_caller]
    pub fn posted(&self) -> (String, Parameters) {
        self.is_ok().is_page("form-post");
        let form = html::form(&self.body).expect("a form");
        (form.action, Parameters::from_pairs(form.hidden).expect("our own forms read"))
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

    /// Asserts a page of ours, by the id that marks it.
    ///
    /// # Panics
    /// When it is something else.
    #[track_caller]
    pub fn is_page(&self, marker: &str) -> &Self {
        assert!(self.location().is_empty(), "{self:?}");
        assert!(self.body.contains(&format!("id=\"{marker}\"")), "no {marker}: {self:?}");
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

    /// Asserts the challenge of a protected resource (RFC 6750 §3).
    ///
    /// # Panics
    /// When it is another answer.
    #[track_caller]
    pub fn is_challenge(&self, status: u16, error: &str) -> &Self {
        self.is_error(status, error);
        let challenge = self.header("www-authenticate");
        assert!(challenge.starts_with("Bearer realm="), "{self:?}");
        assert!(challenge.contains(&format!("error=\"{error}\"")), "{self:?}");
        self
    }

    /// Asserts that we say we are in trouble, and nothing else: 503 with `Retry-After`, or
    /// `temporarily_unavailable` by redirect (RFC 6749 §4.1.2.1).
    ///
    /// # Panics
    /// When it is another answer.
    #[track_caller]
    pub fn is_unavailable(&self) -> &Self {
        if self.status == StatusCode::SEE_OTHER {
            return self.is_redirected_error("temporarily_unavailable");
        }
        assert_eq!(self.status, StatusCode::SERVICE_UNAVAILABLE, "{self:?}");
        assert!(self.header("retry-after").parse::<u32>().is_ok(), "{self:?}");
        assert!(self.header("www-authenticate").is_empty(), "{self:?}");
        self
    }
}

/// What is secret, or drawn by chance, wherever a member, a parameter or a field of a form has that name: a record says
/// the name in place of the value.
const NAMED: [&str; 12] = [
    "access_token",
    "at_hash",
    "client_secret",
    "code",
    "code_verifier",
    "form",
    "id_token",
    "id_token_hint",
    "interaction",
    "password",
    "refresh_token",
    "token",
];

/// A request as a person reads it, whole: queries and forms with a line for each parameter, and names in place of what is
/// secret or drawn by chance.
pub fn recorded(request: &Request<Bytes>) -> String {
    let target = request.uri().to_string();
    let body = std::str::from_utf8(request.body()).expect("every body here is text");
    let mut text = format!("{} {}\n", request.method(), address_in_lines(&target));
    text.push_str(&headers_in_lines(request.headers()));
    if !body.is_empty() {
        text.push_str(&format!("\n{}\n", pairs_named(body).join("\n&")));
    }
    text
}

impl Exchange {
    /// The answer as a person reads it, whole, as [`recorded`] writes requests. The claims of an ID token stand below it.
    pub fn recorded(&self) -> String {
        let reason = self.status.canonical_reason().unwrap_or_default();
        let mut text = format!("{} {reason}\n", self.status.as_str());
        text.push_str(&headers_in_lines(&self.headers));
        if self.body.is_empty() {
            return text;
        }
        text.push_str(&format!("\n{}\n", members_named(&self.body)));
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        if let Some(payload) = body["id_token"].as_str().and_then(|token| token.split('.').nth(1)) {
            let claims = base64url::decode(payload).expect("an ID token is base64url");
            let claims = String::from_utf8(claims).expect("claims are text");
            text.push_str(&format!("\n<id_token> says\n{}\n", members_named(&claims)));
        }
        text
    }
}

fn headers_in_lines(headers: &HeaderMap) -> String {
    let line = |(name, value): (&header::HeaderName, &http::HeaderValue)| {
        let value = value.to_str().expect("headers are ASCII");
        let shown = match *name {
            header::COOKIE => value.split("; ").map(cookie_named).collect::<Vec<_>>().join("; "),
            header::SET_COOKIE => {
                let (cookie, attributes) = value.split_once(';').expect("a cookie has attributes");
                format!("{};{attributes}", cookie_named(cookie))
            }
            header::AUTHORIZATION => {
                format!("{} <credentials>", value.split(' ').next().unwrap_or_default())
            }
            header::LOCATION => address_in_lines(value),
            _ => value.to_owned(),
        };
        format!("{name}: {shown}\n")
    };
    headers.iter().map(line).collect()
}

/// A cookie by its name alone. An interaction is part of the name of its cookie.
fn cookie_named(cookie: &str) -> String {
    let name = cookie.split('=').next().unwrap_or_default();
    match name.split_once("-tx-") {
        Some((realm, _)) => format!("{realm}-tx-<interaction>=<cookie>"),
        None => format!("{name}=<cookie>"),
    }
}

/// An address whose query is written with a line for each parameter.
fn address_in_lines(address: &str) -> String {
    match address.split_once('?') {
        Some((path, query)) => format!("{path}\n    ?{}", pairs_named(query).join("\n    &")),
        None => address.to_owned(),
    }
}

/// The parameters of a query or a form as they were sent, but for those of [`NAMED`].
fn pairs_named(encoded: &str) -> Vec<String> {
    let named = |pair: &str| match pair.split_once('=') {
        Some((name, _)) if NAMED.contains(&name) => format!("{name}=<{name}>"),
        _ => pair.to_owned(),
    };
    encoded.split('&').map(named).collect()
}

/// JSON as it is, but for the members of [`NAMED`].
fn members_named(json: &str) -> String {
    NAMED.iter().fold(json.to_owned(), |text, name| {
        let opening = format!("\"{name}\":\"");
        let Some((before, after)) = text.split_once(&opening) else { return text };
        let (_, rest) = after.split_once('"').expect("a string ends");
        format!("{before}{opening}<{name}>\"{rest}")
    })
}

/// A GET.
///
/// # Panics
/// When the address is none.
pub fn get(url: &str) -> Request<Bytes> {
    request(Method::GET, url).body(Bytes::new()).expect("a well-formed request")
}

/// A GET of a protected resource (RFC 6750 §2.1).
///
/// # Panics
/// When the token is none that a header can carry.
pub fn bearer(url: &str, token: &str) -> Request<Bytes> {
    let mut request = get(url);
    let value = format!("Bearer {token}").parse().expect("a token is ASCII");
    request.headers_mut().insert(header::AUTHORIZATION, value);
    request
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
pub(crate) fn request(method: Method, url: &str) -> http::request::Builder {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    let at = after.find(['/', '?']).unwrap_or(after.len());
    let (host, target) = after.split_at(at);
    let target = if target.starts_with('/') { target.to_owned() } else { format!("/{target}") };
    Request::builder().method(method).uri(target).header(header::HOST, host)
}
