//! The login page under attack (OWASP ASVS 6.3, 3.5.1; RFC 6819 §4.4.1, §5.1.4.2.3): what it tells, what it costs, and
//! who may send its form.

use std::net::IpAddr;
use std::time::Duration;

use royaume_server::Peer;
use royaume_server::passwords::Bounds;
use royaume_server::stored::client::Application;
use royaume_spec::{Browser, Exchange, World, get};

use super::{application, login_page};

/// A login form as somebody else would send it, from elsewhere.
fn from_elsewhere(
    browser: &Browser<'_>,
    page: &Exchange,
    headers: &[(&'static str, &'static str)],
) -> http::Request<bytes::Bytes> {
    let fields = [("username", "camille"), ("password", "camille"), ("decision", "submit")];
    let mut request = browser.filled(page, &fields);
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    request
}

/// ASVS 6.3.8: who is unknown, who is known, who is disabled and who has no password are told the same, in the same
/// headers and as many characters.
#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_look_alike() {
    let world = World::standard().await;
    let app = application(&world).await;
    for (username, password) in [("disable", Some("disable")), ("passwd0", None)] {
        let wish = royaume_server::admin::NewAccount {
            username: username.to_owned(),
            subject: None,
            claims: serde_json::Map::new(),
        };
        world.admin("individu").add_account(wish, password, world.passwords()).await.unwrap();
    }
    world.admin("individu").disable_account("disable", true).await.unwrap();
    let mut answers = Vec::new();
    for (username, password) in [
        ("unknown", "wrong"),
        ("camille", "wrong"),
        ("disable", "wrong"),
        ("disable", "disable"),
        ("passwd0", "wrong"),
    ] {
        let mut browser = world.browser();
        let page = login_page(&mut browser, &app).await;
        let waiting = page.body.split("interaction=").nth(1).unwrap()[..24].to_owned();
        let (_, token) = royaume_spec::html::form(&page.body).unwrap().hidden.remove(0);
        let answer = browser.log_in(&page, username, password).await.page();
        assert_eq!(answer.is_page("royaume-login").status, 400, "{username}");
        assert!(browser.cookie("-sso").is_none());
        let body = answer.body.replace(&waiting, "…").replace(&token, "…");
        answers.push((answer.headers.clone(), body.replace(&format!("value=\"{username}\""), "value=\"…\"")));
    }
    for other in &answers[1..] {
        assert_eq!(*other, answers[0]);
    }
}

/// Without a name or a password nobody is looked for; what was typed stays.
#[tokio::test]
async fn a_missing_field_is_named_and_the_other_kept() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = login_page(&mut browser, &app).await;
    for (username, password, told) in [
        ("", "", "Il manque votre identifiant."),
        ("", "camille", "Il manque votre identifiant."),
        ("camille", "", "Il manque votre mot de passe."),
    ] {
        let answer = browser.log_in(&page, username, password).await.page();
        assert_eq!(answer.is_page("royaume-login").status, 400);
        assert!(answer.body.contains(told) && answer.body.contains("role=\"alert\""), "{answer:?}");
        assert!(answer.body.contains(&format!("name=\"username\" value=\"{username}\"")));
    }
    browser.log_in(&page, "camille", "camille").await.page().is_page("royaume-consent");
}

/// A password never comes back, on no page.
#[tokio::test]
async fn a_password_is_never_shown() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = login_page(&mut browser, &app).await;
    let answer = browser.log_in(&page, "camille", "a-very-secret-password").await.page();
    assert!(!format!("{answer:?}").contains("a-very-secret-password"));
}

/// A user name is found without regard to case and to blanks around it; a password counts character by character.
#[tokio::test]
async fn a_user_name_is_forgiving_and_a_password_is_not() {
    let world = World::standard().await;
    let app = application(&world).await;
    for (username, password, right) in [
        (" Camille ", "camille", true),
        ("CAMILLE", "camille", true),
        ("camille", "Camille", false),
        ("camille", "camille ", false),
        ("camille", " camille", false),
        ("camille@", "camille", false),
    ] {
        let mut browser = world.browser();
        let page = login_page(&mut browser, &app).await;
        browser.log_in(&page, username, password).await.page();
        assert_eq!(browser.cookie("-sso").is_some(), right, "{username} {password}");
    }
}

/// ASVS 6.2.8, 6.2.9: a password of a thousand characters counts to its last.
#[tokio::test]
async fn a_long_password_counts_to_its_last_character() {
    let world = World::standard().await;
    let app = application(&world).await;
    let long = "é".repeat(512);
    world.clock.advance(Duration::from_secs(1));
    world.admin("individu").set_password("camille", &long, world.passwords()).await.unwrap();
    let almost = format!("{}e", "é".repeat(511));
    for (password, right) in [(almost.as_str(), false), (&long[..72], false), (&long, true)] {
        let mut browser = world.browser();
        let page = login_page(&mut browser, &app).await;
        browser.log_in(&page, "camille", password).await.page();
        assert_eq!(browser.cookie("-sso").is_some(), right, "{}", password.len());
    }
}

