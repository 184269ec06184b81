//! RFC 6750: bearer tokens, as they are presented to the userinfo endpoint.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{World, bearer, get, post};

async fn signed_in(world: &World) -> (String, String) {
    let token = world.sign_in(world.app("agent", Application::Private)).await.member("access_token");
    (world.url("agent", Endpoint::UserInfo), token)
}

fn authorized(mut request: Request<Bytes>, value: &str) -> Request<Bytes> {
    request.headers_mut().append(header::AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    request
}

/// §2.1, §2.2: a token is presented in the header, or in a form that is posted.
#[tokio::test]
async fn a_token_is_presented_in_the_header_or_in_a_form() {
    for world in World::of_each_format().await {
        let (url, token) = signed_in(&world).await;
        let in_header = world.send(bearer(&url, &token)).await;
        let in_form = world.send(post(&url, &[("access_token", &token)])).await;
        let posted = authorized(post(&url, &[("x", "y")]), &format!("Bearer {token}"));
        assert_eq!(in_header.is_ok().json(), in_form.is_ok().json());
        assert_eq!(in_header.json(), world.send(posted).await.is_ok().json());
    }
}

/// §2.1 with RFC 9110 §11.1: the name of the scheme has no case, and blanks may follow it.
#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let world = World::standard().await;
    let (url, token) = signed_in(&world).await;
    for value in [format!("bearer {token}"), format!("BEARER {token}"), format!("Bearer   {token}")] {
        world.send(authorized(get(&url), &value)).await.is_ok();
    }
}

/// §2.2: in a form, only if it is one: posted, and of that media type.
#[tokio::test]
async fn a_token_in_anything_but_a_posted_form_is_not_seen() {
    let world = World::standard().await;
    let (url, token) = signed_in(&world).await;
    let mut json = post(&url, &[("access_token", &token)]);
    json.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let mut got = post(&url, &[("access_token", &token)]);
    *got.method_mut() = Method::GET;
    for request in [json, got] {
        assert_eq!(world.send(request).await.status, 401);
    }
}

/// §2.3, RFC 9700 §4.3.2: a token in the address ends up in logs: it is refused, whatever stands beside it.
#[tokio::test]
async fn a_token_in_the_address_is_refused() {
    let world = World::standard().await;
    let (url, token) = signed_in(&world).await;
    let url = format!("{url}?access_token={token}");
    for request in [get(&url), bearer(&url, &token), post(&url, &[("access_token", &token)])] {
        world.send(request).await.is_challenge(400, "invalid_request");
    }
}

/// §2: clients must not use more than one method to transmit the token in each request.
#[tokio::test]
async fn a_token_presented_twice_is_refused() {
    let world = World::standard().await;
    let (url, token) = signed_in(&world).await;
    let value = format!("Bearer {token}");
    for request in [
        authorized(post(&url, &[("access_token", &token)]), &value),
        authorized(authorized(get(&url), &value), &value),
        post(&url, &[("access_token", &token), ("access_token", &token)]),
        post(&format!("{url}?access_token={token}&access_token={token}"), &[("x", "y")]),
    ] {
        world.send(request).await.is_challenge(400, "invalid_request");
    }
}

/// §3.1: without any authentication information the challenge names no error.
#[tokio::test]
async fn without_a_token_the_challenge_names_no_error() {
    let world = World::standard().await;
    let url = world.url("agent", Endpoint::UserInfo);
    for request in [get(&url), post(&url, &[("access_token", "")]), authorized(get(&url), "")] {
        let refused = world.send(request).await;
        assert_eq!((refused.status.as_u16(), refused.body.as_str()), (401, ""));
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"agent\"");
        assert_eq!(refused.header("cache-control"), "no-store");
    }
}

/// §3.1: nor does it when the client tried a method that is not supported here.
#[tokio::test]
async fn another_scheme_is_answered_as_if_nothing_had_been_presented() {
    let world = World::standard().await;
    let url = world.url("agent", Endpoint::UserInfo);
    for value in ["Basic eDp5", "Digest username=\"x\"", "DPoP abc", "Negotiate"] {
        let refused = world.send(authorized(get(&url), value)).await;
        assert_eq!((refused.status.as_u16(), refused.body.as_str()), (401, ""), "{value}");
        assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"agent\"", "{value}");
    }
}

