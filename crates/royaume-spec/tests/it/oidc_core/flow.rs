//! The code flow, whole (§3.1): a provider as the conformance plans walk it, parameter by parameter.

use royaume_protocol::parameters;
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{App, Exchange, World, get};

use super::{provider_app, signed_in};

/// The tokens that a callback buys.
async fn bought(world: &World, app: &App, callback: &Exchange) -> Exchange {
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    tokens.is_ok();
    tokens
}

/// §3.1.3.3, §3.1.3.7, §5.3.2: the whole way, and every answer of it in its form. Module `oidcc-server`.
#[tokio::test]
async fn a_person_signs_in_and_every_answer_has_its_form() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
    assert!(callback.parameter("code").len() >= 22, "128 bits");
    let tokens = bought(&world, &app, &callback).await;
    assert_eq!((tokens.header("cache-control"), tokens.header("pragma")), ("no-store", "no-cache"));
    assert_eq!(tokens.member("token_type"), "Bearer");
    assert!(tokens.json()["expires_in"].as_u64().is_some_and(|seconds| (1..31_536_000).contains(&seconds)));
    let said = world.verified("op", &tokens.member("id_token")).await;
    let userinfo = world.userinfo("op", &tokens.member("access_token")).await.json();
    assert_eq!(said["sub"], userinfo["sub"]);
    assert_eq!(said["nonce"], "nonce-1");
}

/// §3.1.2.1: the order of parameters and of scopes means nothing. Module `oidcc-alternate-happy-flow`.
#[tokio::test]
async fn the_order_of_parameters_and_scopes_means_nothing() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut pairs = app.authorization(&[("scope", "phone address email profile openid")]);
    pairs.reverse();
    let url = format!("{}?{}", app.authorize, parameters::encode(&pairs));
    let callback = world.browser().walk(&url, "camille", "camille").await;
    let tokens = bought(&world, &app, &callback).await;
    assert!(tokens.json()["id_token"].is_string());
}

/// §3.1.2.1: a parameter that nobody knows is passed over. Module
/// `oidcc-ensure-request-with-unknown-parameter-succeeds`.
#[tokio::test]
async fn a_parameter_that_nobody_knows_is_passed_over() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let url = app.authorization_url(&[("extra", "foobar"), ("extra_", "\u{1F600}")]);
    bought(&world, &app, &world.browser().walk(&url, "camille", "camille").await).await;
}

/// §9: an application sends its secret in the body. Module `oidcc-server-client-secret-post`.
#[tokio::test]
async fn an_application_may_send_its_secret_in_the_body() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
    let secret = [("client_secret", app.secret.as_str()), ("client_id", &app.client_id)];
    world.send(app.redemption(&callback.parameter("code"), &secret)).await.is_ok();
}

/// §3.1.2.1: with a session, `none` gives the same person, signed in at the same time. Module
/// `oidcc-prompt-none-logged-in`.
#[tokio::test]
async fn who_is_asked_silently_is_still_who_signed_in_and_when() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let first = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let first = world.verified("op", &bought(&world, &app, &first).await.member("id_token")).await;
    world.clock.advance(std::time::Duration::from_secs(7));
    let again = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
    let again = world.verified("op", &bought(&world, &app, &again).await.member("id_token")).await;
    for claim in ["sub", "auth_time", "iss", "aud"] {
        assert_eq!(first[claim], again[claim], "{claim}");
    }
    assert_ne!(first["iat"], again["iat"]);
}

/// §3.1.2.1: `login` shows the page again, and it is the same person who has signed in later. Module
/// `oidcc-prompt-login`.
#[tokio::test]
async fn who_signs_in_again_is_the_same_person_later() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let first = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let first = world.verified("op", &bought(&world, &app, &first).await.member("id_token")).await;
    world.clock.advance(std::time::Duration::from_secs(2));
    let page = browser.open(&app.authorization_url(&[("prompt", "login")])).await.page();
    page.is_page("royaume-login");
    let again = browser.log_in(&page, "camille", "camille").await.at_application();
    let again = world.verified("op", &bought(&world, &app, &again).await.member("id_token")).await;
    assert_eq!(first["sub"], again["sub"]);
    assert!(again["auth_time"].as_i64() > first["auth_time"].as_i64());
}

/// §3.1.2.1: a hint at somebody who does not exist keeps nobody from signing in. Module `oidcc-login-hint`.
#[tokio::test]
async fn a_hint_at_nobody_keeps_nobody_out() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let url = app.authorization_url(&[("login_hint", "buffy@sso.royaume.test")]);
    bought(&world, &app, &world.browser().walk(&url, "camille", "camille").await).await;
}

/// §3.1.2.1: an address that is not registered, no address, and one with another query are shown on a page and sent
/// nowhere. Modules `oidcc-ensure-registered-redirect-uri`, `oidcc-ensure-redirect-uri-in-authorization-request`,
/// `oidcc-redirect-uri-query-mismatch`, `oidcc-redirect-uri-query-added`.
#[tokio::test]
async fn an_address_that_is_not_quite_registered_is_sent_nothing() {
    let world = World::provider().await;
    let mut wish = wish_of(Application::Private, "Essai");
    wish.redirect_uris = ["https://app.test/cb", "https://app.test/cb?foo=bar"].map(str::to_owned).to_vec();
    let app = world.add_app("op", wish).await;
    for redirect_uri in
        ["", "https://app.test/other", "https://app.test/cb?foo=baz", "https://app.test/cb?foo=bar&more=1"]
    {
        let url = app.authorization_url(&[("redirect_uri", redirect_uri)]);
        world.send(get(&url)).await.is_error_page();
        signed_in(&world, &app).await.open(&url).await.page().is_error_page();
    }
}

/// §3.1.2.6: no response type is an error that is sent back. Module `oidcc-response-type-missing`.
#[tokio::test]
async fn no_response_type_is_an_error_that_is_sent_back() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let answer = world.send(get(&app.authorization_url(&[("response_type", "")]))).await;
    assert_eq!(answer.is_redirected_error("invalid_request").parameter("state"), "state-1");
}
