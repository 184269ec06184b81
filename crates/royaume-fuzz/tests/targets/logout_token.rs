//! The claims of logout tokens (Back-Channel Logout 1.0 §2.4, §2.6).

use std::time::Duration;

use jiff::Timestamp;
use royaume_fuzz::{Target, Verdict};
use royaume_jose::Object;
use royaume_protocol::LogoutTokenClaims;
use royaume_protocol::logout_token::EVENT;
use serde_json::Value;

use crate::json;

const NOW: i64 = 1_795_521_600;

const WHOLE: [&str; 3] = [
    r#"{"iss":"https://i.test","aud":"app","iat":1795521600,"exp":1795521720,"jti":"a","sub":"c","sid":"s",
        "events":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#,
    r#"{"iss":"https://i.test","aud":["app"],"iat":1795521600.5,"exp":1795521720,"jti":"b","sid":"s","nonce":null,
        "events":{"http://schemas.openid.net/event/backchannel-logout":{"x":1},"other":[]},"more":{"a":[null]}}"#,
    r#"{"iss":"https://i.test","aud":"app","iat":0,"exp":1795521541,"jti":"é","sub":"c",
        "events":{"http://schemas.openid.net/event/backchannel-logout":{}}}"#,
];
const WORDS: [&str; 16] = [
    "\"iss\":\"https://evil.test\",",
    "\"aud\":[]",
    "\"evil\",",
    "\"iat\":",
    "\"exp\":",
    "\"jti\":\"\"",
    "\"nonce\":\"n\",",
    "\"nonce\":[],",
    "\"events\":{}",
    "\"http://schemas.openid.net/event/backchannel-logout\":",
    "\"sub\":\"\"",
    "\"sid\":",
    "9223372036854775807",
    "-9223372036854775808",
    "1e300",
    "-",
];

fn read(input: &[u8]) -> Verdict {
    let Ok(claims) = Object::<LogoutTokenClaims>::read(input) else { return Verdict::Refused };
    let again = serde_json::from_slice::<LogoutTokenClaims>(&serde_json::to_vec(&claims).unwrap());
    assert_eq!(again.unwrap(), claims, "what is written is read");
    let Some(sent) = json::whole(input) else { return Verdict::Refused };
    let now = Timestamp::from_second(NOW).unwrap();
    let judged = claims.validate("https://i.test", "app", Duration::from_secs(60), now);
    if judged.is_err() {
        return Verdict::Refused;
    }
    assert_eq!(sent["iss"], "https://i.test");
    match &sent["aud"] {
        Value::Array(names) => assert!(matches!(&names[..], [one] if one == "app")),
        name => assert_eq!(name, "app"),
    }
    let date = |name: &str| sent[name].as_f64().unwrap();
    assert!(date("exp") > (NOW - 61) as f64 && date("iat") < (NOW + 61) as f64);
    assert!(sent["events"][EVENT].is_object());
    assert!(sent.get("nonce").is_none_or(Value::is_null), "it is no id token");
    let said = |name: &str| sent[name].as_str().is_some_and(|text| !text.is_empty());
    assert!(said("jti") && (said("sub") || said("sid")));
    for (issuer, client) in [("https://j.test", "app"), ("https://i.test", "another")] {
        assert!(claims.validate(issuer, client, Duration::from_secs(60), now).is_err());
    }
    Verdict::Accepted
}

/// Back-Channel Logout 1.0 §2.6.
#[test]
fn what_is_believed_tells_of_a_logout_here_and_now() {
    Target::new(&WHOLE).json().words(&WORDS).holds(read);
}
