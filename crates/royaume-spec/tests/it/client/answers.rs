//! Answers that are none: trouble, redirects, pages, too much, and codes that no standard knows.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use royaume_client::{ClientError, TokenSet};
use royaume_protocol::{ErrorCode, Scope, Secret};
use royaume_server::stored::client::Application;
use royaume_spec::{App, World};

use super::misbehaving::{Misbehaving, answer};
use super::{client, client_over, now, sign_in, walked};

/// What a client makes of an answer of the token endpoint.
async fn token_endpoint_says(world: &World, response: Response<Bytes>) -> ClientError {
    let app = world.app("partenaire", Application::Machine);
    let provider = Misbehaving::at(world, "access_token", move |_| response.clone());
    let client = client_over(world, app, provider.clone());
    let error = client.client_credentials(None, now(world)).await.unwrap_err();
    assert_eq!(provider.asked(), 1, "nothing is asked again, nothing is followed");
    error
}

fn with_header(mut response: Response<Bytes>, name: header::HeaderName, value: &str) -> Response<Bytes> {
    response.headers_mut().insert(name, value.parse().unwrap());
    response
}

/// RFC 6749 §5.2, §4.1.2.1, RFC 6750 §3.1: each registered code is what it says, and an unknown one is kept.
#[tokio::test]
async fn each_error_code_is_its_own_variant() {
    let world = World::as_deployed().await;
    let words = || Some("in words".to_owned());
    let refused = |code: &str| ClientError::Refused { code: ErrorCode::of(code), description: words() };
    for status in [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN] {
        for (code, expected) in [
            ("invalid_client", ClientError::ClientRefused(words())),
            ("invalid_grant", ClientError::GrantRefused(words())),
            ("invalid_scope", ClientError::ScopeRefused(words())),
            ("invalid_token", ClientError::TokenRefused(words())),
            ("insufficient_scope", ClientError::TokenRefused(words())),
            ("access_denied", ClientError::AccessDenied(words())),
            ("invalid_request", refused("invalid_request")),
            ("unauthorized_client", refused("unauthorized_client")),
            ("unsupported_grant_type", refused("unsupported_grant_type")),
            ("redirect_uri_mismatch", refused("redirect_uri_mismatch")),
            ("Y000400", refused("Y000400")),
        ] {
            let body = format!(r#"{{"error":"{code}","error_description":"in words"}}"#);
            assert_eq!(token_endpoint_says(&world, answer(status, &body)).await, expected, "{status} {code}");
        }
    }
}

/// RFC 9110 §15.6.4, §10.2.3: a server in trouble is no refusal, and says when to come back.
#[tokio::test]
async fn a_server_in_trouble_is_unavailable_for_as_long_as_it_says() {
    let world = World::as_deployed().await;
    for (status, retry_after, expected) in [
        (StatusCode::SERVICE_UNAVAILABLE, Some("7"), Some(Duration::from_secs(7))),
        (StatusCode::SERVICE_UNAVAILABLE, Some("999999999"), Some(Duration::from_secs(86_400))),
        (StatusCode::SERVICE_UNAVAILABLE, Some("Wed, 21 Oct 2026 07:28:00 GMT"), None),
        (StatusCode::SERVICE_UNAVAILABLE, None, None),
        (StatusCode::BAD_GATEWAY, None, None),
        (StatusCode::INTERNAL_SERVER_ERROR, None, None),
    ] {
        // Even if the body says otherwise: a grant is not thrown away because a server fell over.
        let mut response = answer(status, r#"{"error":"invalid_grant"}"#);
        if let Some(seconds) = retry_after {
            response = with_header(response, header::RETRY_AFTER, seconds);
        }
        let error = token_endpoint_says(&world, response).await;
        assert!(error.is_temporary(), "{error:?}");
        assert!(
            matches!(&error, ClientError::Unavailable { retry_after, .. } if *retry_after == expected),
            "{error:?}"
        );
    }
    let said = answer(StatusCode::BAD_REQUEST, r#"{"error":"temporarily_unavailable"}"#);
    assert!(matches!(token_endpoint_says(&world, said).await, ClientError::Unavailable { .. }));
}

/// RFC 6585 §4.
#[tokio::test]
async fn too_many_requests_is_told_apart_and_says_when_to_come_back() {
    let world = World::as_deployed().await;
    let limited = with_header(answer(StatusCode::TOO_MANY_REQUESTS, "slow down"), header::RETRY_AFTER, "3");
    let error = token_endpoint_says(&world, limited).await;
    assert_eq!(error, ClientError::TooManyRequests { retry_after: Some(Duration::from_secs(3)) });
    assert!(error.is_temporary());
}

/// RFC 9700 §4.12: what was asked with a secret is never asked elsewhere.
#[tokio::test]
async fn a_redirect_instead_of_an_answer_is_not_followed() {
    let world = World::as_deployed().await;
    for status in [301, 302, 303, 307, 308] {
        let mut moved = answer(StatusCode::from_u16(status).unwrap(), "");
        moved =
            with_header(moved, header::LOCATION, "https://sso.royaume.test/connexion/oauth2/access_token");
        let error = token_endpoint_says(&world, moved).await;
        assert!(matches!(error, ClientError::Unexpected { status: s, .. } if s == status), "{error:?}");
    }
}

/// RFC 6749 §5.1: a token response is a JSON object with a bearer token, of a size that anyone would expect.
#[tokio::test]
async fn an_answer_of_another_kind_is_unexpected() {
    let world = World::as_deployed().await;
    let long = format!(r#"{{"access_token":"a","token_type":"Bearer","padding":"{}"}}"#, "x".repeat(1 << 20));
    for body in [
        "<!doctype html><title>Maintenance</title>",
        "",
        "null",
        "[]",
        r#"{"token_type":"Bearer"}"#,
        r#"{"access_token":"","token_type":"Bearer"}"#,
        r#"{"access_token":"a"}"#,
        r#"{"access_token":"a","token_type":"mac"}"#,
        r#"{"access_token":"a","token_type":"DPoP"}"#,
        &long,
    ] {
        let error = token_endpoint_says(&world, answer(StatusCode::OK, body)).await;
        let shown: String = body.chars().take(60).collect();
        assert!(matches!(error, ClientError::Unexpected { status: 200, .. }), "{shown}: {error:?}");
    }
    for status in [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::NO_CONTENT] {
        let error = token_endpoint_says(&world, answer(status, "<!doctype html>")).await;
        assert!(matches!(error, ClientError::Unexpected { .. }), "{error:?}");
    }
}

/// RFC 6749 §5.1: members that are unknown or badly written by deployed servers do no harm.
#[tokio::test]
async fn a_sloppy_token_response_is_read_as_far_as_it_makes_sense() {
    let world = World::as_deployed().await;
    let app = world.app("partenaire", Application::Machine);
    let body = r#"{"access_token":"a","token_type":"bearer","expires_in":"1499","refresh_token":"","foo":[1],
        "scope":"o2dsoffre PAR_x application_PAR_x"}"#;
    let provider = Misbehaving::at(&world, "access_token", move |_| answer(StatusCode::OK, body));
    let tokens = client_over(&world, app, provider).client_credentials(None, now(&world)).await.unwrap();
    assert_eq!(tokens.access_token.expose(), "a");
    assert!(tokens.refresh_token.is_none());
    assert_eq!(tokens.expires_at, Some(now(&world) + Duration::from_secs(1499)));
}

/// RFC 6750 §3: at the gateway a refused token has a challenge and no body, or neither.
#[tokio::test]
async fn a_refused_access_token_is_told_without_a_body_too() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    let challenge = r#"Bearer realm="x", error="invalid_token", error_description="it is over""#;
    for (response, expected) in [
        (
            with_header(answer(StatusCode::UNAUTHORIZED, ""), header::WWW_AUTHENTICATE, challenge),
            Some("it is over"),
        ),
        (with_header(answer(StatusCode::UNAUTHORIZED, ""), header::WWW_AUTHENTICATE, "Bearer"), None),
        (answer(StatusCode::UNAUTHORIZED, ""), None),
        (answer(StatusCode::UNAUTHORIZED, "<html>"), None),
    ] {
        let provider = Misbehaving::at(&world, "userinfo", move |_| response.clone());
        let refused = client_over(&world, app, provider).userinfo(&tokens, now(&world)).await.unwrap_err();
        assert_eq!(refused, ClientError::TokenRefused(expected.map(str::to_owned)));
    }
}

/// RFC 6749 §6: a refresh that failed for the server's sake leaves the tokens good, and the next attempt succeeds.
#[tokio::test]
async fn trouble_during_a_refresh_loses_nothing() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    // The server has done it, and its answer is lost.
    let provider =
        Misbehaving::at(&world, "access_token", |_| answer(StatusCode::BAD_GATEWAY, "<html>bad gateway"));
    let lost = client_over(&world, app, provider).refresh(&tokens, now(&world)).await.unwrap_err();
    assert!(lost.is_temporary(), "{lost:?}");
    client(&world, app).refresh(&tokens, now(&world)).await.unwrap();
}

/// OIDC Core §12.2: an id token is optional after a refresh, so keys that cannot be had now cost no rotated token.
#[tokio::test]
async fn keys_that_cannot_be_had_after_a_refresh_do_not_cost_the_grant() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    let provider = Misbehaving::at(&world, "jwk", |_| answer(StatusCode::SERVICE_UNAVAILABLE, ""));
    let renewed = client_over(&world, app, provider).refresh(&tokens, now(&world)).await.unwrap();
    assert_eq!(renewed.claims, tokens.claims, "what was believed at the login");
    client(&world, app).refresh(&renewed, now(&world)).await.unwrap();
}

