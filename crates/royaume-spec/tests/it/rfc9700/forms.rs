//! RFC 9700 §4.7: forms are believed only from the browser that was shown them, and a request that waits belongs to
//! the browser that brought it.

use std::time::Duration;

use http::{HeaderValue, Request, header};
use royaume_server::stored::client::Application;
use royaume_spec::world::BASE;
use royaume_spec::{Browser, Exchange, World, get, post};

const INES: [(&str, &str); 3] = [("username", "ines"), ("password", "ines"), ("decision", "submit")];

async fn at_login(browser: &mut Browser<'_>, world: &World) -> Exchange {
    browser.open(&world.app("agent", Application::Private).authorization_url(&[])).await.page()
}

async fn at_consent(browser: &mut Browser<'_>, world: &World) -> Exchange {
    let app = world.app("individu", Application::Private);
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    assert!(consent.body.contains("royaume-consent"));
    consent
}

fn with(
    mut request: Request<bytes::Bytes>,
    headers: &[(&'static str, &'static str)],
) -> Request<bytes::Bytes> {
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_static(value));
    }
    request
}

fn is_forged(answer: &Exchange) {
    assert_eq!(answer.is_error_page().status, 403, "{answer:?}");
    assert!(!answer.headers.contains_key(header::SET_COOKIE));
}

/// §4.7.1: a form without its token, or with one that was made up or belongs to another request, does nothing.
#[tokio::test]
async fn a_form_with_a_forged_token_does_nothing() {
    let world = World::standard().await;
    let mut browser = world.browser();
    let (page, other) = (at_login(&mut browser, &world).await, at_login(&mut browser, &world).await);
    let token_of = |page: &Exchange| royaume_spec::html::form(&page.body).unwrap().hidden.remove(0).1;
    assert_ne!(token_of(&page), token_of(&other));
    for forged in ["", "x", &"A".repeat(24), &token_of(&other), &token_of(&page).to_uppercase()] {
        let fields: Vec<_> = INES.into_iter().chain([("form", forged)]).collect();
        is_forged(&browser.once(browser.filled(&page, &fields)).await);
        let cancel = browser.filled(&page, &[("decision", "cancel"), ("form", forged)]);
        is_forged(&browser.once(cancel).await);
    }
    assert!(browser.cookie("-sso").is_none());
    browser.submit(&page, &INES).await.at_application();
}

/// §4.7.1: likewise for consent: nobody agrees in another's name.
#[tokio::test]
async fn a_forged_consent_does_nothing() {
    let world = World::standard().await;
    let mut browser = world.browser();
    let page = at_consent(&mut browser, &world).await;
    for forged in ["", "x", &"A".repeat(24)] {
        for decision in ["allow", "deny"] {
            let fields = [("decision", decision), ("form", forged)];
            is_forged(&browser.once(browser.filled(&page, &fields)).await);
        }
    }
    let back = browser.submit(&page, &[("decision", "allow")]).await.at_application();
    assert!(!back.parameter("code").is_empty());
}

/// OIDC Core §3.1.2.4: whoever signs in after somebody else has agreed has not agreed to anything.
#[tokio::test]
async fn a_consent_is_that_of_the_person_who_gave_it() {
    let world = World::standard().await;
    let mut browser = world.browser();
    let app = world.app("individu", Application::Private);
    browser.walk(&app.authorization_url(&[("scope", "openid")]), "camille", "camille").await;
    world.clock.advance(Duration::from_secs(290));
    let page = browser.open(&app.authorization_url(&[("max_age", "300")])).await.page();
    // Camille agrees, and by then her login is too old: the next page asks who is there, and Noé is.
    let agreed = browser.once(browser.filled(&page, &[("decision", "allow")])).await;
    world.clock.advance(Duration::from_secs(15));
    let login = browser.open(&format!("{BASE}{}", agreed.location())).await.page();
    assert!(login.body.contains("royaume-login"), "{login:?}");
    let asked = browser.log_in(&login, "noe", "noe").await.page();
    assert!(asked.body.contains("royaume-consent"), "{asked:?}");
}

