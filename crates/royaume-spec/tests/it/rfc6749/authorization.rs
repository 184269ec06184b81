//! RFC 6749 §3.1, §4.1.1, §4.1.2: the authorization endpoint, its answers and its errors, each at the right place.

use bytes::Bytes;
use http::{HeaderValue, Method, header};
use royaume_protocol::parameters;
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{World, form, get, post};

/// §4.1.2: the answer to a granted request is `code`, with `state` and `iss`, and nothing else.
#[tokio::test]
async fn the_answer_carries_code_state_and_iss() {
    let world = World::standard().await;
    for application in [Application::Private, Application::Public] {
        let app = world.app("individu", application);
        let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
        assert_eq!(callback.status, 303);
        assert!(callback.location().starts_with(&format!("{}?code=", app.redirect_uri)));
        let answered = callback.redirected();
        let names: Vec<&str> = answered.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["code", "state", "iss"]);
        assert_eq!(answered.optional("state"), Some("state-1"));
        assert_eq!(callback.header("cache-control"), "no-store");
    }
}

/// §4.1.1: `state` is opaque to the server: whatever it is, it comes back as it was, and never breaks the answer.
#[tokio::test]
async fn state_comes_back_byte_for_byte() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    let long = "s".repeat(2000);
    for state in [
        "a b+c%20d%2Be",
        "\"quoted\" 'and' <b>bold</b>",
        "\u{e9}\u{20ac}\u{1f600}",
        "line\r\nSet-Cookie: a=b\r\n\r\n<html>",
        "&code=stolen&iss=https://evil.test#fragment",
        "{\"json\":[1,2]}",
        "\t\u{1}\u{7f}\u{85}",
        &long,
    ] {
        let callback = browser.open(&app.authorization_url(&[("state", state)])).await.at_application();
        assert_eq!(callback.parameter("state"), state);
        assert!(!callback.parameter("code").is_empty());
        let refused = browser.open(&app.authorization_url(&[("state", state), ("scope", "nonsense")])).await;
        assert_eq!(refused.at_application().is_redirected_error("invalid_scope").parameter("state"), state);
    }
}

/// §4.1.2: `state` is required in the answer if it was in the request, and is not made up otherwise.
#[tokio::test]
async fn no_state_is_answered_where_none_was_sent() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let callback = world.browser().walk(&app.authorization_url(&[("state", "")]), "ines", "ines").await;
    assert!(callback.redirected().optional("state").is_none());
    assert!(!callback.parameter("code").is_empty());
}

/// §3.1.2: a query of the redirect URI is kept, and the answer added to it.
#[tokio::test]
async fn the_query_of_a_redirect_uri_is_kept() {
    let world = World::standard().await;
    let mut wish = wish_of(Application::Private, "A query in its redirect URI");
    wish.redirect_uris = vec!["https://app.test/cb?tenant=a%20b&x=1".to_owned()];
    let app = world.add_app("agent", wish).await;
    let callback = world.browser().walk(&app.authorization_url(&[]), "ines", "ines").await;
    assert!(callback.location().starts_with("https://app.test/cb?tenant=a%20b&x=1&code="));
}

/// §3.1: the authorization endpoint must support GET and may support POST: here it does, for the same answer.
#[tokio::test]
async fn a_request_may_come_as_a_form() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    let arrival = browser.follow(post(&app.authorize, &app.authorization(&[]))).await;
    let callback = browser.log_in(&arrival.page(), "ines", "ines").await.at_application();
    assert_eq!(callback.parameter("state"), "state-1");
    let again = browser.follow(post(&app.authorize, &app.authorization(&[("state", "two")]))).await;
    assert_eq!(again.at_application().parameter("state"), "two");
    let refused = world.send(post(&app.authorize, &app.authorization(&[("scope", "nonsense")]))).await;
    assert_eq!(refused.is_redirected_error("invalid_scope").parameter("state"), "state-1");
}

/// §3.1: parameters are in the query of a GET or in the form of a POST, never in both.
#[tokio::test]
async fn a_form_with_parameters_in_its_address_is_refused() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for query in ["redirect_uri=https%3A%2F%2Fevil.test", "state=x", "client_id=y", "nonce=z"] {
        let request = post(&format!("{}?{query}", app.authorize), &app.authorization(&[]));
        world.send(request).await.is_error_page();
    }
}

/// §3.1: other methods and other media types are no authorization requests.
#[tokio::test]
async fn other_methods_and_media_types_are_refused_on_a_page() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::OPTIONS] {
        let mut request = get(&app.authorization_url(&[]));
        *request.method_mut() = method;
        let refused = world.send(request).await;
        assert_eq!((refused.is_error_page().status.as_u16(), refused.header("allow")), (405, "GET, POST"));
    }
    let mut json = post(&app.authorize, &app.authorization(&[]));
    json.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    *json.body_mut() = Bytes::from(format!("{{\"client_id\":\"{}\"}}", app.client_id));
    assert_eq!(world.send(json).await.is_error_page().status, 415);
}

/// §4.1.2.1: without a known client and one of its redirect URIs nobody is sent anywhere.
#[tokio::test]
async fn an_unproven_request_is_answered_on_a_page() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let elsewhere = world.app("individu", Application::Private);
    let disabled = world.add_app("agent", wish_of(Application::Private, "Out of use")).await;
    world.admin("agent").disable_client(&disabled.client_id, true).await.unwrap();
    const EVIL: (&str, &str) = ("redirect_uri", "https://evil.test/cb");
    for changes in [
        vec![("client_id", "")],
        vec![("client_id", "nobody")],
        vec![("client_id", &*elsewhere.client_id)],
        vec![("client_id", &*disabled.client_id), ("redirect_uri", &*disabled.redirect_uri)],
        vec![("redirect_uri", "")],
        vec![EVIL],
        vec![("client_id", "nobody"), EVIL],
        vec![("client_id", ""), EVIL],
        vec![EVIL, ("response_type", "nonsense"), ("scope", "nonsense"), ("prompt", "none")],
    ] {
        for request in
            [get(&app.authorization_url(&changes)), post(&app.authorize, &app.authorization(&changes))]
        {
            let refused = world.send(request).await;
            refused.is_error_page();
            assert!(!refused.body.contains("evil.test"), "{refused:?}");
            assert!(!refused.headers.contains_key(header::SET_COOKIE));
        }
    }
}

