//! Where a server is reached: the part of every address before the path of a realm.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An origin and an optional path, without a slash at the end. `https`, or `http` on loopback.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BaseUrl {
    origin: String,
    path: String,
}

/// Why a text is no base URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    /// Not an absolute URL.
    #[error("`{0}` is not an absolute URL: write for example https://login.example.org")]
    NotAbsolute(String),
    /// Plain `http` towards another machine (RFC 8414 §2: the issuer is `https`).
    #[error("`{0}` is plain http beyond this machine: tokens would travel in clear; use https")]
    Insecure(String),
    /// Neither `https` nor `http`.
    #[error("`{0}` has another scheme than https")]
    Scheme(String),
    /// A name or password before the host; not repeated here.
    #[error("the URL has credentials before its host: take them out")]
    Credentials,
    /// A query or fragment (RFC 8414 §2).
    #[error("`{0}` has a query or a fragment: an issuer has none")]
    Adorned(String),
    /// A path that other addresses need.
    #[error("`{0}` lies under /.well-known, which is reserved (RFC 8615)")]
    Reserved(String),
}

impl BaseUrl {
    /// Reads a base URL; one trailing slash is dropped.
    ///
    /// # Errors
    /// [`BaseUrlError`] names what is wrong with the text.
    pub fn parse(text: &str) -> Result<BaseUrl, BaseUrlError> {
        let fail = |error: fn(String) -> BaseUrlError| error(text.chars().take(200).collect());
        let url = url::Url::parse(text).map_err(|_| fail(BaseUrlError::NotAbsolute))?;
        let host = url.host().ok_or_else(|| fail(BaseUrlError::NotAbsolute))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        match url.scheme() {
            "https" => {}
            "http" if is_loopback(&host) => {}
            "http" => return Err(fail(BaseUrlError::Insecure)),
            _ => return Err(fail(BaseUrlError::Scheme)),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(fail(BaseUrlError::Adorned));
        }
        let path = url.path().strip_suffix('/').unwrap_or(url.path());
        if path == "/.well-known" || path.starts_with("/.well-known/") {
            return Err(fail(BaseUrlError::Reserved));
        }
        Ok(BaseUrl { origin: url.origin().ascii_serialization(), path: path.to_owned() })
    }

    /// Scheme, host and, where it is not the scheme's own, port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The path, empty or beginning with a slash, never ending with one.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Is it `https`? Cookies are `Secure` then.
    pub fn is_https(&self) -> bool {
        self.origin.starts_with("https:")
    }
}

/// Does the host mean this machine? (RFC 8252 §7.3)
pub(crate) fn is_loopback(host: &url::Host<&str>) -> bool {
    match host {
        url::Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<BaseUrl, BaseUrlError> {
        BaseUrl::parse(text)
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = BaseUrlError;

    fn try_from(text: String) -> Result<BaseUrl, BaseUrlError> {
        BaseUrl::parse(&text)
    }
}

impl From<BaseUrl> for String {
    fn from(base: BaseUrl) -> String {
        base.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_https_or_on_loopback() {
        for (text, shown) in [
            ("https://login.example.org", "https://login.example.org"),
            ("https://login.example.org:443/", "https://login.example.org"),
            ("https://example.org/auth/", "https://example.org/auth"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("http://localhost:80", "http://localhost"),
        ] {
            assert_eq!(BaseUrl::parse(text).unwrap().to_string(), shown);
        }
        assert!(matches!(BaseUrl::parse("http://login.example.org"), Err(BaseUrlError::Insecure(_))));
        assert!(matches!(BaseUrl::parse("http://127.0.0.1.example.org"), Err(BaseUrlError::Insecure(_))));
        assert!(matches!(BaseUrl::parse("login.example.org"), Err(BaseUrlError::NotAbsolute(_))));
        assert!(matches!(BaseUrl::parse("ftp://login.example.org"), Err(BaseUrlError::Scheme(_))));
        assert!(matches!(BaseUrl::parse("https://a.example/?x=1"), Err(BaseUrlError::Adorned(_))));
        assert!(matches!(BaseUrl::parse("https://a.example/.well-known/x"), Err(BaseUrlError::Reserved(_))));
    }

    #[test]
    fn a_password_in_a_base_url_is_not_repeated() {
        for scheme in ["http", "https"] {
            let error = BaseUrl::parse(&format!("{scheme}://user:hunter2@example.org")).unwrap_err();
            assert_eq!(error, BaseUrlError::Credentials);
        }
    }
}
