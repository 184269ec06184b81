//! RFC 6749 §2.3, §3.2.1: who is calling?

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use royaume_jose::base64;
use royaume_protocol::{BasicCredentials, ClientAuthenticationMethod, Secret};
use royaume_realm::Endpoint;
use royaume_server::Peer;
use royaume_server::stored::client::Application;
use royaume_spec::world::wish_of;
use royaume_spec::{App, World, post};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

/// A request whose credentials are in the header, written as they are given.
fn basic(app: &App, credentials: &str, pairs: &[(&str, &str)]) -> Request<Bytes> {
    with_header(app, &format!("Basic {}", base64::encode(credentials.as_bytes())), pairs)
}

fn with_header(app: &App, value: &str, pairs: &[(&str, &str)]) -> Request<Bytes> {
    let mut request = post(&app.token, pairs);
    request.headers_mut().append(header::AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    request
}

/// §2.3.1: a client may authenticate with HTTP Basic, or in the body.
#[tokio::test]
async fn a_client_authenticates_in_the_header_or_in_the_body() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    world.send(app.token_request(&[GRANT])).await.is_ok();
    world.send(basic(app, &format!("{}:{}", app.client_id, app.secret), &[GRANT])).await.is_ok();
}

/// §2.3.1: id and secret are form-encoded before HTTP Basic joins them.
#[tokio::test]
async fn id_and_secret_are_percent_decoded_from_the_header() {
    let world = World::standard().await;
    let (client_id, secret) = ("an app: 100% & more", "p@ss:w\u{f6}rd+%2B/=&");
    let mut wish = wish_of(Application::Machine, "A name and a secret of many characters");
    wish.client_id = Some(client_id.to_owned());
    wish.secret = Some(Secret::from(secret));
    let app = world.add_app("agent", wish).await;
    let credentials = BasicCredentials { client_id: client_id.to_owned(), secret: Secret::from(secret) };
    world.send(with_header(&app, credentials.header().expose(), &[GRANT])).await.is_ok();
    let percents = "an%20app%3a%20100%25%20%26%20more:p%40ss%3Aw%C3%B6rd%2B%252B%2F%3D%26";
    world.send(basic(&app, percents, &[GRANT])).await.is_ok();
    world.send(app.token_request(&[GRANT])).await.is_ok();
    let raw = format!("{client_id}:{secret}");
    world.send(basic(&app, &raw, &[GRANT])).await.is_error(401, "invalid_client");
}

/// RFC 9110 §11.1: the name of a scheme has no case.
#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let credentials = base64::encode(format!("{}:{}", app.client_id, app.secret).as_bytes());
    for scheme in ["basic", "BASIC", "bAsIc"] {
        world.send(with_header(app, &format!("{scheme} {credentials}"), &[GRANT])).await.is_ok();
    }
}

/// §2.3: the client must not use more than one method in each request.
#[tokio::test]
async fn two_methods_at_once_are_refused_though_both_be_right() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let right = format!("{}:{}", app.client_id, app.secret);
    for pairs in [
        vec![GRANT, ("client_secret", &app.secret)],
        vec![GRANT, ("client_id", &app.client_id), ("client_secret", &app.secret)],
        vec![GRANT, ("client_secret", "wrong")],
    ] {
        world.send(basic(app, &right, &pairs)).await.is_error(400, "invalid_request");
    }
    let mut twice = basic(app, &right, &[GRANT]);
    let value = twice.headers()[header::AUTHORIZATION].clone();
    twice.headers_mut().append(header::AUTHORIZATION, value);
    world.send(twice).await.is_error(400, "invalid_request");
}

/// §3.2.1: `client_id` in the body beside the header is fine if it is the same, and refused if it is not.
#[tokio::test]
async fn header_and_body_name_the_same_client() {
    let world = World::standard().await;
    let (app, other) = (world.app("agent", Application::Machine), world.app("agent", Application::Private));
    let right = format!("{}:{}", app.client_id, app.secret);
    world.send(basic(app, &right, &[GRANT, ("client_id", &app.client_id)])).await.is_ok();
    let differing = basic(app, &right, &[GRANT, ("client_id", &other.client_id)]);
    world.send(differing).await.is_error(400, "invalid_request");
}

/// §5.2: unknown, disabled, a wrong secret, no secret, a secret too many: one answer, from which nothing is learned.
#[tokio::test]
async fn every_failed_authentication_looks_the_same() {
    let world = World::standard().await;
    let (app, public) = (world.app("agent", Application::Machine), world.app("agent", Application::Public));
    let elsewhere = world.app("partenaire", Application::Machine);
    let disabled = world.add_app("agent", wish_of(Application::Machine, "Out of use")).await;
    world.admin("agent").disable_client(&disabled.client_id, true).await.unwrap();
    let mut answers = Vec::new();
    for request in [
        app.token_request(&[GRANT, ("client_secret", "wrong")]),
        app.token_request(&[GRANT, ("client_secret", &format!("{}x", app.secret))]),
        app.token_request(&[GRANT, ("client_secret", &app.secret[1..])]),
        app.token_request(&[GRANT, ("client_secret", "")]),
        app.token_request(&[GRANT, ("client_id", "nobody")]),
        app.token_request(&[GRANT, ("client_id", &"x".repeat(300))]),
        app.token_request(&[
            GRANT,
            ("client_id", &elsewhere.client_id),
            ("client_secret", &elsewhere.secret),
        ]),
        public.token_request(&[GRANT, ("client_secret", "made-up")]),
        disabled.token_request(&[GRANT]),
    ] {
        let refused = world.send(request).await;
        answers.push((refused.is_error(401, "invalid_client").body.clone(), refused.headers));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

/// §5.2: a request that does not say who is calling is `invalid_client` too.
#[tokio::test]
async fn somebody_must_be_calling() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    world.send(post(&app.token, &[GRANT])).await.is_error(401, "invalid_client");
    world
        .send(post(&app.token, &[GRANT, ("client_secret", &app.secret)]))
        .await
        .is_error(401, "invalid_client");
}

/// §5.2: a client that used the header is answered 401 with a challenge for the scheme that it used.
#[tokio::test]
async fn a_client_that_used_the_header_is_challenged() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("partenaire", Application::Machine);
        for request in [
            basic(app, &format!("{}:wrong", app.client_id), &[GRANT]),
            basic(app, "nobody:wrong", &[GRANT]),
            basic(app, &format!("{}:", app.client_id), &[GRANT]),
        ] {
            let refused = world.send(request).await;
            refused.is_error(401, "invalid_client");
            assert!(refused.header("www-authenticate").starts_with("Basic realm="), "{refused:?}");
        }
    }
}

