//! What ends a signed access token before its time (RFC 7009, RFC 6749 §4.1.2, RFC 9700 §4.14): a text that anybody
//! can verify is still asked about here, and its end is known here.

use std::time::Duration;

use royaume_jose::Algorithm;
use royaume_server::stored::client::Application;
use royaume_spec::{App, Exchange, World};

use super::signing_with;

/// A world, its application, a person's tokens, and the next generation of them.
async fn two_generations(world: &World) -> (&App, Exchange, Exchange) {
    let app = world.app("individu", Application::Private);
    let first = world.sign_in(app).await;
    let second = world.send(app.refresh(&first.member("refresh_token"), &[])).await;
    assert!(world.is_active(app, &first.member("access_token")).await);
    assert!(world.is_active(app, &second.is_ok().member("access_token")).await);
    (app, first, second)
}

/// Asserts that a token is dead wherever one may ask.
async fn is_dead(world: &World, app: &App, tokens: &Exchange) {
    let token = tokens.member("access_token");
    world.userinfo(&app.realm, &token).await.is_challenge(401, "invalid_token");
    assert_eq!(world.introspect(app, &token).await.body, r#"{"active":false}"#);
}

/// RFC 7009 §2.1: giving one access token back ends that one: neither its sibling nor what it was refreshed by.
#[tokio::test]
async fn a_token_that_is_given_back_ends_alone() {
    for algorithm in Algorithm::SIGNING {
        let world = signing_with(algorithm).await;
        let (app, first, second) = two_generations(&world).await;
        world.revoke(app, &first.member("access_token")).await.is_ok();
        is_dead(&world, app, &first).await;
        world.userinfo("individu", &second.member("access_token")).await.is_ok();
        world.send(app.refresh(&second.member("refresh_token"), &[])).await.is_ok();
    }
}

/// RFC 7009 §2.1: giving the refresh token back ends every access token of the grant.
#[tokio::test]
async fn giving_the_refresh_token_back_ends_the_family() {
    let world = signing_with(Algorithm::Es256).await;
    let (app, first, second) = two_generations(&world).await;
    let other = world.sign_in(app).await;
    world.revoke(app, &second.member("refresh_token")).await.is_ok();
    is_dead(&world, app, &first).await;
    is_dead(&world, app, &second).await;
    assert!(world.is_active(app, &other.member("access_token")).await, "another grant lives on");
}

/// RFC 6749 §4.1.2: a code that comes twice ends what it bought, and what was bought with that.
#[tokio::test]
async fn a_code_that_comes_twice_ends_the_family() {
    let world = signing_with(Algorithm::Es256).await;
    let app = world.app("individu", Application::Private);
    let code = world.code(app, &[]).await;
    let first = world.send(app.redemption(&code, &[])).await;
    let second = world.send(app.refresh(&first.is_ok().member("refresh_token"), &[])).await;
    assert!(world.is_active(app, &second.member("access_token")).await);
    world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
    is_dead(&world, app, &first).await;
    is_dead(&world, app, &second).await;
}

/// RFC 9700 §4.14.2: so does a refresh token that comes again when its time for that is over.
#[tokio::test]
async fn a_refresh_token_that_comes_again_ends_the_family() {
    let world = signing_with(Algorithm::Es256).await;
    let (app, first, second) = two_generations(&world).await;
    world.clock.advance(Duration::from_secs(11));
    world.send(app.refresh(&first.member("refresh_token"), &[])).await.is_error(400, "invalid_grant");
    is_dead(&world, app, &first).await;
    is_dead(&world, app, &second).await;
}

/// RFC 7009 §2.1: another application cannot end it.
#[tokio::test]
async fn another_application_cannot_give_it_back() {
    let world = signing_with(Algorithm::Es256).await;
    let (app, first, _) = two_generations(&world).await;
    world.revoke(world.app("individu", Application::Public), &first.member("access_token")).await.is_ok();
    assert!(world.is_active(app, &first.member("access_token")).await);
}

/// OpenID Connect RP-Initiated Logout 1.0 §2: logging out ends what was obtained through the session.
#[tokio::test]
async fn logging_out_ends_it() {
    let world = signing_with(Algorithm::Es256).await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let callback = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let elsewhere = world.sign_in(app).await;
    let logout = world.url("individu", royaume_realm::Endpoint::Logout);
    browser.open(&format!("{logout}?id_token_hint={}", tokens.member("id_token"))).await.page();
    is_dead(&world, app, &tokens).await;
    assert!(
        world.is_active(app, &elsewhere.member("access_token")).await,
        "another browser is still signed in"
    );
}

/// RFC 7662 §4: what an operator or the person changes is seen at the next call, though the signature still verifies.
#[tokio::test]
async fn disabling_the_client_or_the_person_or_a_new_password_ends_it() {
    let world = signing_with(Algorithm::Es256).await;
    let guard = guard(&world).await;
    let app = world.app("individu", Application::Private);

    let tokens = world.sign_in(app).await;
    world.admin("individu").disable_client(&app.client_id, true).await.unwrap();
    is_dead(&world, &guard, &tokens).await;
    world.admin("individu").disable_client(&app.client_id, false).await.unwrap();
    world.userinfo("individu", &tokens.member("access_token")).await.is_ok();

    world.admin("individu").disable_account("camille", true).await.unwrap();
    is_dead(&world, &guard, &tokens).await;
    world.admin("individu").disable_account("camille", false).await.unwrap();
    is_dead(&world, &guard, &tokens).await;

    let tokens = world.sign_in(app).await;
    world.userinfo("individu", &tokens.member("access_token")).await.is_ok();
    world.admin("individu").set_password("camille", "autre", world.passwords()).await.unwrap();
    is_dead(&world, &guard, &tokens).await;
}

/// An application that guards an API of /individu.
async fn guard(world: &World) -> App {
    let wish = royaume_server::admin::NewClient {
        introspects_all: true,
        ..royaume_spec::app::new_client(Application::Private, &["https://api.test/cb"])
    };
    world.add_app("individu", wish).await
}

/// RFC 7662 §4: an end is an end on every node, and after a restart.
#[tokio::test]
async fn what_has_ended_has_ended_on_every_node() {
    let world = signing_with(Algorithm::Es256).await;
    let (app, first, second) = two_generations(&world).await;
    world.revoke(app, &first.member("access_token")).await.is_ok();
    let node = world.another_node().await;
    let userinfo = world.url("individu", royaume_realm::Endpoint::UserInfo);
    for (tokens, status) in [(&first, 401), (&second, 200)] {
        let answer = node.handle(royaume_spec::bearer(&userinfo, &tokens.member("access_token"))).await;
        assert_eq!(answer.status(), status);
    }
}
