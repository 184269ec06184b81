//! Where forms may lead, and what pages are made of (CSP Level 3; RFC 9700 §4.2.4, §4.12).

use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{Exchange, World, get, html};

use super::{application, consent_page, login_page};

/// What `form-action` allows.
fn form_action(page: &Exchange) -> String {
    let policy = page.header("content-security-policy");
    let directive = policy.split("; ").find_map(|directive| directive.strip_prefix("form-action "));
    directive.unwrap_or_else(|| panic!("no form-action: {policy}")).to_owned()
}

/// CSP Level 3 §6.4.1: a form leads back here and, by the redirect that follows, to the proven origin of the
/// application.
#[tokio::test]
async fn a_form_may_lead_to_the_application_s_proven_origin() {
    let world = World::standard().await;
    for (registered, asked, origin) in [
        ("https://app.test/cb", "https://app.test/cb", "https://app.test"),
        ("https://app.test:8443/cb?x=1", "https://app.test:8443/cb?x=1", "https://app.test:8443"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", "http://127.0.0.1:51234"),
        // No source expression matches an IPv6 address (§2.3.1).
        ("http://[::1]/cb", "http://[::1]:51234/cb", "http:"),
        ("fr.exemple.app:/cb", "fr.exemple.app:/cb", "fr.exemple.app:"),
    ] {
        let app = world.add_app("individu", new_client(Application::Public, &[registered])).await;
        let mut browser = world.browser();
        let url = app.authorization_url(&[("redirect_uri", asked)]);
        let login = browser.open(&url).await.page();
        assert_eq!(form_action(&login), format!("'self' {origin}"));
        let wrong = browser.log_in(&login, "camille", "wrong").await.page();
        assert_eq!(form_action(&wrong), format!("'self' {origin}"));
        let consent = browser.log_in(&login, "camille", "camille").await.page();
        assert_eq!(form_action(consent.is_page("royaume-consent")), format!("'self' {origin}"));
    }
}

/// RFC 9700 §4.11: what has not been proven is in no header and no link of the answer.
#[tokio::test]
async fn an_address_that_is_not_proven_is_nowhere_in_the_answer() {
    let world = World::standard().await;
    let app = application(&world).await;
    let logout = world.url("individu", Endpoint::Logout);
    for url in [
        app.authorization_url(&[("redirect_uri", "https://evil.test/cb")]),
        app.authorization_url(&[("client_id", "unknown"), ("redirect_uri", "https://evil.test/cb")]),
        format!("{logout}?post_logout_redirect_uri=https://evil.test/"),
        format!("{logout}?client_id={}&post_logout_redirect_uri=https://evil.test/", app.client_id),
    ] {
        let page = world.send(get(&url)).await;
        assert_eq!(form_action(page.is_error_page()), "'self'");
        assert!(!format!("{page:?}").contains("evil.test"), "{page:?}");
    }
}

/// CSP Level 3 §6.4.1: the logout page may lead to where the application has registered, and the others nowhere.
#[tokio::test]
async fn the_logout_page_may_lead_to_the_registered_place() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let logout = world.url("individu", Endpoint::Logout);
    let plain = browser.open(&logout).await.page();
    assert_eq!(form_action(plain.is_page("royaume-logout")), "'self'");
    let query = format!("client_id={}&post_logout_redirect_uri=https://app.test/bye", app.client_id);
    let leading = browser.open(&format!("{logout}?{query}")).await.page();
    assert_eq!(form_action(leading.is_page("royaume-logout")), "'self' https://app.test");
    let done = browser.open(&world.url("individu", Endpoint::LoggedOut)).await.page();
    assert_eq!(form_action(&done), "'self'");
}

/// Every page that a person may meet.
async fn every_page(world: &World) -> Vec<Exchange> {
    let app = application(world).await;
    let mut browser = world.browser();
    let login = login_page(&mut browser, &app).await;
    let wrong = browser.log_in(&login, "camille", "wrong").await.page();
    let consent = consent_page(&mut browser, &app).await;
    let logout = browser.open(&world.url("individu", Endpoint::Logout)).await.page();
    let stayed = browser.submit(&logout, &[("decision", "no")]).await.page();
    let done = browser.open(&world.url("individu", Endpoint::LoggedOut)).await.page();
    let error = browser.open(&world.url("individu", Endpoint::Authorization)).await.page();
    vec![login, wrong, consent, logout, stayed, done, error]
}

/// The values of an attribute on a page.
fn attributes<'p>(page: &'p Exchange, name: &str) -> Vec<&'p str> {
    let opening = format!(" {name}=\"");
    page.body.split(&*opening).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// RFC 9700 §4.2.4: a page loads and links nothing from elsewhere, and needs no script and no style of its own.
#[tokio::test]
async fn pages_are_made_of_what_is_served_here() {
    let world = World::standard().await;
    for page in every_page(&world).await {
        for name in ["src", "href", "action"] {
            for address in attributes(&page, name) {
                let here =
                    (address.starts_with('/') && !address.starts_with("//")) || address.starts_with('#');
                assert!(here, "{name}: {address}");
            }
        }
        let body = page.body.to_lowercase();
        for forbidden in
            ["<script", "<style", " style=", "javascript:", "<iframe", "<object", "<base", "http-equiv"]
        {
            assert!(!body.contains(forbidden), "{forbidden}: {page:?}");
        }
        assert!(!body.split_whitespace().any(|word| word.starts_with("on") && word.contains("=\"")));
        for address in attributes(&page, "src").into_iter().chain(attributes(&page, "href")) {
            if address.starts_with("/assets") {
                world.send(get(&format!("https://sso.royaume.test{address}"))).await.is_ok();
            }
        }
    }
}

/// RFC 9700 §4.2.4, OWASP ASVS 14.2.1: the address of a page names what waits, and is worthless without the cookie.
#[tokio::test]
async fn the_address_of_a_page_alone_is_worthless() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = login_page(&mut browser, &app).await;
    let address = format!("https://sso.royaume.test{}", html::form(&login.body).unwrap().action);
    let secret = browser.cookie_names().into_iter().find(|name| name.contains("-tx-")).unwrap().to_owned();
    assert!(!address.contains(browser.cookie(&secret).unwrap()), "the secret is not in the address");

    let mut victim = world.browser();
    victim.open(&address).await.page().is_error_page();
    victim.walk(&app.authorization_url(&[]), "camille", "camille").await;
    for page in ["login", "consent", "authorize"] {
        victim.open(&address.replace("login", page)).await.page().is_error_page();
    }
    let mut guessing = world.browser();
    guessing.plant(&secret, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    guessing.open(&address).await.page().is_error_page();
    browser.open(&address).await.page().is_page("royaume-login");
}
