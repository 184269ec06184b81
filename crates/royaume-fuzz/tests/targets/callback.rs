//! Callbacks as a client takes them (RFC 6749 §4.1.2, RFC 9207 §2.4, Form Post Response Mode §2): an address, a query or a
//! form; and what browsers bring back from logouts.

use royaume_client::{
    Client, ClientAuthentication, FrontchannelLogout, Login, Pending, Provider, Scope, TokenSet, Transport,
};
use royaume_fuzz::{Target, Verdict};
use royaume_jose::SeededEntropy;
use royaume_protocol::{IdTokenClaims, Parameters, ProviderMetadata, TokenRequest};

const WORDS: [&str; 20] = [
    "&",
    "=",
    "?",
    "#",
    "code",
    "&code=x",
    "&error=access_denied",
    "&state=",
    "state",
    "&iss=https%3A%2F%2Fevil.test",
    "iss",
    "sid",
    "s-1",
    "https://app.test/cb?",
    "%2F",
    "%00",
    "%zz",
    "+",
    "&&",
    "evil",
];

fn provider() -> Provider {
    let text = r#"{"issuer":"https://i.test","authorization_endpoint":"https://i.test/a",
        "token_endpoint":"https://i.test/t","end_session_endpoint":"https://i.test/l",
        "authorization_response_iss_parameter_supported":true}"#;
    let metadata: ProviderMetadata = serde_json::from_str(text).unwrap();
    Provider::of_metadata("https://i.test", metadata).unwrap()
}

/// A login, and the state that it sent.
fn begun() -> (Pending, String) {
    let login = Login::new("https://app.test/cb", Scope::parse("openid").unwrap());
    let who = ClientAuthentication::none("app");
    let (address, pending) = login.begin(&provider(), &who, &SeededEntropy::new(1)).unwrap();
    (pending, state_of(&address))
}

fn state_of(address: &str) -> String {
    let sent = Parameters::parse(address.split_once('?').unwrap().1.as_bytes()).unwrap();
    sent.required("state").unwrap().to_owned()
}

/// What a second reader makes of a callback.
fn sent(callback: &str) -> Parameters {
    let query = callback.split_once('?').map_or(callback, |(_, query)| query);
    Parameters::parse(query.split('#').next().unwrap().as_bytes()).unwrap()
}

/// RFC 6749 §10.12, RFC 9207 §2.4: a code is redeemed only if it is the answer of that provider to this login.
#[test]
fn a_code_that_is_redeemed_answers_this_login() {
    let (pending, state) = begun();
    let (provider, iss) = (provider(), "iss=https%3A%2F%2Fi.test");
    let whole = [
        format!("code=abc&state={state}&{iss}"),
        format!("https://app.test/cb?a=1&code=abc&state={state}&{iss}&scope=openid#x"),
        format!("{iss}&state={state}&code=a%2Bb+c"),
    ];
    Target::new(&whole).words(&WORDS).holds_of_text(|text| {
        let read = pending.read(text, &provider, "app");
        if let Err(error) = &read {
            assert!(!error.to_string().contains(&state), "no error shows what protects the login");
        }
        let Ok(TokenRequest::AuthorizationCode { code, redirect_uri, code_verifier }) = read else {
            return Verdict::Refused;
        };
        let sent = sent(text);
        assert_eq!(sent.optional("state"), Some(state.as_str()));
        assert_eq!(sent.optional("iss"), Some("https://i.test"));
        assert_eq!((sent.optional("code"), sent.optional("error")), (Some(code.expose()), None));
        assert!(redirect_uri == "https://app.test/cb" && code_verifier.is_some());
        assert!(pending.read(text, &provider, "another").is_err());
        Verdict::Accepted
    });
}

/// Nobody is asked anything.
#[derive(Clone)]
struct Nobody;

impl Transport for Nobody {
    async fn send(
        &self,
        _: http::Request<bytes::Bytes>,
    ) -> Result<http::Response<bytes::Bytes>, royaume_client::ClientError> {
        unreachable!("a callback is read without asking")
    }
}

/// RP-Initiated Logout 1.0 §3: a return is that of this browser's logout.
#[test]
fn a_return_from_a_logout_has_its_state() {
    let client = Client::new(provider(), ClientAuthentication::none("app"), Nobody);
    let tokens: TokenSet = serde_json::from_str(r#"{"access_token":"a"}"#).unwrap();
    let (step, pending) =
        client.begin_logout(&tokens, "https://app.test/bye", &SeededEntropy::new(2)).unwrap();
    let state = state_of(&step.url);
    let whole = [format!("state={state}"), format!("https://app.test/bye?a=1&state={state}#x")];
    Target::new(&whole).words(&WORDS).holds_of_text(|text| {
        let judged = client.finish_logout(&pending, text);
        if judged.is_ok() {
            assert_eq!(sent(text).optional("state"), Some(state.as_str()));
        }
        Verdict::from(&judged)
    });
}

/// Front-Channel Logout 1.0 §2: a frame ends the session that it names.
#[test]
fn a_frame_ends_no_session_but_the_one_it_names() {
    let mut own = IdTokenClaims::new("https://i.test", "c", "app", 1, 2);
    own.sid = Some("s-1".to_owned());
    let whole = ["iss=https%3A%2F%2Fi.test&sid=s-1", "https://app.test/end?a=1&sid=s-1&iss=https://i.test#x"];
    Target::new(&whole).words(&WORDS).holds_of_text(|text| {
        let judged = FrontchannelLogout::parse(text).and_then(|logout| logout.ends(&own));
        let ends = matches!(judged, Ok(true));
        if ends {
            let sent = sent(text);
            assert_eq!((sent.optional("iss"), sent.optional("sid")), (Some("https://i.test"), Some("s-1")));
        }
        if ends { Verdict::Accepted } else { Verdict::Refused }
    });
}
