//! The address of a call: always below the base, so that no token goes anywhere else.

use bytes::Bytes;
use http::Uri;
use royaume_realm::{BaseUrl, sandbox_path};
use url::form_urlencoded;

use super::ApiError;

/// What a path leads to, below the base. `{name}` in it stands for a value, which is encoded; a query that it has is kept
/// before the pairs. In the sandbox it is the sandbox's.
pub(super) fn address(
    base: &BaseUrl,
    sandbox: bool,
    path: &str,
    values: &[(String, String)],
    query: &[(String, String)],
) -> Result<Uri, ApiError> {
    let (path, own_query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let path = within(base, path)?;
    let path = if sandbox { &sandbox_path(path) } else { path };
    let mut written = String::with_capacity(base.path().len() + path.len() + 64);
    written.push_str(base.origin());
    written.push_str(base.path());
    let below = written.len();
    // The host ends here, whatever the path is.
    written.push('/');
    fill(&mut written, path, values)?;
    climbs_nowhere(&written[below..])?;
    if own_query.is_some() || !query.is_empty() {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(form_urlencoded::parse(own_query.unwrap_or_default().as_bytes()));
        pairs.extend_pairs(query);
        let pairs = pairs.finish();
        if !pairs.is_empty() {
            written.push('?');
            written.push_str(&pairs);
        }
    }
    Uri::from_maybe_shared(Bytes::from(written))
        .map_err(|_| ApiError::Request("its address is too long or none".to_owned()))
}

/// Is that address one below the base?
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub(super) fn is_below(base: &BaseUrl, address: &str) -> Result<(), ApiError> {
    let below = address
        .strip_prefix(&base.to_string())
        .filter(|below| below.is_empty() || below.starts_with(['/', '?']));
    let below = below.ok_or_else(|| elsewhere(base))?;
    climbs_nowhere(shown(below))
}

#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
fn elsewhere(base: &BaseUrl) -> ApiError {
    ApiError::Request(format!("its address leads elsewhere than to {base}"))
}

/// The path as it is logged: no query.
pub(super) fn shown(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// The path below the base, without a slash before it. An address of the base itself is one; any other is refused.
fn within<'a>(base: &BaseUrl, path: &'a str) -> Result<&'a str, ApiError> {
    let below = path.strip_prefix(base.origin()).and_then(|path| path.strip_prefix(base.path()));
    let path = match below {
        Some(below) if below.is_empty() || below.starts_with('/') => below,
        _ => path,
    };
    let first = path.split('/').next().unwrap_or_default();
    if path.starts_with("//") || first.contains(':') {
        return Err(ApiError::Request(format!(
            "its path leads elsewhere than to {base}: write it from there"
        )));
    }
    if path.contains(['\\', '#']) || path.chars().any(char::is_control) {
        return Err(ApiError::Request("its path has characters that no path has".to_owned()));
    }
    Ok(path.strip_prefix('/').unwrap_or(path))
}

/// Writes the path, with its values.
fn fill(written: &mut String, path: &str, values: &[(String, String)]) -> Result<(), ApiError> {
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| ApiError::Request("a brace of its path is open".to_owned()))?;
        let value = values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Err(ApiError::Request(format!(
                "its path has no value for {}",
                crate::error::harmless(name)
            )));
        };
        encode(written, before, is_path);
        encode(written, value, is_unreserved);
        rest = after;
    }
    encode(written, rest, is_path);
    Ok(())
}

/// RFC 3986 §5.2.4: a server takes `..` for a way up, and some when it is encoded, too.
fn climbs_nowhere(path: &str) -> Result<(), ApiError> {
    if !path.contains('%') {
        return climbs(path);
    }
    let mut decoded = path.to_ascii_lowercase();
    for (code, character) in [("%2e", "."), ("%2f", "/"), ("%5c", "/")] {
        decoded = decoded.replace(code, character);
    }
    // A value may be encoded by whoever gave it, and then again by us.
    for (code, character) in [("%252e", "."), ("%252f", "/"), ("%255c", "/")] {
        decoded = decoded.replace(code, character);
    }
    climbs(&decoded)
}

