//! `request_uri` (§5.2): only where the client is registered with it, and only there.

use bytes::Bytes;
use http::{Response, StatusCode};
use royaume_jose::SigningKey;
use royaume_spec::{App, World, get};

use super::{address, application, claims, object};

const PLACE: &str = "https://app.test/request.jwt";

/// An application that may have its requests fetched.
async fn registered(world: &World) -> (App, SigningKey) {
    let (app, key) = application(world).await;
    let place = format!("{PLACE}#lXzmPGKhDGJBWLHcJDHJdtJP5Fk4_BLL6kGxy3xTfAQ");
    world.reregister(&app, |client| client.requests.request_uris = vec![place]).await;
    (app, key)
}

fn serve(world: &World, text: String) {
    world.elsewhere.serve(PLACE, move |_| Response::builder().body(Bytes::from(text.clone())).ok());
}

fn proven(app: &App, uri: &str) -> String {
    address(app, &[("request_uri", uri), ("redirect_uri", &app.redirect_uri)])
}

/// OIDC Core §6.2: the request is fetched from where the client has it, once, whatever fragment it is registered with.
/// Module `oidcc-request-uri-signed-rs256`.
#[tokio::test]
async fn a_request_is_fetched_from_where_the_client_has_it() {
    let world = World::provider().await;
    let (app, key) = registered(&world).await;
    serve(&world, object(&key, &claims(&world, &app, |_| ())));
    for (turn, fragment) in
        ["", "#lXzmPGKhDGJBWLHcJDHJdtJP5Fk4_BLL6kGxy3xTfAQ", "#another"].into_iter().enumerate()
    {
        let url = address(&app, &[("request_uri", &format!("{PLACE}{fragment}"))]);
        let callback = world.browser().walk(&url, "camille", "camille").await;
        assert_eq!(callback.parameter("state"), "state-1");
        world.send(app.redemption(&callback.parameter("code"), &[])).await.is_ok();
        let asked = world.elsewhere.asked(PLACE);
        assert_eq!(asked.len(), turn + 1, "once per request, however many pages come between");
        assert!(!asked[turn].uri().to_string().contains('#'));
    }
}

/// OIDC Core §6.2, CVE-2020-10770: an address that is not registered is asked for nothing.
#[tokio::test]
async fn an_address_that_is_not_registered_is_asked_for_nothing() {
    let world = World::provider().await;
    let (app, _) = registered(&world).await;
    for uri in [
        "https://evil.test/request.jwt",
        "https://app.test/request.jwt?x",
        "https://app.test/request.jwt/",
        "https://APP.test/request.jwt",
        "https://app.test:443/request.jwt",
        "https://app.test/%72equest.jwt",
        "https://app.test/",
        "http://app.test/request.jwt",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "urn:ietf:params:oauth:request_uri:x",
        "#",
    ] {
        world.send(get(&proven(&app, uri))).await.is_redirected_error("invalid_request_uri");
        world.send(get(&address(&app, &[("request_uri", uri)]))).await.is_error_page();
    }
    world
        .reregister(&app, |client| client.requests.request_uris = vec!["http://app.test/r".to_owned()])
        .await;
    world.send(get(&proven(&app, "http://app.test/r"))).await.is_redirected_error("invalid_request_uri");
    assert_eq!(world.elsewhere.count(), 0);
}

/// §5.2.3, §6.2: what is fetched is an object of bounded size, signed by the client, or nothing.
#[tokio::test]
async fn what_is_fetched_is_an_object_of_the_client_or_nothing() {
    let world = World::provider().await;
    let (app, key) = registered(&world).await;
    world.send(get(&proven(&app, PLACE))).await.is_redirected_error("invalid_request_uri");
    let good = object(&key, &claims(&world, &app, |_| ()));
    for status in [StatusCode::FOUND, StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR] {
        let body = Bytes::from(good.clone());
        world.elsewhere.serve(PLACE, move |_| Response::builder().status(status).body(body.clone()).ok());
        world.send(get(&proven(&app, PLACE))).await.is_redirected_error("invalid_request_uri");
    }
    serve(&world, format!("{good}{}", " ".repeat(20_000)));
    world.send(get(&proven(&app, PLACE))).await.is_redirected_error("invalid_request_uri");
    for text in ["<html>", "", "{}", &good[..good.len() - 8]] {
        serve(&world, text.to_owned());
        world.send(get(&proven(&app, PLACE))).await.is_redirected_error("invalid_request_object");
    }
    serve(&world, format!("{good}\n"));
    assert!(world.send(get(&proven(&app, PLACE))).await.location().starts_with('/'));
}

/// OIDC Core §6.2, CVE-2020-10770: a realm that fetches none says so by name, and asks nobody.
#[tokio::test]
async fn a_realm_that_fetches_none_says_so() {
    let world = World::provider_with(|realm| realm.request_uri_parameter = false).await;
    let (app, key) = registered(&world).await;
    serve(&world, object(&key, &claims(&world, &app, |_| ())));
    world.send(get(&proven(&app, PLACE))).await.is_redirected_error("request_uri_not_supported");
    assert_eq!(world.elsewhere.count(), 0);
}