/// ASVS 6.2.9: what no account can have as its password is refused before it costs a hash: where nothing can be hashed
/// any more, it is still answered as wrong, and anything shorter as too much work.
#[tokio::test]
async fn an_overlong_password_costs_no_hash() {
    let mut world = World::standard().await;
    world.server = world
        .configured(|configuration| {
            configuration.password_bounds = Bounds { waiting: 0, ..Bounds::default() }
        })
        .await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = login_page(&mut browser, &app).await;
    for (length, status) in [(1_024, 503), (1_025, 400), (8_192, 400)] {
        let answer = browser.log_in(&page, "camille", &"x".repeat(length)).await.page();
        assert_eq!(answer.is_page("royaume-login").status, status, "{length}");
    }
    let answer = browser.log_in(&page, "camille", &"x".repeat(1 << 20)).await.page();
    assert_eq!(answer.is_error_page().status, 400);
}

/// RFC 6819 §5.1.4.2.3: guessing at one person from one place is slowed, the right guess included, and forgotten with
/// time.
#[tokio::test]
async fn wrong_passwords_are_slowed_and_forgotten() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = login_page(&mut browser, &app).await;
    for attempt in 0..10 {
        assert_eq!(browser.log_in(&page, "camille", "wrong").await.page().status, 400, "{attempt}");
    }
    for password in ["wrong", "camille"] {
        let slowed = browser.log_in(&page, "camille", password).await.page();
        assert_eq!(slowed.is_page("royaume-login").status, 429);
        assert!(slowed.header("retry-after").parse::<u32>().is_ok());
        assert!(slowed.body.contains("Votre compte n’est pas bloqué."));
    }
    world.clock.advance(Duration::from_secs(31));
    browser.log_in(&page, "camille", "camille").await.page().is_page("royaume-consent");
}

/// RFC 6819 §5.1.4.2.3: case and blanks are no new person to guess at.
#[tokio::test]
async fn another_spelling_of_a_name_is_slowed_with_it() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = login_page(&mut browser, &app).await;
    for attempt in 0..10 {
        let username = ["camille", "Camille", " CAMILLE "][attempt % 3];
        browser.log_in(&page, username, "wrong").await.page();
    }
    assert_eq!(browser.log_in(&page, "cAMILLE", "wrong").await.page().status, 429);
}

/// Sends a login from an address.
async fn log_in_from(world: &World, address: &str, forwarded: &'static str, password: &str) -> Exchange {
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let page = login_page(&mut browser, app).await;
    let fields = [("username", "camille"), ("password", password), ("decision", "submit")];
    let mut request = browser.filled(&page, &fields);
    request.extensions_mut().insert(Peer(address.parse::<IpAddr>().unwrap()));
    request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    browser.once(request).await
}

/// ASVS 6.1.1: nobody can lock somebody else out: the person signs in from where nobody guesses; and nobody escapes by
/// claiming to be elsewhere.
#[tokio::test]
async fn guessing_from_elsewhere_locks_nobody_out() {
    let world = World::standard().await;
    for attempt in 0..10 {
        let wrong = log_in_from(&world, "203.0.113.7", "198.51.100.1", "wrong").await;
        assert_eq!(wrong.status, 400, "{attempt}");
    }
    assert_eq!(log_in_from(&world, "203.0.113.7", "198.51.100.2", "wrong").await.status, 429);
    assert_eq!(log_in_from(&world, "203.0.113.7", "127.0.0.1", "camille").await.status, 429);
    assert_eq!(log_in_from(&world, "198.51.100.3", "203.0.113.7", "camille").await.status, 303);
}

/// ASVS 6.1.1: who has 2^64 addresses is one subscriber of IPv6 all the same (RFC 6177), by whatever spelling.
#[tokio::test]
async fn another_address_of_the_same_subscriber_is_the_same_place() {
    let world = World::standard().await;
    for attempt in 0..10 {
        let address = format!("2001:db8:1:2::{attempt:x}");
        assert_eq!(log_in_from(&world, &address, "", "wrong").await.status, 400, "{attempt}");
    }
    assert_eq!(log_in_from(&world, "2001:db8:1:2:ffff::1", "", "wrong").await.status, 429);
    assert_eq!(log_in_from(&world, "2001:db8:1:3::1", "", "wrong").await.status, 400);
    for attempt in 0..10 {
        let address = if attempt % 2 == 0 { "192.0.2.9" } else { "::ffff:192.0.2.9" };
        assert_eq!(log_in_from(&world, address, "", "wrong").await.status, 400, "{attempt}");
    }
    assert_eq!(log_in_from(&world, "192.0.2.9", "", "wrong").await.status, 429);
}

/// ASVS 6.3.1: one password tried on many people from one place is slowed as well.
#[tokio::test]
async fn trying_many_people_from_one_place_is_slowed() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = login_page(&mut browser, &app).await;
    for person in 0..200 {
        browser.log_in(&page, &format!("person-{person}"), "spring2026").await.page();
    }
    assert_eq!(browser.log_in(&page, "camille", "camille").await.page().status, 429);
}

