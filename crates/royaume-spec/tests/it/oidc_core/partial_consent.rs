//! Partial consent (RFC 6749 §3.3: the server may grant less than was asked for): in realms that let people choose.

use royaume_protocol::Scope;
use royaume_realm::Realm;
use royaume_spec::{App, Browser, Exchange, World};

use super::{provider_app, silently};

fn choosing(realm: &mut Realm) {
    realm.partial_consent = true;
}

const ASKED: (&str, &str) = ("scope", "openid profile email");

/// The consent page that a browser comes to.
async fn consent_page(browser: &mut Browser<'_>, app: &App) -> Exchange {
    let login = browser.open(&app.authorization_url(&[ASKED])).await.page();
    let page = browser.log_in(&login, "camille", "camille").await.page();
    page.is_page("royaume-consent");
    page
}

async fn redeemed(world: &World, app: &App, callback: &Exchange) -> Exchange {
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    tokens.is_ok();
    tokens
}

fn is_scope(tokens: &Exchange, scope: &str) {
    assert_eq!(Scope::parse(&tokens.member("scope")), Scope::parse(scope));
}

/// RFC 6749 §3.3, §5.1: what is ticked is granted, what is not is not, and the application is told.
#[tokio::test]
async fn only_what_is_ticked_is_granted() {
    let world = World::provider_with(choosing).await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let page = consent_page(&mut browser, &app).await;
    assert!(page.body.contains("name=\"allow:email\"") && !page.body.contains("name=\"allow:openid\""));
    let answer = browser.submit(&page, &[("decision", "allow"), ("allow:email", "yes")]).await;
    let tokens = redeemed(&world, &app, &answer.at_application()).await;
    is_scope(&tokens, "openid email");
    let told = world.userinfo("op", &tokens.member("access_token")).await.json();
    assert!(told.get("email").is_some() && told.get("name").is_none(), "{told}");
}

/// OIDC Core §3.1.2.4: what was declined is not asked again and again, and not granted either, until the application asks
/// to ask.
#[tokio::test]
async fn what_was_declined_is_remembered() {
    let world = World::provider_with(choosing).await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let page = consent_page(&mut browser, &app).await;
    browser.submit(&page, &[("decision", "allow"), ("allow:email", "yes")]).await.at_application();
    let again = browser.open(&app.authorization_url(&[ASKED])).await.at_application();
    is_scope(&redeemed(&world, &app, &again).await, "openid email");
    let url = app.authorization_url(&[ASKED, ("prompt", "consent")]);
    let page = browser.open(&url).await.page();
    assert!(page.body.contains("name=\"allow:email\" value=\"yes\" checked"), "{}", page.body);
    assert!(page.body.contains("name=\"allow:profile\" value=\"yes\">"), "{}", page.body);
    let answer = browser.submit(&page, &[("decision", "allow"), ("allow:profile", "yes")]).await;
    is_scope(&redeemed(&world, &app, &answer.at_application()).await, "openid profile");
    // The email that was allowed before is taken back.
    let last = browser.open(&app.authorization_url(&[ASKED])).await.at_application();
    is_scope(&redeemed(&world, &app, &last).await, "openid profile");
}

/// OIDC Core §3.1.2.4: something that was never asked for is asked.
#[tokio::test]
async fn what_is_new_is_asked() {
    let world = World::provider_with(choosing).await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let page = consent_page(&mut browser, &app).await;
    browser.submit(&page, &[("decision", "allow")]).await.at_application();
    let url = app.authorization_url(&[("scope", "openid profile email phone"), ("prompt", "none")]);
    browser.open(&url).await.at_application().is_redirected_error("consent_required");
}

/// OWASP ASVS 10.7: a field that the page did not have grants nothing that was not asked for, and `openid` stays.
#[tokio::test]
async fn a_form_grants_no_more_than_was_asked_for() {
    let world = World::provider_with(choosing).await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let page = consent_page(&mut browser, &app).await;
    let fields = [("decision", "allow"), ("allow:phone", "yes"), ("scope", "phone"), ("allow:openid", "")];
    let tokens = redeemed(&world, &app, &browser.submit(&page, &fields).await.at_application()).await;
    is_scope(&tokens, "openid");
}

/// RFC 6749 §4.1.2.1: whoever ticks nothing at all has refused.
#[tokio::test]
async fn nothing_at_all_is_a_refusal() {
    let world = World::provider_with(choosing).await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[("scope", "profile email")])).await.page();
    let page = browser.log_in(&login, "camille", "camille").await.page();
    let refused = browser.submit(&page, &[("decision", "allow")]).await.at_application();
    refused.is_redirected_error("access_denied");
}

