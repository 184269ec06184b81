//! The seed's table, row by row, in both dialects: France Travail's "Utiliser les API".

use http::header;
use royaume_server::stored::client::Application;
use royaume_spec::app::CHALLENGE;
use royaume_spec::{World, exchange, post};

const PEOPLE: [&str; 3] = ["individu", "entreprise", "agent"];

/// Row 1: an application, private, client credentials, `POST /connexion/oauth2/access_token`.
#[tokio::test]
async fn an_application_gets_a_token_in_partenaire() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("partenaire", Application::Machine);
        for url in [
            "https://francetravail.io/connexion/oauth2/access_token",
            "https://entreprise.francetravail.fr/connexion/oauth2/access_token?realm=%2Fpartenaire",
            "https://sso.royaume.test/connexion/oauth2/access_token?realm=/partenaire",
            "https://sso.royaume.test/connexion/oauth2/access_token?realm=partenaire",
            "https://sso.royaume.test/connexion/oauth2/realms/root/realms/partenaire/access_token",
            "https://sso.royaume.test/connexion/oauth2/partenaire/access_token",
        ] {
            let pairs = [("grant_type", "client_credentials"), ("scope", "api_offresdemploiv2 o2dsoffre")];
            let token = world.send(app.call(url, &pairs)).await;
            token.is_ok();
            let body = token.json();
            assert_eq!(
                (body["token_type"].as_str(), body["expires_in"].as_u64()),
                (Some("Bearer"), Some(1499)),
                "{url}"
            );
            assert_eq!(body["scope"], "api_offresdemploiv2 o2dsoffre");
            assert_eq!(token.member("access_token").len(), 27, "opaque, as long as theirs");
            assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none());
            assert_eq!(token.header("pragma"), "no-cache");
        }
    }
}

/// Rows 2 to 4: a person, through a private application (authorization code) and a public one (with PKCE).
#[tokio::test]
async fn people_sign_in_to_their_realms_through_private_and_public_applications() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in PEOPLE {
            for application in [Application::Private, Application::Public] {
                let app = world.app(realm, application);
                let person = world.person(realm);
                let callback = world.browser().walk(&app.authorization_url(&[]), person, person).await;
                assert_eq!(callback.parameter("state"), "state-1");
                assert_eq!(callback.parameter("iss"), world.issuer(realm));
                let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
                tokens.is_ok();
                assert_eq!(tokens.json()["expires_in"], 1499);
                assert!(!tokens.member("id_token").is_empty() && !tokens.member("refresh_token").is_empty());
            }
        }
    }
}

/// Row 2: `GET https://authentification-candidat.francetravail.fr/connexion/oauth2/authorize`, by host alone.
#[tokio::test]
async fn the_seed_s_hosts_name_their_realms() {
    let world = World::as_deployed().await;
    for (realm, url) in [
        ("individu", "https://authentification-candidat.francetravail.fr/connexion/oauth2/authorize"),
        ("entreprise", "https://entreprise.francetravail.fr/connexion/oauth2/authorize?realm=%2Femployeur"),
        ("entreprise", "https://entreprise.francetravail.fr/connexion/oauth2/authorize"),
        ("agent", "https://proxyproconnect.francetravail.net/connexion/oauth2/agent/authorize"),
        ("agent", "https://sso.royaume.test/connexion/oauth2/agent/authorize"),
    ] {
        let app = world.app(realm, Application::Public);
        let query = royaume_protocol::parameters::encode(&app.authorization(&[]));
        let separator = if url.contains('?') { '&' } else { '?' };
        let answer = world.send(royaume_spec::get(&format!("{url}{separator}{query}"))).await;
        assert_eq!(answer.status, 303, "{url}: {answer:?}");
        let page = format!("/connexion/oauth2/realms/root/realms/{realm}/login?");
        assert!(answer.location().starts_with(&page), "{url}: {}", answer.location());
    }
}

/// Row 4: `POST https://proxyproconnect.francetravail.net/connexion/oauth2/acces_token`, misspelled, is served.
#[tokio::test]
async fn the_seed_s_misspelled_address_is_served_for_agents() {
    let world = World::as_deployed().await;
    let app = world.app("agent", Application::Machine);
    for url in [
        "https://proxyproconnect.francetravail.net/connexion/oauth2/acces_token",
        "https://proxyproconnect.francetravail.net/connexion/oauth2/access_token?realm=%2Fagent",
    ] {
        world.send(app.call(url, &[("grant_type", "client_credentials")])).await.is_ok();
    }
}

