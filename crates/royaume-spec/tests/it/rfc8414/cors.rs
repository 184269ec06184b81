//! What scripts of other origins may read (Fetch §3.2): what is public, and for the applications that run in a browser
//! what is theirs.

use http::{Method, Request};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Exchange, World, bearer, get};

/// The names of headers that open an answer to scripts.
fn opened(answer: &Exchange) -> Vec<&str> {
    let names = answer.headers.keys().map(|name| name.as_str());
    names.filter(|name| name.starts_with("access-control-")).collect()
}

fn from<B>(mut request: Request<B>, origin: &str) -> Request<B> {
    request.headers_mut().insert("origin", origin.parse().unwrap());
    request
}

fn preflight(url: &str, origin: &str) -> Request<bytes::Bytes> {
    let mut request = from(get(url), origin);
    *request.method_mut() = Method::OPTIONS;
    request.headers_mut().insert("access-control-request-method", "POST".parse().unwrap());
    request.headers_mut().insert("access-control-request-headers", "authorization".parse().unwrap());
    request
}

/// A public application that runs in a browser, at `https://app.test`.
async fn in_a_browser(world: &World) -> App {
    world.add_app("individu", new_client(Application::Public, &["https://app.test/cb"])).await
}

/// Fetch §3.2.5: discovery and keys are for every origin, and never with credentials.
#[tokio::test]
async fn discovery_and_keys_are_open_to_every_origin_without_credentials() {
    let world = World::standard().await;
    for endpoint in [Endpoint::Discovery, Endpoint::OauthMetadata, Endpoint::Jwks] {
        for origin in ["https://anybody.test", "null", "https://sso.royaume.test"] {
            let answer = world.send(from(get(&world.url("individu", endpoint)), origin)).await;
            assert_eq!(answer.is_ok().header("access-control-allow-origin"), "*");
            assert_eq!(opened(&answer).len(), 1, "{:?}", opened(&answer));
        }
    }
}

/// Fetch §4.8: a script may ask before it calls an endpoint that is for scripts, which names the methods it answers to,
/// and no credentials.
#[tokio::test]
async fn endpoints_for_scripts_answer_a_preflight() {
    let world = World::standard().await;
    for (endpoint, methods) in
        [(Endpoint::Token, "POST"), (Endpoint::Revocation, "POST"), (Endpoint::UserInfo, "GET, POST")]
    {
        let url = world.url("individu", endpoint);
        let answer = world.send(preflight(&url, "https://app.test")).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (204, ""), "{endpoint}");
        assert_eq!(answer.header("access-control-allow-origin"), "https://app.test");
        assert_eq!(answer.header("access-control-allow-methods"), methods);
        assert_eq!(answer.header("access-control-allow-headers"), "authorization, content-type");
        assert_eq!(answer.header("vary"), "Origin");
        assert_eq!(answer.header("access-control-allow-credentials"), "");
        assert!(opened(&world.send(preflight(&url, "null")).await).is_empty(), "null is nobody's origin");
    }
}

/// RFC 9700 §2.6: pages, and endpoints for servers, are open to no origin, whatever it asks and however they answer.
#[tokio::test]
async fn pages_and_endpoints_for_servers_are_open_to_nobody() {
    let world = World::standard().await;
    let app = in_a_browser(&world).await;
    for endpoint in [
        Endpoint::Authorization,
        Endpoint::Login,
        Endpoint::Consent,
        Endpoint::Logout,
        Endpoint::LoggedOut,
        Endpoint::Introspection,
    ] {
        let url = world.url("individu", endpoint);
        for origin in ["https://app.test", "https://sso.royaume.test", "null"] {
            let asked = world.send(preflight(&url, origin)).await;
            assert_eq!(asked.status, 405, "{endpoint}");
            let called = world.send(from(get(&url), origin)).await;
            let posted = world.send(from(app.call(&url, &[("token", "x")]), origin)).await;
            for answer in [asked, called, posted] {
                assert!(opened(&answer).is_empty(), "{endpoint}: {answer:?}");
            }
        }
    }
    let page = world.send(from(get(&app.authorization_url(&[])), "https://app.test")).await;
    assert!(page.status == 303 && opened(&page).is_empty());
}

