//! Cookies: read strictly, written with every attribute that keeps them home (RFC 6265 §4.1, RFC 6265bis §4.1.3).

use http::{HeaderMap, HeaderValue, header};

/// The value of a cookie, if it is there exactly once: two of one name is somebody's trick, so neither counts.
pub(crate) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = None;
    for (key, value) in all(headers) {
        if key == name {
            if found.is_some() {
                return None;
            }
            found = Some(value);
        }
    }
    found
}

/// The names of the cookies that begin with a prefix.
pub(crate) fn named<'a>(headers: &'a HeaderMap, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    all(headers).map(|(name, _)| name).filter(move |name| name.starts_with(prefix))
}

fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'))
        // Another application of this host may have set what is no text: that hides its own cookie and none of ours.
        .filter_map(|pair| std::str::from_utf8(pair).ok())
        .filter_map(|pair| pair.trim().split_once('='))
}

/// What the name of every cookie begins with. `__Host-` promises to browsers what the attributes say (RFC 6265bis
/// §4.1.3.2), with `Path=/`; without https they would refuse it, so that the name says what is missing.
pub(crate) fn prefix(secure: bool) -> &'static str {
    if secure { "__Host-" } else { "insecure-" }
}

/// A cookie that lasts as long as the browser's session.
pub(crate) fn set(name: &str, value: &str, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    line(format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"))
}

/// The same cookie, taken back.
pub(crate) fn delete(name: &str, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    line(format!("{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax{secure}"))
}

fn line(text: String) -> HeaderValue {
    HeaderValue::from_maybe_shared(bytes::Bytes::from(text))
        .expect("cookie names and values are base64url, realm names and attributes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_that_is_there_twice_is_not_there() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=1; b=2; b=3"));
        headers.append(header::COOKIE, HeaderValue::from_bytes(b"c=4; odd=\xff; a-x=5").unwrap());
        assert_eq!(read(&headers, "a"), Some("1"));
        assert_eq!(read(&headers, "b"), None);
        assert_eq!(read(&headers, "c"), Some("4"));
        assert_eq!(read(&headers, "d"), None);
        assert_eq!(named(&headers, "a").collect::<Vec<_>>(), ["a", "a-x"]);
    }
}