/// Cinématique avec PKCE: a public application must send a challenge, and `plain` is refused.
#[tokio::test]
async fn a_public_application_must_use_pkce() {
    let world = World::as_deployed().await;
    for realm in PEOPLE {
        let app = world.app(realm, Application::Public);
        let without = [("code_challenge", ""), ("code_challenge_method", "")];
        world
            .send(exchange::get(&app.authorization_url(&without)))
            .await
            .is_redirected_error("invalid_request");
        let plain = [("code_challenge", CHALLENGE), ("code_challenge_method", "plain")];
        world
            .send(exchange::get(&app.authorization_url(&plain)))
            .await
            .is_redirected_error("invalid_request");
    }
}

/// francetravail.md 3.1: the redirect carries `scope` and `client_id`, the token response repeats `nonce`.
#[tokio::test]
async fn the_deployed_dialect_says_more_than_the_standard_one() {
    let (standard, deployed) = (World::standard().await, World::as_deployed().await);
    for (world, departs) in [(&standard, false), (&deployed, true)] {
        let app = world.app("individu", Application::Private);
        let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
        assert_eq!(!callback.parameter("scope").is_empty(), departs);
        assert_eq!(callback.parameter("client_id") == app.client_id, departs);
        let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
        assert_eq!(tokens.json().get("nonce").is_some(), departs);
    }
}

/// francetravail.md 3.1: a person who cancels is sent back with `state` alone.
#[tokio::test]
async fn a_cancelled_login_is_state_only_as_deployed_and_access_denied_by_the_standard() {
    let (standard, deployed) = (World::standard().await, World::as_deployed().await);
    for (world, departs) in [(&standard, false), (&deployed, true)] {
        let app = world.app("individu", Application::Private);
        let mut browser = world.browser();
        let page = browser.open(&app.authorization_url(&[])).await.page();
        let back = browser.submit(&page, &[("decision", "cancel")]).await.at_application();
        assert_eq!(back.parameter("state"), "state-1");
        if departs {
            assert_eq!(back.redirected().iter().count(), 1, "{}", back.location());
        } else {
            back.is_redirected_error("access_denied");
        }
    }
}

/// francetravail.md 3.1: failed client authentication is HTTP 400, but never for a client that used the header.
#[tokio::test]
async fn a_wrong_secret_is_400_as_deployed_and_401_by_the_standard() {
    let (standard, deployed) = (World::standard().await, World::as_deployed().await);
    for (world, status) in [(&standard, 401), (&deployed, 400)] {
        let app = world.app("partenaire", Application::Machine);
        let wrong = [("grant_type", "client_credentials"), ("client_secret", "wrong")];
        world.send(app.token_request(&wrong)).await.is_error(status, "invalid_client");
        let mut by_header = post(&app.token, &[("grant_type", "client_credentials")]);
        by_header.headers_mut().insert(header::AUTHORIZATION, "Basic eDp5".parse().unwrap());
        let refused = world.send(by_header).await;
        refused.is_error(401, "invalid_client");
        assert!(refused.header("www-authenticate").starts_with("Basic "));
    }
}

/// francetravail.md 2.3: `application_<client_id>` is an old habit of clients: it grants and refuses nothing.
#[tokio::test]
async fn the_old_application_scope_is_tolerated_as_deployed_only() {
    let (standard, deployed) = (World::standard().await, World::as_deployed().await);
    for (world, tolerated) in [(&standard, false), (&deployed, true)] {
        let app = world.app("partenaire", Application::Machine);
        let scope = format!("application_{} api_offresdemploiv2 o2dsoffre", app.client_id);
        let answer =
            world.send(app.token_request(&[("grant_type", "client_credentials"), ("scope", &scope)])).await;
        if tolerated {
            assert_eq!(answer.member("scope"), "api_offresdemploiv2 o2dsoffre");
        } else {
            answer.is_error(400, "invalid_scope");
        }
    }
}
