//! What people see of a client that registered itself (§2), and how they come to it (Core §4).

use http::Method;
use royaume_spec::registration::manage;
use royaume_spec::{Exchange, World};
use serde_json::json;

/// Registers that address under that member, which is told again, and opens the login page.
async fn login_page(member: &str, uri: &str) -> Exchange {
    let world = World::provider().await;
    let answer = world.register(json!({ member: uri })).await;
    let app = world.registered(&answer);
    assert_eq!(answer.member(member), uri);
    let page = world.browser().open(&app.authorization_url(&[])).await.page();
    page.is_page("royaume-login");
    page
}

/// §2 `logo_uri`: the picture of the client is on the login page, and the page may load it. Module
/// `oidcc-registration-logo-uri`.
#[tokio::test]
async fn the_login_page_shows_the_logo_of_the_client() {
    let page = login_page("logo_uri", "https://app.test/logo.png").await;
    page.is_page("client-logo");
    assert!(page.body.contains("src=\"https://app.test/logo.png\""), "{page:?}");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("img-src") && policy.contains("https://app.test"), "{policy}");
}

/// §2 `policy_uri`: the login page leads to what the client does with what it learns. Module
/// `oidcc-registration-policy-uri`.
#[tokio::test]
async fn the_login_page_leads_to_the_policy_of_the_client() {
    let page = login_page("policy_uri", "https://app.test/policy").await;
    page.is_page("client-policy");
    assert!(page.body.contains("href=\"https://app.test/policy\""), "{page:?}");
}

/// §2 `tos_uri`: the login page leads to the terms of the client. Module `oidcc-registration-tos-uri`.
#[tokio::test]
async fn the_login_page_leads_to_the_terms_of_the_client() {
    let page = login_page("tos_uri", "https://app.test/tos").await;
    page.is_page("client-tos");
    assert!(page.body.contains("href=\"https://app.test/tos\""), "{page:?}");
}

/// §2 `initiate_login_uri`: registered, told at once and whenever the client asks. Module `oidcc-3rd_party-init-login`.
#[tokio::test]
async fn where_others_send_people_to_sign_in_is_told() {
    let world = World::provider().await;
    let uri = "https://app.test/login";
    let registered = world.register(json!({ "initiate_login_uri": uri })).await;
    world.registered(&registered);
    assert_eq!(registered.member("initiate_login_uri"), uri);
    let shown = world.send(manage(Method::GET, &registered, "")).await;
    assert_eq!(shown.is_ok().member("initiate_login_uri"), uri);
}

/// §2 `initiate_login_uri`: by https only. Module `oidcc-3rd_party-init-login-nohttps`.
#[tokio::test]
async fn where_others_send_people_to_sign_in_is_https() {
    let world = World::provider().await;
    let answer = world.register(json!({ "initiate_login_uri": "http://app.test/login" })).await;
    answer.is_error(400, "invalid_client_metadata");
}
