//! The addresses that a client registers beside its redirect URIs (RFC 7591 §2): web addresses over TLS, and nothing that
//! a browser would run.

use url::{Host, Url};

/// Longest address, in bytes.
pub const LONGEST: usize = 2_048;

/// Why a text is no address of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HttpsUriError {
    /// Not an absolute URI with a host, or over [`LONGEST`].
    #[error("is not an absolute https URI of at most 2048 visible ASCII characters")]
    NotHttps,
    /// A name or password before the host makes one host look like another.
    #[error("has a name or password before the host")]
    UserInfo,
    /// RFC 3986 §3.5: a fragment never reaches the host.
    #[error("has a fragment")]
    Fragment,
    /// A host of other characters is found by nobody, and ends a directive of a policy that names it (CSP 3 §2.2).
    #[error("has a host that is neither an address nor a name of letters, digits, dots and hyphens")]
    Host,
}

/// Judges an address that may have no fragment.
///
/// # Errors
/// [`HttpsUriError`]: what is wrong with it.
pub fn check(text: &str) -> Result<(), HttpsUriError> {
    check_with_fragment(text)?;
    if text.contains('#') { Err(HttpsUriError::Fragment) } else { Ok(()) }
}

/// Judges an address that may have one: that of a request object (OIDC Core §6.2).
///
/// # Errors
/// [`HttpsUriError`]: what is wrong with it.
pub fn check_with_fragment(text: &str) -> Result<(), HttpsUriError> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    // The scheme in its one spelling: whatever else begins like it, no browser reads it as another.
    let rest = text.strip_prefix("https://").filter(|_| visible && text.len() <= LONGEST);
    let authority = rest.ok_or(HttpsUriError::NotHttps)?.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(HttpsUriError::UserInfo);
    }
    let url = Url::parse(text).map_err(|_| HttpsUriError::NotHttps)?;
    if authority.is_empty() || url.host_str().is_none() {
        return Err(HttpsUriError::NotHttps);
    }
    if has_plain_host(&url) { Ok(()) } else { Err(HttpsUriError::Host) }
}

/// Is the host an address, or made of what names of hosts are made of (RFC 1123 §2.1), and the underscore that some have?
/// The URL standard lets `;`, `,` and quotes through, which mean something in the fields that repeat it.
pub(crate) fn has_plain_host(url: &Url) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    match url.host() {
        Some(Host::Domain(name)) => name.bytes().all(plain),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}

/// The host of an address. Nothing for a private-use scheme, which has none (RFC 8252 §7.1).
pub fn host(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "https" | "http"))?;
    url.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_absolute_and_over_tls() {
        for text in ["https://a.test", "https://a.test:8443/x?y=z", "https://[2001:db8::1]/"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in [
            "",
            "https://",
            "https:///a",
            "https:a.test",
            "http://a.test/",
            "HTTPS://a.test/",
            "//a.test/",
            "/a",
            "javascript:alert(1)",
            "JaVaScRiPt://a.test/%0aalert(1)",
            "data:text/html,x",
            " https://a.test/",
            "https://a.test/\n",
            "https://a.test/é",
            "https://a.test/\"><script>",
            "https://a.test:99999/",
            &format!("https://a.test/{}", "x".repeat(LONGEST)),
        ] {
            assert_eq!(check(text), Err(HttpsUriError::NotHttps), "{text}");
        }
        for text in ["https://a@b.test/", "https://a:b@c.test", "https://a.test@b.test"] {
            assert_eq!(check(text), Err(HttpsUriError::UserInfo), "{text}");
        }
        for text in [
            "https://a.test;sandbox/",
            "https://a.test,b.test/",
            "https://a.test'self'/",
            "https://*.a.test/",
            "https://a.test%3Bsandbox/",
        ] {
            assert_eq!(check(text), Err(HttpsUriError::Host), "{text}");
        }
        assert_eq!(check("https://a.test/#x"), Err(HttpsUriError::Fragment));
        assert_eq!(check_with_fragment("https://a.test/r.jwt#x"), Ok(()));
    }

    #[test]
    fn a_private_scheme_has_no_host() {
        assert_eq!(host("https://a.test:1/x").as_deref(), Some("a.test"));
        assert_eq!(host("http://127.0.0.1/x").as_deref(), Some("127.0.0.1"));
        assert_eq!(host("com.example.app:/x"), None);
    }
}
