//! `prompt` and `max_age` (§3.1.2.1, §3.1.2.3, §3.1.2.6): what the person must be shown, or must not.

use std::time::Duration;

use royaume_server::stored::client::Application;
use royaume_spec::{World, get, signed, world};

use super::{application, signed_in, silently};

/// §3.1.2.6: with `none` no page is ever shown: nobody signed in is `login_required`.
/// Module `oidcc-prompt-none-not-logged-in`.
#[tokio::test]
async fn none_without_a_session_is_login_required() {
    let world = World::standard().await;
    for realm in ["individu", "entreprise", "agent"] {
        let app = world.app(realm, Application::Private);
        let answer = world.send(get(&app.authorization_url(&[("prompt", "none")]))).await;
        answer.is_redirected_error("login_required");
        assert!(answer.header("set-cookie").is_empty(), "nothing waits");
        assert_eq!(answer.parameter("state"), "state-1");
    }
}

/// §3.1.2.6: nobody has agreed yet is `consent_required`.
#[tokio::test]
async fn none_without_consent_is_consent_required() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    browser.log_in(&login, "camille", "camille").await.page().is_page("royaume-consent");
    silently(&mut browser, &app).await.is_redirected_error("consent_required");
}

/// §3.1.2.1: with a session and a consent, `none` is a code at once.
#[tokio::test]
async fn none_with_session_and_consent_is_a_code() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let answer = silently(&mut browser, &app).await;
    assert!(!answer.parameter("code").is_empty() && answer.header("set-cookie").is_empty(), "{answer:?}");
}

/// §3.1.2.1: `none` with anything else, and any other word, is an error.
#[tokio::test]
async fn none_stands_alone_and_other_words_are_refused() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for prompt in [
        "none login",
        "login none",
        "none consent",
        "none select_account",
        "create",
        "Login",
        "NONE",
        "login,consent",
    ] {
        let answer = browser.open(&app.authorization_url(&[("prompt", prompt)])).await.at_application();
        answer.is_redirected_error("invalid_request");
    }
}

/// §3.1.2.1: the values are a list with blanks between them, in any order: one that is there twice, or a blank too many,
/// changes nothing.
#[tokio::test]
async fn a_list_of_prompts_is_read_as_a_list() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for (prompt, marker) in [
        ("login consent", "royaume-login"),
        ("consent login", "royaume-login"),
        ("login  consent", "royaume-login"),
        ("login login", "royaume-login"),
        ("select_account login", "royaume-login"),
        ("consent consent", "royaume-consent"),
        (" consent ", "royaume-consent"),
    ] {
        let url = app.authorization_url(&[("prompt", prompt)]);
        browser.open(&url).await.page().is_page(marker);
    }
    let twice = browser.open(&app.authorization_url(&[("prompt", "none none")])).await.at_application();
    assert!(!twice.parameter("code").is_empty());
}

/// §3.1.2.1: `login` asks who it is though somebody is signed in; what it says of the time is true.
/// Module `oidcc-prompt-login`.
#[tokio::test]
async fn login_asks_again_and_says_when() {
    let world = World::standard().await;
    let app = application(&world).await;
    for prompt in ["login", "select_account"] {
        let mut browser = signed_in(&world, &app).await;
        world.clock.advance(Duration::from_secs(100));
        let login = browser.open(&app.authorization_url(&[("prompt", prompt)])).await.page();
        login.is_page("royaume-login");
        let callback = browser.log_in(&login, "camille", "camille").await.at_application();
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        let claims = signed::claims(&tokens.member("id_token"));
        assert_eq!(claims["auth_time"], claims["iat"], "{prompt}");
    }
}

/// §3.1.2.1: `consent` asks though the person has agreed before; both together ask both, once each.
#[tokio::test]
async fn consent_asks_again() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let page = browser.open(&app.authorization_url(&[("prompt", "consent")])).await.page();
    page.is_page("royaume-consent");
    let callback = browser.submit(&page, &[("decision", "allow")]).await.at_application();
    assert!(!callback.parameter("code").is_empty());

    let login = browser.open(&app.authorization_url(&[("prompt", "login consent")])).await.page();
    let consent = browser.log_in(login.is_page("royaume-login"), "camille", "camille").await.page();
    let callback = browser.submit(consent.is_page("royaume-consent"), &[("decision", "allow")]).await;
    assert!(!callback.at_application().parameter("code").is_empty());
}

