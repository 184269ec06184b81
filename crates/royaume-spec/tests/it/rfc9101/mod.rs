//! RFC 9101 with OIDC Core §6: requests that clients sign, by value and by reference.

mod by_reference;
mod by_value;

use royaume_jose::{Algorithm, SigningKey, jws};
use royaume_server::stored::client::{Application, ClientKeys};
use royaume_spec::registered::{key, published};
use royaume_spec::world::wish_of;
use royaume_spec::{App, World};
use serde_json::{Value, json};

/// A private application with a key for its requests.
async fn application(world: &World) -> (App, SigningKey) {
    let key = key(Algorithm::Rs256, 0);
    let app = world.add_app("op", wish_of(Application::Private, "Une application qui signe")).await;
    world.reregister(&app, |client| client.keys = Some(ClientKeys::Jwks(published(&[&key])))).await;
    (app, key)
}

/// The claims of a request object with all that a request has, changed.
fn claims(world: &World, app: &App, change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = json!({ "iss": app.client_id, "aud": world.issuer("op") });
    for (name, value) in app.authorization(&[]) {
        claims[name] = value.into();
    }
    change(&mut claims);
    claims
}

fn object(key: &SigningKey, claims: &Value) -> String {
    jws::sign(key, Some("oauth-authz-req+jwt"), claims)
}

/// The address with those parameters and no others beside `client_id`.
fn address(app: &App, pairs: &[(&str, &str)]) -> String {
    let client = [("client_id", app.client_id.as_str())];
    format!("{}?{}", app.authorize, royaume_protocol::parameters::encode(&[&client[..], pairs].concat()))
}
