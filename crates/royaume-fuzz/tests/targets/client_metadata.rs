//! The metadata of clients (RFC 7591 §2).

use royaume_fuzz::{Target, Verdict};
use royaume_jose::Object;
use royaume_protocol::ClientMetadata;
use serde_json::Value;

use crate::json;

const WHOLE: [&str; 3] = [
    r#"{"redirect_uris":["https://a.test/cb"],"response_types":["code","id_token code"],"grant_types":["implicit"],
        "token_endpoint_auth_method":"private_key_jwt","client_name":"A","client_name#fr":"B","unknown":{"a":1}}"#,
    r#"{"jwks":{"keys":[]},"subject_type":"pairwise","id_token_signed_response_alg":"ES256","default_max_age":60,
        "require_auth_time":true,"contacts":["a@b.test"],"application_type":"native","tos_uri":null}"#,
    "{}",
];
const WORDS: [&str; 12] = [
    "true",
    "-1",
    "4294967296",
    "1e3",
    "\"none\"",
    "\"jwks\":",
    "\"redirect_uris\":",
    "\"scope\":\"openid\",",
    "\"response_types\":[\"token\"],",
    "\"client_name\":",
    "\\u0000",
    "[[",
];

/// The words of a response type have no order (OAuth 2.0 Multiple Response Types §1.1): here they are given one.
fn in_order(mut value: Value) -> Value {
    for one in value.as_array_mut().into_iter().flatten() {
        let mut words: Vec<_> = one.as_str().unwrap().split(' ').filter(|word| !word.is_empty()).collect();
        words.sort_unstable();
        *one = words.join(" ").into();
    }
    value
}

fn read(input: &[u8]) -> Verdict {
    let read = Object::<ClientMetadata>::read(input);
    let Ok(metadata) = &read else { return Verdict::Refused };
    let Some(sent) = json::whole(input) else { return Verdict::Refused };
    let sent = sent.as_object().expect("metadata is an object");
    let written = serde_json::to_value(metadata).unwrap();
    for (name, value) in written.as_object().unwrap() {
        if name == "response_types" {
            assert_eq!(in_order(value.clone()), in_order(sent[name].clone()));
        } else {
            assert_eq!(value, &sent[name], "{name}");
        }
    }
    assert_eq!(&serde_json::from_value::<ClientMetadata>(written).unwrap(), metadata);
    Verdict::Accepted
}

/// RFC 7591 §2: what a client says is what it is taken to have said.
#[test]
fn metadata_says_what_the_client_said() {
    Target::new(&WHOLE).json().words(&WORDS).holds(read);
}
