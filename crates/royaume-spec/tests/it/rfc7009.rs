//! RFC 7009: a client gives a token back.

use http::{HeaderValue, Method, header};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{App, Exchange, World, post};

fn given_back(world: &World, app: &App, pairs: &[(&str, &str)]) -> http::Request<bytes::Bytes> {
    app.call(&world.url(&app.realm, Endpoint::Revocation), pairs)
}

/// §2.2: whatever the token was, the answer is the same.
#[track_caller]
fn is_done(answer: &Exchange) {
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

/// §2.1: a refresh token takes with it every access token of the same grant.
#[tokio::test]
async fn a_refresh_token_takes_its_whole_grant_with_it() {
    for world in World::of_each_format().await {
        for realm in ["individu", "agent"] {
            let app = world.app(realm, Application::Private);
            let first = world.sign_in(app).await;
            let second = world.send(app.refresh(&first.member("refresh_token"), &[])).await;
            is_done(&world.revoke(app, &second.member("refresh_token")).await);
            world.assert_over(app, &second).await;
            let (first, refused) = (first.member("access_token"), "invalid_token");
            world.userinfo(realm, &first).await.is_challenge(401, refused);
        }
    }
}

/// §2.1: so does one that was rotated out: it names the same grant.
#[tokio::test]
async fn a_spent_refresh_token_still_names_its_grant() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await;
        let second = world.send(app.refresh(&first.member("refresh_token"), &[])).await;
        is_done(&world.revoke(app, &first.member("refresh_token")).await);
        world.assert_over(app, &second).await;
    }
}

/// §2: an access token ends alone, and what it came from can be refreshed.
#[tokio::test]
async fn an_access_token_ends_alone() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let first = world.sign_in(app).await;
        let second = world.send(app.refresh(&first.member("refresh_token"), &[])).await;
        is_done(&world.revoke(app, &first.member("access_token")).await);
        world.userinfo("agent", &first.member("access_token")).await.is_challenge(401, "invalid_token");
        assert!(!world.is_active(app, &first.member("access_token")).await);
        world.userinfo("agent", &second.member("access_token")).await.is_ok();
        world.send(app.refresh(&second.member("refresh_token"), &[])).await.is_ok();
    }
}

/// §2: a machine gives its token back too.
#[tokio::test]
async fn a_token_that_no_person_granted_ends_too() {
    for world in World::of_each_format().await {
        let app = world.app("partenaire", Application::Machine);
        let token = world.send(app.token_request(&[("grant_type", "client_credentials")])).await;
        let token = token.member("access_token");
        assert!(world.is_active(app, &token).await);
        is_done(&world.revoke(app, &token).await);
        assert!(!world.is_active(app, &token).await);
    }
}

/// §2.1: the invalidation takes place immediately, on every node.
#[tokio::test]
async fn a_token_given_back_on_one_node_is_dead_on_every_node() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let other = world.another_node().await;
        let tokens = world.sign_in(app).await;
        let access = tokens.member("access_token");
        world.userinfo("agent", &access).await.is_ok();
        is_done(&other.handle(given_back(&world, app, &[("token", &access)])).await.into());
        world.userinfo("agent", &access).await.is_challenge(401, "invalid_token");
        let refresh = tokens.member("refresh_token");
        is_done(&other.handle(given_back(&world, app, &[("token", &refresh)])).await.into());
        world.assert_over(app, &tokens).await;
    }
}

/// §2.1: a token that was issued to another client stays as it is, and the caller learns nothing of it.
#[tokio::test]
async fn a_token_of_another_client_stays_as_it_is() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let tokens = world.sign_in(app).await;
        for other in [world.app("agent", Application::Public), world.app("agent", Application::Machine)] {
            for token in ["access_token", "refresh_token"] {
                is_done(&world.revoke(other, &tokens.member(token)).await);
            }
        }
        world.userinfo("agent", &tokens.member("access_token")).await.is_ok();
        world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_ok();
    }
}

