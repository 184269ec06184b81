//! Consent (§3.1.2.4; RFC 6749 §10.2): asked once for what is new, remembered for a person and an application, and the
//! person's own.

use std::time::Duration;

use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Browser, Exchange, World, html};

use super::{application, signed_in, silently};

/// What a browser is answered that asks for a scope.
async fn asked(browser: &mut Browser<'_>, app: &App, scope: &str) -> royaume_spec::Arrival {
    browser.open(&app.authorization_url(&[("scope", scope)])).await
}

/// Agrees to a scope.
async fn agreed(browser: &mut Browser<'_>, app: &App, scope: &str) -> Exchange {
    browser.walk(&app.authorization_url(&[("scope", scope)]), "camille", "camille").await
}

/// §3.1.2.4: what the person has agreed to once is not asked again, nor is any part of it.
#[tokio::test]
async fn what_was_allowed_is_not_asked_again() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    agreed(&mut browser, &app, "openid profile email").await;
    for scope in ["openid profile email", "email openid", "openid", "profile"] {
        let callback = asked(&mut browser, &app, scope).await.at_application();
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        assert_eq!(tokens.is_ok().member("scope"), scope);
    }
}

/// §3.1.2.4: something new is asked for, and shown beside what was allowed before.
#[tokio::test]
async fn something_new_is_asked_for() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    agreed(&mut browser, &app, "openid profile").await;
    let page = asked(&mut browser, &app, "openid email").await.page();
    page.is_page("royaume-consent");
    let line = |words: &str| {
        let lines = page.body.split("<li>").find(|line| line.contains(words));
        lines.unwrap_or_else(|| panic!("no {words}: {page:?}")).split("</li>").next().unwrap().to_owned()
    };
    assert!(line("Vous reconnaître").contains("déjà accordé"));
    assert!(!line("Votre adresse électronique").contains("déjà accordé"));
    assert!(
        page.body.contains("email<br>") && !page.body.contains("profile<br>"),
        "what is not asked for is not shown"
    );
    browser.submit(&page, &[("decision", "allow")]).await.at_application();
    asked(&mut browser, &app, "openid profile email").await.at_application();
}

/// §3.1.2.4: a consent is the person's, for one application: neither another person nor another application has it.
#[tokio::test]
async fn a_consent_is_of_one_person_for_one_application() {
    let world = World::standard().await;
    let (app, other) = (application(&world).await, application(&world).await);
    let mut browser = signed_in(&world, &app).await;
    browser.open(&other.authorization_url(&[])).await.page().is_page("royaume-consent");
    let mut noe = world.browser();
    let login = noe.open(&app.authorization_url(&[])).await.page();
    noe.log_in(&login, "noe", "noe").await.page().is_page("royaume-consent");
    let mut elsewhere = world.browser();
    let login = elsewhere.open(&app.authorization_url(&[])).await.page();
    elsewhere.log_in(&login, "camille", "camille").await.at_application();
}

/// §3.1.2.4: a consent is remembered for thirteen months after it was last given.
#[tokio::test]
async fn a_consent_is_forgotten_after_thirteen_months() {
    let world = World::standard().await;
    let app = application(&world).await;
    let day = Duration::from_secs(86_400);
    for (days, remembered) in [(394, true), (395, false)] {
        signed_in(&world, &app).await;
        world.clock.advance(day * days);
        let mut browser = world.browser();
        let login = browser.open(&app.authorization_url(&[])).await.page();
        let arrival = browser.log_in(&login, "camille", "camille").await;
        if remembered {
            arrival.at_application();
            let url = app.authorization_url(&[("prompt", "consent")]);
            let page = browser.open(&url).await.page();
            browser.submit(&page, &[("decision", "allow")]).await.at_application();
        } else {
            arrival.page().is_page("royaume-consent");
        }
    }
}

/// §3.1.2.4: the staff realm asks nobody, unless the application itself wishes it.
#[tokio::test]
async fn agents_are_asked_no_consent() {
    let world = World::standard().await;
    for application in [Application::Private, Application::Public] {
        let app = world.app("agent", application);
        let mut browser = world.browser();
        let login = browser.open(&app.authorization_url(&[])).await.page();
        let callback = browser.log_in(&login, "ines", "ines").await.at_application();
        assert!(!callback.parameter("code").is_empty());
        assert!(!silently(&mut browser, app).await.parameter("code").is_empty());
        let wished = browser.open(&app.authorization_url(&[("prompt", "consent")])).await.page();
        browser.submit(wished.is_page("royaume-consent"), &[("decision", "allow")]).await.at_application();
    }
}

/// RFC 6749 §4.1.2.1: who says no is sent back with that, and has agreed to nothing.
#[tokio::test]
async fn a_refusal_is_access_denied_and_remembered_as_nothing() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = application(&world).await;
        let mut browser = world.browser();
        let login = browser.open(&app.authorization_url(&[])).await.page();
        let consent = browser.log_in(&login, "camille", "camille").await.page();
        let denied = browser.submit(&consent, &[("decision", "deny")]).await.at_application();
        denied.is_redirected_error("access_denied");
        assert_eq!(denied.parameter("state"), "state-1");
        assert!(!browser.cookie_names().iter().any(|name| name.contains("-tx-")), "nothing waits any more");
        browser.open(&app.authorization_url(&[])).await.page().is_page("royaume-consent");
        let late = browser.submit(&consent, &[("decision", "allow")]).await.page();
        late.is_error_page();
    }
}

