//! `client_secret_jwt` (OIDC Core §9): an assertion under a MAC with the client's secret.

use royaume_jose::jws::{self, HmacKey, MacAlgorithm};
use royaume_protocol::ClientAuthenticationMethod;
use royaume_realm::Endpoint;
use royaume_spec::registered::{key, signed_assertion};
use royaume_spec::{Exchange, World};
use serde_json::{Value, json};

use super::question;

fn under(secret: &str, algorithm: MacAlgorithm, claims: &Value) -> String {
    let secret =
        if secret.len() < algorithm.shortest_secret() { secret.repeat(2) } else { secret.to_owned() };
    jws::sign_mac(&HmacKey::from_secret(algorithm, secret.as_bytes()).unwrap(), Some("JWT"), claims)
}

/// OIDC Core §9: a client proves that it knows its secret, and does not send it. Once.
#[tokio::test]
async fn a_client_proves_that_it_knows_its_secret() {
    let world = World::provider().await;
    let app = world.macked().await;
    let assertion = under(&app.secret, MacAlgorithm::Hs256, &world.assertion(&app, 1));
    let code = world.code(&app, &[]).await;
    world.send(app.asserted_redemption(&code, &assertion)).await.is_ok();
    let node = world.another_node().await;
    let again: Exchange = node.handle(question(&world, &app, &assertion, &[])).await.into();
    again.is_error(401, "invalid_client");
}

/// RFC 8725 §2.1, §3.1: another secret, another algorithm, a key in the place of the secret: none of them is believed.
#[tokio::test]
async fn nothing_else_proves_it() {
    let world = World::provider().await;
    let (app, other) = (world.macked().await, world.macked().await);
    let claims = world.assertion(&app, 1);
    for forged in [
        under(&other.secret, MacAlgorithm::Hs256, &claims),
        under(&app.secret, MacAlgorithm::Hs384, &claims),
        under(&app.secret, MacAlgorithm::Hs512, &claims),
        signed_assertion(&key(royaume_jose::Algorithm::Es256, 0), &claims),
        royaume_spec::signed::forged(&json!({ "alg": "HS256" }), &claims, &[]),
    ] {
        world.send(question(&world, &app, &forged, &[])).await.is_error(401, "invalid_client");
    }
    world
        .send(app.call(&world.url("op", Endpoint::Introspection), &[("token", "x")]))
        .await
        .is_error(401, "invalid_client");
    world.send(question(&world, &app, &under(&app.secret, MacAlgorithm::Hs256, &claims), &[])).await.is_ok();
}

/// RFC 6749 §2.3: the secret of a client that sends it is not kept so that it could prove anything.
#[tokio::test]
async fn a_client_that_sends_its_secret_does_not_prove_it() {
    let world = World::provider().await;
    let app = world
        .add_app(
            "op",
            royaume_spec::world::wish_of(royaume_server::stored::client::Application::Private, "Essai"),
        )
        .await;
    world
        .reregister(&app, |client| client.authentication.push(ClientAuthenticationMethod::ClientSecretJwt))
        .await;
    let assertion = under(&app.secret, MacAlgorithm::Hs256, &world.assertion(&app, 1));
    world.send(question(&world, &app, &assertion, &[])).await.is_error(401, "invalid_client");
}
