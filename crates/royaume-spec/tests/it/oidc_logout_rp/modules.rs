//! RP-Initiated Logout 1.0, as the conformance plan walks it.

use royaume_protocol::parameters;
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Arrival, Browser, World, get, signed};
use serde_json::json;

use crate::oidc_core::is_signed_in;

const BYE: &str = "https://app.test/post_logout_redirect";
/// As long and as odd as that of the plan.
const STATE: &str =
    "aZ09-._~!*'();:@&=+$,/?%#[]aZ09-._~!*'();:@&=+$,/?%#[]aZ09-._~!*'();:@&=+$,/?%#[]aZ09-._~!";

/// A provider, and one of its applications.
struct Walk {
    world: World,
    app: App,
}

impl Walk {
    async fn begin() -> Self {
        let world = World::provider().await;
        let wish = royaume_server::admin::NewClient {
            post_logout_redirect_uris: vec![BYE.to_owned()],
            ..new_client(Application::Private, &["https://app.test/cb"])
        };
        let app = world.add_app("op", wish).await;
        Self { world, app }
    }

    async fn sign_in(&self) -> (Browser<'_>, String) {
        let mut browser = self.world.browser();
        let callback = browser.walk(&self.app.authorization_url(&[]), "camille", "camille").await;
        let tokens = self.world.send(self.app.redemption(&callback.parameter("code"), &[])).await;
        (browser, tokens.member("id_token"))
    }

    async fn leave(&self, browser: &mut Browser<'_>, pairs: &[(&str, &str)]) -> Arrival {
        browser.open(&parameters::append_query(&self.world.url("op", Endpoint::Logout), pairs)).await
    }

    /// The answer is an error page, and the person stays signed in.
    async fn is_refused(&self, browser: &mut Browser<'_>, pairs: &[(&str, &str)]) {
        self.leave(browser, pairs).await.page().is_error_page();
        assert!(is_signed_in(browser, &self.app).await);
    }

    /// The person is asked, goes nowhere once they have agreed, and is signed out.
    async fn is_asked_about(&self, browser: &mut Browser<'_>, pairs: &[(&str, &str)]) {
        let page = self.leave(browser, pairs).await.page();
        page.is_page("royaume-logout");
        assert!(is_signed_in(browser, &self.app).await);
        browser.submit(&page, &[("decision", "yes")]).await.page().is_page("royaume-logged-out");
        assert!(!is_signed_in(browser, &self.app).await);
    }
}

/// §2.1: the document names the endpoint, reached by https. Module `oidcc-rp-initiated-logout-discovery-endpoint-verification`.
#[tokio::test]
async fn the_document_names_the_endpoint() {
    let world = World::provider().await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await;
    let endpoint = document.is_ok().member("end_session_endpoint");
    assert_eq!(endpoint, world.url("op", Endpoint::Logout));
    assert!(endpoint.starts_with("https://"));
}

/// §2, §3: the person is signed out and returns with the state, byte for byte, and nothing else. Module
/// `oidcc-rp-initiated-logout`.
#[tokio::test]
async fn the_person_returns_with_the_state() {
    let walk = Walk::begin().await;
    let (mut browser, hint) = walk.sign_in().await;
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", STATE)];
    let back = walk.leave(&mut browser, &pairs).await.at_application();
    assert!(back.location().starts_with("https://app.test/post_logout_redirect?"));
    assert_eq!(back.redirected().iter().collect::<Vec<_>>(), [("state", STATE)]);
    assert!(!is_signed_in(&mut browser, &walk.app).await);
}

/// §3: without a state the person returns without one. Module `oidcc-rp-initiated-logout-no-state`.
#[tokio::test]
async fn the_person_returns_without_a_state_that_was_not_sent() {
    let walk = Walk::begin().await;
    let (mut browser, hint) = walk.sign_in().await;
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE)];
    assert_eq!(walk.leave(&mut browser, &pairs).await.at_application().location(), BYE);
    assert!(!is_signed_in(&mut browser, &walk.app).await);
}

