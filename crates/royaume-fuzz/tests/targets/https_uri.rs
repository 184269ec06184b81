//! Addresses that clients register beside their redirect URIs (RFC 7591 §2), beside what browsers do.

use royaume_fuzz::{Target, Verdict};
use royaume_protocol::https_uri::{LONGEST, check, check_with_fragment, host};
use url::Url;

const WHOLE: [&str; 5] = [
    "https://a.test",
    "https://a.test:8443/x?y=z&w=%20",
    "https://[2001:db8::1]/",
    "https://xn--caf-dma.test/~a/b;c=d,e",
    "https://192.0.2.1/request.jwt",
];
const WORDS: [&str; 24] = [
    "https://",
    "http://",
    "javascript:",
    "//",
    "/",
    "\\",
    "@",
    "#",
    "?",
    ":",
    ".",
    "..",
    "%2e",
    "%00",
    "%40",
    "*",
    "'",
    ";",
    ",",
    "evil.test",
    ":443",
    ":65536",
    "[::1]",
    "0x7f.1",
];

fn plain(text: &str) -> Verdict {
    let checked = check(text);
    assert!(checked.is_err() || check_with_fragment(text).is_ok());
    if checked.is_ok() {
        assert!(Url::parse(text).unwrap().fragment().is_none());
    }
    Verdict::from(&checked)
}

fn fragmented(text: &str) -> Verdict {
    let checked = check_with_fragment(text);
    if checked.is_err() {
        return Verdict::Refused;
    }
    assert!(text.len() <= LONGEST && text.bytes().all(|byte| byte.is_ascii_graphic()));
    let url = Url::parse(text).unwrap();
    assert_eq!(url.scheme(), "https");
    assert!(url.username().is_empty() && url.password().is_none(), "one host does not look like another");
    let found = url.host_str().unwrap();
    assert!(found.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._[]:".contains(&byte)), "{found}");
    assert_eq!(host(text).as_deref(), Some(found));
    // What ends a directive of a policy, or an attribute of a page, is nowhere in it.
    assert!(!text.contains(['"', '<', '>', ' ', '\\']));
    // Whoever reads up to the path reads the host that a browser asks.
    let authority = text["https://".len()..].split(['/', '?', '#']).next().unwrap();
    assert!(!authority.contains('@') && !authority.is_empty());
    Verdict::Accepted
}

/// RFC 7591 §2, CWE-601.
#[test]
fn an_address_is_the_same_for_everybody() {
    Target::new(&WHOLE).words(&WORDS).holds_of_text(plain);
}

/// OIDC Core §6.2.
#[test]
fn an_address_with_a_fragment_is_the_same_for_everybody() {
    let fragment = ["https://a.test/request.jwt#lXzmPGKhDGJBWLHcJDHJdtJP5Fk4_BLL6kGxy3xTfAQ"];
    Target::new(&[&WHOLE[..], &fragment].concat()).words(&WORDS).holds_of_text(fragmented);
}
