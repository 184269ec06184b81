//! OAuth 2.0 for Native Apps (RFC 8252): where a native application may be sent back to, and who could pretend to be
//! one.

use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Exchange, World, get};

/// An application of that kind in /individu, returning to those addresses alone.
async fn returning_to(world: &World, application: Application, redirect_uris: &[&str]) -> App {
    world.add_app("individu", new_client(application, redirect_uris)).await
}

/// What is answered to a request for that redirect URI.
async fn asked(world: &World, app: &App, redirect_uri: &str) -> Exchange {
    world.send(get(&app.authorization_url(&[("redirect_uri", redirect_uri)]))).await
}

/// §7.3: the server must allow any port of a loopback address, which the application learns when it starts to listen.
#[tokio::test]
async fn a_loopback_redirect_uri_matches_on_any_port() {
    let world = World::standard().await;
    for host in ["http://127.0.0.1", "http://[::1]"] {
        for registered in [format!("{host}/cb"), format!("{host}:8080/cb")] {
            let app = returning_to(&world, Application::Public, &[&registered]).await;
            for port in ["", ":1", ":8080", ":51234", ":65535"] {
                let uri = format!("{host}{port}/cb");
                let url = app.authorization_url(&[("redirect_uri", &uri)]);
                let callback = world.browser().walk(&url, "camille", "camille").await;
                assert!(callback.location().starts_with(&format!("{uri}?code=")), "{}", callback.location());
                let code = callback.parameter("code");
                world.send(app.redemption(&code, &[("redirect_uri", &uri)])).await.is_ok();
            }
        }
    }
}

/// §7.3 with RFC 6749 §4.1.3: the port is free when the code is asked for, and no longer when it is redeemed.
#[tokio::test]
async fn a_code_is_redeemed_with_the_port_it_was_asked_with() {
    let world = World::standard().await;
    let app = returning_to(&world, Application::Public, &["http://127.0.0.1/cb"]).await;
    let url = app.authorization_url(&[("redirect_uri", "http://127.0.0.1:51234/cb")]);
    let code = world.browser().walk(&url, "camille", "camille").await.parameter("code");
    let elsewhere = app.redemption(&code, &[("redirect_uri", "http://127.0.0.1:51235/cb")]);
    world.send(elsewhere).await.is_error(400, "invalid_grant");
}

/// §7.3, §8.10: beyond the port nothing of a loopback address is free, and lookalikes of it are strangers.
#[tokio::test]
async fn all_but_the_port_of_a_loopback_redirect_uri_is_exact() {
    let world = World::standard().await;
    let app = returning_to(&world, Application::Public, &["http://127.0.0.1/cb"]).await;
    for stranger in [
        "http://127.0.0.1:51234/cb?x=1",
        "http://127.0.0.1:51234/cb?",
        "http://127.0.0.1:51234/cb#",
        "http://127.0.0.1:51234/cb#x",
        "http://127.0.0.1:51234/cb2",
        "http://127.0.0.1:51234/cb/",
        "http://127.0.0.1:51234/c",
        "http://127.0.0.1:51234/CB",
        "http://127.0.0.1:51234/%63b",
        "http://127.0.0.1:51234//cb",
        "http://127.0.0.1:51234/x/../cb",
        "http://127.0.0.1:51234",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:080/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:+1/cb",
        "http://127.0.0.1:1:2/cb",
        "https://127.0.0.1/cb",
        "https://127.0.0.1:51234/cb",
        "HTTP://127.0.0.1/cb",
        "//127.0.0.1/cb",
        "http:/127.0.0.1/cb",
        "http://localhost/cb",
        "http://localhost:51234/cb",
        "http://127.0.0.1.evil.test/cb",
        "http://127.0.0.1.evil.test:51234/cb",
        "http://127.1/cb",
        "http://127.0.0.2/cb",
        "http://2130706433/cb",
        "http://0x7f.0.0.1/cb",
        "http://0.0.0.0/cb",
        "http://[::1]/cb",
        "http://[::ffff:127.0.0.1]/cb",
        "http://x@127.0.0.1/cb",
        "http://127.0.0.1@evil.test/cb",
        "http://127.0.0.1:80@evil.test/cb",
        "http://127.0.0.1\\@evil.test/cb",
        "http://127.0.0.1%2F@evil.test/cb",
        " http://127.0.0.1/cb",
        "http://127.0.0.1/cb ",
    ] {
        let refused = asked(&world, &app, stranger).await;
        assert_eq!(refused.is_error_page().status, 400, "{stranger}");
    }
    assert_eq!(asked(&world, &app, "http://127.0.0.1/cb").await.status, 303);
}

/// §7.3: IPv6 has one spelling here, the shortest.
#[tokio::test]
async fn an_ipv6_loopback_redirect_uri_is_no_other_spelling_and_no_ipv4() {
    let world = World::standard().await;
    let app = returning_to(&world, Application::Public, &["http://[::1]/cb"]).await;
    for stranger in [
        "http://127.0.0.1/cb",
        "http://localhost/cb",
        "http://[0:0:0:0:0:0:0:1]/cb",
        "http://[::1/cb",
        "http://::1/cb",
        "http://[::1].evil.test/cb",
        "http://[::1]@evil.test/cb",
        "http://[::2]/cb",
        "http://[::1%25lo]/cb",
    ] {
        asked(&world, &app, stranger).await.is_error_page();
    }
}