/// RFC 6749 §4.1.3: a code is spent only when there are keys to believe what it buys, so the callback is good again.
#[tokio::test]
async fn keys_that_cannot_be_had_at_a_login_do_not_cost_the_code() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let (pending, callback) = walked(&world, &mut world.browser(), &client(&world, app), app).await;
    let provider = Misbehaving::at(&world, "jwk", |_| answer(StatusCode::SERVICE_UNAVAILABLE, ""));
    let trouble = client_over(&world, app, provider).finish(&pending, &callback, now(&world)).await;
    assert!(trouble.unwrap_err().is_temporary());
    client(&world, app).finish(&pending, &callback, now(&world)).await.unwrap();
}

/// RFC 6749 §6: what a refresh does not send again stays.
#[tokio::test]
async fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    let provider = Misbehaving::token_response(&world, |body| {
        body.retain(|name, _| matches!(name.as_str(), "access_token" | "token_type" | "expires_in"));
    });
    let renewed = client_over(&world, app, provider).refresh(&tokens, now(&world)).await.unwrap();
    let exposed = |tokens: &TokenSet| tokens.refresh_token.as_ref().map(|token| token.expose().to_owned());
    assert_eq!(exposed(&renewed), exposed(&tokens));
    assert_eq!(renewed.claims, tokens.claims);
    assert_eq!(renewed.scope, tokens.scope);
}

