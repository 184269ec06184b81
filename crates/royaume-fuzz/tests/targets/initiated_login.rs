//! Logins that other sites begin (OIDC Core §4): with known issuers, and towards places of the application.

use royaume_client::InitiatedLogin;
use royaume_fuzz::{Target, Verdict};
use url::Url;

const ISSUERS: [&str; 2] = ["https://i.test", "https://j.test/x"];
const PLACES: [&str; 2] = ["https://app.test/offres/", "https://app.test/moi?a=1"];

const WHOLE: [&str; 4] = [
    "iss=https%3A%2F%2Fi.test",
    "iss=https://j.test/x&login_hint=camille&target_link_uri=https%3A%2F%2Fapp.test%2Foffres%2F1%3Fb%3D2%23c",
    "https://app.test/login?iss=https://i.test&target_link_uri=https://app.test/offres/a/../b#x",
    "target_link_uri=https%3A%2F%2Fapp.test%2Fmoi%3Fa%3D1&iss=https://i.test",
];
const WORDS: [&str; 24] = [
    "&",
    "=",
    "?",
    "iss",
    "&iss=https://evil.test",
    "target_link_uri",
    "&target_link_uri=",
    "https://",
    "http://",
    "//",
    "/",
    "\\",
    "@",
    "%40",
    "%2F",
    "%2e%2e",
    "%252e%252e",
    "%5C",
    "..",
    "../",
    ":8443",
    "evil.test",
    ".evil.test",
    "javascript:",
];

fn read(text: &str) -> Verdict {
    let Ok(asked) = InitiatedLogin::parse(text, &ISSUERS, &PLACES) else { return Verdict::Refused };
    assert!(ISSUERS.contains(&asked.iss.as_str()));
    let Some(target) = asked.target_link_uri else { return Verdict::Accepted };
    let url = Url::parse(&target).unwrap();
    assert_eq!(url.as_str(), target, "it is written as browsers read it");
    assert_eq!((url.scheme(), url.host_str(), url.port()), ("https", Some("app.test"), None));
    assert!(url.username().is_empty() && url.password().is_none());
    let below = url.path().starts_with("/offres/");
    assert!(below || (url.path(), url.query()) == ("/moi", Some("a=1")), "{target}");
    Verdict::Accepted
}

/// OIDC Core §4, CWE-601.
#[test]
fn nobody_is_sent_to_a_place_that_is_not_the_application_s() {
    Target::new(&WHOLE).words(&WORDS).holds_of_text(read);
}
