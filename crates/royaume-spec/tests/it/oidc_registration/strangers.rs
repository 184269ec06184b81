//! What a client that registered itself is not trusted with (RFC 7591 §5, RFC 9700 §4.11.2).

use royaume_realm::ConsentPolicy;
use royaume_spec::{World, get};
use serde_json::json;

/// RFC 9700 §4.11.2: nobody whom we do not know yet is sent on to a stranger's address by an error; whoever is signed in,
/// or must see no page, is.
#[tokio::test]
async fn a_passer_by_is_not_sent_to_a_stranger_s_address() {
    let world = World::provider().await;
    let app = world.registered(&world.register(json!({})).await);
    for change in [("scope", "nonsense"), ("response_type", "token"), ("max_age", "x"), ("response_type", "")]
    {
        let url = app.authorization_url(&[change]);
        world.send(get(&url)).await.is_error_page();
        let mut browser = world.browser();
        browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
        let sent = browser.open(&url).await.at_application();
        assert!(sent.location().starts_with(&app.redirect_uri), "{}", sent.location());
    }
    let silent = world.send(get(&app.authorization_url(&[("prompt", "none")]))).await;
    silent.is_redirected_error("login_required");
    let repeated = format!("{}&nonce=other", app.authorization_url(&[]));
    world.send(get(&repeated)).await.is_error_page();
}

/// RFC 7591 §5: people are told that nobody has looked at it, and asked whatever the realm does else.
#[tokio::test]
async fn people_are_warned_and_asked() {
    let world = World::provider_with(|realm| realm.consent = ConsentPolicy::Never).await;
    let app = world.registered(&world.register(json!({})).await);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(login.is_page("client-unverified"), "camille", "camille").await.page();
    consent.is_page("royaume-consent").is_page("client-unverified");
    let known = world
        .add_app(
            "op",
            royaume_spec::world::wish_of(royaume_server::stored::client::Application::Private, "Essai"),
        )
        .await;
    let login = world.browser().open(&known.authorization_url(&[])).await.page();
    assert!(!login.body.contains("client-unverified"));
}
