//! What people see, and what every answer carries to keep it theirs (OWASP ASVS 5.0 chapters 3, 6 and 7; RFC 9700
//! §4.16): headers, cookies, languages, the ids that programs find, and a login that tells a stranger nothing.

mod cookies;
mod escaping;
mod headers;
mod ids;
mod languages;
mod login;
mod policy;
mod table;

use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Browser, Exchange, World};

/// A private application in /individu that returns to `https://app.test/cb`, after logout to `https://app.test/bye`.
async fn application(world: &World) -> App {
    let wish = royaume_server::admin::NewClient {
        post_logout_redirect_uris: vec!["https://app.test/bye".to_owned()],
        ..new_client(Application::Private, &["https://app.test/cb"])
    };
    world.add_app("individu", wish).await
}

/// The login page of a request.
async fn login_page(browser: &mut Browser<'_>, app: &App) -> Exchange {
    browser.open(&app.authorization_url(&[])).await.page()
}

/// The consent page of a request, once camille has signed in.
async fn consent_page(browser: &mut Browser<'_>, app: &App) -> Exchange {
    let login = login_page(browser, app).await;
    browser.log_in(&login, "camille", "camille").await.page()
}