/// §3: an address that is not registered is an error. Module `oidcc-rp-initiated-logout-bad-post-logout-redirect-uri`.
#[tokio::test]
async fn an_address_that_is_not_registered_is_an_error() {
    let walk = Walk::begin().await;
    let (mut browser, hint) = walk.sign_in().await;
    let bad = "https://app.test/post_logout_redirect/other";
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", bad), ("state", STATE)];
    walk.is_refused(&mut browser, &pairs).await;
}

/// §3: a registered address to which a query is added is not registered. Module
/// `oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri`.
#[tokio::test]
async fn an_address_with_a_query_added_is_an_error() {
    let walk = Walk::begin().await;
    let (mut browser, hint) = walk.sign_in().await;
    let bad = format!("{BYE}?foo=bar");
    let pairs = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", &bad), ("state", STATE)];
    walk.is_refused(&mut browser, &pairs).await;
}

/// §2: a hint that is not signed any more is an error. Module `oidcc-rp-initiated-logout-modified-id-token-hint`.
#[tokio::test]
async fn a_hint_whose_signature_was_taken_away_is_an_error() {
    let walk = Walk::begin().await;
    let (mut browser, hint) = walk.sign_in().await;
    let modified = signed::forged(&json!({ "alg": "none" }), &signed::claims(&hint), &[]);
    let pairs = [("id_token_hint", modified.as_str()), ("post_logout_redirect_uri", BYE), ("state", STATE)];
    walk.is_refused(&mut browser, &pairs).await;
}

/// §2: a hint that a foreign key has signed is an error. Module `oidcc-rp-initiated-logout-bad-id-token-hint`.
#[tokio::test]
async fn a_hint_that_a_foreign_key_signed_is_an_error() {
    let walk = Walk::begin().await;
    let (mut browser, hint) = walk.sign_in().await;
    let foreign = signed::forged(&signed::header(&hint), &signed::claims(&hint), &[7; 256]);
    let pairs = [("id_token_hint", foreign.as_str()), ("post_logout_redirect_uri", BYE), ("state", STATE)];
    walk.is_refused(&mut browser, &pairs).await;
}

/// §3: an address without a hint is nobody's, and the person is not sent there. Module
/// `oidcc-rp-initiated-logout-no-id-token-hint`.
#[tokio::test]
async fn an_address_without_a_hint_leads_nowhere() {
    let walk = Walk::begin().await;
    let (mut browser, _) = walk.sign_in().await;
    walk.is_refused(&mut browser, &[("post_logout_redirect_uri", BYE), ("state", STATE)]).await;
}

/// §2: without a word the person is asked. Module `oidcc-rp-initiated-logout-no-params`.
#[tokio::test]
async fn without_a_word_the_person_is_asked() {
    let walk = Walk::begin().await;
    let (mut browser, _) = walk.sign_in().await;
    walk.is_asked_about(&mut browser, &[]).await;
}

/// §2: with a state alone the person is asked, and goes nowhere. Module `oidcc-rp-initiated-logout-only-state`.
#[tokio::test]
async fn with_a_state_alone_the_person_is_asked() {
    let walk = Walk::begin().await;
    let (mut browser, _) = walk.sign_in().await;
    walk.is_asked_about(&mut browser, &[("state", STATE)]).await;
}

/// §2: with a hint alone the person is signed out, and reads so. Module
/// `oidcc-rp-initiated-logout-no-post-logout-redirect-uri`.
#[tokio::test]
async fn with_a_hint_alone_the_person_is_signed_out() {
    let walk = Walk::begin().await;
    let (mut browser, hint) = walk.sign_in().await;
    let page = walk.leave(&mut browser, &[("id_token_hint", &hint)]).await.page();
    page.is_page("royaume-logged-out");
    assert!(!is_signed_in(&mut browser, &walk.app).await);
}
