//! Authorization responses (RFC 6749 §4.1.2, RFC 9207 §2), as a client meets them.

use royaume_fuzz::{Target, Verdict};
use royaume_protocol::authorization::ResponseExpectations;
use royaume_protocol::{AuthorizationResponse, Parameters, parameters};

const WHOLE: [&str; 3] = [
    "code=abc&state=s-1&iss=https%3A%2F%2Fi.test&client_id=PAR_app&scope=openid",
    "error=access_denied&error_description=no&error_uri=https%3A%2F%2Fi.test%2Fe&state=s-1&iss=https%3A%2F%2Fi.test",
    "state=s-1",
];
const WORDS: [&str; 12] = [
    "&",
    "=",
    "code",
    "&error=",
    "state",
    "&state=s-1",
    "&iss=https%3A%2F%2Fi.test",
    "iss",
    "s-1",
    "%2F",
    "%00",
    "evil",
];

fn read(input: &[u8]) -> Verdict {
    let Ok(sent) = Parameters::parse(input) else { return Verdict::Refused };
    let Ok(answer) = AuthorizationResponse::parse(&sent) else { return Verdict::Refused };
    let written = parameters::encode(&answer.pairs());
    let again = AuthorizationResponse::parse(&Parameters::parse(written.as_bytes()).unwrap());
    assert_eq!(again.as_ref(), Ok(&answer), "what is written is read");
    let issuers = ["https://i.test"];
    let expected = ResponseExpectations { state: "s-1", issuers: &issuers, iss_promised: true };
    let judged = answer.judge(&expected);
    if judged.is_ok() {
        assert_eq!(sent.optional("state"), Some("s-1"));
        assert!(!(sent.optional("code").is_some() && sent.optional("error").is_some()));
        let nothing = sent.optional("code").or(sent.optional("error")).is_none();
        assert!(
            sent.optional("iss") == Some("https://i.test") || (nothing && sent.optional("iss").is_none())
        );
    }
    Verdict::from(&judged)
}

/// RFC 9207 §2.4, RFC 6749 §10.12.
#[test]
fn an_answer_that_is_believed_is_that_of_the_request() {
    Target::new(&WHOLE).words(&WORDS).holds(read);
}
