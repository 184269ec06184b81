//! RFC 7523 §2.2 with OIDC Core §9: clients that sign who they are, and where their keys are.

mod assertion;
mod client_keys;
mod replay;
mod secret;

use bytes::Bytes;
use http::Request;
use royaume_jose::{Algorithm, SigningKey};
use royaume_realm::Endpoint;
use royaume_server::stored::client::{Application, ClientKeys};
use royaume_spec::registered::{key, published};
use royaume_spec::{App, World};

/// An application with a key of its own, registered by value.
async fn application(world: &World) -> (App, SigningKey) {
    let key = key(Algorithm::Es256, 0);
    (world.keyed(Application::Private, ClientKeys::Jwks(published(&[&key]))).await, key)
}

/// A request that needs nothing but a client that is known: about a token of nobody.
fn question(world: &World, app: &App, assertion: &str, more: &[(&str, &str)]) -> Request<Bytes> {
    let pairs = [&[("token", "nobody-s")], more].concat();
    app.asserted(&world.url(&app.realm, Endpoint::Introspection), assertion, &pairs)
}