/// RFC 6749 §3.3: where a realm does not let people choose, fields change nothing.
#[tokio::test]
async fn elsewhere_it_is_all_or_nothing() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let page = consent_page(&mut browser, &app).await;
    assert!(!page.body.contains("checkbox"));
    let answer = browser.submit(&page, &[("decision", "allow"), ("allow:email", "yes")]).await;
    is_scope(&redeemed(&world, &app, &answer.at_application()).await, "openid profile email");
    assert!(silently(&mut browser, &app).await.redirected().optional("error").is_some());
}

/// OIDC Core §5.5: what was declined with its scope is not told by name either, with or without a page.
#[tokio::test]
async fn a_claim_by_name_is_no_way_around_a_scope_that_was_declined() {
    let world = World::provider_with(choosing).await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let named = ("claims", r#"{"userinfo":{"email":null},"id_token":{"email":null}}"#);
    let login = browser.open(&app.authorization_url(&[ASKED, named])).await.page();
    let page = browser.log_in(&login, "camille", "camille").await.page();
    let first = browser.submit(&page, &[("decision", "allow")]).await.at_application();
    let silent = [ASKED, named, ("prompt", "none")];
    let again = browser.open(&app.authorization_url(&silent)).await.at_application();
    for callback in [first, again] {
        let tokens = redeemed(&world, &app, &callback).await;
        let told = world.userinfo("op", &tokens.member("access_token")).await.json();
        assert!(told.get("email").is_none(), "{told}");
        assert!(world.verified("op", &tokens.member("id_token")).await.get("email").is_none());
    }
}

/// RFC 6749 §3.3: what a person takes back is taken back from what was granted before: refreshed tokens open less.
#[tokio::test]
async fn what_is_taken_back_is_taken_back_from_older_grants() {
    let world = World::provider_with(choosing).await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let page = consent_page(&mut browser, &app).await;
    let both = [("decision", "allow"), ("allow:email", "yes"), ("allow:profile", "yes")];
    let tokens = redeemed(&world, &app, &browser.submit(&page, &both).await.at_application()).await;
    let waiting = browser.open(&app.authorization_url(&[ASKED])).await.at_application();
    let page = browser.open(&app.authorization_url(&[ASKED, ("prompt", "consent")])).await.page();
    browser.submit(&page, &[("decision", "allow"), ("allow:profile", "yes")]).await.at_application();
    is_scope(&redeemed(&world, &app, &waiting).await, "openid profile");
    let refreshed = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
    is_scope(refreshed.is_ok(), "openid profile");
    let told = world.userinfo("op", &refreshed.member("access_token")).await.json();
    assert!(told.get("email").is_none() && told.get("name").is_some(), "{told}");
}

/// OIDC Core §11: whoever takes back their absence ends what went on in it.
#[tokio::test]
async fn an_absence_that_is_taken_back_ends_what_went_on() {
    let world = World::provider_with(choosing).await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let offline = ("scope", "openid offline_access");
    let login = browser.open(&app.authorization_url(&[offline])).await.page();
    let page = browser.log_in(&login, "camille", "camille").await.page();
    let fields = [("decision", "allow"), ("allow:offline_access", "yes")];
    let tokens = redeemed(&world, &app, &browser.submit(&page, &fields).await.at_application()).await;
    is_scope(&tokens, "openid offline_access");
    let page = browser.open(&app.authorization_url(&[offline, ("prompt", "consent")])).await.page();
    browser.submit(&page, &[("decision", "allow")]).await.at_application();
    world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_error(400, "invalid_grant");
}

/// RFC 6749 §3.3: a request that asks for more scopes than a form has fields for is answered all the same.
#[tokio::test]
async fn of_very_many_scopes_nobody_chooses_one_by_one() {
    let world = World::provider_with(|realm| {
        choosing(realm);
        for number in 0..70 {
            let mut scope = realm.scopes[0].clone();
            scope.name = format!("scope{number}");
            realm.scopes.push(scope);
        }
    })
    .await;
    let app = provider_app(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let page = browser.log_in(&login, "camille", "camille").await.page();
    assert!(!page.body.contains("checkbox"));
    let answer = browser.submit(&page, &[("decision", "allow")]).await.at_application();
    assert_eq!(redeemed(&world, &app, &answer).await.member("scope").split(' ').count(), 75);
}