/// OIDC Core §3.1.2.4: a page that asked one person is not answered for another who has signed in since.
#[tokio::test]
async fn a_consent_page_is_answered_by_the_person_whom_it_asked() {
    let world = World::standard().await;
    let mut browser = world.browser();
    let page = at_consent(&mut browser, &world).await;
    let app = world.app("individu", Application::Private);
    let login = browser.open(&app.authorization_url(&[("prompt", "login")])).await.page();
    browser.log_in(&login, "noe", "noe").await.page();
    let again = browser.submit(&page, &[("decision", "allow")]).await.page();
    assert!(again.body.contains("royaume-consent") && again.body.contains("noe"), "{again:?}");
}

/// OWASP ASVS 3.5.1: a form that a browser says comes from elsewhere is refused, its token notwithstanding.
#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let world = World::standard().await;
    for headers in [
        &[("origin", "https://evil.test")][..],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("origin", "http://sso.royaume.test")],
        &[("origin", "https://sso.royaume.test.evil.test")],
        &[("origin", "https://sso.royaume.test:8443")],
        &[("origin", "HTTPS://sso.royaume.test")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://sso.royaume.test")],
    ] {
        let mut browser = world.browser();
        let login = at_login(&mut browser, &world).await;
        is_forged(&browser.once(with(browser.filled(&login, &INES), headers)).await);
        assert!(browser.cookie("-sso").is_none());
        let mut browser = world.browser();
        let consent = at_consent(&mut browser, &world).await;
        is_forged(&browser.once(with(browser.filled(&consent, &[("decision", "allow")]), headers)).await);
    }
}

/// OWASP ASVS 3.5.1: a form of ours is taken, under the server's own name and under every host of a realm.
#[tokio::test]
async fn a_form_of_our_own_is_taken() {
    let world = World::standard().await;
    for headers in [
        &[("origin", "https://sso.royaume.test")][..],
        &[("origin", "https://proxyproconnect.francetravail.net")],
        &[("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "same-origin"), ("origin", "null")],
        // What browsers without Sec-Fetch-Site make of no-referrer (Fetch §3.2).
        &[("origin", "null")],
        &[],
    ] {
        let mut browser = world.browser();
        let login = at_login(&mut browser, &world).await;
        let answer = browser.once(with(browser.filled(&login, &INES), headers)).await;
        assert_eq!(answer.status, 303, "{headers:?}: {answer:?}");
    }
}

/// §4.7, BCP update §2.3: a request that one browser brought cannot be finished in another.
#[tokio::test]
async fn a_request_of_another_browser_cannot_be_taken_up() {
    let world = World::standard().await;
    let (mut attacker, mut victim) = (world.browser(), world.browser());
    let app = world.app("agent", Application::Private);
    let sent = attacker.once(get(&app.authorization_url(&[]))).await;
    let page_url = format!("{BASE}{}", sent.location());
    let page = attacker.open(&page_url).await.page();
    // With nothing, with a session of their own, and with a request of their own that waits.
    for _ in 0..3 {
        victim.open(&page_url).await.page().is_error_page();
        victim.once(attacker.filled(&page, &INES)).await.is_error_page();
        let back = page_url.replace("/login?", "/authorize?");
        victim.open(&back).await.page().is_error_page();
        if victim.cookie("-sso").is_none() {
            victim.walk(&app.authorization_url(&[]), "ines", "ines").await;
        } else {
            victim.once(get(&app.authorization_url(&[("prompt", "login")]))).await;
        }
    }
    attacker.submit(&page, &INES).await.at_application();
}

/// §4.7: the cookie that ties a request to its browser belongs to that request alone.
#[tokio::test]
async fn a_binding_of_one_request_opens_no_other() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let (mut browser, mut other) = (world.browser(), world.browser());
    let waiting = browser.once(get(&app.authorization_url(&[]))).await;
    other.once(get(&app.authorization_url(&[]))).await;
    let name = browser.cookie_names()[0].to_owned();
    let value = other.cookie(other.cookie_names()[0]).unwrap().to_owned();
    other.plant(&name, &value);
    other.open(&format!("{BASE}{}", waiting.location())).await.page().is_error_page();
    browser.open(&format!("{BASE}{}", waiting.location())).await.page().is_ok();
}

/// RFC 6749 §10.10: the back button and a second press after the end lead to a page, not to a second code.
#[tokio::test]
async fn a_finished_request_is_not_answered_again() {
    let world = World::standard().await;
    let mut browser = world.browser();
    let consent = at_consent(&mut browser, &world).await;
    let before = browser.copied();
    let done = browser.submit(&consent, &[("decision", "allow")]).await.at_application();
    assert!(!done.parameter("code").is_empty());
    // As the browser is now, and as it was before the answer took its cookie back.
    for mut again in [browser, before] {
        for decision in ["allow", "deny"] {
            again.submit(&consent, &[("decision", decision)]).await.page().is_error_page();
        }
    }
}

/// RFC 6749 §4.1.2.1: a request that was cancelled stays cancelled.
#[tokio::test]
async fn a_cancelled_request_is_not_taken_up_again() {
    let world = World::standard().await;
    let mut browser = world.browser();
    let page = at_login(&mut browser, &world).await;
    let mut before = browser.copied();
    browser.submit(&page, &[("decision", "cancel")]).await.at_application();
    browser.submit(&page, &INES).await.page().is_error_page();
    before.submit(&page, &INES).await.page().is_error_page();
    assert!(before.cookie("-sso").is_none());
}

/// OIDC Core §3.1.2.3: a login form that is sent twice before the end still ends in one code.
#[tokio::test]
async fn a_login_form_may_be_sent_twice() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    browser.log_in(&login, "camille", "camille").await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let done = browser.submit(&consent, &[("decision", "allow")]).await.at_application();
    world.send(app.redemption(&done.parameter("code"), &[])).await.is_ok();
}

