//! Realms: one server, several worlds. Nothing of one is usable in another, and an address always says which is meant.

mod addresses;
mod browsers;
mod tokens;

use royaume_server::admin::NewAccount;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, World};

/// Two realms, and in each of them an application with the same `client_id`, secret and redirect URI, and a person with
/// the same subject, user name and password: whatever tells them apart is the realm alone.
async fn twins(world: &World) -> [App; 2] {
    let twin = |realm: &'static str| async move {
        let wish = royaume_server::admin::NewClient {
            client_id: Some("twin".to_owned()),
            secret: Some("the-same-secret-in-both-realms".into()),
            scope: Some("openid profile".to_owned()),
            ..new_client(Application::Private, &["https://app.test/cb"])
        };
        let person = NewAccount {
            username: "jumelle".to_owned(),
            subject: Some("one-subject".to_owned()),
            claims: serde_json::Map::new(),
        };
        world.admin(realm).add_account(person, Some("jumelle"), world.passwords()).await.unwrap();
        world.add_app(realm, wish).await
    };
    [twin("individu").await, twin("entreprise").await]
}
