//! Applications of a world, and the requests they send.

use bytes::Bytes;
use http::Request;
use royaume_protocol::{CodeVerifier, parameters};
use royaume_server::admin::NewClient;
use royaume_server::stored::client::Application;

use crate::exchange::post;

/// An application as its developer knows it.
#[derive(Debug, Clone)]
pub struct App {
    /// Its realm.
    pub realm: String,
    /// Its kind.
    pub application: Application,
    /// `client_id`.
    pub client_id: String,
    /// Its secret; empty when public.
    pub secret: String,
    /// Where people come back to.
    pub redirect_uri: String,
    /// All it may ask for, but for what goes on in people's absence.
    pub scope: String,
    /// The realm's authorization endpoint.
    pub authorize: String,
    /// The realm's token endpoint.
    pub token: String,
}

/// The verifier that applications of a world use unless a test says otherwise (RFC 7636 Appendix B).
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Its challenge.
pub const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// One more application, as an operator wishes it: of that kind, returning there, with all that its realm has.
pub fn new_client(application: Application, redirect_uris: &[&str]) -> NewClient {
    NewClient {
        client_id: None,
        name: "Application d'essai".to_owned(),
        application,
        redirect_uris: redirect_uris.iter().map(|uri| (*uri).to_owned()).collect(),
        post_logout_redirect_uris: Vec::new(),
        scope: None,
        grants: None,
        introspects_all: false,
        secret: None,
        metadata: royaume_protocol::ClientMetadata::default(),
    }
}

impl App {
    /// The parameters of an authorization request, with changes: a name set to nothing is left out.
    pub fn authorization(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let usual = [
            ("response_type", "code"),
            ("client_id", &self.client_id),
            ("redirect_uri", &self.redirect_uri),
            ("scope", &self.scope),
            ("state", "state-1"),
            ("nonce", "nonce-1"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        changed(&usual, changes)
    }

    /// The address that a browser is sent to.
    pub fn authorization_url(&self, changes: &[(&str, &str)]) -> String {
        format!("{}?{}", self.authorize, parameters::encode(&self.authorization(changes)))
    }

    /// A token request with this application's credentials in the body.
    pub fn token_request(&self, pairs: &[(&str, &str)]) -> Request<Bytes> {
        self.call(&self.token, pairs)
    }

    /// A request with this application's credentials in the body, to any endpoint.
    pub fn call(&self, url: &str, pairs: &[(&str, &str)]) -> Request<Bytes> {
        let usual = [("client_id", self.client_id.as_str()), ("client_secret", &self.secret)];
        post(url, &changed(&usual, pairs))
    }

    /// The redemption of a code, with changes.
    pub fn redemption(&self, code: &str, changes: &[(&str, &str)]) -> Request<Bytes> {
        let verifier = CodeVerifier::parse(VERIFIER).expect("the verifier of the specification");
        let usual = [
            ("client_id", self.client_id.as_str()),
            ("client_secret", &self.secret),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", verifier.as_str()),
        ];
        post(&self.token, &changed(&usual, changes))
    }

    /// A refresh, with changes.
    pub fn refresh(&self, refresh_token: &str, changes: &[(&str, &str)]) -> Request<Bytes> {
        let usual = [
            ("client_id", self.client_id.as_str()),
            ("client_secret", &self.secret),
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ];
        post(&self.token, &changed(&usual, changes))
    }
}

/// The usual pairs with changes; what ends up empty is left out.
fn changed(usual: &[(&str, &str)], changes: &[(&str, &str)]) -> Vec<(String, String)> {
    let kept = usual.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes)
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