/// The same, of what hides nothing.
fn climbs(path: &str) -> Result<(), ApiError> {
    let climbs = path.split('/').any(|segment| {
        let name = segment.split(';').next().unwrap_or_default();
        name == "." || name == ".."
    });
    if climbs {
        return Err(ApiError::Request("its path climbs: `.` and `..` are no parts of it".to_owned()));
    }
    Ok(())
}

fn encode(written: &mut String, text: &str, stays: fn(u8) -> bool) {
    const DIGITS: [char; 16] =
        ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    for byte in text.bytes() {
        if stays(byte) {
            written.push(char::from(byte));
        } else {
            written.push('%');
            written.push(DIGITS[usize::from(byte >> 4)]);
            written.push(DIGITS[usize::from(byte & 15)]);
        }
    }
}

/// RFC 3986 §2.3.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// RFC 3986 §3.3, with what is encoded already.
fn is_path(byte: u8) -> bool {
    is_unreserved(byte) || b"/%!$&'()*+,;=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> BaseUrl {
        BaseUrl::parse("https://api.francetravail.io/partenaire").unwrap()
    }

    fn to(path: &str, values: &[(&str, &str)], query: &[(&str, &str)]) -> Result<String, ApiError> {
        let owned = |pairs: &[(&str, &str)]| -> Vec<_> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        address(&base(), false, path, &owned(values), &owned(query)).map(|uri| uri.to_string())
    }

    #[test]
    fn a_path_is_below_the_base() {
        for (path, below) in [
            ("/offresdemploi/v2/offres/search", "/offresdemploi/v2/offres/search"),
            ("offres", "/offres"),
            ("offres/a b/é", "/offres/a%20b/%C3%A9"),
            ("https://api.francetravail.io/partenaire/offres", "/offres"),
            ("/offres?commune=51069&x=a%20b", "/offres?commune=51069&x=a+b"),
            ("/@evil.example/x", "/@evil.example/x"),
        ] {
            assert_eq!(
                to(path, &[], &[]).unwrap(),
                format!("https://api.francetravail.io/partenaire{below}")
            );
        }
    }

    #[test]
    fn no_path_leads_elsewhere() {
        for path in [
            "https://evil.example/x",
            "https://api.francetravail.io.evil.example/partenaire/x",
            "https://api.francetravail.io/partenaireevil/x",
            "https://api.francetravail.io/other",
            "//evil.example/x",
            "\\\\evil.example/x",
            "/\\evil.example",
            "javascript:alert(1)",
            "a/../../x",
            "..",
            "/./x",
            "/%2e%2E/x",
            "/a%2f..%2fx",
            "/a%5C..%5cx",
            "/a/..;x/b",
            "/%252e%252e/x",
            "/x#y",
            "/x\r\ny",
            "/{open",
        ] {
            assert!(matches!(to(path, &[], &[]), Err(ApiError::Request(_))), "{path:?}");
        }
    }

    #[test]
    fn values_are_encoded_and_stay_where_they_are() {
        let one = |value| to("/offres/{id}/x", &[("id", value)], &[]);
        assert_eq!(one("a/b?c#d").unwrap(), "https://api.francetravail.io/partenaire/offres/a%2Fb%3Fc%23d/x");
        for value in ["", "..", ".", "../..", "%2e%2e", "a\\..\\b"] {
            assert!(one(value).is_err(), "{value:?}");
        }
        assert!(to("/offres/{id}", &[], &[]).is_err());
    }

    #[test]
    fn the_sandbox_has_addresses_of_its_own() {
        for path in [
            "/immersion-pro/v3",
            "testimmersion-pro/v3",
            "https://api.francetravail.io/partenaire/immersion-pro/v3",
        ] {
            let address = address(&base(), true, path, &[], &[]).unwrap();
            assert_eq!(address.path(), "/partenaire/testimmersion-pro/v3");
        }
    }

    #[test]
    fn pairs_are_encoded() {
        let query = [("motsCles", "café & thé"), ("range", "0-149")];
        let address = to("/offres", &[], &query).unwrap();
        assert!(address.ends_with("/offres?motsCles=caf%C3%A9+%26+th%C3%A9&range=0-149"), "{address}");
    }
}
