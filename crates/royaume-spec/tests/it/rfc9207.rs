//! Authorization Server Issuer Identification (RFC 9207): every answer says who gives it, so that a client that knows
//! several servers cannot be led to mix them up.

use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::{World, get};

const PEOPLE: [&str; 3] = ["individu", "entreprise", "agent"];

/// The issuer that a realm's discovery document names.
async fn discovered(world: &World, realm: &str) -> String {
    world.send(get(&world.url(realm, Endpoint::Discovery))).await.member("issuer")
}

/// §2: the successful answer carries `iss`, the issuer of the metadata, character by character and once.
#[tokio::test]
async fn a_code_comes_with_the_issuer_that_discovery_names() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in PEOPLE {
            let app = world.app(realm, Application::Private);
            let person = world.person(realm);
            let callback = world.browser().walk(&app.authorization_url(&[]), person, person).await;
            assert_eq!(callback.parameter("iss"), discovered(&world, realm).await);
            let (_, query) = callback.location().split_once('?').unwrap();
            assert_eq!(query.matches("iss=").count(), 1, "{query}");
            assert!(!callback.location().contains('#'));
        }
    }
}

/// §2: so does every error that is sent by redirect.
#[tokio::test]
async fn every_redirected_error_comes_with_the_issuer() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("individu", Application::Public);
        let issuer = discovered(&world, "individu").await;
        for (changes, error) in [
            (("response_type", "token"), "unsupported_response_type"),
            (("response_type", ""), "invalid_request"),
            (("response_mode", "web_message"), "invalid_request"),
            (("scope", "nonsense"), "invalid_scope"),
            (("scope", ""), "invalid_scope"),
            (("code_challenge", ""), "invalid_request"),
            (("code_challenge_method", "plain"), "invalid_request"),
            (("prompt", "none"), "login_required"),
            (("prompt", "none login"), "invalid_request"),
            (("max_age", "-1"), "invalid_request"),
            (("request", "x"), "request_not_supported"),
            (("request_uri", "https://app.test/x"), "request_uri_not_supported"),
            (("registration", "{}"), "registration_not_supported"),
        ] {
            let answer = world.send(get(&app.authorization_url(&[changes]))).await;
            answer.is_redirected_error(error);
            assert_eq!(answer.parameter("iss"), issuer, "{changes:?}");
            assert_eq!(answer.parameter("state"), "state-1", "{changes:?}");
        }
        let repeated = format!("{}&nonce=other", app.authorization_url(&[]));
        let answer = world.send(get(&repeated)).await;
        assert_eq!(answer.is_redirected_error("invalid_request").parameter("iss"), issuer);
    }
}

/// §2: an answer that the person gives is the server's answer too.
#[tokio::test]
async fn a_person_who_says_no_is_sent_back_with_the_issuer() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let issuer = discovered(&world, "individu").await;
    let mut browser = world.browser();
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let cancelled = browser.submit(&login, &[("decision", "cancel")]).await.at_application();
    assert_eq!(cancelled.is_redirected_error("access_denied").parameter("iss"), issuer);
    let login = browser.open(&app.authorization_url(&[])).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let denied = browser.submit(&consent, &[("decision", "deny")]).await.at_application();
    assert_eq!(denied.is_redirected_error("access_denied").parameter("iss"), issuer);
}

/// §2, §4: no two realms have one issuer, or the client could still be confused about which of them answered.
#[tokio::test]
async fn no_two_realms_share_an_issuer() {
    let world = World::standard().await;
    let mut issuers = Vec::new();
    for realm in ["partenaire", "individu", "entreprise", "agent"] {
        issuers.push(discovered(&world, realm).await);
    }
    issuers.sort();
    issuers.dedup();
    assert_eq!(issuers.len(), 4, "{issuers:?}");
}

/// §2.4: the issuer is one text whatever the address by which the browser came.
#[tokio::test]
async fn the_issuer_is_the_same_under_every_host() {
    let world = World::standard().await;
    let app = world.app("individu", Application::Private);
    let query = royaume_protocol::parameters::encode(&app.authorization(&[("prompt", "none")]));
    for place in [
        "https://sso.royaume.test/connexion/oauth2/individu/authorize",
        "https://authentification-candidat.francetravail.fr/connexion/oauth2/authorize",
        "https://evil.test/connexion/oauth2/realms/root/realms/individu/authorize",
    ] {
        let mut request = get(&format!("{place}?{query}"));
        request.headers_mut().insert("x-forwarded-host", "evil.test".parse().unwrap());
        request.headers_mut().insert("forwarded", "host=evil.test;proto=http".parse().unwrap());
        let answer = world.send(request).await;
        answer.is_redirected_error("login_required");
        assert_eq!(answer.parameter("iss"), world.issuer("individu"), "{place}");
    }
}

/// §3: the metadata promise it, in every realm that has an authorization endpoint.
#[tokio::test]
async fn discovery_promises_the_issuer_in_answers() {
    let world = World::standard().await;
    for realm in PEOPLE {
        let document = world.send(get(&world.url(realm, Endpoint::Discovery))).await.json();
        assert_eq!(document["authorization_response_iss_parameter_supported"], true, "{realm}");
    }
    let applications = world.send(get(&world.url("partenaire", Endpoint::Discovery))).await.json();
    assert!(applications.get("authorization_response_iss_parameter_supported").is_none());
}