/// RFC 6749 §6: an access token for less is asked for, and the grant stays as wide as it was.
#[tokio::test]
async fn a_refresh_may_ask_for_less() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    let (had, less) = (tokens.scope.clone().unwrap(), Scope::parse("openid").unwrap());
    assert!(had.covers(&less) && !less.covers(&had));
    let narrow = client(&world, app).refresh_for(&tokens, Some(less.clone()), now(&world)).await.unwrap();
    assert_eq!(narrow.scope, Some(less.clone()));
    let more = Some(Scope::parse("openid nonsense").unwrap());
    let refused = client(&world, app).refresh_for(&narrow, more, now(&world)).await;
    assert!(matches!(refused, Err(ClientError::ScopeRefused(_))), "{refused:?}");
    let whole = client(&world, app).refresh(&narrow, now(&world)).await.unwrap();
    assert!(whole.scope.unwrap().covers(&had));
    // A provider that does not say what it granted has granted what was asked for (§5.1).
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    let provider = Misbehaving::token_response(&world, |body| drop(body.remove("scope")));
    let silent = client_over(&world, app, provider);
    let narrow = silent.refresh_for(&tokens, Some(less.clone()), now(&world)).await.unwrap();
    assert_eq!(narrow.scope, Some(less));
}

/// RFC 6749 §6: without a refresh token there is nothing to ask for.
#[tokio::test]
async fn nothing_is_asked_without_a_refresh_token() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = sign_in(&world, &client(&world, app), app).await.unwrap();
    let provider = Misbehaving::new(&world, |_, response| response);
    let without = TokenSet { refresh_token: None, ..tokens };
    let refused = client_over(&world, app, provider.clone()).refresh(&without, now(&world)).await;
    assert!(matches!(refused, Err(ClientError::NoRefreshToken)));
    assert_eq!(provider.asked(), 0);
}

