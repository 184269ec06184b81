//! The claims of client assertions (RFC 7523 §3).

use jiff::Timestamp;
use royaume_fuzz::{Target, Verdict};
use royaume_jose::Object;
use royaume_protocol::ClientAssertion;
use serde_json::Value;

use crate::json;

const NOW: i64 = 1_795_521_600;
const OURS: [&str; 2] = ["https://i.test", "https://i.test/token"];

const WHOLE: [&str; 3] = [
    r#"{"iss":"app","sub":"app","aud":"https://i.test","exp":1795521660,"iat":1795521600,"jti":"a"}"#,
    r#"{"iss":"app","sub":"app","aud":["https://i.test/token","https://i.test"],"exp":1795521660.5,"jti":"b","x":[1]}"#,
    r#"{"iss":"app","sub":"app","aud":["https://i.test"],"exp":1795525200,"nbf":1795521630,"iat":null,"jti":"é"}"#,
];
const WORDS: [&str; 14] = [
    "\"iss\":\"other\"",
    "\"sub\":",
    "\"aud\":[]",
    "\"https://evil.test\",",
    "\"exp\":",
    "\"nbf\":",
    "9223372036854775807",
    "-9223372036854775808",
    "1e18",
    "1e300",
    "17955",
    "\"jti\":\"\"",
    "-",
    ".",
];

fn read(input: &[u8]) -> Verdict {
    let Ok(assertion) = Object::<ClientAssertion>::read(input) else { return Verdict::Refused };
    let again = serde_json::from_slice::<ClientAssertion>(&serde_json::to_vec(&assertion).unwrap());
    assert_eq!(again.unwrap(), assertion, "what is written is read");
    let now = Timestamp::from_second(NOW).unwrap();
    let judged = assertion.judge("app", &OURS, now);
    let Some(sent) = json::whole(input) else { return Verdict::Refused };
    assert!(sent.is_object(), "claims are an object (RFC 7519 §4)");
    if judged.is_err() {
        return Verdict::Refused;
    }
    assert!(sent["iss"] == "app" && sent["sub"] == "app");
    let ours = |name: &Value| OURS.iter().any(|ours| name == ours);
    match &sent["aud"] {
        Value::Array(names) => assert!(!names.is_empty() && names.iter().all(ours)),
        name => assert!(ours(name)),
    }
    let date = |name: &str| sent.get(name).and_then(Value::as_f64);
    let now = NOW as f64;
    assert!(date("exp").is_some_and(|exp| exp > now - 30.0 && exp < now + 3631.0));
    assert!(["iat", "nbf"].iter().all(|name| date(name).is_none_or(|moment| moment < now + 31.0)));
    assert!(sent["jti"].as_str().is_some_and(|jti| !jti.is_empty()));
    let forgotten = assertion.forgotten_at();
    assert!(
        assertion.judge("app", &OURS, forgotten).is_err(),
        "its name is remembered for as long as it is good"
    );
    assert!(assertion.judge("another", &OURS, Timestamp::from_second(NOW).unwrap()).is_err());
    Verdict::Accepted
}

/// RFC 7523 §3: who is believed, and for how long.
#[test]
fn what_is_believed_was_said_by_this_client_to_us_and_now() {
    Target::new(&WHOLE).json().words(&WORDS).holds(read);
}
