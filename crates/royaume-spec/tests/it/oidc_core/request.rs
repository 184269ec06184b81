//! The authentication request (§3.1.2.1, §6, §7.2.1): what is asked beside OAuth 2.0, and what is not supported.

use royaume_spec::{World, get, post};

use super::{application, signed_in};

/// §6.1, §6.2, §7.2.1: what is not supported is refused by name, before anything in it is looked at.
#[tokio::test]
async fn request_objects_and_registration_are_refused_by_name() {
    let world = World::standard().await;
    let app = application(&world).await;
    for (name, value, error) in [
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request", "x", "request_not_supported"),
        ("request_uri", "https://app.test/request.jwt", "request_uri_not_supported"),
        ("request_uri", "http://127.0.0.1:1/", "request_uri_not_supported"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", "request_uri_not_supported"),
        ("registration", "{\"client_name\":\"x\"}", "registration_not_supported"),
    ] {
        let answer = world.send(get(&app.authorization_url(&[(name, value)]))).await;
        answer.is_redirected_error(error);
        assert_eq!(answer.parameter("state"), "state-1");
    }
}

/// §3.1.2.1: what is not known, or not needed here, is passed over.
#[tokio::test]
async fn other_parameters_are_passed_over() {
    let world = World::standard().await;
    let app = application(&world).await;
    for (name, value) in [
        ("display", "page"),
        ("display", "wap"),
        ("acr_values", "eidas1"),
        ("claims_locales", "fr"),
        ("claims", "{\"userinfo\":{\"email\":{\"essential\":true}}}"),
        ("id_token_hint_", "x"),
        ("resource_", "x"),
        ("error", "access_denied"),
        ("code", "x"),
        ("iss", "https://evil.test"),
        ("username", "camille"),
        ("password", "camille"),
    ] {
        let mut browser = world.browser();
        let url = app.authorization_url(&[(name, value)]);
        let callback = browser.walk(&url, "camille", "camille").await;
        assert_eq!(callback.parameter("iss"), world.issuer("individu"), "{name}");
        assert!(callback.redirected().optional("error").is_none());
        assert!(!callback.parameter("code").is_empty() && callback.parameter("code") != "x");
    }
}

/// §3.1.2.1: `code` alone is offered, and its answer is in the query alone.
#[tokio::test]
async fn other_response_types_and_modes_are_refused() {
    let world = World::standard().await;
    let app = application(&world).await;
    for response_type in [
        "token",
        "id_token",
        "id_token token",
        "code token",
        "code id_token",
        "none",
        "CODE",
        "code code",
        "co de",
    ] {
        let answer = world.send(get(&app.authorization_url(&[("response_type", response_type)]))).await;
        answer.is_redirected_error("unsupported_response_type");
    }
    for response_mode in ["fragment", "web_message", "query.jwt", "QUERY"] {
        let answer = world.send(get(&app.authorization_url(&[("response_mode", response_mode)]))).await;
        answer.is_redirected_error("invalid_request");
        assert!(!answer.location().contains('#'));
    }
    let explicit = world.send(get(&app.authorization_url(&[("response_mode", "query")]))).await;
    assert!(explicit.location().starts_with('/'));
}

/// §3.1.2.1: the endpoint takes the request by POST as it does by GET. Module `oidcc-ensure-post-request-succeeds`.
#[tokio::test]
async fn a_request_may_be_posted() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = browser.follow_from_elsewhere(post(&app.authorize, &app.authorization(&[]))).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let callback = browser.submit(&consent, &[("decision", "allow")]).await.at_application();
    world.send(app.redemption(&callback.parameter("code"), &[])).await.is_ok();
    // The application's form comes without cookies, and the person is signed in all the same.
    let silent = post(&app.authorize, &app.authorization(&[("prompt", "none")]));
    let back = browser.follow_from_elsewhere(silent).await.at_application();
    assert!(!back.parameter("code").is_empty());
}

/// §3.1.2.1 `login_hint`: it stands in the field, and decides nothing. Module `oidcc-login-hint`.
#[tokio::test]
async fn a_login_hint_fills_the_field_and_nothing_else() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let page = browser.open(&app.authorization_url(&[("login_hint", "noe")])).await.page();
    assert!(page.is_page("royaume-login").body.contains("name=\"username\" value=\"noe\""), "{page:?}");
    browser.log_in(&page, "camille", "camille").await.page().is_page("royaume-consent");
    let other = browser.open(&app.authorization_url(&[("login_hint", "noe")])).await.page();
    other.is_page("royaume-consent");
    assert!(other.body.contains("camille"), "a hint is no wish to sign in again");
}

