//! One browser in two realms: sessions, waiting requests, forms and consents stay where they are.

use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{Browser, Exchange, World, get, html, post};

use super::twins;

/// The session cookie of a realm.
fn session<'b>(browser: &'b Browser<'_>, realm: &str) -> Option<&'b str> {
    browser.cookie(&format!("{realm}-sso"))
}

/// OpenID Connect Core 1.0 §3.1.2.3: who is signed in to one realm is nobody in another, until they sign in there.
#[tokio::test]
async fn signing_in_to_one_realm_signs_in_to_no_other() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let mut browser = world.browser();
    browser.walk(&here.authorization_url(&[]), "jumelle", "jumelle").await;
    let silent = there.authorization_url(&[("prompt", "none")]);
    browser.open(&silent).await.at_application().is_redirected_error("login_required");
    browser.open(&there.authorization_url(&[])).await.page().is_page("royaume-login");
    browser.walk(&there.authorization_url(&[]), "jumelle", "jumelle").await;
    let (one, other) = (session(&browser, "individu").unwrap(), session(&browser, "entreprise").unwrap());
    assert_ne!(one, other);
}

/// RFC 6265 §8.5, §8.6: a session cookie of one realm under the name of another's is worth nothing.
#[tokio::test]
async fn a_session_cookie_of_one_realm_is_worthless_in_another() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let mut browser = world.browser();
    browser.walk(&here.authorization_url(&[]), "jumelle", "jumelle").await;
    let stolen = session(&browser, "individu").unwrap().to_owned();
    let mut thief = world.browser();
    thief.plant("__Host-entreprise-sso", &stolen);
    let silent = thief.open(&there.authorization_url(&[("prompt", "none")])).await.at_application();
    silent.is_redirected_error("login_required");
    thief.plant("__Host-individu-sso", &stolen);
    let own = thief.open(&here.authorization_url(&[("prompt", "none")])).await.at_application();
    assert!(!own.parameter("code").is_empty(), "the cookie is good where it is from");
}

/// OpenID Connect RP-Initiated Logout 1.0 §2: signing out of one realm leaves the others alone.
#[tokio::test]
async fn signing_out_of_one_realm_signs_out_of_no_other() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let mut browser = world.browser();
    browser.walk(&here.authorization_url(&[]), "jumelle", "jumelle").await;
    browser.walk(&there.authorization_url(&[]), "jumelle", "jumelle").await;
    let page = browser.open(&world.url("individu", Endpoint::Logout)).await.page();
    browser.submit(&page, &[("decision", "yes")]).await.page().is_page("royaume-logged-out");
    assert_eq!(session(&browser, "individu"), None);
    let still = browser.open(&there.authorization_url(&[("prompt", "none")])).await.at_application();
    assert!(!still.parameter("code").is_empty(), "{}", still.location());
    let gone = browser.open(&here.authorization_url(&[("prompt", "none")])).await.at_application();
    gone.is_redirected_error("login_required");
}

/// Moves what waits in one realm to the addresses and cookie names of another.
fn moved(browser: &mut Browser<'_>, page: &Exchange) -> String {
    let action = html::form(&page.body).unwrap().action;
    let names: Vec<_> = browser.cookie_names().into_iter().map(str::to_owned).collect();
    for name in names {
        let value = browser.cookie(&name).unwrap().to_owned();
        browser.plant(&name.replace("individu", "entreprise"), &value);
    }
    format!("https://sso.royaume.test{}", action.replace("individu", "entreprise"))
}

/// RFC 9700 §4.7: a request that waits in one realm waits in no other, whatever the browser brings along.
#[tokio::test]
async fn a_waiting_request_of_one_realm_waits_in_no_other() {
    let world = World::standard().await;
    let [here, _] = twins(&world).await;
    let mut browser = world.browser();
    let page = browser.open(&here.authorization_url(&[])).await.page();
    let elsewhere = moved(&mut browser, &page);
    browser.open(&elsewhere).await.page().is_error_page();
    browser.open(&elsewhere.replace("/login", "/consent")).await.page().is_error_page();
    browser.open(&elsewhere.replace("/login", "/authorize")).await.page().is_error_page();
    let fields = [("username", "jumelle"), ("password", "jumelle"), ("decision", "submit")];
    let form = html::form(&page.body).unwrap();
    let mut pairs: Vec<_> = form.hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.extend(fields);
    browser.follow(post(&elsewhere, &pairs)).await.page().is_error_page();
    assert_eq!(session(&browser, "entreprise"), None);
}

/// OWASP ASVS 3.5.1: the token of a form of one realm opens no form of another.
#[tokio::test]
async fn a_form_of_one_realm_is_refused_in_another() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let mut browser = world.browser();
    let one = browser.open(&here.authorization_url(&[])).await.page();
    let other = browser.open(&there.authorization_url(&[])).await.page();
    let (_, token) = html::form(&one.body).unwrap().hidden.remove(0);
    let fields =
        [("form", token.as_str()), ("username", "jumelle"), ("password", "jumelle"), ("decision", "submit")];
    let refused = browser.submit(&other, &fields).await.page();
    assert_eq!(refused.is_error_page().status, 403);
    assert_eq!(session(&browser, "entreprise"), None);
}

/// OpenID Connect Core 1.0 §3.1.2.4: what a person has allowed in one realm is asked again in another.
#[tokio::test]
async fn a_consent_of_one_realm_is_none_in_another() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let mut browser = world.browser();
    browser.walk(&here.authorization_url(&[]), "jumelle", "jumelle").await;
    let login = browser.open(&there.authorization_url(&[])).await.page();
    browser.log_in(&login, "jumelle", "jumelle").await.page().is_page("royaume-consent");
}

/// RFC 6819 §5.1.4.2.3: wrong passwords for somebody in one realm do not slow their namesake in another.
#[tokio::test]
async fn wrong_passwords_in_one_realm_slow_nobody_in_another() {
    let world = World::standard().await;
    let [here, there] = twins(&world).await;
    let mut browser = world.browser();
    let mut page = browser.open(&here.authorization_url(&[])).await.page();
    for _ in 0..12 {
        page = browser.log_in(&page, "jumelle", "wrong").await.page();
    }
    assert_eq!(page.status, 429);
    let callback = browser.walk(&there.authorization_url(&[]), "jumelle", "jumelle").await;
    assert!(!callback.parameter("code").is_empty());
}

/// RFC 6265 §4.1: each realm has cookies of its own, told apart by name because a path is no border.
#[tokio::test]
async fn every_realm_has_cookies_of_its_own() {
    let world = World::standard().await;
    let mut browser = world.browser();
    for (realm, person) in [("individu", "camille"), ("entreprise", "lea"), ("agent", "ines")] {
        let app = world.app(realm, Application::Private);
        let waiting = world.send(get(&app.authorization_url(&[]))).await;
        assert!(waiting.header("set-cookie").starts_with(&format!("__Host-{realm}-tx-")), "{waiting:?}");
        browser.walk(&app.authorization_url(&[]), person, person).await;
    }
    let mut names = browser.cookie_names();
    names.sort_unstable();
    assert_eq!(names, ["__Host-agent-sso", "__Host-entreprise-sso", "__Host-individu-sso"]);
}
