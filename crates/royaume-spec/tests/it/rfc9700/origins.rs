//! RFC 9700 §2.6: which scripts may read what: those of a public application its own tokens, all of them what is public,
//! and none of them anything with the browser's credentials.

use http::{Method, header};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{App, Exchange, World, get};

const OWN: &str = "https://app.test";
const OTHERS: [&str; 5] =
    ["https://evil.test", "https://app.test.evil.test", "https://app.test:8443", "http://app.test", "null"];

async fn in_the_browser(world: &World) -> App {
    world.add_app("agent", wish_of(Application::Public, "An application in the browser")).await
}

async fn from(world: &World, origin: &str, mut request: http::Request<bytes::Bytes>) -> Exchange {
    request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
    world.send(request).await
}

/// The origin whose scripts may read an answer, empty when none; never with credentials.
fn readable_by(answer: &Exchange) -> &str {
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "{answer:?}");
    answer.header("access-control-allow-origin")
}

/// §2.6: the script of a public application redeems, refreshes and gives back; no other script can read the answers.
#[tokio::test]
async fn a_public_application_reads_its_own_tokens() {
    let world = World::standard().await;
    let app = in_the_browser(&world).await;
    let revocation = world.url("agent", Endpoint::Revocation);
    for (origin, readable) in [(OWN, OWN)].into_iter().chain(OTHERS.map(|origin| (origin, ""))) {
        let code = world.code(&app, &[]).await;
        let tokens = from(&world, origin, app.redemption(&code, &[])).await;
        assert_eq!(readable_by(tokens.is_ok()), readable, "{origin}");
        assert_eq!(tokens.header("vary").is_empty(), readable.is_empty());
        let refreshed = from(&world, origin, app.refresh(&tokens.member("refresh_token"), &[])).await;
        assert_eq!(readable_by(refreshed.is_ok()), readable);
        let given_back = app.call(&revocation, &[("token", &refreshed.member("refresh_token"))]);
        assert_eq!(readable_by(from(&world, origin, given_back).await.is_ok()), readable);
    }
}

/// RFC 6749 §5.2: the script must learn that a grant is over, too.
#[tokio::test]
async fn a_public_application_reads_its_own_errors() {
    let world = World::standard().await;
    let app = in_the_browser(&world).await;
    for (origin, readable) in [(OWN, OWN)].into_iter().chain(OTHERS.map(|origin| (origin, ""))) {
        for request in
            [app.redemption("x", &[]), app.refresh("x", &[]), app.token_request(&[("grant_type", "x")])]
        {
            let refused = from(&world, origin, request).await;
            assert_eq!((refused.status.as_u16(), readable_by(&refused)), (400, readable), "{origin}");
        }
    }
}

/// RFC 6749 §2.1: a confidential client is no script: nobody's browser reads its answers.
#[tokio::test]
async fn a_confidential_client_s_answers_are_read_by_no_script() {
    let world = World::standard().await;
    let app = world.add_app("agent", wish_of(Application::Private, "A site")).await;
    let code = world.code(&app, &[]).await;
    let tokens = from(&world, OWN, app.redemption(&code, &[])).await;
    assert_eq!(readable_by(tokens.is_ok()), "");
    assert_eq!(readable_by(&from(&world, OWN, app.redemption(&code, &[])).await), "");
}

/// RFC 8414 §3: what is published is for everybody.
#[tokio::test]
async fn metadata_and_keys_are_read_by_every_script() {
    let world = World::standard().await;
    for endpoint in [Endpoint::Discovery, Endpoint::OauthMetadata, Endpoint::Jwks] {
        for origin in [OWN, "https://evil.test", "null"] {
            let answer = from(&world, origin, get(&world.url("agent", endpoint))).await;
            assert_eq!(readable_by(answer.is_ok()), "*");
        }
    }
}

/// Fetch §4.8: a preflight lets a script ask where a public application may have to, and promises no answer.
#[tokio::test]
async fn a_preflight_is_answered_where_applications_in_browsers_call() {
    let world = World::standard().await;
    let preflight = async |endpoint, origin| {
        let mut request = get(&world.url("agent", endpoint));
        *request.method_mut() = Method::OPTIONS;
        request.headers_mut().insert(header::ACCESS_CONTROL_REQUEST_METHOD, "POST".parse().unwrap());
        from(&world, origin, request).await
    };
    for endpoint in [Endpoint::Token, Endpoint::Revocation, Endpoint::UserInfo] {
        let allowed = preflight(endpoint, OWN).await;
        assert_eq!((allowed.status.as_u16(), readable_by(&allowed)), (204, OWN));
        assert_eq!(allowed.header("access-control-allow-headers"), "authorization, content-type");
        assert_eq!(readable_by(&preflight(endpoint, "null").await), "");
    }
    for endpoint in [Endpoint::Introspection, Endpoint::Authorization, Endpoint::Login, Endpoint::Logout] {
        let refused = preflight(endpoint, OWN).await;
        assert_eq!((refused.status.as_u16(), readable_by(&refused)), (405, ""));
    }
}
