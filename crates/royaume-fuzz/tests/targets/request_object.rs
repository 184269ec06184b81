//! The claims of request objects (RFC 9101 §4), once their signature is believed.

use jiff::Timestamp;
use royaume_fuzz::{Target, Verdict};
use royaume_protocol::parameters::{LONGEST_NAME, LONGEST_VALUE, MOST};
use royaume_protocol::request_object::parameters;
use serde_json::{Map, Value};

const NOW: i64 = 1_795_521_600;
const ISSUER: &str = "https://i.test";
const OF_THE_TOKEN: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

const WHOLE: [&str; 3] = [
    r#"{"iss":"app","aud":["https://i.test"],"exp":1795521660,"client_id":"app","scope":"openid","max_age":10,
        "claims":{"userinfo":{"name":null}},"nonce":null,"state":"","redirect_uri":"https://app.test/cb"}"#,
    r#"{"aud":"https://i.test","nbf":1795521600.5,"client_id":"app","sub":"camille","response_type":"code","prompt":"none","jti":"x"}"#,
    r#"{"iss":"app","aud":"https://i.test"}"#,
];
const WORDS: [&str; 16] = [
    "true",
    "1e300",
    "-1",
    "\"client_id\":\"other\",",
    "\"sub\":\"app\",",
    "\"iss\":1,",
    "\"aud\":[],",
    "\"request\":\"x\",",
    "\"request_uri\":null,",
    "\"exp\":0,",
    "\"nbf\":9e9,",
    "\"state\":{\"a\":1},",
    "\"\":\"x\",",
    "\\u0000",
    "\"iss\":",
    "\"aud\":",
];

fn read(input: &[u8]) -> Verdict {
    let Ok(claims) = serde_json::from_slice::<Map<String, Value>>(input) else { return Verdict::Refused };
    let now = Timestamp::from_second(NOW).unwrap();
    let read = parameters(&claims, "app", ISSUER, now);
    assert_eq!(read, parameters(&claims, "app", ISSUER, now));
    let Ok(read) = read else { return Verdict::Refused };
    let absent_or =
        |name: &str, value: &str| claims.get(name).is_none_or(|said| said.is_null() || said == value);
    assert!(absent_or("iss", "app") && absent_or("client_id", "app"));
    assert!(claims.get("sub").is_none_or(|sub| sub != "app"), "that would be a client assertion (§10.8)");
    assert!(claims.get("iss").or(claims.get("client_id")).is_some(), "it says whose it is (§5)");
    match claims.get("aud") {
        None => panic!("it says for whom it is (RFC 8725 §3.9)"),
        Some(Value::Array(names)) => assert!(names.iter().any(|name| name == ISSUER)),
        Some(name) => assert_eq!(name, ISSUER),
    }
    let date = |name: &str| claims.get(name).and_then(Value::as_f64);
    assert!(date("exp").is_none_or(|exp| exp > (NOW - 30) as f64));
    assert!(date("nbf").is_none_or(|nbf| nbf <= (NOW + 30) as f64));
    assert!(!claims.contains_key("request") && !claims.contains_key("request_uri"));
    assert_eq!(read.optional("client_id"), Some("app"));
    assert!(read.iter().count() <= MOST);
    for (name, value) in read.iter() {
        assert!(!OF_THE_TOKEN.contains(&name) && name.len() <= LONGEST_NAME && value.len() <= LONGEST_VALUE);
        match claims.get(name) {
            Some(Value::String(text)) => assert_eq!(text, value),
            Some(other) => assert!(name == "client_id" || serde_json::to_string(other).unwrap() == value),
            None => assert_eq!(name, "client_id"),
        }
    }
    let said = claims.iter().filter(|(name, _)| !OF_THE_TOKEN.contains(&name.as_str()));
    for (name, value) in said.filter(|(_, value)| !value.is_null() && *value != "") {
        assert!(read.optional(name).is_some(), "{name}: {value} is lost");
    }
    Verdict::Accepted
}

/// RFC 9101 §6.3: the request is what the client signed, all of it and nothing else.
#[test]
fn the_parameters_are_those_of_the_object() {
    Target::new(&WHOLE).json().words(&WORDS).holds(read);
}