/// §3.1: `invalid_token`, of what is expired, revoked, malformed, or invalid for other reasons.
#[tokio::test]
async fn what_is_no_live_access_token_of_this_realm_is_invalid() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let tokens = world.sign_in(app).await;
        let revoked = world.sign_in(app).await.member("access_token");
        world.revoke(app, &revoked).await.is_ok();
        let code = world.code(app, &[]).await;
        let elsewhere = world.sign_in(world.app("individu", Application::Private)).await;
        let access = tokens.member("access_token");
        let mut bent = access.clone();
        bent.replace_range(..1, if access.starts_with('A') { "B" } else { "A" });
        for token in [
            tokens.member("refresh_token"),
            tokens.member("id_token"),
            code,
            revoked,
            bent,
            elsewhere.member("access_token"),
            "x".to_owned(),
            "x".repeat(7000),
            format!("{access}, {access}"),
            format!("{access}\u{e9}"),
            "\"quoted\\".to_owned(),
        ] {
            world.userinfo("agent", &token).await.is_challenge(401, "invalid_token");
        }
        world.userinfo("agent", &access).await.is_ok();
        world.clock.advance(Duration::from_secs(1499));
        world.userinfo("agent", &access).await.is_challenge(401, "invalid_token");
    }
}

/// §3.1: `insufficient_scope`, with the scope that would do.
#[tokio::test]
async fn a_token_without_the_scope_is_told_which_it_lacks() {
    for world in World::of_each_format().await {
        let app = world.app("agent", Application::Private);
        let code = world.code(app, &[("scope", "profile email")]).await;
        let token = world.send(app.redemption(&code, &[])).await.member("access_token");
        let refused = world.userinfo("agent", &token).await;
        refused.is_challenge(403, "insufficient_scope");
        assert!(refused.header("www-authenticate").ends_with("scope=\"openid\""), "{refused:?}");
    }
}

/// §3: nothing that was sent comes back in the challenge or the body, and neither is broken by it.
#[tokio::test]
async fn a_challenge_never_repeats_what_was_sent() {
    let world = World::standard().await;
    let url = world.url("agent", Endpoint::UserInfo);
    for token in
        ["mirror\"\r\nSet-Cookie: a=b", "mirror\", scope=\"admin", "mirror\u{e9}\\", "mirror<script>"]
    {
        let refused = world.send(post(&url, &[("access_token", token)])).await;
        refused.is_challenge(401, "invalid_token");
        assert!(!format!("{refused:?}").contains("mirror"), "{refused:?}");
        assert!(!refused.headers.contains_key(header::SET_COOKIE));
    }
}

/// §5.3: what a token opens is kept by no cache.
#[tokio::test]
async fn answers_are_kept_by_no_cache() {
    let world = World::standard().await;
    let (url, token) = signed_in(&world).await;
    let answer = world.send(bearer(&url, &token)).await;
    assert_eq!((answer.is_ok().header("cache-control"), answer.header("pragma")), ("no-store", "no-cache"));
}

/// RFC 9110 §15.5.6: the userinfo endpoint answers to GET and POST (OIDC Core §5.3).
#[tokio::test]
async fn other_methods_are_not_allowed() {
    let world = World::standard().await;
    let (url, token) = signed_in(&world).await;
    for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE, Method::OPTIONS] {
        let mut request = bearer(&url, &token);
        *request.method_mut() = method;
        let refused = world.send(request).await;
        assert_eq!((refused.status.as_u16(), refused.header("allow")), (405, "GET, POST"));
    }
}

/// §5.2: a script of another site cannot read the answer, and none can make the browser add what it remembers.
#[tokio::test]
async fn a_script_reads_the_answer_only_for_its_own_public_application() {
    let world = World::standard().await;
    let public = world
        .add_app("agent", royaume_spec::world::wish_of(Application::Public, "An application in the browser"))
        .await;
    let confidential = world.app("agent", Application::Private);
    for (app, origin, readable) in [
        (&public, "https://app.test", true),
        (&public, "https://evil.test", false),
        (&public, "https://app.test.evil.test", false),
        (&public, "null", false),
        (confidential, "http://127.0.0.1", false),
    ] {
        let token = world.sign_in(app).await.member("access_token");
        let mut request = bearer(&world.url("agent", Endpoint::UserInfo), &token);
        request.headers_mut().insert(header::ORIGIN, HeaderValue::from_static(origin));
        let answer = world.send(request).await;
        let allowed = answer.is_ok().header("access-control-allow-origin");
        assert_eq!(allowed, if readable { origin } else { "" });
        assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    }
}
