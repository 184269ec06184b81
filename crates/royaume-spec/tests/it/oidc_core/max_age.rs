//! `max_age` and `auth_time` (§3.1.2.1, §2): how long ago somebody may have signed in, and when it was.

use std::time::Duration;

use royaume_spec::{App, Browser, World};
use serde_json::Value;

use super::{provider_app, signed_in};

/// When the person signed in, by the id token for a code.
async fn auth_time(world: &World, app: &App, code: &str) -> Value {
    let tokens = world.send(app.redemption(code, &[])).await;
    world.verified(&app.realm, &tokens.is_ok().member("id_token")).await["auth_time"].clone()
}

async fn silently(browser: &mut Browser<'_>, app: &App, max_age: &str) -> royaume_spec::Exchange {
    let url = app.authorization_url(&[("prompt", "none"), ("max_age", max_age)]);
    browser.open(&url).await.at_application()
}

/// §3.1.2.1: whoever signed in longer ago than that signs in again, and the token says so. Module `oidcc-max-age-1`.
#[tokio::test]
async fn whoever_signed_in_too_long_ago_signs_in_again() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = signed_in(&world, &app).await;
    world.clock.advance(Duration::from_secs(2));
    silently(&mut browser, &app, "1").await.is_redirected_error("login_required");
    let login = browser.open(&app.authorization_url(&[("max_age", "1")])).await.page();
    let callback =
        browser.log_in(login.is_page("royaume-login"), "camille", "camille").await.at_application();
    let time = auth_time(&world, &app, &callback.parameter("code")).await;
    assert_eq!(time, royaume_spec::world::start().as_second() + 2);
}

/// §3.1.2.1: whoever signed in since then does not, and the time is the same. Module `oidcc-max-age-10000`.
#[tokio::test]
async fn whoever_signed_in_lately_does_not_sign_in_again() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let first = browser.walk(&app.authorization_url(&[("max_age", "15000")]), "camille", "camille").await;
    let login = royaume_spec::world::start().as_second();
    assert_eq!(auth_time(&world, &app, &first.parameter("code")).await, login);
    world.clock.advance(Duration::from_secs(600));
    let second = silently(&mut browser, &app, "10000").await;
    assert_eq!(auth_time(&world, &app, &second.parameter("code")).await, login);
}

/// Registration §2 `default_max_age`: a client's own limit holds unless the request has another.
#[tokio::test]
async fn a_client_may_limit_the_age_by_its_registration() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    world.amend(&app, |client| client.requests.default_max_age = Some(60)).await;
    let mut browser = signed_in(&world, &app).await;
    world.clock.advance(Duration::from_secs(61));
    silently(&mut browser, &app, "").await.is_redirected_error("login_required");
    assert!(!silently(&mut browser, &app, "100").await.parameter("code").is_empty());
}
