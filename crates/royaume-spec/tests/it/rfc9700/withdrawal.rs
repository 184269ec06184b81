//! RFC 9700 §4.14.2, RFC 6749 §10: what was granted ends when the client, the person or the password is gone.

use std::time::Duration;

use royaume_server::admin::Administration;
use royaume_server::stored::client::Application;
use royaume_spec::{App, Exchange, World, get};

/// Asserts that tokens of a client that still is there no longer open anything.
async fn is_dead(world: &World, app: &App, tokens: &Exchange) {
    let access = tokens.member("access_token");
    world.userinfo(&app.realm, &access).await.is_challenge(401, "invalid_token");
    world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_error(400, "invalid_grant");
    for token in [&access, &tokens.member("refresh_token")] {
        assert!(!world.is_active(app, token).await);
    }
}

/// RFC 6749 §10.1: a disabled client is refused at the next request, at every endpoint and on every node.
#[tokio::test]
async fn a_disabled_client_is_refused_everywhere_at_once() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let other = world.another_node().await;
        let tokens = world.sign_in(app).await;
        let code = world.code(app, &[]).await;
        let (access, refresh) = (tokens.member("access_token"), tokens.member("refresh_token"));
        Exchange::from(other.handle(app.refresh(&refresh, &[])).await).is_ok();
        world.admin("agent").disable_client(&app.client_id, true).await.unwrap();
        for request in [app.redemption(&code, &[]), app.refresh(&refresh, &[])] {
            world.send(request.clone()).await.is_error(401, "invalid_client");
            Exchange::from(other.handle(request).await).is_error(401, "invalid_client");
        }
        world.userinfo("agent", &access).await.is_challenge(401, "invalid_token");
        world.introspect(app, &access).await.is_error(401, "invalid_client");
        world.send(get(&app.authorization_url(&[]))).await.is_error_page();
        let machine = world.app("agent", Application::Machine);
        world.admin("agent").disable_client(&machine.client_id, true).await.unwrap();
        let grant = [("grant_type", "client_credentials")];
        world.send(machine.token_request(&grant)).await.is_error(401, "invalid_client");
    }
}

/// RFC 6749 §4.1.2.1: a client that is disabled while the person signs in gets no code.
#[tokio::test]
async fn a_client_disabled_during_a_login_gets_no_code() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    world.admin("individu").disable_client(&app.client_id, true).await.unwrap();
    browser.submit(&consent, &[("decision", "allow")]).await.page().is_error_page();
    browser.log_in(&login, "camille", "camille").await.page().is_error_page();
    world.admin("individu").disable_client(&app.client_id, false).await.unwrap();
    browser.submit(&consent, &[("decision", "allow")]).await.at_application();
}

/// RFC 6749 §5.2: a disabled account ends codes, tokens and sessions at the next request.
#[tokio::test]
async fn a_disabled_account_ends_what_it_granted() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let mut browser = world.browser();
        let code = browser.walk(&app.authorization_url(&[]), "ines", "ines").await.parameter("code");
        let tokens = world.sign_in(app).await;
        world.userinfo("agent", &tokens.member("access_token")).await.is_ok();
        world.admin("agent").disable_account("ines", true).await.unwrap();
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
        is_dead(&world, app, &tokens).await;
        let silent = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
        silent.is_redirected_error("login_required");
        let login = browser.open(&app.authorization_url(&[])).await.page();
        let refused = browser.log_in(&login, "ines", "ines").await.page();
        assert!(refused.body.contains("royaume-login"));
    }
}

/// OIDC Core §3.1.2.3: a person who is disabled while being asked for consent does not get to give it.
#[tokio::test]
async fn an_account_disabled_during_consent_gives_none() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    world.admin("individu").disable_account("camille", true).await.unwrap();
    browser.submit(&consent, &[("decision", "allow")]).await.page().is_page("royaume-login");
}

/// OWASP ASVS 7.4.3: a new password ends what the old one granted, on every node, and nothing that came after it.
#[tokio::test]
async fn a_new_password_ends_what_the_old_one_granted() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let mut browser = world.browser();
        let code = browser.walk(&app.authorization_url(&[]), "ines", "ines").await.parameter("code");
        let tokens = world.sign_in(app).await;
        let renewed = "a new password";
        world.admin("agent").set_password("ines", renewed, world.passwords()).await.unwrap();
        world.send(app.redemption(&code, &[])).await.is_error(400, "invalid_grant");
        is_dead(&world, app, &tokens).await;
        let silent = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
        silent.is_redirected_error("login_required");
        let callback = browser.walk(&app.authorization_url(&[]), "ines", renewed).await;
        let fresh = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        world.userinfo("agent", &fresh.is_ok().member("access_token")).await.is_ok();
        world.send(app.refresh(&fresh.member("refresh_token"), &[])).await.is_ok();
    }
}

/// OWASP ASVS 7.4.3: whatever the clock of the administrator's machine says: a token lives or dies by what came first.
#[tokio::test]
async fn a_new_password_and_a_login_keep_their_order_by_any_clock() {
    let hour = Duration::from_secs(3_600);
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let now = world.admin("agent").now;
        for now in [now - hour, now, now + hour] {
            let before = world.sign_in(app).await;
            let admin = Administration { now, ..world.admin("agent") };
            admin.set_password("ines", "ines", world.passwords()).await.unwrap();
            let after = world.sign_in(app).await;
            is_dead(&world, app, &before).await;
            world.userinfo("agent", &after.member("access_token")).await.is_ok();
            world.send(app.refresh(&after.member("refresh_token"), &[])).await.is_ok();
        }
    }
}

/// OWASP ASVS 7.4.2: whoever is allowed again signs in anew; what had been obtained before stays dead.
#[tokio::test]
async fn an_account_that_is_allowed_again_begins_anew() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let mut browser = world.browser();
        let callback = browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        world.admin("agent").disable_account("ines", true).await.unwrap();
        world.admin("agent").disable_account("ines", false).await.unwrap();
        is_dead(&world, app, &tokens).await;
        let silent = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
        silent.is_redirected_error("login_required");
        browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    }
}

/// OIDC RP-Initiated Logout §2: a logout ends the tokens that came from the session, and no other session's.
#[tokio::test]
async fn a_logout_ends_what_the_session_granted() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let mut browser = world.browser();
        let callback = browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        let elsewhere = world.sign_in(app).await;
        let logout = world.url("agent", royaume_realm::Endpoint::Logout);
        browser.open(&format!("{logout}?id_token_hint={}", tokens.is_ok().member("id_token"))).await.page();
        world.assert_over(app, &tokens).await;
        world.userinfo("agent", &elsewhere.member("access_token")).await.is_ok();
    }
}

/// OIDC RP-Initiated Logout §2: nor does a code that was fetched before the logout buy anything after it.
#[tokio::test]
async fn a_code_of_a_session_that_ended_is_of_no_use() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let mut browser = world.browser();
        let callback = browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        let silent = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
        let logout = world.url("agent", royaume_realm::Endpoint::Logout);
        browser.open(&format!("{logout}?id_token_hint={}", tokens.is_ok().member("id_token"))).await.page();
        world.send(app.redemption(&silent.parameter("code"), &[])).await.is_error(400, "invalid_grant");
    }
}