/// §4.1.2.1: an error that the client can be told is sent to its redirect URI, with `state` and `iss`.
#[tokio::test]
async fn a_proven_request_is_answered_by_redirect() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for (name, value, error) in [
        ("response_type", "", "invalid_request"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "id_token", "unsupported_response_type"),
        ("response_type", "id_token token", "unsupported_response_type"),
        ("response_type", "code token", "unsupported_response_type"),
        ("response_type", "code id_token", "unsupported_response_type"),
        ("response_type", "code code", "unsupported_response_type"),
        ("response_type", "none", "unsupported_response_type"),
        ("response_type", "Code", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("response_mode", "web_message", "invalid_request"),
        ("response_mode", "query.jwt", "invalid_request"),
        ("response_mode", "Query", "invalid_request"),
        ("scope", "nonsense", "invalid_scope"),
        ("request", "a.b.c", "request_not_supported"),
        ("request_uri", "https://evil.test/r", "request_uri_not_supported"),
    ] {
        let refused = world.send(get(&app.authorization_url(&[(name, value)]))).await;
        refused.is_redirected_error(error);
        // Whoever asks for tokens looks for the answer in the fragment (OAuth 2.0 Multiple Response Types §5).
        let sign = if name == "response_type" && value.contains("token") { '#' } else { '?' };
        let begins = format!("{}{sign}error=", app.redirect_uri);
        assert!(refused.location().starts_with(&begins), "{refused:?}");
        assert_eq!(refused.parameter("state"), "state-1", "{name}={value}");
        assert_eq!(refused.parameter("iss"), world.issuer("agent"));
        assert!(!refused.location().contains("token=") && !refused.location().contains("code="));
    }
}

/// §4.1.2.1: `unauthorized_client`, of a client that may not sign people in.
#[tokio::test]
async fn a_client_without_the_grant_is_told_so() {
    let world = World::standard().await;
    let mut wish = wish_of(Application::Machine, "A machine with a redirect URI");
    wish.redirect_uris = vec!["https://app.test/cb".to_owned()];
    let app = world.add_app("agent", wish).await;
    let url = app.authorization_url(&[("scope", "openid")]);
    world.send(get(&url)).await.is_redirected_error("unauthorized_client");
}

/// §3.1: a repeated parameter is an error; whose redirect it is is not guessed, and all else is told by redirect.
#[tokio::test]
async fn a_repeated_parameter_is_refused_at_the_right_place() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let usual = app.authorization(&[("prompt", "login"), ("max_age", "60"), ("ui_locales", "fr")]);
    for (name, value) in &usual {
        for (first, second) in
            [(&**value, &**value), (value, "https://evil.test"), ("https://evil.test", value)]
        {
            let others: Vec<_> = usual.iter().filter(|(other, _)| other != name).collect();
            let others: Vec<_> = others.iter().map(|(name, value)| (&**name, &**value)).collect();
            let twice: Vec<_> =
                [(&**name, first)].into_iter().chain(others).chain([(&**name, second)]).collect();
            let query = parameters::encode(&twice);
            for request in [get(&format!("{}?{query}", app.authorize)), form(&app.authorize, &query)] {
                let refused = world.send(request).await;
                if ["client_id", "redirect_uri"].contains(&&**name) {
                    refused.is_error_page();
                    continue;
                }
                refused.is_redirected_error("invalid_request");
                assert!(refused.location().starts_with(&app.redirect_uri), "{refused:?}");
                assert_eq!(
                    refused.parameter("error_description"),
                    format!("a parameter is repeated: {name}")
                );
                assert_eq!(refused.redirected().optional("state").is_some(), name != "state");
            }
        }
    }
}

/// §3.1: names that merely look like `redirect_uri` are unknown parameters, so it is missing.
#[tokio::test]
async fn only_redirect_uri_is_the_redirect_uri() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for name in [
        "redirect_uri[]",
        "redirect_uri[0]",
        "redirect_uri.x",
        "Redirect_URI",
        "redirect_uri ",
        "redirectUri",
    ] {
        let changes = [("redirect_uri", ""), (name, &app.redirect_uri)];
        world.send(get(&app.authorization_url(&changes))).await.is_error_page();
    }
}

/// §4.1.2.1: `access_denied`, when the person goes away from the login page.
#[tokio::test]
async fn a_cancelled_login_is_access_denied() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    let page = browser.open(&app.authorization_url(&[])).await.page();
    let back = browser.submit(&page, &[("decision", "cancel")]).await.at_application();
    back.is_redirected_error("access_denied");
    assert_eq!((back.parameter("state").as_str(), back.parameter("iss")), ("state-1", world.issuer("agent")));
}

/// §4.1.2.1: `access_denied`, when the person does not consent.
#[tokio::test]
async fn a_refused_consent_is_access_denied() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let back = browser.submit(&consent, &[("decision", "deny")]).await.at_application();
    back.is_redirected_error("access_denied");
    assert_eq!(
        (back.parameter("state").as_str(), back.parameter("iss")),
        ("state-1", world.issuer("individu"))
    );
}