/// §8.3: `localhost` may be resolved to something else than this machine, so it never stands in for the literals, nor
/// they for it.
#[tokio::test]
async fn localhost_is_a_name_of_its_own() {
    let world = World::standard().await;
    let named = returning_to(&world, Application::Public, &["http://localhost:8080/cb"]).await;
    for port in ["", ":8080", ":51234"] {
        let answer = asked(&world, &named, &format!("http://localhost{port}/cb")).await;
        assert_eq!(answer.status, 303, "{port}: {answer:?}");
    }
    for stranger in [
        "http://127.0.0.1:8080/cb",
        "http://[::1]:8080/cb",
        "http://LOCALHOST:8080/cb",
        "http://localhost.:8080/cb",
        "http://localhost.evil.test:8080/cb",
        "http://app.localhost:8080/cb",
        "https://localhost:8080/cb",
    ] {
        asked(&world, &named, stranger).await.is_error_page();
    }
}

/// §7.1: a private-use scheme is a reverse domain name, compared exactly; the answer goes there like anywhere else.
#[tokio::test]
async fn a_private_use_scheme_is_matched_exactly() {
    let world = World::standard().await;
    let app = returning_to(&world, Application::Public, &["fr.exemple.app:/cb"]).await;
    let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
    assert!(callback.location().starts_with("fr.exemple.app:/cb?code="), "{}", callback.location());
    world.send(app.redemption(&callback.parameter("code"), &[])).await.is_ok();
    for stranger in [
        "fr.exemple.app:/cb2",
        "fr.exemple.app://cb",
        "fr.exemple.app:cb",
        "fr.exemple.autre:/cb",
        "FR.exemple.app:/cb",
        "fr.exemple.app:/cb?x",
    ] {
        asked(&world, &app, stranger).await.is_error_page();
    }
}

/// §7.1, §8.4: what is no reverse domain name, runs something, or leaves the machine in clear, is never registered.
#[tokio::test]
async fn unfit_redirect_uris_are_never_registered() {
    let world = World::standard().await;
    for unfit in [
        "exemple:/cb",
        "javascript:alert(1)",
        "JavaScript:/alert(1)",
        "data:text/html,x",
        "file:/etc/passwd",
        "vbscript:x",
        "blob:https://app.test/x",
        "http://app.test/cb",
        "http://127.0.0.2/cb",
        "http://0.0.0.0/cb",
        "http://localhost.evil.test/cb",
        "http://x@127.0.0.1/cb",
        "http://127.0.0.1/cb#x",
        "http://127.0.0.1:*/cb",
        "http://127.0.0.1/cb?code=1",
        "https://app.test*/cb",
        "/cb",
        "",
    ] {
        let wish = new_client(Application::Public, &[unfit]);
        world.admin("individu").add_client(wish).await.expect_err(unfit);
    }
}

/// §7.2: an https address is claimed by its whole text: its port is not free.
#[tokio::test]
async fn a_claimed_https_redirect_uri_has_no_free_port() {
    let world = World::standard().await;
    let app = returning_to(&world, Application::Public, &["https://app.test/cb"]).await;
    assert_eq!(asked(&world, &app, "https://app.test/cb").await.status, 303);
    for stranger in ["https://app.test:443/cb", "https://app.test:8443/cb", "https://app.test/cb/"] {
        asked(&world, &app, stranger).await.is_error_page();
    }
}

/// §8.6: an application that anything on the device could pretend to be is never let through without the person.
#[tokio::test]
async fn a_public_application_on_the_device_is_asked_consent_for_each_time() {
    let world = World::standard().await;
    for device in ["http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost:8080/cb", "fr.exemple.app:/cb"]
    {
        let app = returning_to(&world, Application::Public, &[device]).await;
        let mut browser = world.browser();
        browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
        let again = browser.open(&app.authorization_url(&[])).await.page();
        again.is_page("royaume-consent");
        let silent = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
        silent.is_redirected_error("consent_required");
    }
}

/// §8.6: an application with a secret, or with an address that only it can claim, is known: its consent is remembered.
#[tokio::test]
async fn an_application_that_nobody_can_pretend_to_be_is_let_through_again() {
    let world = World::standard().await;
    for (application, uri) in
        [(Application::Private, "http://127.0.0.1/cb"), (Application::Public, "https://app.test/cb")]
    {
        let app = returning_to(&world, application, &[uri]).await;
        let mut browser = world.browser();
        browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
        let again = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
        assert!(!again.parameter("code").is_empty(), "{}", again.location());
    }
}

/// §8.6: a realm that asks nobody asks here neither.
#[tokio::test]
async fn a_realm_without_consent_asks_no_consent_on_the_device() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Public);
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    let again = browser.open(&app.authorization_url(&[])).await.at_application();
    assert!(!again.parameter("code").is_empty(), "{}", again.location());
}
