//! Languages of pages (OpenID Connect Core 1.0 §3.1.2.1 `ui_locales`, RFC 9110 §12.5.4): French, unless the person, the
//! application or the browser wishes English.

use royaume_realm::Endpoint;
use royaume_spec::world::BASE;
use royaume_spec::{App, Browser, Exchange, World, get};

use super::{application, login_page};

/// The language that a page says it is in, held to its words.
#[track_caller]
fn language(page: &Exchange) -> &'static str {
    let french = page.body.contains("<html lang=\"fr\">");
    assert_ne!(french, page.body.contains("<html lang=\"en\">"), "{page:?}");
    assert_eq!(french, page.body.contains("Aller au contenu"), "{page:?}");
    if french { "fr" } else { "en" }
}

fn speaking<'w>(world: &'w World, accept_language: &'static str) -> Browser<'w> {
    let mut browser = world.browser();
    browser.headers.push(("accept-language", accept_language));
    browser
}

/// The page that a request leads to.
async fn opened(browser: &mut Browser<'_>, app: &App, ui_locales: &str) -> Exchange {
    browser.open(&app.authorization_url(&[("ui_locales", ui_locales)])).await.page()
}

/// RFC 9110 §12.5.4: the browser's preference counts, by quality; where it prefers neither, the page is French.
#[tokio::test]
async fn a_page_is_french_unless_the_browser_prefers_english() {
    let world = World::standard().await;
    let app = application(&world).await;
    assert_eq!(language(&login_page(&mut world.browser(), &app).await), "fr");
    for (accepted, expected) in [
        ("fr", "fr"),
        ("en", "en"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("de,en;q=0.5,fr;q=0.9", "fr"),
        ("de", "fr"),
        ("*", "fr"),
        ("en;q=0", "fr"),
        ("en;q=nonsense", "fr"),
        ("", "fr"),
    ] {
        let page = login_page(&mut speaking(&world, accepted), &app).await;
        assert_eq!(language(&page), expected, "{accepted}");
    }
}

/// OpenID Connect Core 1.0 §3.1.2.1: the application's wish beats the browser's, in its order, on every page of the way.
#[tokio::test]
async fn the_application_s_wish_is_heard_on_every_page() {
    let world = World::standard().await;
    let app = application(&world).await;
    for (wish, accepted, expected) in [
        ("en", "fr", "en"),
        ("fr", "en", "fr"),
        ("de en-US fr", "fr", "en"),
        ("fr-CA en", "en", "fr"),
        ("de", "en", "en"),
        ("<script>", "fr", "fr"),
    ] {
        let mut browser = speaking(&world, accepted);
        let login = opened(&mut browser, &app, wish).await;
        assert_eq!(language(login.is_page("royaume-login")), expected, "{wish}");
        let wrong = browser.log_in(&login, "camille", "wrong").await.page();
        assert_eq!(language(&wrong), expected, "{wish}");
        let consent = browser.log_in(&login, "camille", "camille").await.page();
        assert_eq!(language(consent.is_page("royaume-consent")), expected, "{wish}");
    }
}

/// What one application wishes is not what the person chose: it does not follow them to the next.
#[tokio::test]
async fn the_application_s_wish_is_not_remembered_as_the_person_s_choice() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    assert_eq!(language(&opened(&mut browser, &app, "en").await), "en");
    assert_eq!(language(&opened(&mut browser, &app, "fr").await), "fr");
    assert_eq!(language(&login_page(&mut browser, &app).await), "fr");
}

/// The links of a page lead to the same page in the other language, and the choice is kept, before any other wish.
#[tokio::test]
async fn the_person_s_choice_is_kept_and_beats_every_other_wish() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = speaking(&world, "fr");
    let login = login_page(&mut browser, &app).await;
    let (_, rest) = login.body.split_once("<a href=\"/connexion").unwrap();
    let link = rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&");
    assert!(link.ends_with("&lang=en"), "{link}");
    let english = browser.open(&format!("{BASE}/connexion{link}")).await.page();
    assert_eq!(language(english.is_page("royaume-login")), "en");

    assert_eq!(language(&browser.log_in(&english, "camille", "wrong").await.page()), "en");
    let consent = browser.log_in(&english, "camille", "camille").await.page();
    assert_eq!(language(consent.is_page("royaume-consent")), "en");
    assert_eq!(language(&opened(&mut browser, &app, "fr").await), "en", "chosen once, kept for the visit");
    let logout = browser.open(&world.url("individu", Endpoint::Logout)).await.page();
    assert_eq!(language(&logout), "en");
    let done = browser.submit(&logout, &[("decision", "yes")]).await.page();
    assert_eq!(language(done.is_page("royaume-logged-out")), "en");
    let back = browser.open(&format!("{}?lang=fr", world.url("individu", Endpoint::LoggedOut))).await.page();
    assert_eq!(language(&back), "fr");
}

/// A language that is not spoken, in an address, changes nothing.
#[tokio::test]
async fn an_unknown_language_in_the_address_changes_nothing() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = speaking(&world, "en");
    let begun = browser.once(get(&app.authorization_url(&[]))).await;
    for lang in ["de", "", "french", "%3Cscript%3E", "fr%0d%0aset-cookie:x"] {
        let page = browser.once(get(&format!("{BASE}{}&lang={lang}", begun.location()))).await;
        assert_eq!(language(page.is_page("royaume-login")), "en", "{lang}");
        assert!(page.header("set-cookie").is_empty() && !page.body.contains("<script>"), "{page:?}");
    }
}

/// An error page speaks the language of the address that led to it, or of the browser.
#[tokio::test]
async fn an_error_page_speaks_the_language_that_was_wished() {
    let world = World::standard().await;
    let app = application(&world).await;
    let unknown = |ui_locales| app.authorization_url(&[("client_id", "unknown"), ("ui_locales", ui_locales)]);
    for (accepted, url, expected) in [
        ("fr", unknown(""), "fr"),
        ("en", unknown(""), "en"),
        ("fr", unknown("en"), "en"),
        ("en", unknown("fr"), "fr"),
        ("fr", format!("{}?interaction=x&lang=en", world.url("individu", Endpoint::Login)), "en"),
        ("fr", format!("{}?id_token_hint=x&ui_locales=en", world.url("individu", Endpoint::Logout)), "en"),
        ("en", format!("{}?id_token_hint=x", world.url("individu", Endpoint::Logout)), "en"),
    ] {
        let page = speaking(&world, accepted).open(&url).await.page();
        assert_eq!(language(page.is_error_page()), expected, "{url}");
    }
    let mut lost = get(&format!("{BASE}/nothing"));
    lost.headers_mut().insert("accept", "text/html".parse().unwrap());
    lost.headers_mut().insert("accept-language", "en".parse().unwrap());
    assert_eq!(language(&world.send(lost).await), "en");
}

/// OpenID Connect RP-Initiated Logout 1.0 §2: `ui_locales` is heard at logout too.
#[tokio::test]
async fn the_application_s_wish_is_heard_at_logout() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = speaking(&world, "fr");
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let url = format!("{}?ui_locales=en", world.url("individu", Endpoint::Logout));
    assert_eq!(language(&browser.open(&url).await.page()), "en");
}
