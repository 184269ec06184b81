//! What programs find on pages: ids and names that stay the same, for tests of integrators and for password managers.

use royaume_realm::Endpoint;
use royaume_spec::{Exchange, World, html};

use super::{application, consent_page, login_page};

/// The tag that has an id.
fn tag<'p>(page: &'p Exchange, id: &str) -> &'p str {
    let at = page.body.find(&format!(" id=\"{id}\"")).unwrap_or_else(|| panic!("no {id}: {page:?}"));
    let from = page.body[..at].rfind('<').unwrap();
    page.body[from..].split('>').next().unwrap()
}

fn has(tag: &str, attributes: &[&str]) {
    for attribute in attributes {
        assert!(tag.contains(attribute), "{attribute}: {tag}");
    }
}

/// The login page has two fields and two buttons, and forgets no password manager.
#[tokio::test]
async fn the_login_page_has_its_fields_and_buttons() {
    let world = World::standard().await;
    let app = application(&world).await;
    let page = login_page(&mut world.browser(), &app).await;
    page.is_page("royaume-login");
    has(tag(&page, "username"), &["<input", "name=\"username\"", "autocomplete=\"username\"", "required"]);
    has(
        tag(&page, "password"),
        &[
            "<input",
            "type=\"password\"",
            "name=\"password\"",
            "autocomplete=\"current-password\"",
            "required",
        ],
    );
    has(tag(&page, "login-submit"), &["<button", "type=\"submit\"", "name=\"decision\"", "value=\"submit\""]);
    has(
        tag(&page, "login-cancel"),
        &["<button", "type=\"submit\"", "name=\"decision\"", "value=\"cancel\"", "formnovalidate"],
    );
    assert!(page.body.find("id=\"login-submit\"") < page.body.find("id=\"login-cancel\""), "Enter submits");
}

/// The consent page has two buttons, and says who asks, for whom, and for what.
#[tokio::test]
async fn the_consent_page_has_its_buttons() {
    let world = World::standard().await;
    let app = application(&world).await;
    let page = consent_page(&mut world.browser(), &app).await;
    page.is_page("royaume-consent");
    has(tag(&page, "consent-allow"), &["<button", "name=\"decision\"", "value=\"allow\""]);
    has(tag(&page, "consent-deny"), &["<button", "name=\"decision\"", "value=\"deny\""]);
    for told in ["Application d&#39;essai", "app.test", "camille", "openid", "Vous reconnaître"] {
        assert!(page.body.contains(told), "{told}: {page:?}");
    }
}

/// The pages of logout have their buttons and markers.
#[tokio::test]
async fn the_logout_pages_have_their_buttons_and_markers() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    let page = browser.open(&world.url("individu", Endpoint::Logout)).await.page();
    page.is_page("royaume-logout");
    assert!(page.body.contains("camille"), "who leaves is named");
    has(tag(&page, "logout-yes"), &["<button", "name=\"decision\"", "value=\"yes\""]);
    has(tag(&page, "logout-no"), &["<button", "name=\"decision\"", "value=\"no\""]);
    let stayed = browser.submit(&page, &[("decision", "no")]).await.page();
    assert!(!stayed.body.contains("royaume-logged-out"), "who stayed is not told otherwise");
    browser.submit(&page, &[("decision", "yes")]).await.page().is_page("royaume-logged-out");
}

/// An error page is marked too, and says the standard's code for the developer.
#[tokio::test]
async fn the_error_page_has_its_marker_and_its_code() {
    let world = World::standard().await;
    let app = application(&world).await;
    let unknown = app.authorization_url(&[("client_id", "unknown")]);
    let page = world.browser().open(&unknown).await.page();
    page.is_page("royaume-error");
    assert!(page.body.contains("invalid_client") && page.body.contains("no client of this realm"));
    assert!(html::form(&page.body).is_none(), "there is nothing to send");
}

/// HTML §3.2.6.2, WCAG 2.2 §1.3.1: every page has one marker, one heading, a title, and labels that lead to fields.
#[tokio::test]
async fn every_page_has_one_heading_and_a_title() {
    let world = World::standard().await;
    let app = application(&world).await;
    let mut browser = world.browser();
    let login = login_page(&mut browser, &app).await;
    let consent = consent_page(&mut browser, &app).await;
    let logout = browser.open(&world.url("individu", Endpoint::Logout)).await.page();
    let done = browser.open(&world.url("individu", Endpoint::LoggedOut)).await.page();
    let error = browser.open(&world.url("individu", Endpoint::Authorization)).await.page();
    let markers =
        ["royaume-login", "royaume-consent", "royaume-logout", "royaume-logged-out", "royaume-error"];
    for (page, own) in [&login, &consent, &logout, &done, &error].into_iter().zip(markers) {
        for marker in markers {
            let shown = page.body.contains(&format!("id=\"{marker}\""));
            assert_eq!(shown, marker == own, "{own} shows {marker}");
        }
        assert_eq!(page.body.matches("<h1").count(), 1);
        assert!(page.body.contains(" · Royaume</title>"));
        for label in page.body.split("<label for=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            tag(page, label);
        }
    }
}
