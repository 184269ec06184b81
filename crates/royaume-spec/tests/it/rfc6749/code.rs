//! RFC 6749 §4.1.2, §4.1.3: the authorization code, redeemed once by the client it was given to.

use std::time::Duration;

use royaume_server::stored::client::Application;
use royaume_spec::World;

/// §4.1.2: the code must expire shortly after it is issued: here, after a minute.
#[tokio::test]
async fn a_code_lives_for_a_minute() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let (soon, late) = (world.code(app, &[]).await, world.code(app, &[]).await);
    world.clock.advance(Duration::from_secs(59));
    world.send(app.redemption(&soon, &[])).await.is_ok();
    world.clock.advance(Duration::from_secs(1));
    world.send(app.redemption(&late, &[])).await.is_error(400, "invalid_grant");
}

/// §4.1.2: a code that is used twice is denied, and what it bought is revoked wherever one may ask.
/// Module `oidcc-codereuse`.
#[tokio::test]
async fn a_second_use_of_a_code_ends_all_that_the_first_one_bought() {
    for world in World::of_each_format().await {
        let app = world.app("individu", Application::Private);
        let code = world.code(app, &[]).await;
        let tokens = world.send(app.redemption(&code, &[])).await;
        world.userinfo("individu", &tokens.is_ok().member("access_token")).await.is_ok();
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
        world.assert_over(app, &tokens).await;
    }
}

/// §4.1.2: so are the tokens that were refreshed since, and long after the code itself has expired.
#[tokio::test]
async fn a_second_use_of_a_code_ends_what_was_refreshed_since() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let code = world.code(app, &[]).await;
        let first = world.send(app.redemption(&code, &[])).await;
        world.clock.advance(Duration::from_secs(3600));
        let second = world.send(app.refresh(&first.member("refresh_token"), &[])).await;
        world.userinfo("agent", &second.is_ok().member("access_token")).await.is_ok();
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
        world.assert_over(app, &second).await;
    }
}

/// §4.1.2: whichever node sees the second use, every node knows.
#[tokio::test]
async fn a_second_use_on_another_node_ends_it_on_every_node() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let other = world.another_node().await;
        let code = world.code(app, &[]).await;
        let tokens = world.send(app.redemption(&code, &[])).await;
        world.userinfo("agent", &tokens.is_ok().member("access_token")).await.is_ok();
        let again: royaume_spec::Exchange = other.handle(app.redemption(&code, &[])).await.into();
        again.is_error(400, "invalid_grant");
        world.assert_over(app, &tokens).await;
    }
}

/// §4.1.2: other grants of the same person to the same client go on.
#[tokio::test]
async fn a_second_use_ends_its_own_grant_alone() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let kept = world.sign_in(app).await;
        let code = world.code(app, &[]).await;
        world.send(app.redemption(&code, &[])).await.is_ok();
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
        world.userinfo("agent", &kept.member("access_token")).await.is_ok();
        world.send(app.refresh(&kept.member("refresh_token"), &[])).await.is_ok();
    }
}

/// §4.1.3: the code was issued to the client that redeems it; another one, itself honest, can neither use nor burn it.
#[tokio::test]
async fn a_code_is_of_no_use_to_another_client() {
    let world = World::standard().await;
    let (app, other) = (world.app("agent", Application::Private), world.app("agent", Application::Public));
    assert_eq!(app.redirect_uri, other.redirect_uri, "only the client tells them apart");
    for (owner, thief) in [(app, other), (other, app)] {
        let code = world.code(owner, &[]).await;
        world.send(thief.redemption(&code, &[])).await.is_error(400, "invalid_grant");
        world.send(owner.redemption(&code, &[])).await.is_ok();
    }
}

/// §4.1.3: a confidential client must authenticate, and whoever cannot does not burn its code.
#[tokio::test]
async fn a_confidential_client_authenticates_to_redeem() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let code = world.code(app, &[]).await;
    for secret in ["", "wrong"] {
        let refused = world.send(app.redemption(&code, &[("client_secret", secret)])).await;
        refused.is_error(401, "invalid_client");
    }
    world.send(app.redemption(&code, &[])).await.is_ok();
}

/// §4.1.3: `redirect_uri` is required and identical to the one of the authorization request, registered or not.
#[tokio::test]
async fn the_redirect_uri_of_the_request_is_needed_to_redeem() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let asked = "http://127.0.0.1:51234/callback";
    for other in [
        "",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:51235/callback",
        "http://[::1]:51234/callback",
        "http://127.0.0.1:51234/callback?",
        "HTTP://127.0.0.1:51234/callback",
        "https://evil.test/callback",
    ] {
        let code = world.code(app, &[("redirect_uri", asked)]).await;
        world.send(app.redemption(&code, &[("redirect_uri", other)])).await.is_error(400, "invalid_grant");
        // RFC 6819 §4.4.1.3: whoever guesses gets one try.
        world.send(app.redemption(&code, &[("redirect_uri", asked)])).await.is_error(400, "invalid_grant");
    }
    let code = world.code(app, &[("redirect_uri", asked)]).await;
    world.send(app.redemption(&code, &[("redirect_uri", asked)])).await.is_ok();
}

/// §5.2: `invalid_grant`, for whatever is no live code of this realm.
#[tokio::test]
async fn nothing_else_is_a_code() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let tokens = world.sign_in(app).await;
    let code = world.code(app, &[]).await;
    let elsewhere = world.code(world.app("individu", Application::Private), &[]).await;
    for presented in [
        tokens.member("refresh_token"),
        tokens.member("access_token"),
        tokens.member("id_token"),
        elsewhere,
        "x".to_owned(),
        "A".repeat(43),
        format!("{code} "),
        format!("{code}="),
        code.to_lowercase(),
        "A".repeat(8000),
    ] {
        world.send(app.redemption(&presented, &[])).await.is_error(400, "invalid_grant");
    }
    world.send(app.redemption(&code, &[])).await.is_ok();
}

/// §10.10: codes cannot be guessed: 43 characters, never twice the same.
#[tokio::test]
async fn codes_are_long_and_never_repeated() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    let mut codes = std::collections::BTreeSet::new();
    for _ in 0..200 {
        let code = browser.open(&app.authorization_url(&[])).await.at_application().parameter("code");
        assert_eq!(code.len(), 43);
        // All of it but the four characters of the minute it was made in differs.
        codes.insert(code[4..].to_owned());
    }
    assert_eq!(codes.len(), 200);
}
