//! RFC 6749 §4.4: an application speaks for itself.

use royaume_protocol::GrantType;
use royaume_server::stored::client::Application;
use royaume_spec::World;
use royaume_spec::world::wish_of;

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// §4.4: the grant must only be used by confidential clients.
#[tokio::test]
async fn a_public_client_cannot_use_client_credentials() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Public);
    world.send(app.token_request(&[GRANT])).await.is_error(400, "unauthorized_client");
    world
        .send(app.token_request(&[GRANT, ("client_secret", "made-up")]))
        .await
        .is_error(401, "invalid_client");
}

/// §4.4: nor can one be registered for it.
#[tokio::test]
async fn a_public_client_cannot_be_registered_for_client_credentials() {
    let world = World::standard().await;
    let mut wish = wish_of(Application::Public, "A public program");
    wish.grants = Some(vec![GrantType::ClientCredentials]);
    assert!(world.admin("agent").add_client(wish).await.is_err());
}

/// §4.4.3: a refresh token is not included; nor is there a person whom an id token could be about.
#[tokio::test]
async fn client_credentials_buy_an_access_token_alone() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Machine);
        let token = world.send(app.token_request(&[GRANT, ("scope", "rechercheusager")])).await;
        let body = token.is_ok().json();
        let said: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(said, ["access_token", "expires_in", "scope", "token_type"]);
    }
}

/// §4.4: the token stands for the client, and for no person.
#[tokio::test]
async fn the_token_speaks_for_the_client_itself() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Machine);
        let token = world.send(app.token_request(&[GRANT])).await.member("access_token");
        let known = world.introspect(app, &token).await.json();
        assert_eq!(
            (known["sub"].as_str(), known["client_id"].as_str()),
            (Some(&*app.client_id), Some(&*app.client_id))
        );
        world.userinfo("agent", &token).await.is_challenge(403, "insufficient_scope");
    }
}

/// §4.4.2: each request is answered by itself; what was issued before stays as it was.
#[tokio::test]
async fn each_request_is_given_a_token_of_its_own() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Machine);
        let first = world.send(app.token_request(&[GRANT])).await.member("access_token");
        let second = world.send(app.token_request(&[GRANT])).await.member("access_token");
        assert_ne!(first, second);
        assert!(world.revoke(app, &second).await.status.is_success());
        assert!(world.is_active(app, &first).await && !world.is_active(app, &second).await);
    }
}
