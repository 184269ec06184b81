//! RFC 9700 §4.4: a client that speaks to several servers can tell which one answers, and no header changes who it is.

use http::{HeaderName, HeaderValue, Request, header};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{World, get};

const REALMS: [&str; 3] = ["individu", "entreprise", "agent"];

/// Somebody between us and the browser, or the browser itself, claims that this is another place.
fn lies() -> Vec<(HeaderName, HeaderValue)> {
    [
        ("host", "evil.test"),
        ("host", "sso.royaume.test:8443"),
        ("host", "sso.royaume.test@evil.test"),
        ("x-forwarded-host", "evil.test"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-port", "8080"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-server", "evil.test"),
        ("x-host", "evil.test"),
        ("x-original-url", "/evil"),
        ("x-rewrite-url", "/evil"),
        ("forwarded", "host=evil.test;proto=http"),
    ]
    .into_iter()
    .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
    .collect()
}

/// §4.4.2.1: every authorization response says who answers: a code, a refusal of ours, a refusal of the person's.
#[tokio::test]
async fn every_answer_names_its_issuer() {
    let world = World::standard().await;
    for realm in REALMS {
        let (app, person) = (world.app(realm, Application::Private), world.person(realm));
        let mut browser = world.browser();
        let granted = browser.walk(&app.authorization_url(&[]), person, person).await;
        let refused = browser.open(&app.authorization_url(&[("scope", "nonsense")])).await.at_application();
        let mut other = world.browser();
        let login = other.open(&app.authorization_url(&[])).await.page();
        let cancelled = other.submit(&login, &[("decision", "cancel")]).await.at_application();
        for answer in [granted, refused, cancelled] {
            assert_eq!(answer.parameter("iss"), world.issuer(realm), "{answer:?}");
        }
    }
}

/// §4.4.2: no two realms share an issuer, and discovery says the same one as the answers do.
#[tokio::test]
async fn each_realm_has_an_issuer_of_its_own() {
    let world = World::standard().await;
    let mut issuers = std::collections::BTreeSet::new();
    for realm in REALMS {
        let discovered = world.send(get(&world.url(realm, Endpoint::Discovery))).await;
        assert_eq!(discovered.is_ok().member("issuer"), world.issuer(realm));
        issuers.insert(discovered.member("issuer"));
    }
    assert_eq!(issuers.len(), REALMS.len());
}

/// §4.4, RFC 8414 §3.3: the issuer and every address under it are configuration: no header of a request moves them.
#[tokio::test]
async fn no_header_changes_where_the_server_is() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let url = world.url("agent", Endpoint::Discovery);
    let honest = world.send(get(&url)).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    for (name, value) in lies() {
        let lying = |url: &str| {
            let mut request = get(url);
            request.headers_mut().insert(name.clone(), value.clone());
            request
        };
        assert_eq!(world.send(lying(&url)).await.body, honest.body, "{name}: {value:?}");
        let callback = browser.once(lying(&app.authorization_url(&[]))).await;
        assert!(callback.location().starts_with(&app.redirect_uri), "{name}: {value:?}");
        assert_eq!(callback.parameter("iss"), world.issuer("agent"));
        let login = world.send(lying(&app.authorization_url(&[("prompt", "login")]))).await;
        assert!(
            login.location().starts_with("/connexion/oauth2/realms/root/realms/agent/login?"),
            "{login:?}"
        );
        let cookie = login.header("set-cookie");
        assert!(cookie.starts_with("__Host-") && !cookie.contains("Domain"), "{cookie}");
        assert!(!format!("{login:?}").contains("evil"));
    }
}

/// RFC 9112 §3.2.2: nor does an address that is written whole on the request line.
#[tokio::test]
async fn a_whole_address_on_the_request_line_changes_nothing() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let target = app.authorization_url(&[]).replace("sso.royaume.test", "evil.test");
    let request =
        Request::get(target).header(header::HOST, "sso.royaume.test").body(bytes::Bytes::new()).unwrap();
    let login = world.send(request).await;
    assert!(login.location().starts_with("/connexion/oauth2/realms/root/realms/agent/login?"), "{login:?}");
    assert!(!format!("{login:?}").contains("evil"));
}
