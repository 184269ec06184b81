//! Sessions (§3.1.2.3; OWASP ASVS 7.3): one login for every application of a realm, for so long.

use std::time::Duration;

use royaume_server::stored::client::Application;
use royaume_spec::world::start;
use royaume_spec::{World, get};

use super::{application, is_signed_in, signed_in, silently};

/// §3.1.2.3: who is signed in is not asked again by another application, which still asks for its own consent.
#[tokio::test]
async fn one_login_serves_every_application_of_the_realm() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let other = world.app("individu", Application::Private);
    let consent = browser.open(&other.authorization_url(&[])).await.page();
    consent.is_page("royaume-consent");
    browser.submit(&consent, &[("decision", "allow")]).await.at_application();
    assert!(is_signed_in(&mut browser, other).await && is_signed_in(&mut browser, &app).await);

    let (one, another) = (world.app("agent", Application::Private), world.app("agent", Application::Public));
    let mut agent = world.browser();
    agent.walk(&one.authorization_url(&[]), "ines", "ines").await;
    let callback = agent.open(&another.authorization_url(&[])).await.at_application();
    assert!(!callback.parameter("code").is_empty(), "a realm without consent asks nothing more");
}

/// ASVS 7.3.1: a session that nobody uses for half an hour is over.
#[tokio::test]
async fn an_idle_session_ends() {
    let world = World::standard().await;
    let app = application(&world).await;
    for (seconds, alive) in [(1_799, true), (1_800, false), (1_801, false)] {
        let mut browser = signed_in(&world, &app).await;
        world.clock.advance(Duration::from_secs(seconds));
        assert_eq!(is_signed_in(&mut browser, &app).await, alive, "{seconds}");
    }
}

/// ASVS 7.3.1: one that is used goes on.
#[tokio::test]
async fn a_session_that_is_used_goes_on() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for _ in 0..5 {
        world.clock.advance(Duration::from_secs(1_500));
        assert!(is_signed_in(&mut browser, &app).await);
    }
    world.clock.advance(Duration::from_secs(1_800));
    assert!(!is_signed_in(&mut browser, &app).await);
}

/// ASVS 7.3.1: what was used on one node has been used on every node.
#[tokio::test]
async fn a_session_is_used_on_every_node() {
    let mut world = World::standard().await;
    let app = application(&world).await;
    let mut cookies = signed_in(&world, &app).await.copied();
    world.clock.advance(Duration::from_secs(1_500));
    assert!(is_signed_in(&mut cookies, &app).await);
    let cookie = cookies.cookie("individu-sso").unwrap().to_owned();
    world.server = world.another_node().await;
    world.clock.advance(Duration::from_secs(1_500));
    let mut there = world.browser();
    there.plant("__Host-individu-sso", &cookie);
    assert!(is_signed_in(&mut there, &app).await);
}

/// ASVS 7.3.2: no use makes a session longer than twelve hours.
#[tokio::test]
async fn no_session_is_longer_than_its_absolute_lifetime() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for _ in 0..43 {
        world.clock.advance(Duration::from_secs(1_000));
        assert!(is_signed_in(&mut browser, &app).await);
    }
    world.clock.advance(Duration::from_secs(199));
    assert!(is_signed_in(&mut browser, &app).await, "43 199 seconds");
    world.clock.advance(Duration::from_secs(1));
    assert!(!is_signed_in(&mut browser, &app).await, "43 200 seconds");
    browser.open(&app.authorization_url(&[])).await.page().is_page("royaume-login");
}

/// ASVS 7.3.2: a new login begins a new session, with its own twelve hours.
#[tokio::test]
async fn a_new_login_begins_anew() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    world.clock.advance(Duration::from_secs(1_000));
    browser.walk(&app.authorization_url(&[("prompt", "login")]), "camille", "camille").await;
    for _ in 0..42 {
        world.clock.advance(Duration::from_secs(1_000));
        assert!(is_signed_in(&mut browser, &app).await);
    }
    world.clock.advance(Duration::from_secs(1_100));
    assert!(is_signed_in(&mut browser, &app).await, "44 100 seconds after the first login");
    world.clock.advance(Duration::from_secs(100));
    assert!(!is_signed_in(&mut browser, &app).await, "43 200 seconds after the second");
}

/// ASVS 7.3: each realm says how long its sessions are.
#[tokio::test]
async fn a_realm_decides_on_its_limits() {
    let world = World::with(|topology| {
        for realm in &mut topology.realms {
            realm.lifetimes.session_idle = Duration::from_secs(10);
            realm.lifetimes.session_absolute = Duration::from_secs(25);
        }
    })
    .await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for (seconds, alive) in [(9, true), (9, true), (6, true), (1, false)] {
        world.clock.advance(Duration::from_secs(seconds));
        assert_eq!(is_signed_in(&mut browser, &app).await, alive);
    }
    let mut idle = signed_in(&world, &app).await;
    world.clock.advance(Duration::from_secs(10));
    assert!(!is_signed_in(&mut idle, &app).await);
}

/// A clock that was set back ends no session, and lengthens none.
#[tokio::test]
async fn a_clock_that_was_set_back_lengthens_no_session() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    world.clock.set(start() - Duration::from_secs(3_600));
    assert!(is_signed_in(&mut browser, &app).await);
    world.clock.set(start() + Duration::from_secs(1_799));
    assert!(is_signed_in(&mut browser, &app).await);
    world.clock.set(start() + Duration::from_secs(43_200));
    assert!(!is_signed_in(&mut browser, &app).await);
}

/// ASVS 7.4.3: a new password, a disabled account: the session is over at the next request, everywhere.
#[tokio::test]
async fn a_new_password_or_a_disabled_account_ends_every_session() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    world.admin("individu").disable_account("camille", true).await.unwrap();
    assert!(!is_signed_in(&mut browser, &app).await);
    world.admin("individu").disable_account("camille", false).await.unwrap();
    assert!(!is_signed_in(&mut browser, &app).await, "whoever is allowed again signs in anew");
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    world.admin("individu").set_password("camille", "autre", world.passwords()).await.unwrap();
    assert!(!is_signed_in(&mut browser, &app).await);
    browser.walk(&app.authorization_url(&[]), "camille", "autre").await;
    assert!(is_signed_in(&mut browser, &app).await);
}

/// §3.1.2.5: a code that was given before the person went away is worth nothing after.
#[tokio::test]
async fn a_code_dies_with_its_session() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let code = silently(&mut browser, &app).await.parameter("code");
    let logout = world.url("individu", royaume_realm::Endpoint::Logout);
    let page = browser.open(&logout).await.page();
    browser.submit(&page, &[("decision", "yes")]).await.page();
    world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
}

/// ASVS 7.3.1: an idle session ends in the browser alone: what was granted through it has lifetimes of its own.
#[tokio::test]
async fn tokens_outlive_an_idle_session() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let callback = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    world.clock.advance(Duration::from_secs(86_400));
    assert!(!is_signed_in(&mut browser, &app).await);
    world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_ok();
}

/// §3.1.2.3: without cookies nobody is signed in, whatever the request claims.
#[tokio::test]
async fn nobody_is_signed_in_by_a_parameter() {
    let world = World::standard().await;
    let app = application(&world).await;
    let cookie = signed_in(&world, &app).await.cookie("individu-sso").unwrap().to_owned();
    for name in ["__Host-individu-sso", "sso", "session", "sid", "iPlanetDirectoryPro"] {
        let url = app.authorization_url(&[("prompt", "none"), (name, &cookie)]);
        world.send(get(&url)).await.is_redirected_error("login_required");
    }
}
