//! Redirect URIs: what may be registered, and what matches it (RFC 6749 §3.1.2, RFC 8252 §7), beside what browsers do.

use royaume_fuzz::{Target, Verdict};
use royaume_protocol::RedirectUri;
use royaume_protocol::redirect_uri::LONGEST;
use url::Url;

const WHOLE: [&str; 8] = [
    "https://app.test/cb",
    "https://app.test/cb?a=1&b=%20",
    "https://app.test:8443",
    "http://127.0.0.1/cb",
    "http://[::1]:8080/cb?x",
    "http://localhost:3000/",
    "fr.exemple.app:/cb",
    "https://xn--caf-dma.test/~a/b;c=d,e",
];
const WORDS: [&str; 34] = [
    "https://",
    "http://",
    "//",
    "/",
    "\\",
    "@",
    "#",
    "?",
    "&",
    ":",
    ".",
    "..",
    "/../",
    "/./",
    "%2e%2e",
    "%2F",
    "%00",
    "*",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "0x7f.1",
    "evil.test",
    ".evil.test",
    ":80",
    ":443",
    ":65536",
    ":0",
    "javascript:",
    "data:",
    "&code=x",
    "?state=x",
    "&%69ss=",
    "xn--",
];

/// What a port of a loopback address may change, taken away.
fn without_port(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_port(None).unwrap();
    url
}

fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && ["127.0.0.1", "[::1]", "localhost"].contains(&url.host_str().unwrap_or_default())
}

fn registered(text: &str) -> Verdict {
    let read = RedirectUri::register(text);
    let Ok(uri) = &read else { return Verdict::Refused };
    assert_eq!(uri.as_str(), text);
    assert!(text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic()));
    let url = Url::parse(text).unwrap();
    assert!(url.fragment().is_none() && url.username().is_empty() && url.password().is_none());
    match url.scheme() {
        "https" => assert!(url.host_str().is_some_and(|host| !host.is_empty())),
        "http" => assert!(is_loopback(&url), "{url}"),
        private => assert!(private.contains('.'), "{url}"),
    }
    assert!(uri.matches(text));
    assert_eq!(uri.accept(text).as_ref(), Some(uri));
    let again: RedirectUri = serde_json::from_value(serde_json::to_value(uri).unwrap()).unwrap();
    assert_eq!(&again, uri);
    // RFC 6749 §4.1.2: the answer goes to that place, and says what it says once.
    let answer = Url::parse(&uri.with_response(&[("code", "a&b#c"), ("state", "é")])).unwrap();
    assert_eq!(
        (answer.scheme(), answer.host_str(), answer.port()),
        (url.scheme(), url.host_str(), url.port())
    );
    assert_eq!((answer.path(), answer.fragment()), (url.path(), None));
    for (name, value) in [("code", "a&b#c"), ("state", "é")] {
        let said: Vec<_> = answer.query_pairs().filter(|(said, _)| said == name).collect();
        assert!(matches!(&said[..], [(_, one)] if one == value), "{answer}");
    }
    assert!(answer.query().is_some_and(|query| query.starts_with(url.query().unwrap_or_default())));
    Verdict::Accepted
}

/// RFC 9700 §2.1: character by character, but for the port of a loopback address (RFC 8252 §7.3).
fn asked_for(asked: &str) -> Verdict {
    let mut verdict = Verdict::Refused;
    for text in WHOLE {
        let uri = RedirectUri::register(text).unwrap();
        let own = Url::parse(text).unwrap();
        if uri.allows_origin(asked) && !is_loopback(&own) {
            assert_eq!(RedirectUri::origin_of(text).as_deref(), Some(asked));
        }
        assert_eq!(uri.accept(asked).map(|accepted| accepted.as_str().to_owned()).as_deref(), {
            uri.matches(asked).then_some(asked)
        });
        if !uri.matches(asked) {
            continue;
        }
        verdict = Verdict::Accepted;
        if asked != text {
            let url = Url::parse(asked).unwrap();
            assert!(is_loopback(&own) && is_loopback(&url), "{asked} for {text}");
            assert_eq!(without_port(&url), without_port(&own));
        }
    }
    verdict
}

/// RFC 6749 §3.1.2: where a browser would go is where the registration says.
#[test]
fn what_is_registered_is_one_address_for_everybody() {
    Target::new(&WHOLE).words(&WORDS).holds_of_text(registered);
}

/// RFC 9700 §4.1.3: nothing but what was registered is answered.
#[test]
fn what_matches_is_what_was_registered() {
    let ports = ["http://127.0.0.1:51234/cb", "http://[::1]/cb?x", "http://localhost:80/"];
    Target::new(&[&WHOLE[..], &ports].concat()).words(&WORDS).holds_of_text(asked_for);
}