/// RFC 6749 §4.1.2.1: who goes away from the login is sent back with that, and is nobody.
#[tokio::test]
async fn giving_up_is_access_denied_and_ends_the_request() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let back = browser.submit(&login, &[("decision", "cancel")]).await.at_application();
    back.is_redirected_error("access_denied");
    assert_eq!(back.parameter("state"), "state-1");
    assert!(browser.cookie_names().is_empty());
    browser.log_in(&login, "camille", "camille").await.page().is_error_page();
}

/// OWASP ASVS 10.7.1: an answer that is neither yes nor no is neither.
#[tokio::test]
async fn an_answer_that_is_neither_yes_nor_no_is_none() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    for decision in ["", "yes", "ALLOW", "allow ", "allow,deny"] {
        let answer = browser.submit(&consent, &[("decision", decision)]).await.page();
        assert_eq!(answer.is_error_page().status, 400, "{decision}");
    }
    silently(&mut browser, &app).await.is_redirected_error("consent_required");
}

/// RFC 6749 §10.2: whoever agrees needs to have signed in: the page alone is not enough.
#[tokio::test]
async fn nobody_agrees_without_a_session() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let page = html::form(&login.body).unwrap().action.replace("/login?", "/consent?");
    browser.open(&format!("https://sso.royaume.test{page}")).await.page().is_page("royaume-login");
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    browser.plant("__Host-individu-sso", "x");
    browser.submit(&consent, &[("decision", "allow")]).await.page().is_page("royaume-login");
}

/// §3.1.2.4: two tabs that agree to different things at once have both agreed.
#[tokio::test]
async fn two_tabs_may_agree_at_once() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[("scope", "openid profile")])).await.page();
    let one = browser.log_in(&login, "camille", "camille").await.page();
    let two = asked(&mut browser, &app, "openid email").await.page();
    let (first, second) =
        (browser.filled(&one, &[("decision", "allow")]), browser.filled(&two, &[("decision", "allow")]));
    let (first, second) =
        tokio::join!(world.send(browser.dressed(first)), world.send(browser.dressed(second)));
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (303, 303));
    asked(&mut browser, &app, "openid profile email").await.at_application();
}

/// RFC 6749 §4.1.2: a page that is answered twice gives one code.
#[tokio::test]
async fn a_page_that_is_answered_twice_gives_one_code() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let twin = browser.copied();
    let press = || world.send(twin.dressed(twin.filled(&consent, &[("decision", "allow")])));
    let (first, second) = tokio::join!(press(), press());
    let onward =
        [&first, &second].into_iter().find(|answer| answer.status == 303).unwrap().location().to_owned();
    let there = || world.send(twin.dressed(royaume_spec::get(&format!("https://sso.royaume.test{onward}"))));
    let (first, second) = tokio::join!(there(), there());
    let codes = [first, second]
        .iter()
        .filter(|answer| !answer.location().is_empty() && !answer.parameter("code").is_empty())
        .count();
    assert_eq!(codes, 1);
}

/// §3.1.2.4: where a consent lies, the name of the person ends before that of the application begins.
#[tokio::test]
async fn consents_of_similar_names_are_told_apart() {
    let world = World::standard().await;
    for (subject, client_id) in [("ab", "c"), ("a", "bc")] {
        let wish = royaume_server::admin::NewAccount {
            username: format!("person-{subject}"),
            subject: Some(subject.to_owned()),
            claims: serde_json::Map::new(),
        };
        world.admin("individu").add_account(wish, Some("secret"), world.passwords()).await.unwrap();
        let wish = royaume_server::admin::NewClient {
            client_id: Some(client_id.to_owned()),
            ..new_client(Application::Private, &["https://app.test/cb"])
        };
        let app = world.add_app("individu", wish).await;
        let mut browser = world.browser();
        let login = browser.open(&app.authorization_url(&[])).await.page();
        let consent = browser.log_in(&login, &format!("person-{subject}"), "secret").await.page();
        browser.submit(consent.is_page("royaume-consent"), &[("decision", "allow")]).await.at_application();
    }
}

/// §3.1.2.4: whoever thinks it over for longer than a session lies idle is asked to sign in, then for their answer: the
/// application's request is not lost.
#[tokio::test]
async fn a_session_that_ends_while_somebody_thinks_costs_a_login_and_no_more() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    agreed(&mut browser, &app, "openid").await;
    world.clock.advance(Duration::from_secs(1_795));
    let page = asked(&mut browser, &app, "openid profile").await.page();
    page.is_page("royaume-consent");
    world.clock.advance(Duration::from_secs(10));
    for decision in ["deny", "allow"] {
        let login = browser.submit(&page, &[("decision", decision)]).await.page();
        login.is_page("royaume-login");
    }
    let login = browser.submit(&page, &[("decision", "allow")]).await.page();
    let again = browser.log_in(&login, "camille", "camille").await.page();
    let back = browser.submit(again.is_page("royaume-consent"), &[("decision", "allow")]).await;
    assert!(!back.at_application().parameter("code").is_empty());
}
