//! The `claims` parameter (OIDC Core §5.5).

use royaume_fuzz::{Target, Verdict};
use royaume_protocol::ClaimsRequest;
use royaume_protocol::claims_request::LONGEST;
use serde_json::Value;

const WHOLE: [&str; 4] = [
    r#"{"userinfo":{"given_name":{"essential":true},"nickname":null},"id_token":{"acr":{"values":["a","b"]}}}"#,
    r#"{"id_token":{"sub":{"value":"248289761001"},"auth_time":{"essential":false}},"other":[1,{"x":null}]}"#,
    r#"{"userinfo":{"http://example.info/claims#fr":{"value":{"deep":[[[1.5]]]}}}}"#,
    "{}",
];
const WORDS: [&str; 14] = [
    "true",
    "1e300",
    "-0",
    "\"essential\":true,",
    "\"value\":",
    "\"values\":",
    "\"userinfo\":{",
    "\"id_token\":{",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "[[[[[[",
    "]]]]]]",
    "{\"a\":",
    "\"essential\":1",
];

fn read(text: &str) -> Verdict {
    let read = ClaimsRequest::parse(text);
    let Ok(asked) = &read else { return Verdict::Refused };
    assert!(text.len() <= LONGEST);
    let sent: Value = serde_json::from_str(text).unwrap();
    for (place, wishes) in [("userinfo", &asked.userinfo), ("id_token", &asked.id_token)] {
        let members = sent.get(place).map(|place| place.as_object().unwrap());
        assert_eq!(wishes.len(), members.map_or(0, serde_json::Map::len));
        for (name, wish) in wishes {
            let member = &members.unwrap()[name];
            assert_eq!(wish.essential, member.get("essential").is_some_and(|essential| essential == true));
            let value = member.get("value").into_iter();
            let values = member.get("values").and_then(Value::as_array).into_iter().flatten();
            assert!(value.chain(values).eq(&wish.values), "{name}");
        }
    }
    let written = asked.to_string();
    if written.len() <= LONGEST {
        assert_eq!(ClaimsRequest::parse(&written).as_ref(), Ok(asked), "what is written is read");
    }
    Verdict::Accepted
}

/// OIDC Core §5.5: nobody is told of a claim that was not asked for, and no wish is lost.
#[test]
fn what_is_asked_for_is_what_was_written() {
    Target::new(&WHOLE).json().words(&WORDS).holds_of_text(read);
}
