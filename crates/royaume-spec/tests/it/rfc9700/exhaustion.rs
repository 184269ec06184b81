//! RFC 6749 §10.10 and beyond: what strangers can make the server keep has a bound.

use royaume_server::stored::client::Application;
use royaume_spec::{World, get, post};
use royaume_store::{Kind, RealmName};

/// Each sign-in that is begun is kept for a quarter of an hour, so one address begins only so many. It is told to come
/// back, as in any trouble of ours, and room comes back with time.
#[tokio::test]
async fn one_address_begins_only_so_many_sign_ins_at_once() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let url = app.authorization_url(&[]);
    for _ in 0..1_000 {
        assert!(world.send(get(&url)).await.location().contains("/login?"));
    }
    world.send(get(&url)).await.is_redirected_error("temporarily_unavailable");
    world.clock.advance(std::time::Duration::from_millis(200));
    assert!(world.send(get(&url)).await.location().contains("/login?"));
}

/// A request that waits is kept without what nobody reads, however large: it comes back from the login as it was.
#[tokio::test]
async fn a_request_that_waits_is_kept_without_what_nobody_reads() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let padding = "x".repeat(8_000);
    let url = app.authorization_url(&[("padding", &padding), ("state", "state-2")]);
    let mut browser = world.browser();
    let page = browser.open(&url).await.page();
    let realm = RealmName::new("agent").unwrap();
    let waiting = world.place.store.list(&realm, Kind::new("interaction"), None, 10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].row.body.len() < 2_000, "{waiting:?}");
    let back = browser.log_in(&page, "ines", "ines").await.at_application();
    assert_eq!(back.parameter("state"), "state-2");
}

/// RFC 6749 §4.1.2.1: a form can be larger than any address, and what would wait of it is not.
#[tokio::test]
async fn a_request_too_large_to_wait_is_refused_by_redirect() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let large = "x".repeat(8_000);
    let changes = [("state", large.as_str()), ("nonce", large.as_str()), ("login_hint", large.as_str())];
    let answer = world.send(post(&app.authorize, &app.authorization(&changes))).await;
    answer.is_redirected_error("invalid_request");
    assert_eq!(answer.parameter("state"), large);
}
