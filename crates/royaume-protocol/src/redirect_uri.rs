//! Redirect URIs (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1).
//!
//! A registered URI is compared with the one that is asked for as two strings. The only freedom is the port of a
//! loopback address, which a native application cannot know beforehand (RFC 8252 §7.3).

use std::net::{Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use crate::https_uri::has_plain_host;
use crate::parameters;

/// A URI with parameters added to its query (RFC 6749 §4.1.2): for the address that was asked for, once it is proven.
pub use crate::parameters::append_query as with_parameters;

/// Longest URI, in bytes.
pub const LONGEST: usize = 2_000;

/// A redirect URI that was registered, and may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RedirectUri {
    text: String,
    loopback: Option<Loopback>,
}

/// A loopback URI around its port: `http://127.0.0.1`, then what follows the port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Loopback {
    before: &'static str,
    after: String,
}

/// Why a URI cannot be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectUriError {
    /// Not an absolute URI, or over [`LONGEST`].
    #[error("is not an absolute URI of at most 2000 visible ASCII characters")]
    NotAbsolute,
    /// RFC 6749 §3.1.2.
    #[error("has a fragment, which a redirect would lose")]
    Fragment,
    /// Names and passwords are how one host is made to look like another.
    #[error("has a name or password before the host")]
    UserInfo,
    /// Plain http leaves the machine.
    #[error("is plain http beyond loopback: use https")]
    Insecure,
    /// A scheme that runs or reads something (`javascript`, `data`, `file` …), or a private-use one without a dot
    /// (RFC 8252 §7.1).
    #[error(
        "has a scheme that cannot be redirected to: use https, loopback http, or a reverse-domain scheme"
    )]
    Scheme,
    /// A redirect goes to one address, and characters beyond RFC 3986 are read differently by each browser.
    #[error(
        "has a wildcard, a backslash or another character that no URI has: register each URI as it is sent"
    )]
    Pattern,
    /// Browsers would send something else, and the comparison is by character (RFC 3986 §6.2.1).
    #[error(
        "is not spelled as browsers send it: scheme and host in lower case, no default port, no dot segments, \
         no dot after the host"
    )]
    Spelling,
    /// A host of other characters is found by nobody, and ends a directive of a policy that names it (CSP 3 §2.2).
    #[error("has a host that is neither an address nor a name of letters, digits, dots and hyphens")]
    Host,
    /// The answer itself would be ambiguous.
    #[error("has a parameter of the answer in its query, such as code or state")]
    ReservedParameter,
}

