//! Basic credentials (RFC 7617 §2), form-encoded first (RFC 6749 §2.3.1).

use royaume_fuzz::{Target, Verdict};
use royaume_jose::base64;
use royaume_protocol::BasicCredentials;
use royaume_protocol::parameters::LONGEST_VALUE;
use url::form_urlencoded;

/// One value as another reader of forms reads it: what separates pairs is escaped, since here it separates nothing.
fn as_others_read(bytes: &[u8]) -> String {
    let mut escaped = b"v=".to_vec();
    for byte in bytes {
        match byte {
            b'&' => escaped.extend_from_slice(b"%26"),
            other => escaped.push(*other),
        }
    }
    form_urlencoded::parse(&escaped).next().unwrap().1.into_owned()
}

fn header(text: &str) -> Verdict {
    let read = BasicCredentials::parse(text);
    let Ok(credentials) = &read else { return Verdict::Refused };
    let (scheme, rest) = text.split_once(' ').unwrap();
    assert!(scheme.eq_ignore_ascii_case("Basic"));
    let (client_id, secret) = (&credentials.client_id, credentials.secret.expose());
    assert!((1..=LONGEST_VALUE).contains(&client_id.len()) && secret.len() <= LONGEST_VALUE);
    assert!(!client_id.contains('\0') && !secret.contains('\0'));
    let sent = base64::decode(rest.trim_matches(' ')).unwrap();
    let at = sent.iter().position(|byte| *byte == b':').unwrap();
    assert_eq!((client_id, secret), (&as_others_read(&sent[..at]), as_others_read(&sent[at + 1..]).as_str()));
    assert_eq!(BasicCredentials::parse(credentials.header().expose()).as_ref(), Ok(credentials));
    Verdict::Accepted
}

/// RFC 7617 §2.
#[test]
fn a_basic_header_is_read_in_its_one_form() {
    let whole = ["Basic UEFSX3g6c2VjcmV0", "basic  eDp5 ", "BASIC YSUzQWI6Yys9Jg=="];
    let words = ["Basic ", "Bearer ", "=", "==", "+", "/", "-", "_", "Og==", "eDo=", "AA=="];
    Target::new(&whole).words(&words).holds_of_text(header);
}

/// RFC 6749 §2.3.1, Appendix B.
#[test]
fn id_and_secret_are_form_encoded_within() {
    let whole = ["PAR_x:secret", "a%3Ab:c%3Ad+e", "%C3%A9:", "x::&="];
    let words = [":", "%", "%3A", "+", "%00", "%zz", "%C3", "&", "="];
    Target::new(&whole).words(&words).holds(|input| header(&format!("Basic {}", base64::encode(input))));
}