/// RFC 6749 §4.1.2: a form of a sign-in that has ended, and the address it led to, end on a page, in the same tab and in
/// another: the application has its code and hears no more.
#[tokio::test]
async fn a_sign_in_that_has_ended_says_so() {
    let world = World::standard().await;
    let mut browser = world.browser();
    let login = at_login(&mut browser, &world).await;
    let signed_in = browser.once(browser.filled(&login, &INES)).await;
    let onward = format!("{BASE}{}", signed_in.location());
    let mut tab = browser.copied();
    assert!(!browser.open(&onward).await.at_application().parameter("code").is_empty());
    for browser in [&mut browser, &mut tab] {
        let again = browser.submit(&login, &INES).await.page();
        assert!(again.is_error_page().body.contains("n’est plus valable"), "{again:?}");
        browser.open(&onward).await.page().is_error_page();
    }
}

/// RFC 6749 §4.1.1: the request that waits is the one that came: no form and no address can change it.
#[tokio::test]
async fn a_waiting_request_cannot_be_changed() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let more = [
        ("redirect_uri", "https://evil.test/cb"),
        ("client_id", &*world.app("individu", Application::Public).client_id),
        ("scope", "openid"),
        ("code_challenge", "evil"),
        ("response_type", "token"),
        ("state", "evil"),
        ("authorizationRequest.scope", "evil"),
    ];
    let mut browser = world.browser();
    let consent = at_consent(&mut browser, &world).await;
    let fields: Vec<_> = more.into_iter().chain([("decision", "allow")]).collect();
    let agreed = browser.once(browser.filled(&consent, &fields)).await;
    let query = royaume_protocol::parameters::encode(&more);
    let done = browser.open(&format!("{BASE}{}&{query}", agreed.location())).await.at_application();
    assert!(done.location().starts_with(&format!("{}?code=", app.redirect_uri)), "{done:?}");
    assert_eq!(done.parameter("state"), "state-1");
    let tokens = world.send(app.redemption(&done.parameter("code"), &[])).await;
    assert_eq!(tokens.is_ok().member("scope"), app.scope);
}

/// OIDC Core §3.1.2.1: a request waits for a quarter of an hour.
#[tokio::test]
async fn a_request_does_not_wait_for_ever() {
    let world = World::standard().await;
    let wait = world.realm("agent").lifetimes.interaction;
    let mut browser = world.browser();
    let page = at_login(&mut browser, &world).await;
    world.clock.advance(wait - std::time::Duration::from_secs(1));
    assert_eq!(browser.once(browser.filled(&page, &[("decision", "submit")])).await.status, 400);
    world.clock.advance(std::time::Duration::from_secs(1));
    browser.submit(&page, &INES).await.page().is_error_page();
}

