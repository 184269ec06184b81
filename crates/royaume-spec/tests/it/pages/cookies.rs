//! Cookies (RFC 6265bis §4.1.3; OWASP ASVS 3.3, 7.2): what they are called, how long they live, and when they change.

use http::header;
use royaume_realm::{BaseUrl, Endpoint};
use royaume_server::stored::client::Application;
use royaume_spec::world::BASE;
use royaume_spec::{App, Exchange, World, get};

use super::{application, login_page};

/// The cookies that an answer sets: name, value, attributes.
fn set(answer: &Exchange) -> Vec<(String, String, String)> {
    let lines = answer.headers.get_all(header::SET_COOKIE).iter();
    lines
        .map(|line| {
            let (pair, attributes) = line.to_str().unwrap().split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned(), attributes.to_owned())
        })
        .collect()
}

/// Every answer of a whole visit: login, consent, code, logout.
async fn visit(world: &World, app: &App) -> Vec<Exchange> {
    let mut browser = world.browser();
    let there = |answer: &Exchange| get(&format!("{BASE}{}", answer.location()));
    let begun = browser.once(get(&app.authorization_url(&[]))).await;
    let login = browser.once(there(&begun)).await;
    let english = browser.once(get(&format!("{BASE}{}&lang=en", begun.location()))).await;
    let fields = [("username", "camille"), ("password", "camille"), ("decision", "submit")];
    let signed_in = browser.once(browser.filled(&login, &fields)).await;
    let onward = browser.once(there(&signed_in)).await;
    let consent = browser.once(there(&onward)).await;
    let allowed = browser.once(browser.filled(&consent, &[("decision", "allow")])).await;
    let granted = browser.once(there(&allowed)).await;
    let asked = browser.once(get(&world.url("individu", Endpoint::Logout))).await;
    let left = browser.once(browser.filled(&asked, &[("decision", "yes")])).await;
    vec![begun, login, english, signed_in, onward, consent, allowed, granted, asked, left]
}

/// RFC 6265bis §4.1.3.2: the name of every cookie promises that it is secure and of this host, and so it is.
#[tokio::test]
async fn every_cookie_is_bound_to_this_host_and_to_https() {
    let world = World::standard().await;
    let app = application(&world).await;
    let visited = visit(&world, &app).await;
    let cookies: Vec<_> = visited.iter().flat_map(set).collect();
    assert_eq!(cookies.len(), 5, "{cookies:?}");
    for (name, value, attributes) in cookies {
        assert!(name.starts_with("__Host-"), "{name}");
        let kept = attributes.strip_prefix("Max-Age=0; ").unwrap_or(&attributes);
        assert_eq!(kept, "Path=/; HttpOnly; SameSite=Lax; Secure", "{name}");
        assert!(name.len() + value.len() + attributes.len() < 4_096);
    }
}

/// OWASP ASVS 3.3.4, 7.2.3: the cookies that prove something hold 256 bits of chance and last as long as the browser.
#[tokio::test]
async fn cookies_that_prove_something_cannot_be_guessed() {
    let world = World::standard().await;
    let app = application(&world).await;
    let visited = visit(&world, &app).await;
    let proofs: Vec<_> = visited
        .iter()
        .flat_map(set)
        .filter(|(name, value, _)| (name.contains("-tx-") || name.ends_with("-sso")) && !value.is_empty())
        .collect();
    assert_eq!(proofs.len(), 2);
    for (name, value, attributes) in proofs {
        assert_eq!(value.len(), 43, "{name}");
        assert!(!attributes.contains("Max-Age") && !attributes.contains("Expires"), "{name}");
    }
}

/// RFC 6265 §3.1: a cookie is taken back with the attributes that it was given with, or a browser would keep it.
#[tokio::test]
async fn a_cookie_is_taken_back_with_its_own_attributes() {
    let world = World::standard().await;
    let app = application(&world).await;
    let visited = visit(&world, &app).await;
    let cookies: Vec<_> = visited.iter().flat_map(set).collect();
    let (taken, given): (Vec<_>, Vec<_>) = cookies.into_iter().partition(|(_, value, _)| value.is_empty());
    assert_eq!(taken.len(), 2, "the waiting request's at the code, the session's at logout: {taken:?}");
    for (name, _, attributes) in taken {
        let (_, _, before) = given.iter().find(|(known, _, _)| *known == name).unwrap();
        assert_eq!(attributes, format!("Max-Age=0; {before}"));
    }
}

/// RFC 6749 §5.1: what programs call sets no cookie and heeds none.
#[tokio::test]
async fn endpoints_for_programs_set_no_cookie() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let callback = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let tokens = browser.once(app.redemption(&callback.parameter("code"), &[])).await;
    let url = |endpoint| world.url("individu", endpoint);
    let with_session = browser.once(get(&url(Endpoint::UserInfo))).await;
    assert_eq!(with_session.status, 401, "a session is no bearer token");
    let mut answers = vec![tokens, with_session];
    for endpoint in [Endpoint::Introspection, Endpoint::Revocation, Endpoint::Token] {
        answers.push(browser.once(app.call(&url(endpoint), &[("token", "x")])).await);
    }
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        answers.push(browser.once(get(&url(endpoint))).await);
    }
    for answer in answers {
        assert!(set(&answer).is_empty(), "{answer:?}");
    }
}

