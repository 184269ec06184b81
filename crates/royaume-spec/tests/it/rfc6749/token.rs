//! RFC 6749 §3.2, §5: the token endpoint, whatever the grant.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use royaume_server::stored::client::Application;
use royaume_spec::{App, World, post};

const GRANT: [(&str, &str); 1] = [("grant_type", "client_credentials")];

/// §3.2: the client must use POST.
#[tokio::test]
async fn the_token_endpoint_answers_to_post_only() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "QUERY"] {
        let mut request = app.token_request(&GRANT);
        *request.method_mut() = Method::from_bytes(method.as_bytes()).unwrap();
        let refused = world.send(request).await;
        assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "POST"), "{method}");
        assert_eq!(refused.header("cache-control"), "no-store");
        assert!(!refused.body.contains("access_token"));
        assert_eq!(refused.body.is_empty(), method == "HEAD", "{method}: {refused:?}");
    }
}

/// §3.2: parameters come as `application/x-www-form-urlencoded`, and nothing else is guessed at.
#[tokio::test]
async fn other_media_types_are_refused() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for media_type in [
        "application/json",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/x-www-form-urlencoded-not",
        "application/x-www-form-urlencoded, application/json",
        "",
    ] {
        let mut request = app.token_request(&GRANT);
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        world.send(request).await.is_error(415, "invalid_request");
    }
    let mut none = app.token_request(&GRANT);
    none.headers_mut().remove(header::CONTENT_TYPE);
    world.send(none).await.is_error(415, "invalid_request");
    let mut two = app.token_request(&GRANT);
    two.headers_mut().append(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    world.send(two).await.is_error(415, "invalid_request");
}

/// RFC 9110 §8.3.1: a media type has no case, and may have parameters.
#[tokio::test]
async fn the_media_type_is_read_as_http_writes_it() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for media_type in [
        "application/x-www-form-urlencoded; charset=UTF-8",
        "APPLICATION/X-WWW-Form-Urlencoded ;charset=utf-8",
    ] {
        let mut request = app.token_request(&GRANT);
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        world.send(request).await.is_ok();
    }
}

/// §2.3.1: credentials, and any other parameter, must not be in the request URI.
#[tokio::test]
async fn parameters_in_the_address_are_refused() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for query in [
        format!("client_id={}&client_secret={}", app.client_id, app.secret),
        format!("client_secret={}", app.secret),
        "grant_type=client_credentials".to_owned(),
        "scope=search".to_owned(),
        "code=x".to_owned(),
        "anything=1".to_owned(),
        "realm=%2Fpartenaire&code=x".to_owned(),
    ] {
        let refused = world.send(app.call(&format!("{}?{query}", app.token), &GRANT)).await;
        refused.is_error(400, "invalid_request");
        assert!(!refused.body.contains(&app.secret));
    }
    world.send(app.call(&format!("{}?realm=%2Fpartenaire", app.token), &GRANT)).await.is_ok();
}

/// §5.1: a token response is JSON, is kept by no cache, sets no cookie, and is for no script of another origin.
#[tokio::test]
async fn a_token_response_is_json_that_nobody_keeps() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for origin in [None, Some("https://evil.test"), Some("null"), Some("http://127.0.0.1")] {
        let code = world.code(app, &[]).await;
        let mut request = app.redemption(&code, &[]);
        if let Some(origin) = origin {
            request.headers_mut().insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        let tokens = world.send(request).await;
        tokens.is_ok();
        assert_eq!(tokens.header("content-type"), "application/json");
        assert_eq!(tokens.header("cache-control"), "no-store");
        assert_eq!(tokens.header("pragma"), "no-cache");
        assert!(!tokens.headers.contains_key(header::SET_COOKIE));
        assert!(!tokens.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{origin:?}");
        assert!(!tokens.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    }
}

/// §5.1: `token_type`, `expires_in` and `scope` say what was issued.
#[tokio::test]
async fn a_token_response_says_what_it_holds() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let tokens = world.sign_in(app).await;
    let body = tokens.is_ok().json();
    let said: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(said, ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]);
    assert_eq!((&body["token_type"], &body["expires_in"]), (&"Bearer".into(), &1499.into()));
    assert_eq!(body["scope"].as_str(), Some(&*app.scope));
}

