//! What the document says is what the realm does (RFC 8414 §2).

use royaume_protocol::BasicCredentials;
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::app::new_client;
use royaume_spec::{World, get, post};
use serde_json::{Value, json};

use super::{REALMS, with_plain_realms};

async fn document(world: &World, realm: &str) -> Value {
    world.send(get(&world.url(realm, Endpoint::Discovery))).await.json()
}

fn listed(document: &Value, member: &str) -> Vec<String> {
    let list = document[member].as_array().unwrap_or_else(|| panic!("no {member} in {document}"));
    list.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// §2: every address in the document answers, as the endpoint that it is said to be.
#[tokio::test]
async fn every_address_in_the_document_answers() {
    let world = with_plain_realms().await;
    for realm in &world.topology.realms {
        let document = document(&world, realm.name.as_str()).await;
        let addresses = document
            .as_object()
            .unwrap()
            .iter()
            .filter(|(member, _)| member.ends_with("_endpoint") || *member == "jwks_uri");
        for (member, address) in addresses {
            let address = address.as_str().unwrap();
            let read = world.send(get(address)).await;
            let posted = world.send(post::<&str, &str>(address, &[])).await;
            let (read_as, posted_as) = (read.status.as_u16(), posted.status.as_u16());
            match member.as_str() {
                "authorization_endpoint" => {
                    assert_eq!((read_as, posted_as), (400, 400), "{address}");
                    assert!(read.is_error_page().body.contains("client_id is missing"));
                    posted.is_error_page();
                }
                "token_endpoint" | "introspection_endpoint" | "revocation_endpoint" => {
                    assert_eq!(read_as, 405, "{address}");
                    assert_eq!(posted.member("error"), "invalid_client", "{address}");
                }
                "userinfo_endpoint" => {
                    assert_eq!((read_as, posted_as), (401, 401), "{address}");
                    assert!(read.header("www-authenticate").starts_with("Bearer "));
                }
                "jwks_uri" => assert!(!read.is_ok().json()["keys"].as_array().unwrap().is_empty()),
                "end_session_endpoint" => assert_eq!((read_as, posted_as), (303, 303), "{address}"),
                other => panic!("{other} is an address that this test does not know"),
            }
        }
    }
}

/// §2: a realm where nobody signs in lists no page and nothing that only people need.
#[tokio::test]
async fn a_realm_of_applications_lists_nothing_for_people() {
    let world = with_plain_realms().await;
    for realm in ["partenaire", "robots"] {
        let document = document(&world, realm).await;
        let members: Vec<_> = document.as_object().unwrap().keys().map(String::as_str).collect();
        for member in [
            "authorization_endpoint",
            "userinfo_endpoint",
            "end_session_endpoint",
            "response_types_supported",
            "response_modes_supported",
            "code_challenge_methods_supported",
            "id_token_signing_alg_values_supported",
            "subject_types_supported",
            "claims_supported",
            "prompt_values_supported",
            "ui_locales_supported",
            "authorization_response_iss_parameter_supported",
            "backchannel_logout_supported",
            "backchannel_logout_session_supported",
            "frontchannel_logout_supported",
            "frontchannel_logout_session_supported",
        ] {
            assert!(!members.contains(&member), "{realm} lists {member}");
        }
        assert_eq!(listed(&document, "grant_types_supported"), ["client_credentials"]);
        let methods = ["client_secret_post", "client_secret_basic", "private_key_jwt", "client_secret_jwt"];
        let methods = if realm == "robots" { &methods[..] } else { &methods[..2] };
        assert_eq!(listed(&document, "token_endpoint_auth_methods_supported"), methods);
    }
}

/// §2, OpenID Connect Discovery 1.0 §3: what is required of a realm where people sign in is there.
#[tokio::test]
async fn a_realm_of_people_lists_what_is_required() {
    let world = with_plain_realms().await;
    for realm in ["individu", "entreprise", "agent", "staff"] {
        let document = document(&world, realm).await;
        assert_eq!(listed(&document, "response_types_supported"), ["code"]);
        assert_eq!(listed(&document, "subject_types_supported"), ["public", "pairwise"]);
        assert!(listed(&document, "id_token_signing_alg_values_supported").contains(&"RS256".to_owned()));
        assert_eq!(listed(&document, "response_modes_supported"), ["query", "fragment", "form_post"]);
        assert_eq!(listed(&document, "code_challenge_methods_supported"), ["S256"]);
        assert!(listed(&document, "scopes_supported").contains(&"openid".to_owned()));
        // OpenID Connect Discovery 1.0 §3: left out, this one would mean true.
        assert_eq!(document["request_uri_parameter_supported"], json!(realm == "staff"));
        for introspection in listed(&document, "introspection_endpoint_auth_methods_supported") {
            assert_ne!(introspection, "none", "RFC 7662 §2.1");
        }
    }
}

/// §2 `grant_types_supported`: those listed are taken up, all others are not.
#[tokio::test]
async fn the_grant_types_listed_are_those_supported() {
    let world = World::standard().await;
    for realm in REALMS {
        let supported = listed(&document(&world, realm).await, "grant_types_supported");
        let mut wish = new_client(Application::Private, &["https://app.test/cb"]);
        if realm == "partenaire" {
            wish = new_client(Application::Machine, &[]);
        }
        let app = world.add_app(realm, wish).await;
        for grant_type in [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            "password",
            "implicit",
            "urn:ietf:params:oauth:grant-type:device_code",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ] {
            let answer = world.send(app.token_request(&[("grant_type", grant_type)])).await;
            let unsupported =
                !answer.status.is_success() && answer.member("error") == "unsupported_grant_type";
            assert_eq!(
                !unsupported,
                supported.iter().any(|known| known == grant_type),
                "{realm} {grant_type}"
            );
        }
    }
}

/// §2 `scopes_supported`: an application that may have everything may ask for each of them, and for no other.
#[tokio::test]
async fn the_scopes_listed_are_those_known() {
    let world = World::standard().await;
    for realm in ["individu", "entreprise", "agent"] {
        let app = world.add_app(realm, new_client(Application::Private, &["https://app.test/cb"])).await;
        let supported = listed(&document(&world, realm).await, "scopes_supported");
        for scope in &supported {
            let asked = world.send(get(&app.authorization_url(&[("scope", scope)]))).await;
            assert!(asked.location().starts_with('/'), "{scope}: {}", asked.location());
        }
        for scope in ["offline_access", "address", "phone", "admin"] {
            assert!(!supported.iter().any(|known| known == scope));
            let asked = world.send(get(&app.authorization_url(&[("scope", scope)]))).await;
            asked.is_redirected_error("invalid_scope");
        }
    }
}

/// §2 `token_endpoint_auth_methods_supported`: each of them is understood, and a method that is not listed is none.
#[tokio::test]
async fn the_authentication_methods_listed_are_those_understood() {
    let world = World::standard().await;
    for realm in ["individu", "entreprise", "agent"] {
        let methods = listed(&document(&world, realm).await, "token_endpoint_auth_methods_supported");
        assert_eq!(methods, ["client_secret_post", "client_secret_basic", "none"]);
    }
    let app = world.app("partenaire", Application::Machine);
    let grant = [("grant_type", "client_credentials")];
    world.send(app.token_request(&grant)).await.is_ok();
    let basic = BasicCredentials { client_id: app.client_id.clone(), secret: app.secret.as_str().into() };
    let mut by_header = post(&app.token, &grant);
    by_header.headers_mut().insert("authorization", basic.header().expose().parse().unwrap());
    world.send(by_header).await.is_ok();
    let assertion = [
        grant[0],
        ("client_secret", ""),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", "a.b.c"),
    ];
    world.send(app.token_request(&assertion)).await.is_error(401, "invalid_client");
}

/// OpenID Connect Discovery 1.0 §3 `claims_supported`: whatever an id token or userinfo says is listed.
#[tokio::test]
async fn every_claim_that_is_said_is_listed() {
    let world = World::standard().await;
    for realm in ["individu", "entreprise", "agent"] {
        let supported = listed(&document(&world, realm).await, "claims_supported");
        let app = world.app(realm, Application::Private);
        let tokens = world.sign_in(app).await;
        let id_token = world.verified(realm, &tokens.member("id_token")).await;
        let userinfo = world.userinfo(realm, &tokens.member("access_token")).await.json();
        for claim in id_token.as_object().unwrap().keys().chain(userinfo.as_object().unwrap().keys()) {
            assert!(supported.contains(claim), "{realm} says {claim}");
        }
    }
}

/// §2: what a client finds in the document is all that it needs: a person signs in to a realm that has no preset.
#[tokio::test]
async fn a_client_that_knows_the_document_alone_signs_people_in() {
    let world = with_plain_realms().await;
    let wish = royaume_server::admin::NewAccount {
        username: "alan".to_owned(),
        subject: None,
        claims: serde_json::Map::new(),
    };
    world.admin("staff").add_account(wish, Some("alan"), world.passwords()).await.unwrap();
    let mut app = world.add_app("staff", new_client(Application::Public, &["https://app.test/cb"])).await;
    let document = document(&world, "staff").await;
    document["authorization_endpoint"].as_str().unwrap().clone_into(&mut app.authorize);
    document["token_endpoint"].as_str().unwrap().clone_into(&mut app.token);
    let callback = world.browser().walk(&app.authorization_url(&[]), "alan", "alan").await;
    assert_eq!(callback.parameter("iss"), document["issuer"]);
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    let claims = world.verified("staff", &tokens.is_ok().member("id_token")).await;
    assert_eq!((&claims["iss"], &claims["nonce"]), (&document["issuer"], &json!("nonce-1")));
    let userinfo = world.userinfo("staff", &tokens.member("access_token")).await;
    assert_eq!(userinfo.json(), json!({ "sub": claims["sub"] }));
}
