//! Sector documents (§5): the list in which all redirect URIs of a sector stand.

use bytes::Bytes;
use http::{Response, StatusCode, header};
use royaume_spec::World;
use royaume_spec::exchange::Exchange;
use serde_json::{Value, json};

const LIST: &str = "https://sector.test/list.json";

async fn with_list(world: &World, changes: Value) -> Exchange {
    let mut said = json!({ "subject_type": "pairwise", "sector_identifier_uri": LIST });
    said.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    world.register(said).await
}

/// §5: a client whose redirect URIs all stand in the list is registered, and told the list; it is fetched once. Module
/// `oidcc-registration-sector-uri`.
#[tokio::test]
async fn a_client_whose_redirect_uris_are_listed_is_registered() {
    let world = World::provider().await;
    world.elsewhere.serve_json(LIST, &json!(["https://other.test/cb", "https://app.test/cb"]));
    let answer = with_list(&world, json!({})).await;
    let app = world.registered(&answer);
    assert_eq!(answer.member("sector_identifier_uri"), LIST);
    assert_eq!(world.elsewhere.asked(LIST).len(), 1);
    world.sign_in(&app).await.is_ok();
}

/// §5: one redirect URI that is not in the list, and nothing is registered. Module `oidcc-registration-sector-bad`.
#[tokio::test]
async fn a_client_with_a_redirect_uri_that_is_not_listed_is_refused() {
    let world = World::provider().await;
    world.elsewhere.serve_json(LIST, &json!(["https://app.test/cb"]));
    let uris = json!({ "redirect_uris": ["https://app.test/cb", "https://app.test/cb2"] });
    with_list(&world, uris).await.is_error(400, "invalid_client_metadata");
    world.elsewhere.serve_json(LIST, &json!(["https://app.test/cb2"]));
    with_list(&world, json!({})).await.is_error(400, "invalid_client_metadata");
}

/// §5: a list that is none, holds something else than addresses, is elsewhere now, has no end or is not there is no list.
#[tokio::test]
async fn what_is_no_list_is_refused() {
    let world = World::provider().await;
    let own = "https://app.test/cb";
    with_list(&world, json!({})).await.is_error(400, "invalid_client_metadata");
    for document in
        [json!({ "redirect_uris": [own] }), json!(own), json!([own, 17]), json!([[own]]), json!(null)]
    {
        world.elsewhere.serve_json(LIST, &document);
        with_list(&world, json!({})).await.is_error(400, "invalid_client_metadata");
    }
    for status in [StatusCode::NOT_FOUND, StatusCode::NO_CONTENT, StatusCode::INTERNAL_SERVER_ERROR] {
        world.elsewhere.serve_status(LIST, status);
        with_list(&world, json!({})).await.is_error(400, "invalid_client_metadata");
    }
    world.elsewhere.serve(LIST, |_| {
        let moved = Response::builder().status(302).header(header::LOCATION, "https://127.0.0.1/list.json");
        moved.body(Bytes::new()).ok()
    });
    with_list(&world, json!({})).await.is_error(400, "invalid_client_metadata");
    assert!(world.elsewhere.asked("https://127.0.0.1/list.json").is_empty(), "a redirect is not followed");
    let long = format!("[\"{own}\"{}]", " ".repeat(64 * 1024));
    world.elsewhere.serve(LIST, move |_| Response::builder().body(Bytes::from(long.clone())).ok());
    with_list(&world, json!({})).await.is_error(400, "invalid_client_metadata");
}

/// Core §8.1: pairwise subjects of a client that returns to several hosts need a list, which names their sector.
#[tokio::test]
async fn several_hosts_need_a_list() {
    let world = World::provider().await;
    let uris = json!(["https://app.test/cb", "https://app2.test/cb"]);
    let pairwise = json!({ "subject_type": "pairwise", "redirect_uris": uris });
    world.register(pairwise).await.is_error(400, "invalid_client_metadata");
    world.elsewhere.serve_json(LIST, &uris);
    world.registered(&with_list(&world, json!({ "redirect_uris": uris })).await);
    world.registered(&world.register(json!({ "subject_type": "public", "redirect_uris": uris })).await);
}