/// §3.1.2.1: a page of one request answers for that one: the next `login` asks again.
#[tokio::test]
async fn one_login_answers_one_request() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let url = app.authorization_url(&[("prompt", "login")]);
    for _ in 0..2 {
        let login = browser.open(&url).await.page();
        login.is_page("royaume-login");
        browser.log_in(&login, "camille", "camille").await.at_application();
    }
    let (one, other) = (browser.open(&url).await.page(), browser.open(&url).await.page());
    browser.log_in(&one, "camille", "camille").await.at_application();
    let action = royaume_spec::html::form(&other.body).unwrap().action.replace("login?", "authorize?");
    let unanswered = browser.open(&format!("{}{action}", world::BASE)).await.page();
    unanswered.is_page("royaume-login");
}

/// §3.1.2.3: whoever gives up a second login is still who they were.
#[tokio::test]
async fn giving_up_a_second_login_changes_nothing() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let login = browser.open(&app.authorization_url(&[("prompt", "login")])).await.page();
    let wrong = browser.log_in(&login, "noe", "wrong").await.page();
    let back = browser.submit(&wrong, &[("username", "noe"), ("decision", "cancel")]).await.at_application();
    back.is_redirected_error("access_denied");
    let code = silently(&mut browser, &app).await.parameter("code");
    let tokens = world.send(app.redemption(&code, &[])).await;
    let claims = world.userinfo("individu", &tokens.member("access_token")).await.json();
    assert_eq!(claims["given_name"], "CAMILLE");
}

/// §3.1.2.3: somebody else who signs in takes the session over: the code is theirs, and the first person's grants end.
#[tokio::test]
async fn somebody_else_takes_the_session_over() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let callback = browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let camille = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let callback = browser.walk(&app.authorization_url(&[("prompt", "login")]), "noe", "noe").await;
    let noe = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let claims = world.userinfo("individu", &noe.member("access_token")).await.json();
    assert_eq!(claims["given_name"], "NOÉ");
    world.assert_over(&app, &camille).await;
}

/// §3.1.2.1 `max_age`: whoever signed in longer ago is asked again, and no sooner.
#[tokio::test]
async fn max_age_asks_again_when_the_login_is_older() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    world.clock.advance(Duration::from_secs(60));
    for max_age in ["60", "61", "4294967295", "00060"] {
        let fresh = browser.open(&app.authorization_url(&[("max_age", max_age)])).await.at_application();
        assert!(!fresh.parameter("code").is_empty(), "{max_age}");
    }
    for max_age in ["59", "1"] {
        let silent = app.authorization_url(&[("max_age", max_age), ("prompt", "none")]);
        browser.open(&silent).await.at_application().is_redirected_error("login_required");
        browser.open(&app.authorization_url(&[("max_age", max_age)])).await.page().is_page("royaume-login");
    }
    let login = browser.open(&app.authorization_url(&[("max_age", "1")])).await.page();
    let callback = browser.log_in(&login, "camille", "camille").await.at_application();
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    assert_eq!(signed::claims(&tokens.member("id_token"))["auth_time"], world::start().as_second() + 60);
}

/// §3.1.2.1 `max_age`: zero is a wish to see the person sign in now, be the session of this very second.
#[tokio::test]
async fn a_max_age_of_zero_always_asks() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let silent = app.authorization_url(&[("max_age", "0"), ("prompt", "none")]);
    browser.open(&silent).await.at_application().is_redirected_error("login_required");
    let login = browser.open(&app.authorization_url(&[("max_age", "0")])).await.page();
    let callback = browser.log_in(login.is_page("royaume-login"), "camille", "camille").await;
    assert!(!callback.at_application().parameter("code").is_empty(), "and asks once");
}

/// §3.1.2.1 `max_age`: what is no number of seconds is an error, and never as good as none.
#[tokio::test]
async fn a_max_age_that_is_no_number_is_refused() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    for max_age in ["-1", "-0", "+1", "abc", "1e30", "1.5", " 1", "0x10", "99999999999999999999999", "١"] {
        let answer = browser.open(&app.authorization_url(&[("max_age", max_age)])).await.at_application();
        answer.is_redirected_error("invalid_request");
    }
}

/// §3.1.2.1 `max_age`: a clock that was set back makes no login fresh for longer than was asked.
#[tokio::test]
async fn a_clock_that_was_set_back_makes_no_login_fresh_for_ever() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    world.clock.set(world::start() - Duration::from_secs(3_600));
    let asked = browser.open(&app.authorization_url(&[("max_age", "60")])).await.page();
    asked.is_page("royaume-login");
}
