//! `id_token_hint` (§3.1.2.1, §3.1.2.2): the application expects somebody, and is given a code for nobody else.

use royaume_server::stored::client::Application;
use royaume_spec::{App, World, signed};
use serde_json::json;

use super::{application, signed_in};

/// An id token of that person, obtained elsewhere.
async fn id_token_of(world: &World, app: &App, person: &str) -> String {
    let code = world.browser().walk(&app.authorization_url(&[]), person, person).await.parameter("code");
    world.send(app.redemption(&code, &[])).await.member("id_token")
}

/// §3.1.2.1: the person who is expected is signed in: a code at once. Module `oidcc-id-token-hint`.
#[tokio::test]
async fn a_hint_at_the_person_who_is_signed_in_is_a_code() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let hint = id_token_of(&world, &app, "camille").await;
    let url = app.authorization_url(&[("prompt", "none"), ("id_token_hint", &hint)]);
    assert!(!browser.open(&url).await.at_application().parameter("code").is_empty());
}

/// §3.1.2.1: an id token hints though it has expired, and though it was issued to another application.
/// Module `oidcc-id-token-hint`.
#[tokio::test]
async fn an_old_hint_still_hints() {
    let world = World::standard().await;
    let app = application(&world).await;
    let hint = id_token_of(&world, world.app("individu", Application::Private), "camille").await;
    world.clock.advance(std::time::Duration::from_secs(9_001));
    let mut browser = signed_in(&world, &app).await;
    let url = app.authorization_url(&[("prompt", "none"), ("id_token_hint", &hint)]);
    assert!(!browser.open(&url).await.at_application().parameter("code").is_empty());
}

/// §3.1.2.2: somebody else is signed in: never a code for them. Without a page it is an error.
#[tokio::test]
async fn a_hint_at_somebody_else_is_no_code() {
    let world = World::standard().await;
    let app = application(&world).await;
    let hint = id_token_of(&world, &app, "noe").await;
    let mut browser = signed_in(&world, &app).await;
    let url = app.authorization_url(&[("prompt", "none"), ("id_token_hint", &hint)]);
    browser.open(&url).await.at_application().is_redirected_error("login_required");
}

/// §3.1.2.2: with a page, the person who is expected may sign in, and has the code.
#[tokio::test]
async fn the_person_who_is_expected_may_sign_in() {
    let world = World::standard().await;
    let app = application(&world).await;
    let hint = id_token_of(&world, &app, "noe").await;
    let mut browser = signed_in(&world, &app).await;
    let login = browser.open(&app.authorization_url(&[("id_token_hint", &hint)])).await.page();
    let callback = browser.log_in(login.is_page("royaume-login"), "noe", "noe").await.at_application();
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    assert_eq!(signed::claims(&tokens.member("id_token"))["sub"], signed::claims(&hint)["sub"]);
}

/// §3.1.2.2: whoever else signs in there is signed in, and the application is told that it was not who it expected.
#[tokio::test]
async fn somebody_else_who_signs_in_is_no_answer_to_the_hint() {
    let world = World::standard().await;
    let app = application(&world).await;
    let hint = id_token_of(&world, &app, "noe").await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[("id_token_hint", &hint)])).await.page();
    let answer = browser.log_in(&login, "camille", "camille").await.at_application();
    answer.is_redirected_error("login_required");
    assert_eq!(answer.parameter("state"), "state-1");
    assert!(!browser.cookie_names().iter().any(|name| name.contains("-tx-")), "nothing waits any more");
}

/// §3.1.2.2: what is no id token of this realm is an error, and never as good as none.
#[tokio::test]
async fn a_forged_hint_is_an_error() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = signed_in(&world, &app).await;
    let hint = id_token_of(&world, &app, "camille").await;
    let claims = signed::claims(&hint);
    let agent = world.sign_in(world.app("agent", Application::Private)).await.member("id_token");
    let wrong_type = world.signed("individu", royaume_jose::Algorithm::Rs256, Some("at+jwt"), &claims).await;
    for forged in [
        "x".to_owned(),
        "a.b.c".to_owned(),
        signed::forged(&json!({ "alg": "none" }), &claims, &[]),
        signed::tampered(&hint, |claims| claims["exp"] = json!(1)),
        agent,
        world.signed("agent", royaume_jose::Algorithm::Rs256, None, &claims).await,
        wrong_type,
    ] {
        for prompt in ["none", ""] {
            let url = app.authorization_url(&[("prompt", prompt), ("id_token_hint", &forged)]);
            browser.open(&url).await.at_application().is_redirected_error("invalid_request");
        }
    }
}
