//! RFC 9700 §4.15: a client that speaks for itself cannot be taken for a person.

use royaume_server::admin::NewAccount;
use royaume_server::stored::client::Application;
use royaume_spec::World;
use royaume_spec::world::wish_of;

/// The subject of the sample agent.
const INES: &str = "7fb27d8840178fffda1102525b1ae0d37f6149398d52b9660ed378106fbccf85v1";

/// §4.15.1: no client is registered whose `client_id` is the subject of a person.
#[tokio::test]
async fn a_client_cannot_be_named_like_a_person() {
    let world = World::standard().await;
    let mut wish = wish_of(Application::Machine, "Calls itself Ines");
    wish.client_id = Some(INES.to_owned());
    assert!(world.admin("agent").add_client(wish).await.is_err());
}

/// §4.15.1: nor is a person added whose subject is the `client_id` of a client.
#[tokio::test]
async fn a_person_cannot_be_named_like_a_client() {
    let world = World::standard().await;
    let client_id = world.app("agent", Application::Machine).client_id.clone();
    let wish = NewAccount {
        username: "machine".to_owned(),
        subject: Some(client_id),
        claims: serde_json::Map::new(),
    };
    assert!(world.admin("agent").add_account(wish, None, world.passwords()).await.is_err());
}

/// §4.15: a client's own token opens nothing that is a person's.
#[tokio::test]
async fn a_client_s_own_token_is_no_person_s() {
    for world in World::of_each_format().await {
        let app = world.add_app("agent", wish_of(Application::Machine, "Has every scope")).await;
        assert!(app.scope.contains("openid"));
        let token = world.send(app.token_request(&[("grant_type", "client_credentials")])).await;
        world.userinfo("agent", &token.member("access_token")).await.is_challenge(403, "insufficient_scope");
    }
}
