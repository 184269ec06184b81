//! Pairwise subjects (§8.1): applications of two sectors cannot tell that somebody is the same person.

use royaume_jose::Algorithm;
use royaume_protocol::SubjectType;
use royaume_realm::{AccessTokenFormat, Endpoint};
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{App, World, get};
use serde_json::{Value, json};

use super::told::told;

/// An application that returns to that host, and is told pairwise subjects.
async fn pairwise(world: &World, redirect_uri: &str) -> App {
    let mut wish = new_client(Application::Private, &[redirect_uri]);
    wish.post_logout_redirect_uris = vec!["https://app.test/bye".to_owned()];
    let app = world.add_app("op", wish).await;
    world.amend(&app, |client| client.answers.subject_type = SubjectType::Pairwise).await;
    app
}

async fn subject(world: &World, app: &App) -> String {
    told(world, app, &[]).await.id_token["sub"].as_str().unwrap().to_owned()
}

/// The account's own subject, which a public client is told.
async fn own(world: &World) -> String {
    let app = super::provider_app(world).await;
    subject(world, &app).await
}

/// §8.1: one subject for one sector, another for each other, none of them the person's own.
#[tokio::test]
async fn each_sector_has_its_own_subject() {
    for world in super::providers().await {
        let (one, same, other) = (
            pairwise(&world, "https://one.test/cb").await,
            pairwise(&world, "https://one.test/elsewhere").await,
            pairwise(&world, "https://other.test/cb").await,
        );
        let own = own(&world).await;
        let subjects = [subject(&world, &one).await, subject(&world, &other).await, own.clone()];
        assert_eq!(subject(&world, &same).await, subjects[0]);
        assert!(subjects[0] != subjects[1] && subjects[1] != own && subjects[0] != own);
        for subject in &subjects {
            assert!((1..=255).contains(&subject.len()) && subject.is_ascii());
        }
    }
}

/// §8.1 `sector_identifier_uri`: its host is the sector, wherever people return to.
#[tokio::test]
async fn a_sector_document_names_the_sector() {
    let world = World::provider().await;
    let (one, other) =
        (pairwise(&world, "https://one.test/cb").await, pairwise(&world, "https://other.test/cb").await);
    let sector = |client: &mut royaume_server::stored::client::Client| {
        client.answers.sector_identifier_uri = Some("https://Group.test/sector.json".to_owned());
    };
    world.amend(&one, sector).await;
    world.amend(&other, sector).await;
    assert_eq!(subject(&world, &one).await, subject(&world, &other).await);
}

/// §8.1: the subject is the same on every node and after every restart.
#[tokio::test]
async fn every_node_tells_the_same_subject() {
    let world = World::provider().await;
    let app = pairwise(&world, "https://one.test/cb").await;
    let code = world.code(&app, &[]).await;
    let node = world.another_node().await;
    let tokens: royaume_spec::Exchange = node.handle(app.redemption(&code, &[])).await.into();
    let told = royaume_spec::signed::claims(&tokens.is_ok().member("id_token"));
    assert_eq!(told["sub"], subject(&world, &app).await);
}

/// §8.1, RFC 9068 §2.2, RFC 7662 §2.2: the person's own subject leaves by no door: id token, userinfo, access token,
/// introspection of both tokens, first and refreshed.
#[tokio::test]
async fn the_person_s_own_subject_is_told_nowhere() {
    for world in super::providers().await {
        let own = own(&world).await;
        let app = pairwise(&world, "https://one.test/cb").await;
        let pairwise = subject(&world, &app).await;
        let code = world.code(&app, &[]).await;
        let mut tokens = world.send(app.redemption(&code, &[])).await;
        for _ in 0..2 {
            let (access, refresh) = (tokens.is_ok().member("access_token"), tokens.member("refresh_token"));
            let mut told = vec![
                royaume_spec::signed::claims(&tokens.member("id_token")),
                world.userinfo("op", &access).await.is_ok().json(),
                world.introspect(&app, &access).await.is_ok().json(),
                world.introspect(&app, &refresh).await.is_ok().json(),
            ];
            if access.contains('.') {
                let claims = world.verified("op", &access).await;
                let name = royaume_jose::base64url::decode(claims["jti"].as_str().unwrap()).unwrap();
                assert!(!String::from_utf8_lossy(&name).contains(&own));
                told.push(claims);
            }
            for said in told {
                assert_eq!(said["sub"], json!(pairwise), "{said}");
                assert!(!said.to_string().contains(&own), "{said}");
            }
            tokens = world.send(app.refresh(&refresh, &[])).await;
        }
    }
}

/// §8.1, RFC 7009 §2: a signed token of a pairwise client is withdrawn like any other, and dead with the account.
#[tokio::test]
async fn a_pairwise_token_ends_like_any_other() {
    for world in super::providers().await {
        let app = pairwise(&world, "https://one.test/cb").await;
        let first = world.sign_in(&app).await;
        let second = world.sign_in(&app).await;
        world.revoke(&app, &first.member("access_token")).await.is_ok();
        world.userinfo("op", &first.member("access_token")).await.is_challenge(401, "invalid_token");
        world.userinfo("op", &second.member("access_token")).await.is_ok();
        world.admin("op").disable_account("camille", true).await.unwrap();
        world.assert_over(&app, &second).await;
    }
}

/// §3.1.2.1, §5.5.1: the client's own word for the person is the one that is compared, in a hint and in a wish.
#[tokio::test]
async fn a_hint_and_a_wish_speak_of_the_person_as_the_client_does() {
    let world = World::provider().await;
    let own = own(&world).await;
    let app = pairwise(&world, "https://one.test/cb").await;
    let mut browser = super::signed_in(&world, &app).await;
    let hint = world.sign_in(&app).await.member("id_token");
    let pairwise = royaume_spec::signed::claims(&hint)["sub"].clone();
    let wishing = |subject: &Value| json!({ "id_token": { "sub": { "value": subject } } }).to_string();
    for (name, value) in [("id_token_hint", hint.clone()), ("claims", wishing(&pairwise))] {
        let url = app.authorization_url(&[("prompt", "none"), (name, &value)]);
        assert!(!browser.open(&url).await.at_application().parameter("code").is_empty(), "{name}");
    }
    let url = app.authorization_url(&[("prompt", "none"), ("claims", &wishing(&json!(own)))]);
    browser.open(&url).await.at_application().is_redirected_error("login_required");
}

/// RP-Initiated Logout 1.0 §2: the id token of a pairwise client hints at the person who is signed in.
#[tokio::test]
async fn a_pairwise_hint_signs_out_at_once() {
    let world = World::provider().await;
    let app = pairwise(&world, "https://app.test/cb").await;
    let mut browser = super::signed_in(&world, &app).await;
    let hint = world.sign_in(&app).await.member("id_token");
    let query = royaume_protocol::parameters::encode(&[
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", "https://app.test/bye"),
    ]);
    let out = browser.open(&format!("{}?{query}", world.url("op", Endpoint::Logout))).await;
    assert_eq!(out.at_application().location(), "https://app.test/bye");
    super::silently(&mut browser, &app).await.is_redirected_error("login_required");
}

/// §8, Discovery §3 `subject_types_supported`: both kinds are said to be told.
#[tokio::test]
async fn both_kinds_are_listed() {
    let world =
        World::provider_with(|realm| realm.access_token = AccessTokenFormat::Jwt(Algorithm::Es256)).await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    assert_eq!(document["subject_types_supported"], json!(["public", "pairwise"]));
}
