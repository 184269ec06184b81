//! Bearer tokens and their challenges (RFC 6750 §2.1, §3; RFC 9110 §11).

use royaume_fuzz::{Target, Verdict};
use royaume_protocol::bearer::{self, Challenge};

fn token(header: &str) -> Verdict {
    let Some(token) = bearer::parse(header) else { return Verdict::Refused };
    let (scheme, rest) = header.split_once(' ').unwrap();
    assert!(scheme.eq_ignore_ascii_case("Bearer") && rest.trim_matches(' ') == token);
    assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)));
    assert_eq!(bearer::parse(&format!("Bearer {token}")), Some(token));
    assert_eq!(bearer::credentials(header), Some(token));
    Verdict::Accepted
}

fn challenge(header: &str) -> Verdict {
    let Some(read) = Challenge::parse(header) else { return Verdict::Refused };
    let written = read.to_string();
    assert!(written.bytes().all(|byte| matches!(byte, b' '..=b'~')), "{written:?}");
    let again = Challenge::parse(&written).unwrap();
    assert_eq!(again.to_string(), written, "what is written is read, and stays");
    Verdict::Accepted
}

/// RFC 6750 §2.1.
#[test]
fn a_bearer_token_is_what_its_grammar_says() {
    let words = ["Bearer ", "Basic ", "=", "==", ",", ";", "\"", "\t", "é", "a.b.c"];
    Target::new(&["Bearer abc.def-_~+/==", "bearer  x "]).words(&words).holds_of_text(token);
}

/// RFC 6750 §3.
#[test]
fn a_challenge_is_written_as_it_was_understood() {
    let whole = [
        "Bearer realm=\"individu\", error=\"invalid_token\", error_description=\"it has expired\", scope=\"a b\"",
        "Basic realm=\"a\", Bearer error=x, error_uri=\"https://a.test/?x=1\"",
        "Negotiate abc==, bearer realm = \"a\\\"b\\\\\"",
        "Bearer",
    ];
    let words = [
        "Bearer", "Basic ", "realm=", "error=", "scope", "=", "\"", "\\", ",", " ", "\t", "\r\n", "é", "a==",
    ];
    Target::new(&whole).words(&words).holds_of_text(challenge);
}