/// §4.7: requests in two tabs go their own ways.
#[tokio::test]
async fn two_tabs_do_not_disturb_each_other() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let one = browser.open(&app.authorization_url(&[("state", "one")])).await.page();
    let two = browser.open(&app.authorization_url(&[("state", "two")])).await.page();
    let two = browser.log_in(&two, "camille", "camille").await.page();
    let two = browser.submit(&two, &[("decision", "allow")]).await.at_application();
    let one = browser.log_in(&one, "camille", "camille").await.at_application();
    for (callback, state) in [(one, "one"), (two, "two")] {
        assert_eq!(callback.parameter("state"), state);
        world.send(app.redemption(&callback.parameter("code"), &[])).await.is_ok();
    }
}

/// BCP update §2.3, OWASP ASVS 7.2.4: a session that somebody planted is not the one that a login begins.
#[tokio::test]
async fn a_login_begins_a_session_of_its_own() {
    let world = World::standard().await;
    let mut attacker = world.browser();
    let app = world.app("agent", Application::Private);
    attacker.walk(&app.authorization_url(&[]), "ines", "ines").await;
    let planted = attacker.cookie("-sso").unwrap().to_owned();
    for value in [&*planted, "AAAA", &"A".repeat(43)] {
        let mut victim = world.browser();
        victim.plant("__Host-agent-sso", value);
        let page = victim.open(&app.authorization_url(&[("prompt", "login")])).await.page();
        victim.submit(&page, &INES).await.at_application();
        assert_ne!(victim.cookie("-sso").unwrap(), value);
    }
    // The one that was there ended with the login: nobody who knows it is signed in by it.
    let silent = attacker.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
    silent.is_redirected_error("login_required");
}

/// RFC 6265bis §4.1.3: cookies stay on this host, out of scripts, out of other sites' forms, and off plain http.
#[tokio::test]
async fn cookies_stay_at_home() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    let begun = browser.once(get(&app.authorization_url(&[]))).await;
    let page = browser.open(&format!("{BASE}{}", begun.location())).await.page();
    let signed_in = browser.once(browser.filled(&page, &INES)).await;
    for (answer, prefix) in [(begun, "__Host-agent-tx-"), (signed_in, "__Host-agent-sso=")] {
        let cookie = answer.header("set-cookie");
        assert!(cookie.starts_with(prefix), "{cookie}");
        for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
            assert!(cookie.split("; ").any(|own| own == attribute), "{cookie}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

/// RFC 6265 §5.4: two cookies of one name are somebody's trick: neither counts.
#[tokio::test]
async fn a_session_cookie_that_comes_twice_does_not_count() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    let good = browser.cookie("-sso").unwrap().to_owned();
    let silent = app.authorization_url(&[("prompt", "none")]);
    for line in [
        format!("__Host-agent-sso=x; __Host-agent-sso={good}"),
        format!("__Host-agent-sso={good}; __Host-agent-sso={good}"),
    ] {
        let mut request = get(&silent);
        request.headers_mut().insert(header::COOKIE, line.parse().unwrap());
        world.send(request).await.is_redirected_error("login_required");
    }
    browser.open(&silent).await.at_application();
}

/// RFC 6749 §3.1: a form is a form: other bodies are not read as one.
#[tokio::test]
async fn a_form_of_another_media_type_is_refused() {
    let world = World::standard().await;
    let mut browser = world.browser();
    let page = at_login(&mut browser, &world).await;
    for media_type in ["text/plain", "application/json", "multipart/form-data; boundary=x"] {
        let request = with(browser.filled(&page, &INES), &[("content-type", media_type)]);
        assert_eq!(browser.once(request).await.is_error_page().status, 415);
    }
    let action = royaume_spec::html::form(&page.body).unwrap().action;
    let twice = [("username", "ines"), ("username", "noe"), ("password", "ines"), ("decision", "submit")];
    browser.once(post(&format!("{BASE}{action}"), &twice)).await.is_error_page();
}
