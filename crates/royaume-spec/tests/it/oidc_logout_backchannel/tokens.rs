//! Who is told what (Back-Channel Logout 1.0 §2.1 to §2.5).

use std::time::Duration;

use http::StatusCode;
use royaume_protocol::logout_token::EVENT;
use royaume_protocol::{LogoutTokenClaims, parameters};
use royaume_realm::Endpoint;
use royaume_server::Clock as _;
use royaume_spec::{World, get, signed};
use serde_json::json;

use super::{WORD, leave, left, tokens_in, told, told_at};
use crate::oidc_core::{provider_app, providers};

/// §2.1: the document says that logouts are told, and of which session. Module
/// `oidcc-backchannel-logout-discovery-endpoint-verification`.
#[tokio::test]
async fn the_document_says_that_logouts_are_told() {
    let world = World::provider().await;
    let document = world.send(get(&world.url("op", Endpoint::Discovery))).await.json();
    assert_eq!(document["backchannel_logout_supported"], json!(true));
    assert_eq!(document["backchannel_logout_session_supported"], json!(true));
    assert_eq!(document["end_session_endpoint"], world.url("op", Endpoint::Logout));
}

/// §2.4, §2.5: the application of a session that ends is posted a token that is signed, names its person and its
/// session, and is believed for two minutes; what came from the session is over. Module
/// `oidcc-backchannel-rp-initiated-logout`.
#[tokio::test]
async fn the_application_is_told_of_the_session_that_ended() {
    for world in providers().await {
        let app = told_at(&world, WORD).await;
        world.elsewhere.serve_status(WORD, StatusCode::OK);
        let mut browser = world.browser();
        let tokens = tokens_in(&mut browser, &world, &app).await;
        let id_token = signed::claims(&tokens.member("id_token"));
        leave(&mut browser, &world, &tokens).await.at_application();
        world.server.delivered().await;
        let [token] = told(&world, WORD).try_into().unwrap();
        assert_eq!(signed::header(&token)["typ"], "logout+jwt");
        let claims = world.verified("op", &token).await;
        let mut members: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"]);
        assert_eq!(claims["events"], json!({ EVENT: {} }));
        assert!(id_token["sid"].is_string());
        assert_eq!((&claims["sub"], &claims["sid"]), (&id_token["sub"], &id_token["sid"]));
        let read: LogoutTokenClaims = serde_json::from_value(claims).unwrap();
        assert_eq!((read.exp - read.iat, read.jti.len()), (120, 22));
        let judged = read.validate(&world.issuer("op"), &app.client_id, Duration::ZERO, world.clock.now());
        assert_eq!(judged, Ok(()));
        let silent = browser.open(&app.authorization_url(&[("prompt", "none")])).await.at_application();
        silent.is_redirected_error("login_required");
        world.assert_over(&app, &tokens).await;
        assert_eq!(world.another_node().await.deliver().await.unwrap(), 0);
    }
}

/// §2.1: each application of a session is told of it under a name of its own, and none but those; whoever is told of no
/// logout needs no name.
#[tokio::test]
async fn each_application_of_the_session_is_told_and_no_other() {
    let world = World::provider().await;
    let sites = ["https://a.test/word", "https://b.test/word", "https://c.test/word"];
    let [a, b, absent] =
        [told_at(&world, sites[0]).await, told_at(&world, sites[1]).await, told_at(&world, sites[2]).await];
    let untold = provider_app(&world).await;
    sites.iter().for_each(|site| world.elsewhere.serve_status(site, StatusCode::OK));
    let mut other = world.browser();
    tokens_in(&mut other, &world, &absent).await;
    let mut browser = world.browser();
    let tokens = tokens_in(&mut browser, &world, &a).await;
    tokens_in(&mut browser, &world, &a).await;
    tokens_in(&mut browser, &world, &b).await;
    let quiet = tokens_in(&mut browser, &world, &untold).await;
    assert!(signed::claims(&quiet.member("id_token")).get("sid").is_none());
    leave(&mut browser, &world, &tokens).await.at_application();
    world.server.delivered().await;
    let sids: Vec<_> =
        sites.map(|site| told(&world, site)).iter().flatten().map(|t| signed::claims(t)).collect();
    assert_eq!(
        sids.iter().map(|claims| claims["aud"].clone()).collect::<Vec<_>>(),
        [&*a.client_id, &*b.client_id]
    );
    assert_ne!(sids[0]["sid"], sids[1]["sid"]);
    assert_eq!(world.elsewhere.count(), 2);
}

/// §2.7: a session that somebody else takes over has ended for its applications too.
#[tokio::test]
async fn a_session_that_somebody_else_takes_over_is_told_of() {
    let world = World::standard().await;
    let mut app = royaume_spec::app::new_client(
        royaume_server::stored::client::Application::Private,
        &["https://app.test/cb"],
    );
    app.name = "Emploi".to_owned();
    let app = world.add_app("individu", app).await;
    world.amend(&app, |client| client.logout.backchannel_uri = Some(WORD.to_owned())).await;
    world.elsewhere.serve_status(WORD, StatusCode::NO_CONTENT);
    let mut browser = world.browser();
    browser.walk(&app.authorization_url(&[]), "camille", "camille").await;
    for (person, words) in [("camille", 0), ("noe", 1)] {
        browser.walk(&app.authorization_url(&[("prompt", "login")]), person, person).await;
        world.server.delivered().await;
        assert_eq!(told(&world, WORD).len(), words, "{person}");
    }
}

/// §2.4: a logout token is good for nothing else: neither as a hint nor as an access token.
#[tokio::test]
async fn a_logout_token_is_neither_hint_nor_bearer() {
    for world in providers().await {
        left(&world, StatusCode::OK).await;
        let [token] = told(&world, WORD).try_into().unwrap();
        world.userinfo("op", &token).await.is_challenge(401, "invalid_token");
        let url = world.url("op", Endpoint::Logout);
        let url = parameters::append_query(&url, &[("id_token_hint", &token)]);
        world.browser().open(&url).await.page().is_error_page();
    }
}

/// OIDC Core §8.1: applications of several sectors find one person's session neither in id tokens nor in access tokens.
#[tokio::test]
async fn a_session_links_no_sectors() {
    for world in providers().await {
        let mut browser = world.browser();
        let mut seen = Vec::new();
        for site in ["https://a.test/word", "https://b.test/word"] {
            let app = told_at(&world, site).await;
            world
                .amend(&app, |client| {
                    client.answers.subject_type = royaume_protocol::SubjectType::Pairwise;
                    client.answers.sector_identifier_uri = Some(site.to_owned());
                })
                .await;
            let tokens = tokens_in(&mut browser, &world, &app).await;
            let access = tokens.member("access_token");
            if access.contains('.') {
                assert!(signed::claims(&access).get("sid").is_none());
            }
            seen.push((tokens, app));
        }
        let sids = seen.iter().map(|(tokens, _)| signed::claims(&tokens.member("id_token"))["sid"].clone());
        let sids: Vec<_> = sids.collect();
        assert_ne!(sids[0], sids[1]);
        leave(&mut browser, &world, &seen[0].0).await.at_application();
        for (tokens, app) in &seen {
            world.assert_over(app, tokens).await;
        }
    }
}