/// §2.2: invalid tokens do not cause an error: what the client wanted is already so.
#[tokio::test]
async fn what_is_no_token_is_already_revoked() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let tokens = world.sign_in(app).await;
        let elsewhere = world.sign_in(world.app("individu", Application::Private)).await;
        let given = tokens.member("access_token");
        is_done(&world.revoke(app, &given).await);
        for token in [
            &*given,
            "x",
            &"A".repeat(43),
            &"A".repeat(27),
            "a.b.c",
            &elsewhere.member("access_token"),
            &elsewhere.member("refresh_token"),
            &tokens.member("id_token"),
        ] {
            is_done(&world.revoke(app, token).await);
        }
        world.userinfo("individu", &elsewhere.member("access_token")).await.is_ok();
        world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_ok();
    }
}

/// §2.1: a code is no token: giving one back neither spends nor protects it.
#[tokio::test]
async fn a_code_is_not_for_this_endpoint() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let code = world.code(app, &[]).await;
    is_done(&world.revoke(app, &code).await);
    world.send(app.redemption(&code, &[])).await.is_ok();
}

/// §2.1: a hint that is wrong or unknown is a hint, not a rule.
#[tokio::test]
async fn a_hint_changes_nothing() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        for hint in ["access_token", "refresh_token", "id_token", "nonsense", ""] {
            for kind in ["access_token", "refresh_token"] {
                let token = world.sign_in(app).await.member(kind);
                let pairs = [("token", &*token), ("token_type_hint", hint)];
                is_done(&world.send(given_back(&world, app, &pairs)).await);
                assert!(!world.is_active(app, &token).await, "{kind} with hint {hint}");
            }
        }
    }
}

/// §2.1: a public client says its name, and gives its own tokens back.
#[tokio::test]
async fn a_public_client_gives_its_tokens_back() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Public);
        let tokens = world.sign_in(app).await;
        is_done(&world.revoke(app, &tokens.member("refresh_token")).await);
        world.userinfo("agent", &tokens.member("access_token")).await.is_challenge(401, "invalid_token");
        world.send(app.refresh(&tokens.member("refresh_token"), &[])).await.is_error(400, "invalid_grant");
    }
}

/// §2.1: the client's credentials are validated first, as at the token endpoint.
#[tokio::test]
async fn whoever_cannot_authenticate_revokes_nothing() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let token = world.sign_in(app).await.member("refresh_token");
    for changes in
        [("client_secret", "wrong"), ("client_secret", ""), ("client_id", ""), ("client_id", "nobody")]
    {
        let refused = world.send(given_back(&world, app, &[("token", &token), changes])).await;
        refused.is_error(401, "invalid_client");
    }
    assert!(world.is_active(app, &token).await);
}

/// §2.1: `token` is required.
#[tokio::test]
async fn a_request_without_a_token_is_invalid() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    world.send(given_back(&world, app, &[])).await.is_error(400, "invalid_request");
    world.send(given_back(&world, app, &[("token", "")])).await.is_error(400, "invalid_request");
}

/// §2: the request is a form that is posted; nothing of it is in the address.
#[tokio::test]
async fn a_request_is_a_posted_form() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let url = world.url("agent", Endpoint::Revocation);
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let mut request = given_back(&world, app, &[("token", "x")]);
        *request.method_mut() = method;
        let refused = world.send(request).await;
        assert_eq!((refused.is_error(405, "invalid_request").header("allow")), "POST");
    }
    world.send(app.call(&format!("{url}?token=x"), &[("token", "x")])).await.is_error(400, "invalid_request");
    let mut json = given_back(&world, app, &[("token", "x")]);
    json.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    world.send(json).await.is_error(415, "invalid_request");
    world.send(post(&url, &[("token", "x"), ("token", "y")])).await.is_error(400, "invalid_request");
}

/// §2.3: JSONP is not supported: `callback` is one more parameter that nobody knows.
#[tokio::test]
async fn no_answer_is_ever_a_script() {
    let world = World::standard().await;
    let app = world.app("agent", Application::Private);
    let token = world.sign_in(app).await.member("access_token");
    is_done(&world.send(given_back(&world, app, &[("token", &token), ("callback", "steal")])).await);
    let refused = world.send(given_back(&world, app, &[("callback", "steal")])).await;
    assert_eq!(refused.is_error(400, "invalid_request").header("content-type"), "application/json");
    assert!(!refused.body.contains("steal"));
}
