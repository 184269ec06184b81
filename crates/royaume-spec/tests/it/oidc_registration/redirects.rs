//! Redirect URIs as they are registered (§2), and held to in requests (Core §3.1.2.1).

use royaume_spec::{Exchange, World, get};
use serde_json::json;

/// An authorization request with that redirect URI, of a client that registered those.
async fn asked(registered: &[&str], redirect_uri: &str) -> Exchange {
    let world = World::provider().await;
    let app = world.registered(&world.register(json!({ "redirect_uris": registered })).await);
    world.send(get(&app.authorization_url(&[("redirect_uri", redirect_uri)]))).await
}

/// §2, RFC 6749 §3.1.2: a redirect URI with a fragment is not registered. Module `oidcc-redirect-uri-regfrag`.
#[tokio::test]
async fn a_redirect_uri_with_a_fragment_is_not_registered() {
    let world = World::provider().await;
    let answer = world.register(json!({ "redirect_uris": ["https://app.test/cb#foobar"] })).await;
    assert_eq!(answer.header("content-type"), "application/json");
    answer.is_error(400, "invalid_redirect_uri");
}

/// §2: the query of a registered redirect URI comes back before the parameters of the answer. Module
/// `oidcc-redirect-uri-query-OK`.
#[tokio::test]
async fn the_query_that_was_registered_comes_back() {
    let world = World::provider().await;
    let uri = "https://app.test/cb?foo=bar&dummy1=lorem";
    let app = world.registered(&world.register(json!({ "redirect_uris": [uri] })).await);
    let answer = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
    assert!(answer.location().starts_with(&format!("{uri}&code=")), "{}", answer.location());
}

/// Core §3.1.2.1: another query than the one that was registered is another address. Module
/// `oidcc-redirect-uri-query-mismatch`.
#[tokio::test]
async fn another_query_than_the_registered_one_is_refused() {
    asked(&["https://app.test/cb?foo=bar"], "https://app.test/cb?bar=foo").await.is_error_page();
    asked(&["https://app.test/cb?foo=bar"], "https://app.test/cb").await.is_error_page();
}

/// Core §3.1.2.1: a query where none was registered makes another address. Module `oidcc-redirect-uri-query-added`.
#[tokio::test]
async fn a_query_where_none_was_registered_is_refused() {
    asked(&["https://app.test/cb"], "https://app.test/cb?foo=bar").await.is_error_page();
}

/// Core §3.1.2.1: of a client with two redirect URIs a request must name one. Module
/// `oidcc-ensure-redirect-uri-in-authorization-request`.
#[tokio::test]
async fn a_request_must_name_one_of_two_redirect_uris() {
    asked(&["https://app.test/cb", "https://app.test/cb2"], "").await.is_error_page();
}

/// Core §3.1.2.1: a redirect URI that the client never registered is refused here, and nobody is sent there. Module
/// `oidcc-ensure-registered-redirect-uri`.
#[tokio::test]
async fn a_redirect_uri_that_was_not_registered_is_refused() {
    for uri in ["https://app.test/cb/other", "https://evil.test/cb", "https://app.test/cb/"] {
        asked(&["https://app.test/cb"], uri).await.is_error_page();
    }
}