/// OWASP ASVS 7.2.4: whoever signs in gets a new cookie, whatever the browser held before; the old one is dead.
#[tokio::test]
async fn the_session_cookie_changes_at_every_login() {
    let world = World::standard().await;
    let app = application(&world).await;
    let silent = app.authorization_url(&[("prompt", "none")]);
    let mut browser = world.browser();
    let planted = "A".repeat(43);
    browser.plant("__Host-individu-sso", &planted);
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let first = browser.cookie("-sso").unwrap().to_owned();
    assert_ne!(first, planted);
    browser.walk(&app.authorization_url(&[("prompt", "login")]), "camille", "camille").await;
    let second = browser.cookie("-sso").unwrap().to_owned();
    assert_ne!(second, first);
    for (value, alive) in [(&planted, false), (&first, false), (&second, true)] {
        let mut holder = world.browser();
        holder.plant("__Host-individu-sso", value);
        let answer = holder.open(&silent).await.at_application();
        assert_eq!(!answer.parameter("code").is_empty(), alive, "{}", answer.location());
    }
}

/// OWASP ASVS 7.4.1: a session that has ended has ended here: its cookie, kept by somebody, opens nothing.
#[tokio::test]
async fn a_session_cookie_is_dead_after_logout() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let mut kept = browser.copied();
    let logout = browser.open(&world.url("individu", Endpoint::Logout)).await.page();
    browser.submit(&logout, &[("decision", "yes")]).await.page();
    let answer = kept.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
    answer.is_redirected_error("login_required");
}

/// RFC 6265 §6.1: a browser is never asked to hold more than ten waiting requests of a realm: the oldest makes room.
#[tokio::test]
async fn at_most_ten_requests_wait_in_one_browser() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let mut pages = Vec::new();
    for _ in 0..13 {
        pages.push(login_page(&mut browser, &app).await);
        let waiting = browser.cookie_names().iter().filter(|name| name.contains("-tx-")).count();
        assert!(waiting <= 10, "{waiting}");
        world.clock.advance(std::time::Duration::from_secs(60));
    }
    for oldest in &pages[..3] {
        browser.log_in(oldest, "camille", "camille").await.page().is_error_page();
    }
    browser.log_in(&pages[12], "camille", "camille").await.page().is_page("royaume-consent");
}

/// RFC 6265 §5.4: two cookies of one name are somebody's trick: neither counts.
#[tokio::test]
async fn a_cookie_that_comes_twice_counts_for_nothing() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let own = browser.cookie("-sso").unwrap().to_owned();
    for other in ["x", &own] {
        let mut request = get(&app.authorization_url(&[("prompt", "none")]));
        let line = format!("__Host-individu-sso={own}; __Host-individu-sso={other}");
        request.headers_mut().insert(header::COOKIE, line.parse().unwrap());
        world.send(request).await.is_redirected_error("login_required");
    }
}

/// RFC 6265 §5.4: a cookie that we could not have written is as good as none.
#[tokio::test]
async fn a_malformed_cookie_is_no_cookie() {
    let world = World::standard().await;
    let app = application(&world).await;
    for line in [
        "__Host-individu-sso=".to_owned(),
        "__Host-individu-sso".to_owned(),
        format!("__Host-individu-sso={}", "A".repeat(42)),
        format!("__Host-individu-sso={}", "A".repeat(4_000)),
        "__Host-individu-sso=\"quoted\"".to_owned(),
        format!("__host-individu-sso={}", "A".repeat(43)),
        ";;;=;".to_owned(),
    ] {
        let mut request = get(&app.authorization_url(&[("prompt", "none")]));
        request.headers_mut().insert(header::COOKIE, line.parse().unwrap());
        world.send(request).await.is_redirected_error("login_required");
    }
}

/// RFC 6265bis §4.1.3: without https the promise of the name could not be kept, so the name says so, and another.
#[tokio::test]
async fn cookies_of_plain_http_have_another_name() {
    let world = World::standard().await;
    let app = application(&world).await;
    let base = BaseUrl::parse("http://127.0.0.1:8080").unwrap();
    let plain = world.configured(|configuration| configuration.base_url = base).await;
    let url = app.authorization_url(&[]).replace(BASE, "http://127.0.0.1:8080");
    let begun: Exchange = plain.handle(get(&url)).await.into();
    let (name, _, attributes) = set(&begun).remove(0);
    assert!(name.starts_with("insecure-individu-tx-"), "{name}");
    assert_eq!(attributes, "Path=/; HttpOnly; SameSite=Lax");
}

/// OWASP ASVS 3.5.1, 7.2.1: a session of a browser that was opened over https is none over plain http.
#[tokio::test]
async fn a_cookie_of_https_is_none_over_plain_http() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let base = BaseUrl::parse("http://127.0.0.1:8080").unwrap();
    let plain = world.configured(|configuration| configuration.base_url = base).await;
    let url = app.authorization_url(&[("prompt", "none")]).replace(BASE, "http://127.0.0.1:8080");
    let answer: Exchange = plain.handle(browser.dressed(get(&url))).await.into();
    answer.is_redirected_error("login_required");
}
