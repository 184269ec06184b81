//! RFC 9700 §4.2.4, §4.12, §4.16: what every answer tells the browser not to do.

use http::header;
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{Exchange, World, get, post};

/// One answer of every kind: pages, forms, redirects, tokens, errors of each face, and nothing at all.
async fn answers(world: &World) -> Vec<Exchange> {
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let begun = browser.once(get(&app.authorization_url(&[]))).await;
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let callback = browser.submit(&consent, &[("decision", "allow")]).await.at_application();
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let (access, url) = (tokens.member("access_token"), |endpoint| world.url("individu", endpoint));
    vec![
        begun,
        login,
        consent,
        callback,
        tokens,
        world.userinfo("individu", &access).await,
        world.userinfo("individu", "x").await,
        world.send(get(&url(Endpoint::UserInfo))).await,
        world.introspect(app, &access).await,
        world.revoke(app, &access).await,
        world.send(get(&url(Endpoint::Jwks))).await,
        world.send(get(&url(Endpoint::Discovery))).await,
        world.send(get(&url(Endpoint::LoggedOut))).await,
        browser.once(get(&url(Endpoint::Logout))).await,
        world.send(get(&app.authorization_url(&[("client_id", "nobody")]))).await,
        world.send(get(&app.authorization_url(&[("scope", "nonsense")]))).await,
        world.send(get(&app.token)).await,
        world.send(post(&app.token, &[("grant_type", "password")])).await,
        world.send(get("https://sso.royaume.test/nowhere")).await,
        world.send(get("https://sso.royaume.test/connexion/oauth2/authorize")).await,
        world.send(get("https://sso.royaume.test/health/live")).await,
    ]
}

/// §4.16: no answer lets itself be framed, whatever it is.
#[tokio::test]
async fn no_answer_can_be_framed() {
    let world = World::standard().await;
    for answer in answers(&world).await {
        assert_eq!(answer.header("x-frame-options"), "DENY", "{answer:?}");
        assert_eq!(answer.headers.get_all("content-security-policy").iter().count(), 1);
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    }
}

/// §4.2.4: no answer lets its address travel on, or is taken for what it does not say it is.
#[tokio::test]
async fn no_answer_lets_its_address_travel_on() {
    let world = World::standard().await;
    for answer in answers(&world).await {
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{answer:?}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
        for chatty in ["server", "x-powered-by", "x-xss-protection"] {
            assert!(!answer.headers.contains_key(chatty), "{answer:?}");
        }
    }
}

/// §4.2.4: pages load nothing from elsewhere, run nothing, and their forms end here or at the proven redirect URI.
#[tokio::test]
async fn pages_load_nothing_from_elsewhere() {
    let world = World::standard().await;
    let mut pages = 0;
    for answer in
        answers(&world).await.iter().filter(|answer| answer.header("content-type").starts_with("text/html"))
    {
        pages += 1;
        let policy = answer.header("content-security-policy");
        assert!(!policy.contains("script-src") && !policy.contains("http://evil"), "{policy}");
        assert!(!answer.body.contains("<script") && !answer.body.contains("src=\"http"), "{answer:?}");
        let asks = ["royaume-login", "royaume-consent"].iter().any(|page| answer.body.contains(page));
        let form_action = policy.split("; ").find(|part| part.starts_with("form-action")).unwrap();
        assert_eq!(
            form_action,
            if asks { "form-action 'self' http://127.0.0.1" } else { "form-action 'self'" }
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    assert!(pages >= 5, "{pages}");
}

/// §4.12: a redirect after credentials is 303: the browser never posts them on.
#[tokio::test]
async fn every_redirect_is_a_see_other() {
    let world = World::standard().await;
    for answer in answers(&world).await.iter().filter(|answer| answer.status.is_redirection()) {
        assert_eq!(answer.status, 303);
        assert_eq!(answer.header("cache-control"), "no-store");
    }
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let noe = [("username", "noe"), ("password", "noe"), ("decision", "submit")];
    let signed_in = browser.once(browser.filled(&login, &noe)).await;
    let consent = browser.open(&format!("https://sso.royaume.test{}", signed_in.location())).await.page();
    let agreed = browser.once(browser.filled(&consent, &[("decision", "allow")])).await;
    assert_eq!((signed_in.status.as_u16(), agreed.status.as_u16()), (303, 303));
}

/// §2.6: an authorization endpoint is for navigation, and is read by no script.
#[tokio::test]
async fn no_script_reads_the_authorization_endpoint() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Public);
    for origin in ["https://evil.test", "http://127.0.0.1", "null"] {
        for method in [http::Method::GET, http::Method::OPTIONS] {
            let mut request = get(&app.authorization_url(&[]));
            request.headers_mut().insert(header::ORIGIN, origin.parse().unwrap());
            request.headers_mut().insert("access-control-request-method", "GET".parse().unwrap());
            *request.method_mut() = method;
            let answer = world.send(request).await;
            let opened = answer.headers.keys().any(|name| name.as_str().starts_with("access-control"));
            assert!(!opened, "{answer:?}");
        }
    }
}