impl RedirectUri {
    /// Judges a URI for registration.
    ///
    /// # Errors
    /// [`RedirectUriError`]: what is wrong with it.
    pub fn register(text: &str) -> Result<Self, RedirectUriError> {
        use RedirectUriError as E;
        if text.is_empty() || text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(E::NotAbsolute);
        }
        if text.contains('#') {
            return Err(E::Fragment);
        }
        if !is_plain_uri(text) {
            return Err(E::Pattern);
        }
        let url = Url::parse(text).map_err(|_| E::NotAbsolute)?;
        if authority(text).contains('@') || !url.username().is_empty() || url.password().is_some() {
            return Err(E::UserInfo);
        }
        match url.scheme() {
            "https" | "http" if authority(text).is_empty() => return Err(E::NotAbsolute),
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(E::Insecure),
            scheme if is_private_use(scheme) && text[scheme.len()..].starts_with(":/") => {}
            _ => return Err(E::Scheme),
        }
        let spelled = url.as_str() == text || url.as_str().strip_suffix('/') == Some(text);
        if !spelled || url.host_str().is_some_and(|host| host.ends_with('.') || host.contains("..")) {
            return Err(E::Spelling);
        }
        if matches!(url.scheme(), "https" | "http") && !has_plain_host(&url) {
            return Err(E::Host);
        }
        if url.query_pairs().any(|(name, _)| RESPONSE_PARAMETERS.contains(&&*name)) {
            return Err(E::ReservedParameter);
        }
        Ok(Self { loopback: loopback(text), text: text.to_owned() })
    }

    /// The characters that were registered.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Is that the one? Character by character, the port of a loopback address aside.
    pub fn matches(&self, asked: &str) -> bool {
        if self.text == asked {
            return true;
        }
        let (Some(registered), Some(asked)) = (&self.loopback, loopback(asked)) else { return false };
        *registered == asked
    }

    /// The URI that was asked for, if it is that one: the answer goes there, on the port where the application
    /// listens.
    pub fn accept(&self, asked: &str) -> Option<Self> {
        self.matches(asked).then(|| Self { text: asked.to_owned(), loopback: self.loopback.clone() })
    }

    /// The address of the answer (RFC 6749 §4.1.2). Of a loopback address, [`RedirectUri::accept`] the one that was
    /// asked for first.
    pub fn with_response<N: AsRef<str>, V: AsRef<str>>(&self, pairs: &[(N, V)]) -> String {
        parameters::append_query(&self.text, pairs)
    }

    /// May scripts of that origin (RFC 6454 §6.2) speak for the application behind this URI?
    pub fn allows_origin(&self, origin: &str) -> bool {
        Self::origin_of(&self.text).is_some_and(|own| own == origin)
            || (self.loopback.is_some() && self.matches_loopback_origin(origin))
    }

    fn matches_loopback_origin(&self, origin: &str) -> bool {
        let asked = loopback(origin);
        asked.is_some_and(|asked| {
            asked.after.is_empty() && self.loopback.as_ref().is_some_and(|own| own.before == asked.before)
        })
    }

    /// The host of a URI, in lower case and without its port.
    pub fn host_of(uri: &str) -> Option<String> {
        Url::parse(uri).ok()?.host_str().map(str::to_lowercase)
    }

    /// The origin of a URI, for a content security policy; a private-use scheme is its own. Nothing for a host that no
    /// policy can name: it may hold what ends a directive (CSP 3 §2.2).
    pub fn origin_of(uri: &str) -> Option<String> {
        let url = Url::parse(uri).ok()?;
        match url.scheme() {
            "https" | "http" => has_plain_host(&url).then(|| url.origin().ascii_serialization()),
            scheme => Some(format!("{scheme}:")),
        }
    }
}

impl Serialize for RedirectUri {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for RedirectUri {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::register(&text)
            .map_err(|error| serde::de::Error::custom(format!("redirect URI {text:?} {error}")))
    }
}

/// What an answer adds to the query (RFC 6749 §4.1.2, §4.1.2.1, RFC 9207 §2).
const RESPONSE_PARAMETERS: [&str; 6] = ["code", "state", "iss", "error", "error_description", "error_uri"];

/// Characters of RFC 3986 §2, without the star that would read as a wildcard, and whole escapes.
fn is_plain_uri(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)),
        other => other.is_ascii_alphanumeric() || b"-._~:/?[]@!$&'()+,;=".contains(other),
    })
}

/// A reverse domain name (RFC 8252 §7.1).
fn is_private_use(scheme: &str) -> bool {
    scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty())
}

/// The three names of this machine: other spellings of them are no more than lookalikes (RFC 8252 §7.3, §8.3).
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn authority(text: &str) -> &str {
    let after = text.split_once("://").map_or("", |(_, after)| after);
    after.split(['/', '?']).next().unwrap_or_default()
}

/// Takes a loopback URI apart, in its one spelling. The port is a number without a leading zero.
fn loopback(text: &str) -> Option<Loopback> {
    let (before, rest) = ["http://127.0.0.1", "http://[::1]", "http://localhost"]
        .into_iter()
        .find_map(|before| Some((before, text.strip_prefix(before)?)))?;
    let after = match rest.strip_prefix(':') {
        None => rest,
        Some(rest) => {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (port, after) = rest.split_at(digits);
            let number: u16 = port.parse().ok()?;
            if number == 0 || port.starts_with('0') {
                return None;
            }
            after
        }
    };
    let ends = after.is_empty() || after.starts_with(['/', '?']);
    (ends && !after.contains('#')).then(|| Loopback { before, after: after.to_owned() })
}

#[cfg(test)]
mod tests;
