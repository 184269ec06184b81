//! Accounts that people make themselves (Initiating User Registration 1.0), and the choice among accounts
//! (OIDC Core §3.1.2.1).

use std::time::Duration;

use royaume_realm::{Endpoint, Realm};
use royaume_spec::{App, Arrival, Exchange, World, get};

use super::{provider_app, signed_in};

const CREATE: (&str, &str) = ("prompt", "create");
const PASSWORD: &str = "une phrase que personne ne devine";

async fn open_world() -> World {
    World::provider_with(|realm: &mut Realm| realm.account_creation = true).await
}

async fn page(browser: &mut royaume_spec::Browser<'_>, app: &App) -> Exchange {
    let page = browser.open(&app.authorization_url(&[CREATE])).await.page();
    page.is_page("royaume-create-account");
    page
}

/// Initiating User Registration 1.0 §4.1: `create` leads to the page, and whoever has made an account is signed in to it.
#[tokio::test]
async fn an_account_is_made_and_its_owner_is_signed_in() {
    let world = open_world().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let form = page(&mut browser, &app).await;
    let consent = browser.submit(&form, &[("username", " Dominique "), ("password", PASSWORD)]).await.page();
    let callback = browser.submit(consent.is_page("royaume-consent"), &[("decision", "allow")]).await;
    let tokens = world.send(app.redemption(&callback.at_application().parameter("code"), &[])).await;
    let first = world.verified("op", &tokens.member("id_token")).await;
    // Whoever comes back with that name, however written, is the same person.
    let again = world.browser().walk(&app.authorization_url(&[]), "dominique", PASSWORD).await;
    let tokens = world.send(app.redemption(&again.parameter("code"), &[])).await;
    assert_eq!(world.verified("op", &tokens.member("id_token")).await["sub"], first["sub"]);
}

/// Initiating User Registration 1.0 §4: where people make no accounts, nothing offers it.
#[tokio::test]
async fn where_people_make_no_accounts_nothing_offers_it() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    world.send(get(&app.authorization_url(&[CREATE]))).await.is_redirected_error("invalid_request");
    let login = world.browser().open(&app.authorization_url(&[])).await.page();
    assert!(!login.body.contains("create-account"));
    for (world, offered) in [(world, false), (open_world().await, true)] {
        let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
        let prompts = document["prompt_values_supported"].as_array().unwrap();
        assert_eq!(prompts.iter().any(|prompt| prompt == "create"), offered);
    }
}

/// The login page leads there and back, and nothing of the request is lost on the way.
#[tokio::test]
async fn the_login_page_leads_there_and_back() {
    let world = open_world().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let link = |page: &Exchange, id: &str| {
        let (_, rest) = page.body.split_once(&format!("id=\"{id}\" href=\"")).expect("a link");
        format!("{}{}", royaume_spec::world::BASE, rest.split('"').next().unwrap().replace("&#38;", "&"))
    };
    let create = browser.open(&link(&login, "login-create-account")).await.page();
    let back =
        browser.open(&link(create.is_page("royaume-create-account"), "create-account-login")).await.page();
    let consent = browser.log_in(&back, "camille", "camille").await.page();
    browser.submit(&consent, &[("decision", "allow")]).await.at_application();
}

/// OWASP ASVS 6.2.1, 6.2.9: names that are taken or unfit and passwords that are weak are told so, and nothing is made.
#[tokio::test]
async fn what_will_not_do_is_said() {
    let world = open_world().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let form = page(&mut browser, &app).await;
    let long = "une longue phrase ".repeat(60);
    for (username, password, problem) in [
        ("", PASSWORD, "Il manque votre identifiant"),
        ("camille", PASSWORD, "déjà pris"),
        (" CAMILLE ", PASSWORD, "déjà pris"),
        ("domi\u{200B}nique", PASSWORD, "ne convient pas"),
        ("dominique", "onze signes", "trop faible"),
        ("dominique", "1234567890123", "trop faible"),
        ("dominique", "PasswordPassword", "trop faible"),
        ("dominique", "aaaaaaaaaaaaaaaa", "trop faible"),
        ("ca\u{FE0F}mille", PASSWORD, "ne convient pas"),
        ("ｃａｍｉｌｌｅ", PASSWORD, "déjà pris"),
        ("dominique", "je suis Dominique moi", "trop faible"),
        ("dominique", &long, "trop long"),
    ] {
        let answer = browser.submit(&form, &[("username", username), ("password", password)]).await.page();
        assert!(answer.status.is_client_error(), "{username}");
        assert!(answer.is_page("royaume-create-account").body.contains(problem), "{username} {problem}");
        assert!(!answer.body.contains(PASSWORD), "a password is never shown again");
    }
    assert!(world.admin("op").account("dominique").await.is_err());
}

