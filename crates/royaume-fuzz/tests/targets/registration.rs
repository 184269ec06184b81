//! Answers to registrations (RFC 7591 §3.2.1, RFC 7592 §3).

use bytes::Bytes;
use http::{Response, StatusCode};
use royaume_client::{Registration, answers};
use royaume_fuzz::{Target, Verdict};
use serde_json::{Map, Value};
use url::Url;

use crate::json;

const WHOLE: [&str; 3] = [
    r#"{"client_id":"c","client_secret":"s","client_secret_expires_at":0,"client_id_issued_at":1795521600,
        "registration_client_uri":"https://i.test/r?client_id=c","registration_access_token":"t",
        "redirect_uris":["https://app.test/cb"],"token_endpoint_auth_method":"client_secret_post"}"#,
    r#"{"client_id":"c","client_secret_expires_at":1795521600,"grant_types":["urn:x"],"default_max_age":-1,
        "id_token_signed_response_alg":"HS256","response_types":["code"],"jwks":{"keys":[]},"more":[1]}"#,
    r#"{"client_id":"c","client_secret":null,"client_name":null,"contacts":["a@b.test"]}"#,
];
const WORDS: [&str; 16] = [
    "\"client_id\":",
    "\"client_id\":\"\"",
    "\"client_secret\":7,",
    "\"client_secret_expires_at\":",
    "9223372036854775807",
    "1e300",
    "\"registration_client_uri\":\"http://evil.test/r\",",
    "\"registration_access_token\":",
    "http://127.0.0.1/",
    "javascript:",
    "\"redirect_uris\":",
    "\"scope\":[],",
    "\"token_endpoint_auth_method\":\"tls_client_auth\",",
    "\\u0000",
    "[[",
    "-",
];

fn read(input: &[u8]) -> Verdict {
    let mut response = Response::new(Bytes::copy_from_slice(input));
    *response.status_mut() = StatusCode::CREATED;
    let Ok(read) = answers::registration(&response) else { return Verdict::Refused };
    let kept = serde_json::to_string(&read).unwrap();
    assert!(serde_json::from_str::<Registration>(&kept).unwrap() == read, "what is kept is read");
    let shown = format!("{read:?}");
    assert!(!shown.contains("registration_access_token"));
    let Some(Value::Object(sent)) = json::whole(input) else { return Verdict::Refused };
    assert_eq!(sent["client_id"], read.client_id.as_str());
    assert!(!read.client_id.is_empty());
    if let Some(management) = &read.management {
        let url = Url::parse(&management.uri).unwrap();
        let local = matches!(url.host_str(), Some(host) if host.starts_with("127.") || host == "[::1]"
            || host == "localhost" || host.ends_with(".localhost"));
        assert!(url.scheme() == "https" || (url.scheme() == "http" && local), "{url}");
    }
    let written: Map<String, Value> = match serde_json::to_value(&read.metadata).unwrap() {
        Value::Object(members) => members,
        other => panic!("{other} is no object"),
    };
    for (name, value) in written.iter().filter(|(name, _)| *name != "response_types") {
        assert_eq!(value, &sent[name], "{name}");
        assert!(!read.left_out.contains(name));
    }
    assert!(read.left_out.iter().all(|name| sent.contains_key(name)));
    // Whatever it is, it is used or refused, and nothing breaks.
    let _ = read.authentication(None);
    let _ = read.rules();
    Verdict::Accepted
}

/// RFC 7591 §3.2.1: what is kept is what was answered, as far as it makes sense.
#[test]
fn a_registration_is_what_the_provider_said() {
    Target::new(&WHOLE).json().words(&WORDS).holds(read);
}
