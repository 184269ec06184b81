//! `offline_access` (§11): what goes on while the person is away, and what does not.

use royaume_protocol::{GrantType, ResponseType};
use royaume_realm::{ConsentPolicy, Endpoint, Realm};
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{App, Exchange, World};

use super::{provider_app, providers};

const OFFLINE: (&str, &str) = ("scope", "openid offline_access");

/// Tokens of a request with these changes, and the browser signed out since.
async fn signed_out(world: &World, app: &App, change: (&str, &str)) -> Exchange {
    let mut browser = world.browser();
    let callback = browser.walk(&app.authorization_url(&[change]), "camille", "camille").await;
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    tokens.is_ok();
    let page = browser.open(&world.url("op", Endpoint::Logout)).await.page();
    browser.submit(&page, &[("decision", "yes")]).await.page().is_page("royaume-logged-out");
    tokens
}

/// §11: what a person allowed to go on in their absence goes on when they have signed out, and its successors too.
/// Module `oidcc-refresh-token`.
#[tokio::test]
async fn offline_access_outlives_the_session() {
    for world in providers().await {
        let app = provider_app(&world).await;
        let tokens = signed_out(&world, &app, OFFLINE).await;
        assert!(world.is_active(&app, &tokens.member("access_token")).await);
        let refreshed = world.send(app.refresh(&tokens.member("refresh_token"), &[])).await;
        assert_eq!(refreshed.is_ok().member("scope"), "openid offline_access");
        world.userinfo("op", &refreshed.member("access_token")).await.is_ok();
        // Less was asked for, and it is still of a person who is away.
        let narrowed =
            world.send(app.refresh(&refreshed.member("refresh_token"), &[("scope", "openid")])).await;
        world.userinfo("op", &narrowed.is_ok().member("access_token")).await.is_ok();
    }
}

/// RP-Initiated Logout 1.0 §2: without it everything ends with the session.
#[tokio::test]
async fn everything_else_ends_with_the_session() {
    for world in providers().await {
        let app = provider_app(&world).await;
        let tokens = signed_out(&world, &app, ("scope", "openid")).await;
        world.assert_over(&app, &tokens).await;
    }
}

/// §11: it ends with the person's account all the same.
#[tokio::test]
async fn offline_access_ends_with_the_account() {
    for world in providers().await {
        let app = provider_app(&world).await;
        let tokens = signed_out(&world, &app, OFFLINE).await;
        world.admin("op").disable_account("camille", true).await.unwrap();
        world.assert_over(&app, &tokens).await;
    }
}

/// §11: where no code comes of the request, or no refresh token of the code, it is passed over.
#[tokio::test]
async fn offline_access_is_passed_over_where_nothing_could_go_on() {
    let world = World::provider().await;
    let implicit = provider_app(&world).await;
    world
        .amend(&implicit, |client| {
            client.response_types = vec![ResponseType::IdTokenToken];
            client.grants = vec![GrantType::Implicit];
        })
        .await;
    let mut browser = world.browser();
    let url = implicit.authorization_url(&[OFFLINE, ("response_type", "id_token token")]);
    let answer = browser.walk(&url, "camille", "camille").await;
    let known = world.introspect(&implicit, &answer.parameter("access_token")).await.json();
    assert_eq!(known["scope"], "openid");

    let once = provider_app(&world).await;
    world.amend(&once, |client| client.grants = vec![GrantType::AuthorizationCode]).await;
    let callback = world.browser().walk(&once.authorization_url(&[OFFLINE]), "camille", "camille").await;
    let tokens = world.send(once.redemption(&callback.parameter("code"), &[])).await;
    assert_eq!(tokens.is_ok().member("scope"), "openid");
    assert!(tokens.json().get("refresh_token").is_none());
}

/// §11: nobody's absence is used unless they were asked: where a realm asks nobody, only `prompt=consent` obtains it.
#[tokio::test]
async fn offline_access_needs_somebody_to_be_asked() {
    let never = |realm: &mut Realm| realm.consent = ConsentPolicy::Never;
    let world = World::provider_with(never).await;
    let app = world.add_app("op", wish_of(Application::Private, "Essai")).await;
    for (prompt, scope) in [("", "openid"), ("consent", "openid offline_access")] {
        let url = app.authorization_url(&[OFFLINE, ("prompt", prompt)]);
        let callback = world.browser().walk(&url, "camille", "camille").await;
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        assert_eq!(tokens.is_ok().member("scope"), scope, "{prompt}");
    }
}