/// RFC 9700 §2.6: a public application's script reads what it asked for, from the origins of its redirect URIs alone.
#[tokio::test]
async fn a_public_application_s_script_reads_its_own_answers() {
    let world = World::standard().await;
    let app = in_a_browser(&world).await;
    let revocation = world.url("individu", Endpoint::Revocation);
    let userinfo = world.url("individu", Endpoint::UserInfo);
    for (origin, own) in [
        ("https://app.test", true),
        ("https://app.test:8443", false),
        ("https://app.test.evil.test", false),
        ("http://app.test", false),
        ("https://evil.test", false),
        ("null", false),
    ] {
        let code = world.code(&app, &[]).await;
        let tokens = world.send(from(app.redemption(&code, &[]), origin)).await;
        let access = tokens.is_ok().member("access_token");
        let claims = world.send(from(bearer(&userinfo, &access), origin)).await;
        let revoked = world.send(from(app.call(&revocation, &[("token", &access)]), origin)).await;
        for answer in [&tokens, &claims, &revoked] {
            answer.is_ok();
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed, if own { origin } else { "" });
            assert_eq!(opened(answer).len(), usize::from(own), "no credentials: {answer:?}");
            assert_eq!(answer.header("vary"), if own { "Origin" } else { "" });
        }
    }
}

/// RFC 6749 §5.2: why it is refused is its own answer too: without reading `invalid_grant` a script could only ask again.
#[tokio::test]
async fn a_public_application_s_script_reads_why_it_is_refused() {
    let world = World::standard().await;
    let app = in_a_browser(&world).await;
    for refused in [
        app.redemption("used-long-ago", &[]),
        app.refresh("used-long-ago", &[]),
        app.token_request(&[("grant_type", "password")]),
        app.token_request(&[]),
    ] {
        let answer = world.send(from(refused, "https://app.test")).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.header("access-control-allow-origin"), "https://app.test");
    }
    let elsewhere = world.send(from(app.redemption("x", &[]), "https://evil.test")).await;
    assert!(opened(&elsewhere.is_error(400, "invalid_grant").clone()).is_empty());
}

/// RFC 9700 §2.6: an application with a secret has no business in a browser.
#[tokio::test]
async fn an_application_with_a_secret_is_answered_to_no_script() {
    let world = World::standard().await;
    let app = world.add_app("individu", new_client(Application::Private, &["https://app.test/cb"])).await;
    let code = world.code(&app, &[]).await;
    let tokens = world.send(from(app.redemption(&code, &[]), "https://app.test")).await;
    assert!(opened(tokens.is_ok()).is_empty());
    let access = tokens.member("access_token");
    let userinfo = world.url("individu", Endpoint::UserInfo);
    let claims = world.send(from(bearer(&userinfo, &access), "https://app.test")).await;
    assert!(opened(claims.is_ok()).is_empty());
}

/// RFC 8252 §7.3: a script served from a loopback address speaks for an application that returns there, on any port.
#[tokio::test]
async fn a_script_on_loopback_reads_on_any_port() {
    let world = World::standard().await;
    let app = world.add_app("individu", new_client(Application::Public, &["http://127.0.0.1/cb"])).await;
    for (origin, own) in [
        ("http://127.0.0.1:5173", true),
        ("http://127.0.0.1", true),
        ("http://localhost:5173", false),
        ("http://127.0.0.1.evil.test:5173", false),
        ("https://127.0.0.1:5173", false),
    ] {
        let code = world.code(&app, &[]).await;
        let tokens = world.send(from(app.redemption(&code, &[]), origin)).await;
        let allowed = tokens.is_ok().header("access-control-allow-origin");
        assert_eq!(allowed, if own { origin } else { "" });
    }
}
