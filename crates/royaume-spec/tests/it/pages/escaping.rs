//! Hostile text is only text (CWE-79, CWE-113): names that operators were given, what people type, what applications
//! send.

use royaume_realm::Endpoint;
use royaume_server::admin::{NewAccount, NewClient};
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::world::BASE;
use royaume_spec::{Exchange, World, get, html};

/// Ends an attribute of either quote, a tag, a text; and then does what an attacker would.
const HOSTILE: &str =
    "\"'></title></textarea><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}&lt;";

/// Asserts that a page shows no hostile text as anything but text.
#[track_caller]
fn is_harmless(page: &Exchange) -> &Exchange {
    for live in ["<script", "<img src=x", "onerror=alert(1)>", "\"'>", "</textarea>"] {
        assert!(!page.body.contains(live), "{live}: {page:?}");
    }
    page
}

/// RFC 7591 §5: the name of an application is what somebody wrote in a form.
#[tokio::test]
async fn a_hostile_name_of_an_application_is_only_text() {
    let world = World::standard().await;
    let wish = NewClient {
        name: HOSTILE.to_owned(),
        ..new_client(Application::Private, &["https://app.test/'cb'?a=b&c=d"])
    };
    let app = world.add_app("individu", wish).await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    assert!(is_harmless(&login).body.contains("alert(1)"), "it is shown, as text");
    let wrong = browser.log_in(&login, "camille", "wrong").await.page();
    is_harmless(&wrong);
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    assert!(is_harmless(consent.is_page("royaume-consent")).body.contains("alert(1)"));
    let callback = browser.submit(&consent, &[("decision", "allow")]).await.at_application();
    assert!(
        callback.location().starts_with("https://app.test/'cb'?a=b&c=d&code="),
        "{}",
        callback.location()
    );
}

/// What somebody typed, or the application hinted, comes back into its field and nowhere else.
#[tokio::test]
async fn a_hostile_user_name_is_only_text() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let hinted = browser.open(&app.authorization_url(&[("login_hint", HOSTILE)])).await.page();
    assert!(is_harmless(&hinted).body.contains("alert(1)"));
    let wrong = browser.log_in(&hinted, HOSTILE, "wrong").await.page();
    assert!(is_harmless(&wrong).body.contains("alert(1)"));
    for odd in ["a\u{0}b", "a\r\nset-cookie: x=y", "\u{202e}camille", "camille\u{200b}", &"é".repeat(200)] {
        let page = browser.log_in(&hinted, odd, "wrong").await.page();
        assert_eq!(page.status, 400, "{odd:?}");
        assert!(page.header("set-cookie").is_empty());
    }
}

/// The name of an account is an operator's word, shown at consent and at logout.
#[tokio::test]
async fn a_hostile_name_of_an_account_is_only_text() {
    let world = World::standard().await;
    let wish = NewAccount { username: HOSTILE.to_owned(), subject: None, claims: serde_json::Map::new() };
    world.admin("individu").add_account(wish, Some("secret"), world.passwords()).await.unwrap();
    let app = world.app("individu", Application::Private);
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, HOSTILE, "secret").await.page();
    assert!(is_harmless(consent.is_page("royaume-consent")).body.contains("alert(1)"));
    let logout = browser.open(&world.url("individu", Endpoint::Logout)).await.page();
    assert!(is_harmless(logout.is_page("royaume-logout")).body.contains("alert(1)"));
}

/// RFC 6749 §4.1.2: `state` comes back byte for byte, and splits no header on its way.
#[tokio::test]
async fn a_state_comes_back_as_it_was_sent() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "ines", "ines").await;
    for state in [
        HOSTILE,
        "a b+c%20d%2B",
        "é€𝄞",
        "\r\nset-cookie: x=y\r\n\r\n<html>",
        "a&b=c#d?e;f",
        "\u{7f}\u{1}",
        &"x".repeat(2_000),
    ] {
        for extra in [("prompt", ""), ("scope", "nonsense")] {
            let answer =
                browser.open(&app.authorization_url(&[("state", state), extra])).await.at_application();
            assert_eq!(answer.parameter("state"), state);
            assert!(answer.header("set-cookie").is_empty());
            assert!(answer.location().bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}

/// The `state` of a logout is on the page that asks, and comes back unchanged from there.
#[tokio::test]
async fn a_hostile_state_at_logout_is_only_text() {
    let world = World::standard().await;
    let app = super::application(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let query = royaume_protocol::parameters::encode(&[
        ("client_id", app.client_id.as_str()),
        ("post_logout_redirect_uri", "https://app.test/bye"),
        ("state", HOSTILE),
    ]);
    let page = browser.open(&format!("{}?{query}", world.url("individu", Endpoint::Logout))).await.page();
    is_harmless(page.is_page("royaume-logout"));
    let back = browser.submit(&page, &[("decision", "yes")]).await.at_application();
    assert_eq!(back.parameter("state"), HOSTILE);
    assert!(back.location().starts_with("https://app.test/bye?state="));
}

/// RFC 6749 §5.2: an error page repeats nothing of what was sent.
#[tokio::test]
async fn an_error_page_repeats_nothing() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let hostile = royaume_protocol::parameters::encode(&[("x", HOSTILE)]);
    let hostile = hostile.strip_prefix("x=").unwrap();
    for url in [
        app.authorization_url(&[("client_id", HOSTILE)]),
        app.authorization_url(&[("redirect_uri", HOSTILE)]),
        format!("{}&{hostile}=1&{hostile}=2&client_id=x", app.authorization_url(&[])),
        format!("{}?interaction={hostile}", world.url("individu", Endpoint::Login)),
        format!("{}?id_token_hint={hostile}", world.url("individu", Endpoint::Logout)),
        format!("{BASE}/connexion/oauth2/authorize?realm={hostile}"),
        format!("{BASE}/{hostile}"),
    ] {
        let mut request = get(&url);
        request.headers_mut().insert("accept", "text/html".parse().unwrap());
        let page = world.send(request).await;
        assert!(!is_harmless(page.is_error_page()).body.contains("alert(1)"), "{url}");
    }
}

/// What a form carries in hidden fields is read back as it was written.
#[tokio::test]
async fn hidden_fields_survive_the_page() {
    let world = World::standard().await;
    let app = super::application(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let query = royaume_protocol::parameters::encode(&[
        ("client_id", app.client_id.as_str()),
        ("post_logout_redirect_uri", "https://app.test/bye"),
        ("state", HOSTILE),
    ]);
    let page = browser.open(&format!("{}?{query}", world.url("individu", Endpoint::Logout))).await.page();
    let hidden = html::form(&page.body).unwrap().hidden;
    assert!(hidden.contains(&("state".to_owned(), HOSTILE.to_owned())), "{hidden:?}");
    assert!(hidden.contains(&("redirect".to_owned(), "https://app.test/bye".to_owned())), "{hidden:?}");
}
