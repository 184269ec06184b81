//! RFC 6749 §6: refreshing an access token. What rotation adds is in `rfc9700`.

use std::time::Duration;

use royaume_server::stored::client::Application;
use royaume_spec::World;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// §6: the refresh token is bound to the client to which it was issued.
#[tokio::test]
async fn a_refresh_token_is_of_no_use_to_another_client() {
    let world = World::standard().await;
    let (app, other) = (world.app("agent", Application::Private), world.app("agent", Application::Public));
    for (owner, thief) in [(app, other), (other, app)] {
        let refresh_token = world.sign_in(owner).await.member("refresh_token");
        world.send(thief.refresh(&refresh_token, &[])).await.is_error(400, "invalid_grant");
        world.send(owner.refresh(&refresh_token, &[])).await.is_ok();
    }
}

/// §6: a client that was issued credentials must authenticate.
#[tokio::test]
async fn a_confidential_client_authenticates_to_refresh() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let refresh_token = world.sign_in(app).await.member("refresh_token");
    for secret in ["", "wrong"] {
        let refused = world.send(app.refresh(&refresh_token, &[("client_secret", secret)])).await;
        refused.is_error(401, "invalid_client");
    }
    world.send(app.refresh(&refresh_token, &[("client_id", "")])).await.is_error(401, "invalid_client");
    world.send(app.refresh(&refresh_token, &[])).await.is_ok();
}

/// §5.2: `invalid_grant`, for whatever is no live refresh token of this realm.
#[tokio::test]
async fn nothing_else_is_a_refresh_token() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let tokens = world.sign_in(app).await;
        let elsewhere = world.sign_in(world.app("individu", Application::Private)).await;
        let unspent = world.code(app, &[]).await;
        for token in [
            tokens.member("access_token"),
            tokens.member("id_token"),
            elsewhere.member("refresh_token"),
            unspent,
            "x".to_owned(),
            "A".repeat(43),
            format!("{}A", tokens.member("refresh_token")),
            tokens.member("refresh_token").to_uppercase(),
        ] {
            world.send(app.refresh(&token, &[])).await.is_error(400, "invalid_grant");
        }
        world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_ok();
    }
}

/// §6: the scope may be narrowed, and a narrower token does not narrow the grant.
#[tokio::test]
async fn a_refresh_may_ask_for_less_and_later_for_all_again() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await;
        let narrow =
            world.send(app.refresh(&first.member("refresh_token"), &[("scope", "email openid")])).await;
        assert_eq!(narrow.is_ok().member("scope"), "email openid");
        let known = world.introspect(app, &narrow.member("access_token")).await;
        assert_eq!(known.member("scope"), "email openid");
        let whole = world.send(app.refresh(&narrow.member("refresh_token"), &[])).await;
        assert_eq!(whole.is_ok().member("scope"), app.scope);
    }
}

/// §6: the scope must not include any that was not originally granted, though the client may have it otherwise.
#[tokio::test]
async fn a_refresh_cannot_ask_for_more_than_was_granted() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let code = world.code(app, &[("scope", "openid profile")]).await;
    let mut refresh_token = world.send(app.redemption(&code, &[])).await.member("refresh_token");
    for scope in ["openid email", "openid profile nobody_knows", "openid \"profile\""] {
        world.send(app.refresh(&refresh_token, &[("scope", scope)])).await.is_error(400, "invalid_scope");
    }
    let narrow = world.send(app.refresh(&refresh_token, &[("scope", "openid")])).await;
    refresh_token = narrow.is_ok().member("refresh_token");
    let again = world.send(app.refresh(&refresh_token, &[("scope", "openid profile email")])).await;
    again.is_error(400, "invalid_scope");
    world.send(app.refresh(&refresh_token, &[("scope", "profile openid")])).await.is_ok();
}

/// RFC 9700 §4.14.2: a refresh token expires when it is not used for some time.
#[tokio::test]
async fn a_refresh_token_that_rests_too_long_is_dead() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let idle = world.realm("agent").lifetimes.refresh_token;
    let refresh_token = world.sign_in(app).await.member("refresh_token");
    world.clock.advance(idle - Duration::from_secs(1));
    let refreshed = world.send(app.refresh(&refresh_token, &[])).await;
    let refresh_token = refreshed.is_ok().member("refresh_token");
    world.clock.advance(idle);
    assert!(!world.is_active(app, &refresh_token).await);
    world.send(app.refresh(&refresh_token, &[])).await.is_error(400, "invalid_grant");
}

/// RFC 9700 §4.14.2: however often it is renewed, the whole line of them ends some time after the login.
#[tokio::test]
async fn renewals_do_not_outlive_the_absolute_lifetime() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let whole = world.realm("agent").lifetimes.refresh_absolute;
    let mut refresh_token = world.sign_in(app).await.member("refresh_token");
    let mut lived = Duration::ZERO;
    while lived + 30 * DAY < whole {
        world.clock.advance(30 * DAY);
        lived += 30 * DAY;
        refresh_token = world.send(app.refresh(&refresh_token, &[])).await.is_ok().member("refresh_token");
    }
    world.clock.advance(whole - lived);
    world.send(app.refresh(&refresh_token, &[])).await.is_error(400, "invalid_grant");
}

/// §6: a public client refreshes by its name alone.
#[tokio::test]
async fn a_public_client_refreshes_without_a_secret() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Public);
    let refresh_token = world.sign_in(app).await.member("refresh_token");
    world.send(app.refresh(&refresh_token, &[])).await.is_ok();
}
