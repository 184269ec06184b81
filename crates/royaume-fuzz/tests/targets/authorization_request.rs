//! Authorization requests (RFC 6749 §4.1.1, OIDC Core §3.1.2.1).

use royaume_fuzz::{Target, Verdict};
use royaume_protocol::claims_request::LONGEST;
use royaume_protocol::error::is_safe_description;
use royaume_protocol::{AuthorizationRequest, Parameters};

const WHOLE: [&str; 4] = [
    "response_type=code&client_id=PAR_app&redirect_uri=https%3A%2F%2Fapp.test%2Fcb&scope=openid+profile&state=s&nonce=n",
    "client_id=a&redirect_uri=x&response_type=token+id_token+code&response_mode=form_post&prompt=login+consent&max_age=0",
    "client_id=a&redirect_uri=x&response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
     &code_challenge_method=S256&display=popup&ui_locales=fr+en&acr_values=1",
    "client_id=a&redirect_uri=x&response_type=code&claims=%7B%22userinfo%22%3A%7B%22name%22%3Anull%7D%7D&login_hint=c",
];
const WORDS: [&str; 20] = [
    "&",
    "=",
    "+",
    "%20",
    "%",
    "%00",
    "%22",
    "none",
    "plain",
    "token",
    "id_token",
    "code",
    "S256",
    "-1",
    "&prompt=none",
    "&max_age=",
    "&scope=",
    "%7B",
    "&code_challenge=",
    "&response_mode=query",
];

fn read(input: &[u8]) -> Verdict {
    let Ok(parameters) = Parameters::parse(input) else { return Verdict::Refused };
    let request = match AuthorizationRequest::parse(&parameters) {
        Ok(request) => request,
        Err(error) => {
            assert!(is_safe_description(&error.to_string()), "{error}");
            return Verdict::Refused;
        }
    };
    assert_eq!(parameters.optional("client_id"), Some(request.client_id.as_str()));
    assert_eq!(parameters.optional("redirect_uri"), Some(request.redirect_uri.as_str()));
    assert_eq!(parameters.optional("state"), request.state.as_deref());
    assert_eq!(parameters.optional("nonce"), request.nonce.as_deref());
    if request.claims.as_ref().is_none_or(|claims| claims.to_string().len() <= LONGEST) {
        let url = request.url("https://i.test/authorize");
        let (_, query) = url.split_once('?').unwrap();
        let again = AuthorizationRequest::parse(&Parameters::parse(query.as_bytes()).unwrap());
        assert_eq!(again.as_ref(), Ok(&request), "what the client would write is what the server read");
    }
    Verdict::Accepted
}

/// RFC 6749 §4.1.1: one end reads what the other writes.
#[test]
fn an_authorization_request_is_read_as_it_would_be_written() {
    Target::new(&WHOLE).words(&WORDS).holds(read);
}
