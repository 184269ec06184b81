//! Response modes (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode): where the
//! answer stands.

use royaume_jose::{base64, sha256};
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{App, World, get, post};

async fn application(world: &World, kind: Application) -> App {
    world.add_app("op", wish_of(kind, "Essai")).await
}

/// Form Post §2: the answer is in a form that is posted to the redirect URI, and in nothing else. Module `oidcc-server`,
/// in the form post plan.
#[tokio::test]
async fn an_answer_may_be_posted() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let page = browser.open(&app.authorization_url(&[("response_mode", "form_post")])).await.page();
    let (action, answer) = page.posted();
    assert_eq!(action, "https://app.test/cb");
    let mut names: Vec<_> = answer.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    assert_eq!(names, ["code", "iss", "state"]);
    assert_eq!(answer.optional("state"), Some("state-1"));
    let code = answer.optional("code").unwrap();
    world.send(app.redemption(code, &[])).await.is_ok();
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
}

/// Form Post §2: a person who signs in on the way arrives at the same form.
#[tokio::test]
async fn whoever_signs_in_on_the_way_comes_to_the_form() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[("response_mode", "form_post")])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let page = browser.submit(&consent, &[("decision", "allow")]).await.page();
    assert!(page.posted().1.optional("code").is_some());
}

/// Form Post §2: errors are posted too. Modules `oidcc-response-type-missing` and `oidcc-prompt-none-not-logged-in`, in
/// the form post plan.
#[tokio::test]
async fn errors_are_posted_where_an_answer_would_be() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    for (change, error) in [
        (("response_type", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("prompt", "none"), "login_required"),
        (("scope", "nonsense"), "invalid_scope"),
    ] {
        let url = app.authorization_url(&[("response_mode", "form_post"), change]);
        let (action, answer) = world.send(get(&url)).await.posted();
        assert_eq!(action, "https://app.test/cb");
        assert_eq!((answer.optional("error"), answer.optional("state")), (Some(error), Some("state-1")));
        assert!(answer.optional("iss").is_some() && answer.optional("code").is_none());
    }
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[("response_mode", "form_post")])).await.page();
    let cancelled = browser.submit(&login, &[("decision", "cancel")]).await.page();
    assert_eq!(cancelled.posted().1.optional("error"), Some("access_denied"));
}

/// OWASP ASVS 3.4.3: the one script of the page is named by its digest, and the form leads to the proven redirect URI
/// alone; both are the same whatever stands in the request.
#[tokio::test]
async fn nothing_but_its_own_script_runs_on_the_page_and_nothing_is_posted_elsewhere() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let hostile = "\"><script>alert(1)</script><form action=https://evil.test>";
    let url =
        app.authorization_url(&[("response_mode", "form_post"), ("prompt", "none"), ("state", hostile)]);
    let page = world.send(get(&url)).await;
    assert_eq!(page.posted().1.optional("state"), Some(hostile));
    let scripts: Vec<_> = page.body.split("<script>").skip(1).collect();
    assert_eq!(scripts.len(), 1, "{}", page.body);
    let script = scripts[0].split("</script>").next().unwrap();
    let policy = page.header("content-security-policy");
    let digest = base64::encode(&sha256(script.as_bytes()));
    assert!(policy.contains(&format!("script-src 'sha256-{digest}';")), "{policy}");
    assert!(policy.contains("form-action https://app.test;"), "{policy}");
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
}

/// RFC 6749 §A.5: a state that a form would bring back otherwise is refused there.
#[tokio::test]
async fn a_state_with_line_breaks_is_refused() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    for state in ["a\nb", "a\r\nb", "a\tb", "\u{85}"] {
        let url = app.authorization_url(&[("response_mode", "form_post"), ("state", state)]);
        let (_, answer) = world.send(get(&url)).await.posted();
        assert_eq!((answer.optional("error"), answer.optional("state")), (Some("invalid_request"), None));
    }
}

/// Form Post §2: the page speaks the language that the person chose.
#[tokio::test]
async fn the_page_speaks_the_language_of_the_person() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let changes = [("response_mode", "form_post"), ("prompt", "none")];
    for (language, word) in [("fr", "Continuer"), ("en", "Continue")] {
        let url = app.authorization_url(&[changes[0], changes[1], ("ui_locales", language)]);
        let page = world.send(get(&url)).await;
        assert!(
            page.body.contains(&format!(">{word}</button>"))
                && page.body.contains(&format!("lang=\"{language}\""))
        );
    }
}

/// Multiple Response Types §2.1: a public application, whose script reads the address, may have a code in the fragment; a
/// confidential one, whose server would never see it there, may not.
#[tokio::test]
async fn a_code_stands_in_the_fragment_for_public_applications_only() {
    let world = World::provider().await;
    let public = application(&world, Application::Public).await;
    let mut browser = world.browser();
    let answer =
        browser.walk(&public.authorization_url(&[("response_mode", "fragment")]), "camille", "camille").await;
    assert!(answer.location().starts_with("https://app.test/cb#code="), "{}", answer.location());
    let confidential = application(&world, Application::Private).await;
    let refused = world.send(get(&confidential.authorization_url(&[("response_mode", "fragment")]))).await;
    refused.is_redirected_error("invalid_request");
    assert!(!refused.location().contains('#'));
}

/// Multiple Response Types §2.1: a mode that is not known is refused where an answer would be seen.
#[tokio::test]
async fn other_modes_are_refused() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    for mode in ["web_message", "query.jwt", "QUERY", "form_post form_post", " "] {
        let refused = world.send(get(&app.authorization_url(&[("response_mode", mode)]))).await;
        refused.is_redirected_error("invalid_request");
        assert!(refused.location().starts_with("https://app.test/cb?error="), "{}", refused.location());
    }
}

/// OIDC Core §3.1.2.1: what was posted as a request is answered like any other. Module
/// `oidcc-ensure-post-request-succeeds`, in the form post plan.
#[tokio::test]
async fn a_posted_request_may_be_answered_by_a_form() {
    let world = World::provider().await;
    let app = application(&world, Application::Private).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let request = post(&app.authorize, &app.authorization(&[("response_mode", "form_post")]));
    let page = browser.follow_from_elsewhere(request).await.page();
    assert!(page.posted().1.optional("code").is_some());
}

/// OIDC Core §3.1.2.5: a query that is part of the redirect URI stays, in every mode. Module
/// `oidcc-redirect-uri-query-OK`.
#[tokio::test]
async fn the_query_of_the_redirect_uri_stays_in_every_mode() {
    let world = World::provider().await;
    let mut wish = wish_of(Application::Public, "Essai");
    wish.redirect_uris = vec!["https://app.test/cb?a=1&b=%20".to_owned()];
    let app = world.add_app("op", wish).await;
    for (mode, begins) in [
        ("query", "https://app.test/cb?a=1&b=%20&error="),
        ("fragment", "https://app.test/cb?a=1&b=%20#error="),
    ] {
        let url = app.authorization_url(&[("response_mode", mode), ("prompt", "none")]);
        let answer = world.send(get(&url)).await;
        assert!(answer.location().starts_with(begins), "{}", answer.location());
    }
    let url = app.authorization_url(&[("response_mode", "form_post"), ("prompt", "none")]);
    assert_eq!(world.send(get(&url)).await.posted().0, "https://app.test/cb?a=1&b=%20");
}
