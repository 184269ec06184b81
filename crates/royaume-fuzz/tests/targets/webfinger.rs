//! WebFinger (OIDC Discovery §2, RFC 7033): what somebody types, and what is answered.

use bytes::Bytes;
use http::Response;
use royaume_client::{answers, webfinger};
use royaume_fuzz::{Target, Verdict};
use url::Url;

const TYPED: [&str; 7] = [
    "joe@example.com",
    "acct:joe%40a.test@example.com",
    "https://example.com/joe?a=1",
    "example.com",
    "example.com:8080",
    "joe@example.com:8080",
    "http://localhost:8080/joe",
];
const WORDS: [&str; 24] = [
    "acct:",
    "https://",
    "http://",
    "@",
    ":",
    "/",
    "//",
    "\\",
    "?",
    "#",
    "&",
    "%40",
    "%2F",
    "..",
    " ",
    "é",
    "evil.test",
    "@evil.test",
    "[::1]",
    "localhost",
    ":443",
    "javascript:",
    "\u{0}",
    "x",
];

fn typed(text: &str) -> Verdict {
    let Ok(identifier) = webfinger::Identifier::parse(text) else { return Verdict::Refused };
    let url = Url::parse(&identifier.url()).unwrap();
    assert_eq!((url.path(), url.fragment()), ("/.well-known/webfinger", None));
    assert!(url.username().is_empty() && url.password().is_none());
    let local = matches!(url.host_str(), Some(host) if host.starts_with("127.") || host == "[::1]"
        || host == "localhost" || host.ends_with(".localhost"));
    assert!(url.scheme() == "https" || (url.scheme() == "http" && local), "{url}");
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let expected = [
        ("resource".to_owned(), identifier.resource.clone()),
        ("rel".to_owned(), webfinger::ISSUER.to_owned()),
    ];
    assert_eq!(pairs, expected, "nothing that is typed asks for more");
    // Whoever is asked is whom the identifier names.
    if let Some(account) = identifier.resource.strip_prefix("acct:") {
        let (name, host) = account.rsplit_once('@').unwrap();
        assert!(!name.is_empty());
        let named = Url::parse(&format!("https://{host}")).unwrap();
        assert_eq!((named.host_str(), named.port()), (url.host_str(), url.port()));
    } else {
        let page = Url::parse(&identifier.resource).unwrap();
        assert_eq!((page.host_str(), page.port()), (url.host_str(), url.port()));
        assert!(page.fragment().is_none());
    }
    Verdict::Accepted
}

const ANSWERED: [&str; 2] = [
    r#"{"subject":"acct:joe@a.test","links":[{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"https://i.test"}]}"#,
    r#"{"links":[{"rel":"x"},{"rel":"http://openid.net/specs/connect/1.0/issuer","href":"https://i.test/x","type":7}],"a":1}"#,
];
const OF_ANSWERS: [&str; 10] = [
    "\"rel\":",
    "\"href\":",
    "\"links\":",
    "http://openid.net/specs/connect/1.0/issuer",
    "http://evil.test",
    "javascript:",
    "?",
    "#",
    "\\u0000",
    "[[",
];

fn answered(input: &[u8]) -> Verdict {
    let read = answers::webfinger(&Response::new(Bytes::copy_from_slice(input)));
    let Ok(issuer) = read else { return Verdict::Refused };
    let url = Url::parse(&issuer).unwrap();
    assert!(url.query().is_none() && url.fragment().is_none() && url.username().is_empty());
    assert!(url.scheme() == "https" || url.scheme() == "http" && url.host_str().is_some(), "{url}");
    assert!(issuer.bytes().all(|byte| byte.is_ascii_graphic()));
    Verdict::Accepted
}

/// OIDC Discovery §2.1.2, CWE-918.
#[test]
fn whoever_is_asked_is_whom_the_identifier_names() {
    Target::new(&TYPED).words(&WORDS).holds_of_text(typed);
}

/// OIDC Discovery §2, RFC 7033 §4.4.
#[test]
fn what_is_answered_is_an_issuer() {
    Target::new(&ANSWERED).json().words(&OF_ANSWERS).holds(answered);
}