/// §5.1: `expires_in` is the truth: the token lives until then and not a second longer.
#[tokio::test]
async fn an_access_token_lives_exactly_as_long_as_it_says() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let token = world.sign_in(app).await.member("access_token");
        world.clock.advance(std::time::Duration::from_secs(1498));
        world.userinfo("agent", &token).await.is_ok();
        world.clock.advance(std::time::Duration::from_secs(1));
        world.userinfo("agent", &token).await.is_challenge(401, "invalid_token");
    }
}

/// §5.2: `unsupported_grant_type`, of what this realm does not offer to anybody (RFC 9700 §2.4 of `password`).
#[tokio::test]
async fn other_grant_types_are_unsupported() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for grant_type in [
        "password",
        "implicit",
        "client_credentials ",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "authorization_code,refresh_token",
    ] {
        let pairs = [("grant_type", grant_type), ("username", "ines"), ("password", "ines")];
        world.send(app.token_request(&pairs)).await.is_error(400, "unsupported_grant_type");
    }
    let machine = world.app("partenaire", Application::Machine);
    let pairs = [("grant_type", "authorization_code"), ("code", "x")];
    world.send(machine.token_request(&pairs)).await.is_error(400, "unsupported_grant_type");
}

/// §5.2: `unauthorized_client`, of what the realm offers and this client was not given.
#[tokio::test]
async fn a_grant_type_that_the_client_was_not_given_is_refused() {
    let world = World::standard().await;
    let (person, machine) =
        (world.app("agent", Application::Private), world.app("agent", Application::Machine));
    world.send(person.token_request(&GRANT)).await.is_error(400, "unauthorized_client");
    for pairs in [
        [("grant_type", "authorization_code"), ("code", "x")],
        [("grant_type", "refresh_token"), ("refresh_token", "x")],
    ] {
        world.send(machine.token_request(&pairs)).await.is_error(400, "unauthorized_client");
    }
}

/// §5.2: a parameter that the grant needs and that is not there is `invalid_request`.
#[tokio::test]
async fn a_missing_parameter_is_named() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    for (grant_type, missing) in
        [("", "grant_type"), ("authorization_code", "code"), ("refresh_token", "refresh_token")]
    {
        let refused = world.send(app.token_request(&[("grant_type", grant_type)])).await;
        refused.is_error(400, "invalid_request");
        assert_eq!(refused.member("error_description"), format!("a parameter is missing: {missing}"));
    }
}

/// §5.2: a description is plain ASCII, and never a mirror of what was sent.
#[tokio::test]
async fn errors_never_repeat_what_was_sent() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    const SENT: &str = "mirror\"\\<script>\u{e9}";
    for request in [
        app.token_request(&[("grant_type", SENT)]),
        app.token_request(&[("grant_type", "authorization_code"), ("client_id", SENT)]),
        app.token_request(&[("grant_type", "authorization_code"), ("client_secret", SENT)]),
        app.token_request(&[("grant_type", "authorization_code"), ("code", SENT)]),
        app.token_request(&[("grant_type", "refresh_token"), ("refresh_token", SENT)]),
        app.redemption(&world.code(app, &[]).await, &[("redirect_uri", SENT)]),
        app.redemption(&world.code(app, &[]).await, &[("code_verifier", SENT)]),
        app.token_request(&[(SENT, "1")]),
        with_authorization(app, SENT.as_bytes()),
    ] {
        let refused = world.send(request).await;
        assert!(refused.status.is_client_error());
        let said = refused.member("error_description");
        assert!(royaume_protocol::error::is_safe_description(&said), "{said}");
        assert!(!refused.body.contains("mirror"), "{refused:?}");
    }
}

fn with_authorization(app: &App, value: &[u8]) -> Request<Bytes> {
    let mut request = post(&app.token, &GRANT);
    request.headers_mut().insert(header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
    request
}
