//! OpenID Connect Core 1.0, as far as it is built: the authorization code flow (§3.1), claims by scope (§5), refresh
//! (§12).

mod acr;
mod claims_parameter;
mod consent;
mod create_account;
mod encrypted;
mod flow;
mod hint;
mod id_token;
mod max_age;
mod offline_access;
mod pairwise;
mod partial_consent;
mod prompt;
mod provider;
mod refresh;
mod request;
mod response_modes;
mod response_types;
mod rotation;
mod rotation_load;
mod scope_claims;
mod session;
mod signed_answers;
mod told;
mod userinfo;

use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, Browser, Exchange, World};

/// A private application in /individu that returns to `https://app.test/cb`, after logout to `https://app.test/bye`.
pub(crate) async fn application(world: &World) -> App {
    let wish = royaume_server::admin::NewClient {
        post_logout_redirect_uris: vec!["https://app.test/bye".to_owned()],
        ..new_client(Application::Private, &["https://app.test/cb"])
    };
    world.add_app("individu", wish).await
}

/// A private application of a provider, which may be told everything.
pub(crate) async fn provider_app(world: &World) -> App {
    world.add_app("op", new_client(Application::Private, &["https://app.test/cb"])).await
}

/// A provider of each kind of access token: opaque (RFC 7662), and signed (RFC 9068).
pub(crate) async fn providers() -> [World; 2] {
    let signed = |realm: &mut royaume_realm::Realm| {
        realm.access_token = royaume_realm::AccessTokenFormat::Jwt(royaume_jose::Algorithm::Es256);
    };
    [World::provider().await, World::provider_with(signed).await]
}

/// A browser in which camille has signed in and agreed to all that the application may ask.
pub(crate) async fn signed_in<'w>(world: &'w World, app: &App) -> Browser<'w> {
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    browser
}

/// The answer that a browser is sent back with, without a page in between.
async fn silently(browser: &mut Browser<'_>, app: &App) -> Exchange {
    browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application()
}

/// Is somebody signed in there?
pub(crate) async fn is_signed_in(browser: &mut Browser<'_>, app: &App) -> bool {
    let answer = silently(browser, app).await;
    let granted = !answer.parameter("code").is_empty();
    assert!(granted || answer.parameter("error") == "login_required", "{}", answer.location());
    granted
}