/// OWASP ASVS 15.4.2: two people want one name at the same moment: one of them has it.
#[tokio::test]
async fn one_name_is_given_once() {
    let world = open_world().await;
    let app = provider_app(&world).await;
    let node = world.another_node().await;
    let (mut one, mut other) = (world.browser(), world.browser());
    let (first, second) = (page(&mut one, &app).await, page(&mut other, &app).await);
    let fields = [("username", "dominique"), ("password", PASSWORD)];
    let (here, there) =
        (one.dressed(one.filled(&first, &fields)), other.dressed(other.filled(&second, &fields)));
    let (here, there) = tokio::join!(world.server.handle(here), node.handle(there));
    let statuses = [here.status().as_u16(), there.status().as_u16()];
    assert!(statuses == [303, 400] || statuses == [400, 303], "{statuses:?}");
}

/// OWASP ASVS 3.5.1: a form that was not served to this browser makes nothing.
#[tokio::test]
async fn a_forged_form_makes_no_account() {
    let world = open_world().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let form = page(&mut browser, &app).await;
    let fields = [("username", "dominique"), ("password", PASSWORD), ("form", "forged")];
    assert_eq!(browser.submit(&form, &fields).await.page().status, 403);
    let mut stranger = world.browser();
    stranger.submit(&form, &[("username", "dominique"), ("password", PASSWORD)]).await.page().is_error_page();
    assert!(world.admin("op").account("dominique").await.is_err());
}

/// OIDC Core §3.1.2.1: whoever is asked to choose may go on as they are, without a new proof; or be somebody else.
#[tokio::test]
async fn whoever_is_asked_to_choose_may_go_on() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = signed_in(&world, &app).await;
    world.clock.advance(Duration::from_secs(60));
    let choice = browser.open(&app.authorization_url(&[("prompt", "select_account")])).await.page();
    assert!(choice.is_page("royaume-login").body.contains("id=\"login-continue\""));
    let callback = browser.submit(&choice, &[("decision", "continue")]).await.at_application();
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let said = world.verified("op", &tokens.member("id_token")).await;
    assert_eq!(said["auth_time"], said["iat"].as_i64().unwrap() - 60, "no new proof");
}

/// OIDC Core §3.1.2.1: who goes on is who was asked: somebody else who has signed in since is asked themselves.
#[tokio::test]
async fn nobody_goes_on_as_somebody_else() {
    let world = open_world().await;
    let app = provider_app(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let choice = browser.open(&app.authorization_url(&[("prompt", "select_account")])).await.page();
    assert!(choice.body.contains("camille"));
    let form = page(&mut browser, &app).await;
    browser.submit(&form, &[("username", "dominique"), ("password", PASSWORD)]).await.page();
    let again = browser.submit(&choice, &[("decision", "continue")]).await.page();
    assert!(again.is_page("royaume-login").body.contains("dominique"), "{}", again.body);
}

/// OWASP ASVS 6.3.1: accounts are made slowly from one address, and those who have one sign in meanwhile.
#[tokio::test]
async fn accounts_are_bounded_for_an_address() {
    let world = open_world().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let form = page(&mut browser, &app).await;
    let mut refused = 0;
    for _ in 0..25 {
        let fields = [("username", "camille"), ("password", PASSWORD)];
        let answer = browser.submit(&form, &fields).await.page();
        refused += u32::from(answer.status == 429 && !answer.header("retry-after").is_empty());
    }
    assert_eq!(refused, 5);
    world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
}

/// OIDC Core §3.1.2.1: where a proof is asked for, or nobody is signed in, there is nothing to go on with.
#[tokio::test]
async fn a_choice_is_no_proof() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = signed_in(&world, &app).await;
    world.clock.advance(Duration::from_secs(60));
    for changes in
        [[("prompt", "select_account login"), ("x", "")], [("prompt", "select_account"), ("max_age", "30")]]
    {
        let page = browser.open(&app.authorization_url(&changes)).await.page();
        assert!(!page.is_page("royaume-login").body.contains("login-continue"), "{changes:?}");
        // Said all the same, it changes nothing.
        let again = browser.submit(&page, &[("decision", "continue")]).await.page();
        again.is_page("royaume-login");
    }
    let mut stranger = world.browser();
    let page = stranger.open(&app.authorization_url(&[("prompt", "select_account")])).await.page();
    assert!(!page.body.contains("login-continue"));
    assert!(matches!(stranger.submit(&page, &[("decision", "continue")]).await, Arrival::Page(_)));
}
