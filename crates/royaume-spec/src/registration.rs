//! Clients that register themselves, and what they say (RFC 7591 §3.1, RFC 7592 §2). All of them in the realm `op`.

use bytes::Bytes;
use http::{Method, Request, header};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use serde_json::{Value, json};

use crate::app::App;
use crate::exchange::{self, Exchange};
use crate::world::World;

/// What a client says of itself: that it returns to `https://app.test/cb` and puts its secret into the body, with changes.
/// A member set to `null` is left out.
///
/// # Panics
/// When the changes are no object.
pub fn document(changes: Value) -> Value {
    let mut document = json!({
        "client_name": "Essai",
        "redirect_uris": ["https://app.test/cb"],
        "token_endpoint_auth_method": "client_secret_post",
    });
    let members = document.as_object_mut().expect("an object");
    let Value::Object(changes) = changes else { panic!("{changes} is no object") };
    members.extend(changes);
    members.retain(|_, value| !value.is_null());
    document
}

/// A request with that body, as JSON, with that bearer token unless it is empty.
///
/// # Panics
/// When the address or the token cannot be sent.
pub fn speak(method: Method, url: &str, token: &str, body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = exchange::request(method, url).header(header::CONTENT_TYPE, "application/json");
    if !token.is_empty() {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    request.body(body.into()).expect("a well-formed request")
}

/// The request of a client to what manages it (RFC 7592 §2), from the answer that registered it.
pub fn manage(method: Method, registered: &Exchange, body: impl Into<Bytes>) -> Request<Bytes> {
    let (url, token) =
        (registered.member("registration_client_uri"), registered.member("registration_access_token"));
    speak(method, &url, &token, body)
}

impl World {
    /// The request that registers a client which says that of itself, with that initial access token unless it is empty.
    pub fn registration(&self, token: &str, document: &Value) -> Request<Bytes> {
        speak(Method::POST, &self.url("op", Endpoint::Registration), token, document.to_string())
    }

    /// Registers a client with what [`document`] makes of the changes.
    pub async fn register(&self, changes: Value) -> Exchange {
        self.send(self.registration("", &document(changes))).await
    }

    /// The application that was registered so.
    ///
    /// # Panics
    /// When it was refused.
    #[track_caller]
    pub fn registered(&self, answer: &Exchange) -> App {
        assert_eq!(answer.status, 201, "{answer:?}");
        let said = answer.json();
        let public = said["token_endpoint_auth_method"] == "none";
        App {
            realm: "op".to_owned(),
            application: if public { Application::Public } else { Application::Private },
            client_id: answer.member("client_id"),
            secret: said["client_secret"].as_str().unwrap_or_default().to_owned(),
            redirect_uri: said["redirect_uris"][0].as_str().unwrap_or_default().to_owned(),
            scope: answer.member("scope"),
            authorize: self.url("op", Endpoint::Authorization),
            token: self.url("op", Endpoint::Token),
        }
    }
}
