//! The provider that the conformance plans are held against: it serves, and a person signs in.

use royaume_server::stored::client::Application;
use royaume_spec::World;
use royaume_spec::world::wish_of;

/// OIDC Core §3.1: a person signs in and the application learns who it is. Module `oidcc-server`, its happy path.
#[tokio::test]
async fn a_person_signs_in_to_a_provider_with_everything_on() {
    let world = World::provider().await;
    let app = world.add_app("op", wish_of(Application::Private, "Essai")).await;
    let tokens = world.sign_in(&app).await;
    tokens.is_ok();
    assert!(tokens.json()["id_token"].is_string());
}