/// ASVS 3.5.1, RFC 9700 §4.7: a form that no page of ours sent signs nobody in, whatever else it has right.
#[tokio::test]
async fn a_login_form_from_elsewhere_is_refused() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = login_page(&mut browser, &app).await;
    for headers in [
        &[("origin", "https://evil.test")][..],
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("origin", "https://sso.royaume.test.evil.test")],
        &[("origin", "http://sso.royaume.test")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://sso.royaume.test")],
    ] {
        let refused = browser.once(from_elsewhere(&browser, &page, headers)).await;
        assert_eq!(refused.is_error_page().status, 403, "{headers:?}");
        assert!(browser.cookie("-sso").is_none());
    }
    for headers in [
        &[("origin", "https://sso.royaume.test")][..],
        &[("sec-fetch-site", "same-origin"), ("origin", "null")],
        &[],
    ] {
        let mut other = world.browser();
        let page = login_page(&mut other, &app).await;
        assert_eq!(other.once(from_elsewhere(&other, &page, headers)).await.status, 303, "{headers:?}");
    }
}

/// ASVS 3.5.1: the token of a form belongs to one waiting request of one browser.
#[tokio::test]
async fn a_form_s_token_is_of_one_request_of_one_browser() {
    let world = World::standard().await;
    let app = application(&world).await;
    let token = |page: &Exchange| royaume_spec::html::form(&page.body).unwrap().hidden.remove(0).1;
    let (mut victim, mut attacker) = (world.browser(), world.browser());
    let page = login_page(&mut victim, &app).await;
    let another = login_page(&mut victim, &app).await;
    let foreign = login_page(&mut attacker, &app).await;
    for wrong in [token(&another), token(&foreign), String::new(), "x".to_owned(), token(&page) + "x"] {
        let fields = [
            ("form", wrong.as_str()),
            ("username", "camille"),
            ("password", "camille"),
            ("decision", "submit"),
        ];
        let refused = victim.submit(&page, &fields).await.page();
        assert_eq!(refused.is_error_page().status, 403, "{wrong}");
    }
    assert!(victim.cookie("-sso").is_none());
}

/// RFC 9700 §4.7: a waiting request that somebody else began is not adopted: the victim's browser lacks its cookie.
#[tokio::test]
async fn a_login_that_was_begun_in_another_browser_is_not_adopted() {
    let world = World::standard().await;
    let app = application(&world).await;
    let (mut attacker, mut victim) = (world.browser(), world.browser());
    let page = login_page(&mut attacker, &app).await;
    let address = format!("https://sso.royaume.test{}", royaume_spec::html::form(&page.body).unwrap().action);
    victim.open(&address).await.page().is_error_page();
    victim.log_in(&page, "camille", "camille").await.page().is_error_page();
    assert!(victim.cookie("-sso").is_none() && attacker.cookie("-sso").is_none());
}

/// RFC 9700 §4.12: what follows a password or a consent is a 303, so that neither is ever sent on.
#[tokio::test]
async fn every_redirect_after_a_form_is_a_303() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = login_page(&mut browser, &app).await;
    let fields = [("username", "camille"), ("password", "camille"), ("decision", "submit")];
    let signed_in = browser.once(browser.filled(&login, &fields)).await;
    assert_eq!((signed_in.status.as_u16(), signed_in.body.as_str()), (303, ""));
    let consent = browser.open(&format!("https://sso.royaume.test{}", signed_in.location())).await.page();
    let allowed = browser.once(browser.filled(&consent, &[("decision", "allow")])).await;
    assert_eq!((allowed.status.as_u16(), allowed.body.as_str()), (303, ""));
    for location in [signed_in.location(), allowed.location()] {
        assert!(location.starts_with("/connexion/oauth2/realms/root/realms/individu/authorize?interaction="));
        assert!(!location.contains("camille"));
    }
}

/// A waiting request lasts a quarter of an hour, and then says so.
#[tokio::test]
async fn a_waiting_request_expires() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = login_page(&mut browser, &app).await;
    world.clock.advance(Duration::from_secs(899));
    browser.log_in(&page, "camille", "wrong").await.page().is_page("royaume-login");
    world.clock.advance(Duration::from_secs(1));
    let late = browser.log_in(&page, "camille", "camille").await.page();
    assert!(late.is_error_page().body.contains("Cette connexion n’est plus valable"));
    assert!(browser.cookie("-sso").is_none());
}

/// RFC 6749 §3.1: what the address of a page has of its own is all that counts; a password there signs nobody in.
#[tokio::test]
async fn a_password_in_an_address_signs_nobody_in() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let begun = browser.once(get(&app.authorization_url(&[]))).await;
    let url = format!(
        "https://sso.royaume.test{}&username=camille&password=camille&decision=submit",
        begun.location()
    );
    browser.open(&url).await.page().is_page("royaume-login");
    assert!(browser.cookie("-sso").is_none());
}