/// RFC 7662 §2.2, RFC 7009 §2.2: the other endpoints misbehave no better.
#[tokio::test]
async fn introspection_and_revocation_are_read_with_the_same_care() {
    let world = World::as_deployed().await;
    let app: &App = world.app("partenaire", Application::Machine);
    let token = Secret::from("a-token");
    for (status, body) in [
        (StatusCode::OK, "<html>"),
        (StatusCode::OK, r#"{"active":"perhaps"}"#),
        (StatusCode::OK, "{}"),
        (StatusCode::FOUND, ""),
    ] {
        let provider = Misbehaving::at(&world, "introspect", move |_| answer(status, body));
        let read = client_over(&world, app, provider).introspect(&token, now(&world)).await;
        assert!(matches!(read, Err(ClientError::Unexpected { .. })), "{body}: {read:?}");
    }
    for (status, body, temporary) in [
        (StatusCode::FOUND, "", false),
        (StatusCode::SERVICE_UNAVAILABLE, "", true),
        (StatusCode::BAD_REQUEST, r#"{"error":"unsupported_token_type"}"#, false),
    ] {
        let provider = Misbehaving::at(&world, "revoke", move |_| answer(status, body));
        let error = client_over(&world, app, provider).revoke(&token, now(&world)).await.unwrap_err();
        assert_eq!(error.is_temporary(), temporary, "{error:?}");
    }
}

/// CWE-150: what a server says cannot drive a terminal.
#[tokio::test]
async fn words_of_a_server_are_harmless() {
    let world = World::as_deployed().await;
    let body = r#"{"error":"x\u001b[2J","error_description":"a\u001b]0;b\u0007\r\nc"}"#;
    let error = token_endpoint_says(&world, answer(StatusCode::BAD_REQUEST, body)).await;
    assert!(error.to_string().chars().all(|c| !c.is_control()), "{error}");
    let long = format!(r#"{{"error":"x","error_description":"{}"}}"#, "y".repeat(100_000));
    let error = token_endpoint_says(&world, answer(StatusCode::BAD_REQUEST, &long)).await;
    assert!(error.to_string().len() < 1000);
}

/// RFC 6749 §3.3: a scope is asked for as it was given.
#[tokio::test]
async fn what_was_granted_is_what_the_server_says_and_not_what_was_asked() {
    let world = World::as_deployed().await;
    let app = world.app("partenaire", Application::Machine);
    let provider = Misbehaving::token_response(&world, |body| {
        body.insert("scope".to_owned(), "o2dsoffre".into());
    });
    let asked = Scope::parse("api_offresdemploiv2 o2dsoffre").unwrap();
    let tokens =
        client_over(&world, app, provider).client_credentials(Some(asked), now(&world)).await.unwrap();
    assert_eq!(tokens.scope.unwrap().to_string(), "o2dsoffre");
}
