//! Redirect URIs (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1).
//!
//! A registered URI is compared with the one that is asked for as two strings. The only freedom is the port of a
//! loopback address, which a native application cannot know beforehand (RFC 8252 §7.3).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::{Host, Url};

use crate::parameters;

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
    /// `*`, `..` or other text that would be read as more than one URI.
    #[error("has a wildcard, a dot segment or a backslash: register each URI as it is sent")]
    Pattern,
    /// The answer itself would be ambiguous.
    #[error("has code, state, error or iss in its query")]
    ReservedParameter,
}

impl RedirectUri {
    /// Judges a URI for registration.
    ///
    /// # Errors
    /// [`RedirectUriError`]: what is wrong with it.
    pub fn register(text: &str) -> Result<Self, RedirectUriError> {
        use RedirectUriError as E;
        if text.len() > LONGEST || text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(E::NotAbsolute);
        }
        if text.contains('#') {
            return Err(E::Fragment);
        }
        if text.contains(['*', '\\', '"', '<', '>']) {
            return Err(E::Pattern);
        }
        let url = Url::parse(text).map_err(|_| E::NotAbsolute)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(E::UserInfo);
        }
        match url.scheme() {
            "https" | "http" if !text.contains("://") => return Err(E::NotAbsolute),
            "https" => {}
            "http" if is_loopback(&url) => {}
            "http" => return Err(E::Insecure),
            scheme if scheme.contains('.') => {}
            _ => return Err(E::Scheme),
        }
        let authority = authority(text);
        // The text must be the URI that browsers see: no other case, escape or path for the same place.
        let special = matches!(url.scheme(), "https" | "http");
        if special && (authority.is_empty() || !url.as_str().starts_with(text) || text.contains("/../")) {
            return Err(E::Pattern);
        }
        let reserved = ["code", "state", "error", "iss"];
        if url.query_pairs().any(|(name, _)| reserved.contains(&&*name)) {
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

    /// The origin of a URI, for a content security policy; a private-use scheme is its own.
    pub fn origin_of(uri: &str) -> Option<String> {
        let url = Url::parse(uri).ok()?;
        match url.scheme() {
            "https" | "http" => Some(url.origin().ascii_serialization()),
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

/// A URI with parameters added to its query (RFC 6749 §4.1.2).
pub fn with_parameters(uri: &str, pairs: &[(&str, &str)]) -> String {
    if pairs.is_empty() {
        return uri.to_owned();
    }
    let separator = match uri.split_once('?') {
        None => "?",
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
    };
    format!("{uri}{separator}{}", parameters::encode(pairs))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
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
mod tests {
    use super::*;

    fn registered(text: &str) -> RedirectUri {
        RedirectUri::register(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn only_the_registered_characters_match() {
        let uri = registered("https://app.test/cb");
        assert!(uri.matches("https://app.test/cb"));
        for asked in [
            "https://app.test/cb/FAKE",
            "https://app.test/cb%2FFAKE",
            "https://app.test/cb/..%2FFAKE",
            "https://app.test/cb/../FAKE",
            "https://app.test/cb/..;/x",
            "https://app.test/cb;x/",
            "https://app.test.evil.test/cb",
            "https://evilapp.test/cb",
            "https://app.test@evil.test/cb",
            "https://a@app.test/cb",
            "https://app.test\\@evil.test/cb",
            "https:/\\evil.test",
            "//evil.test/cb",
            "HTTPS://APP.TEST/cb",
            "https://app.test/CB",
            "https://app.test/%63b",
            "https://app.test:443/cb",
            "https://app.test:8443/cb",
            "https://app.test./cb",
            "https://app.test/cb?x=1",
            "https://app.test/cb#x",
            "https://app.test/cb%23x",
            "http://app.test/cb",
            "javascript:alert(1)",
            "https://аpp.test/cb",
            "",
        ] {
            assert!(!uri.matches(asked), "{asked}");
        }
        assert!(!registered("https://foo.example.test/cb").matches("https://fooXexample.test/cb"));
        assert!(!registered("https://app.test/cb?a=1&b=2").matches("https://app.test/cb?b=2&a=1"));
    }

    #[test]
    fn a_loopback_uri_matches_on_any_port_and_nothing_else() {
        let uri = registered("http://127.0.0.1/cb");
        for asked in ["http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", "http://127.0.0.1:80/cb"] {
            assert!(uri.matches(asked), "{asked}");
        }
        for asked in [
            "http://127.0.0.1:51234/cb?x=1",
            "http://127.0.0.1:51234/cb2",
            "http://127.0.0.1:51234/cb#x",
            "http://localhost:51234/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1:1@evil.test/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:080/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.1/cb",
            "http://0.0.0.0/cb",
            "http://[::ffff:127.0.0.1]/cb",
            "http://x@127.0.0.1/cb",
            "https://127.0.0.1:51234/cb",
        ] {
            assert!(!uri.matches(asked), "{asked}");
        }
        assert!(registered("http://[::1]:8080/cb").matches("http://[::1]:9/cb"));
        assert!(registered("http://localhost:8080/cb").matches("http://localhost:9/cb"));
        assert!(!registered("https://127.0.0.1:8080/cb").matches("https://127.0.0.1:9/cb"));
    }

    #[test]
    fn what_could_be_misread_cannot_be_registered() {
        use RedirectUriError as E;
        for (text, error) in [
            ("", E::NotAbsolute),
            ("/cb", E::NotAbsolute),
            ("https:/app.test/cb", E::NotAbsolute),
            ("https://app.test/é", E::NotAbsolute),
            ("https://app.test/cb#x", E::Fragment),
            ("https://app.test/cb#", E::Fragment),
            ("https://app.test*", E::Pattern),
            ("https://*.app.test/cb", E::Pattern),
            ("https://app.test\\@evil.test/cb", E::Pattern),
            ("https://app.test/a/../cb", E::Pattern),
            ("https://APP.test/cb", E::Pattern),
            ("https://app.test:443/cb", E::Pattern),
            ("https://me@app.test/cb", E::UserInfo),
            ("https://app.test:x@evil.test", E::UserInfo),
            ("http://app.test/cb", E::Insecure),
            ("http://127.0.0.1.evil.test/cb", E::Insecure),
            ("javascript:alert(1)", E::Scheme),
            ("JaVaScRiPt:alert(1)", E::Scheme),
            ("data:text/html,x", E::Scheme),
            ("file:///etc/passwd", E::Scheme),
            ("vbscript:x", E::Scheme),
            ("blob:https://app.test/x", E::Scheme),
            ("intent://x", E::Scheme),
            ("myapp://cb", E::Scheme),
            ("https://app.test/cb?code=1", E::ReservedParameter),
        ] {
            assert_eq!(RedirectUri::register(text), Err(error), "{text}");
        }
        for text in
            ["https://app.test", "https://app.test/cb?a=1", "fr.exemple.app:/cb", "http://localhost:3000/"]
        {
            registered(text);
        }
    }

    #[test]
    fn parameters_are_added_to_what_is_there() {
        let pairs = [("code", "a b"), ("state", "é&")];
        assert_eq!(
            with_parameters("https://a.test/cb", &pairs),
            "https://a.test/cb?code=a+b&state=%C3%A9%26"
        );
        assert_eq!(with_parameters("https://a.test/cb?x=1", &pairs[..1]), "https://a.test/cb?x=1&code=a+b");
        assert_eq!(with_parameters("https://a.test/cb?", &pairs[..1]), "https://a.test/cb?code=a+b");
        assert_eq!(with_parameters("https://a.test/cb", &[]), "https://a.test/cb");
    }

    #[test]
    fn origins_are_those_of_the_registered_uris() {
        assert!(registered("https://app.test/cb").allows_origin("https://app.test"));
        assert!(!registered("https://app.test/cb").allows_origin("https://app.test:8443"));
        assert!(registered("http://localhost/cb").allows_origin("http://localhost:5173"));
        assert!(!registered("http://localhost/cb").allows_origin("null"));
        assert_eq!(RedirectUri::origin_of("fr.exemple.app:/cb").as_deref(), Some("fr.exemple.app:"));
    }
}