/// §3.1.2.1 `redirect_uri` is required here, though the client has registered but one.
#[tokio::test]
async fn a_redirect_uri_is_required() {
    let world = World::standard().await;
    let app = application(&world).await;
    let page = world.send(get(&app.authorization_url(&[("redirect_uri", "")]))).await;
    assert!(page.is_error_page().body.contains("redirect_uri is missing"));
}

/// §3.1.2.2: a request is judged whole when it comes, before anybody is asked anything.
#[tokio::test]
async fn a_wrong_request_is_refused_before_anybody_is_asked() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut known = signed_in(&world, &app).await;
    for change in
        [("scope", "openid nonsense"), ("max_age", "x"), ("prompt", "x"), ("response_type", "token")]
    {
        for browser in [&mut world.browser(), &mut known] {
            let answer = browser.open(&app.authorization_url(&[change])).await.at_application();
            assert!(!answer.parameter("error").is_empty(), "{change:?}");
        }
    }
}

/// §3.1.2.2, RFC 9700 §4.7: what waits is the request as it came: nothing that is sent with a page's form changes it.
#[tokio::test]
async fn a_form_changes_nothing_of_the_request() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let extra = [
        ("redirect_uri", "https://evil.test/cb"),
        ("client_id", "another"),
        ("scope", "openid individu"),
        ("code_challenge", ""),
        ("state", "another"),
        ("nonce", "another"),
        ("response_type", "token"),
        ("realm", "/agent"),
        ("authorizationRequest.scope", "x"),
    ];
    let url = app.authorization_url(&[("scope", "openid profile")]);
    let login = browser.open(&url).await.page();
    let mut fields = vec![("username", "camille"), ("password", "camille"), ("decision", "submit")];
    fields.extend(extra);
    let consent = browser.submit(&login, &fields).await.page();
    assert!(consent.is_page("royaume-consent").body.contains("</strong> app.test</p>"), "{consent:?}");
    let mut fields = vec![("decision", "allow")];
    fields.extend(extra);
    let callback = browser.submit(&consent, &fields).await.at_application();
    assert!(callback.location().starts_with("https://app.test/cb?"), "{}", callback.location());
    assert_eq!(callback.parameter("state"), "state-1");
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    assert_eq!(tokens.is_ok().member("scope"), "openid profile");
    assert_eq!(world.verified("individu", &tokens.member("id_token")).await["nonce"], "nonce-1");
}

/// §3.1.2.2: what changes while somebody types is judged when they are done.
#[tokio::test]
async fn a_client_that_is_disabled_meanwhile_gets_nothing() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    world.admin("individu").disable_client(&app.client_id, true).await.unwrap();
    browser.log_in(&login, "camille", "camille").await.page().is_error_page();
    browser.open(&app.authorization_url(&[])).await.page().is_error_page();
    world.admin("individu").disable_client(&app.client_id, false).await.unwrap();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    world.admin("individu").disable_account("camille", true).await.unwrap();
    browser.submit(&consent, &[("decision", "allow")]).await.page().is_page("royaume-login");
    let silent = super::silently(&mut browser, &app).await;
    silent.is_redirected_error("login_required");
}

/// §3.1.2.5: each answer has a code of its own, be there two hundred in one session at once.
#[tokio::test]
async fn many_requests_of_one_session_get_a_code_each() {
    let world = World::standard().await;
    let app = application(&world).await;
    let browser = signed_in(&world, &app).await;
    world.clock.advance(std::time::Duration::from_secs(300));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (server, request) = (world.server.clone(), get(&app.authorization_url(&[("prompt", "none")])));
        let request = browser.dressed(request);
        tasks.spawn(async move { royaume_spec::Exchange::from(server.handle(request).await) });
    }
    let mut codes = std::collections::HashSet::new();
    while let Some(answer) = tasks.join_next().await {
        let code = answer.unwrap().parameter("code");
        assert!(!code.is_empty() && codes.insert(code));
    }
    assert_eq!(codes.len(), 200);
    for code in codes.iter().take(3) {
        world.send(app.redemption(code, &[])).await.is_ok();
    }
}