/// RFC 7617 §2: what is no Basic credentials is refused and challenged, not passed over for what else is there.
#[tokio::test]
async fn a_malformed_header_is_refused() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let body = [GRANT, ("client_id", &app.client_id)];
    for value in [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic eA==",
        "Basic OnNlY3JldA==",
        "Basic eDolenw=",
        "Basic eDp5, Basic eDp5",
        "Bearer eDp5",
        "Digest username=\"x\"",
        "Basic \u{e9}",
    ] {
        let refused = world.send(with_header(app, value, &body)).await;
        refused.is_error(401, "invalid_client");
        assert!(refused.header("www-authenticate").starts_with("Basic "), "{value}");
    }
}

/// §2.3: a client uses a method that its realm has established for it, and no other.
#[tokio::test]
async fn a_method_that_was_not_established_is_refused() {
    let world = World::with(|topology| {
        for realm in &mut topology.realms {
            realm
                .client_authentication
                .retain(|method| *method != ClientAuthenticationMethod::ClientSecretBasic);
        }
    })
    .await;
    let app = world.app("partenaire", Application::Machine);
    world.send(app.token_request(&[GRANT])).await.is_ok();
    let refused = world.send(basic(app, &format!("{}:{}", app.client_id, app.secret), &[GRANT])).await;
    refused.is_error(401, "invalid_client");
}

/// §2.3.1: a secret is replaced without a gap: the one before stays good until the next is made, or ends at once.
#[tokio::test]
async fn a_rotated_secret_leaves_one_before_it() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    let other = world.another_node().await;
    let admin = world.admin("partenaire");
    let with = |secret: &str| app.token_request(&[GRANT, ("client_secret", secret)]);
    let second = admin.rotate_secret(&app.client_id, false).await.unwrap();
    for secret in [&*app.secret, second.expose()] {
        world.send(with(secret)).await.is_ok();
        royaume_spec::Exchange::from(other.handle(with(secret)).await).is_ok();
    }
    world.clock.advance(Duration::from_secs(1));
    let third = world.admin("partenaire").rotate_secret(&app.client_id, false).await.unwrap();
    world.send(with(&app.secret)).await.is_error(401, "invalid_client");
    world.send(with(second.expose())).await.is_ok();
    world.send(with(third.expose())).await.is_ok();
    let last = world.admin("partenaire").rotate_secret(&app.client_id, true).await.unwrap();
    for ended in [second, third] {
        let refused: royaume_spec::Exchange = other.handle(with(ended.expose())).await.into();
        refused.is_error(401, "invalid_client");
    }
    world.send(with(last.expose())).await.is_ok();
}

/// RFC 6819 §4.3.5: guessing is slowed, from this address, whatever clients are guessed at; who has the right secret is
/// not kept waiting, there or elsewhere.
#[tokio::test]
async fn wrong_secrets_are_throttled_by_address() {
    let world = World::standard().await;
    let (app, neighbour) =
        (world.app("agent", Application::Machine), world.app("agent", Application::Private));
    let wrong = || app.token_request(&[GRANT, ("client_secret", "wrong")]);
    for guess in 0..60 {
        let client_id = if guess % 2 == 0 { app.client_id.clone() } else { format!("nobody-{guess}") };
        let pairs = [GRANT, ("client_id", client_id.as_str()), ("client_secret", "wrong")];
        world.send(app.token_request(&pairs)).await.is_error(401, "invalid_client");
    }
    let refused = world.send(wrong()).await;
    refused.is_error(429, "invalid_request");
    assert!(refused.header("retry-after").parse::<u32>().is_ok());
    world.send(app.token_request(&[GRANT])).await.is_ok();
    for endpoint in [Endpoint::Introspection, Endpoint::Revocation] {
        let guess = app.call(&world.url("agent", endpoint), &[("token", "x"), ("client_secret", "wrong")]);
        world.send(guess).await.is_error(429, "invalid_request");
    }
    let mut from_elsewhere = wrong();
    from_elsewhere.extensions_mut().insert(Peer([192, 0, 2, 7].into()));
    world.send(from_elsewhere).await.is_error(401, "invalid_client");
    world.is_active(neighbour, "x").await;
    world.clock.advance(Duration::from_secs(1));
    world.send(wrong()).await.is_error(401, "invalid_client");
}

/// RFC 6819 §4.3.5: only failures count: nobody is slowed by their own success.
#[tokio::test]
async fn right_secrets_are_never_throttled() {
    let world = World::standard().await;
    let app = world.app("partenaire", Application::Machine);
    for _ in 0..100 {
        world.send(app.token_request(&[GRANT])).await.is_ok();
    }
}
