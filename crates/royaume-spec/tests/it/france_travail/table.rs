//! The closing table of "Utiliser les API", row by row, in both dialects, with every spelling of every address.

use http::header;
use royaume_jose::base64url;
use royaume_protocol::parameters;
use royaume_realm::Endpoint;
use royaume_server::stored::client::Application;
use royaume_spec::app::CHALLENGE;
use royaume_spec::{App, Browser, Exchange, World, get, post};
use serde_json::Value;

const PEOPLE: [&str; 3] = ["individu", "entreprise", "agent"];
const BASE: &str = royaume_spec::world::BASE;

/// The hosts of the page by which a realm alone is meant, and one of the gateway, which means none.
fn host(realm: &str) -> &'static str {
    match realm {
        "partenaire" => "https://francetravail.io",
        "individu" => "https://authentification-candidat.francetravail.fr",
        "entreprise" => "https://entreprise.francetravail.fr",
        "agent" => "https://proxyproconnect.francetravail.net",
        other => panic!("no host is that of {other}"),
    }
}

/// Every spelling of an address that all realms have: by host, by query, and by the two deployed forms of the path,
/// under each of the realm's names.
fn spellings(realm: &str, path: &str) -> Vec<String> {
    let names: &[&str] = if realm == "entreprise" { &["entreprise", "employeur"] } else { &[realm] };
    let mut all = vec![format!("{}/connexion/oauth2/{path}", host(realm))];
    for name in names {
        all.extend([
            format!("{BASE}/connexion/oauth2/{path}?realm=/{name}"),
            format!("{BASE}/connexion/oauth2/{path}?realm=%2F{name}"),
            format!("{BASE}/connexion/oauth2/{path}?realm={name}"),
            format!("{BASE}/connexion/oauth2/realms/root/realms/{name}/{path}"),
            format!("{BASE}/connexion/oauth2/{name}/{path}"),
        ]);
    }
    all
}

/// An address with more parameters.
fn with(url: &str, pairs: &[(impl AsRef<str>, impl AsRef<str>)]) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}{}", parameters::encode(pairs))
}

/// Signs the person of a realm in through an authorization endpoint of that spelling, and returns the callback.
async fn sign_in_at(world: &World, browser: &mut Browser<'_>, app: &App, url: &str) -> Exchange {
    let person = world.person(&app.realm);
    browser.walk(&with(url, &app.authorization(&[])), person, person).await
}

/// What a token response says in its ID token.
fn claims(tokens: &Exchange) -> Value {
    let id_token = tokens.member("id_token");
    serde_json::from_slice(&base64url::decode(id_token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

/// Row 1: an application, private, client credentials, `POST /connexion/oauth2/access_token`.
#[tokio::test]
async fn an_application_gets_a_token_in_partenaire_at_every_spelling() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("partenaire", Application::Machine);
        let mut addresses = spellings("partenaire", "access_token");
        addresses.extend(
            [
                "https://francetravail.io/connexion/oauth2/access_token",
                "https://entreprise.francetravail.fr/connexion/oauth2/access_token?realm=%2Fpartenaire",
                "https://authentification-partenaire.francetravail.io/connexion/oauth2/access_token",
                "https://authentification-partenaire.francetravail.io/connexion/oauth2/access_token?realm=/partenaire",
            ]
            .map(str::to_owned),
        );
        for url in addresses {
            let pairs = [("grant_type", "client_credentials"), ("scope", "api_offresdemploiv2 o2dsoffre")];
            let token = world.send(app.call(&url, &pairs)).await;
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

/// Row 1: nobody signs in to this realm: it has no page to send people to.
#[tokio::test]
async fn partenaire_authenticates_no_person() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("partenaire", Application::Machine);
        for url in spellings("partenaire", "authorize") {
            let answer = world.send(get(&with(&url, &app.authorization(&[])))).await;
            assert_eq!(answer.status, 404, "{url}: {answer:?}");
        }
        let code = app.token_request(&[("grant_type", "authorization_code"), ("code", "x")]);
        world.send(code).await.is_error(400, "unsupported_grant_type");
    }
}

/// Rows 2 to 4: a person, through a private application (authorization code) and a public one (with PKCE).
#[tokio::test]
async fn people_sign_in_to_their_realms_through_private_and_public_applications() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in PEOPLE {
            for application in [Application::Private, Application::Public] {
                let app = world.app(realm, application);
                let callback = sign_in_at(&world, &mut world.browser(), app, &app.authorize).await;
                assert_eq!(callback.parameter("state"), "state-1");
                assert_eq!(callback.parameter("iss"), world.issuer(realm));
                let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
                tokens.is_ok();
                assert_eq!(tokens.json()["expires_in"], 1499);
                assert!(!tokens.member("refresh_token").is_empty());
                let claims = claims(&tokens);
                assert_eq!(
                    (&claims["iss"], &claims["aud"]),
                    (&world.issuer(realm).into(), &app.client_id.clone().into())
                );
                let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
                assert_eq!(lifetime, 2 * 3600 + 1800, "francetravail.md 2.1: 2 h 30");
            }
        }
    }
}

/// Rows 2 to 4, "Authorization code": a private application may do without PKCE.
#[tokio::test]
async fn a_private_application_may_sign_people_in_without_pkce() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in PEOPLE {
            let app = world.app(realm, Application::Private);
            let without = [("code_challenge", ""), ("code_challenge_method", "")];
            let person = world.person(realm);
            let callback = world.browser().walk(&app.authorization_url(&without), person, person).await;
            let redemption = app.redemption(&callback.parameter("code"), &[("code_verifier", "")]);
            world.send(redemption).await.is_ok();
        }
    }
}

/// Rows 2 to 4: `GET …/connexion/oauth2/authorize` and `POST …/connexion/oauth2/access_token`: whatever spelling names
/// the realm at the one, any other may name it at the other.
#[tokio::test]
async fn people_sign_in_at_every_spelling_of_both_addresses() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in PEOPLE {
            let app = world.app(realm, Application::Public);
            let authorize: Vec<_> = if realm == "agent" {
                // The page has the realm of agents in the path; by host alone it is understood as well.
                let page = "https://proxyproconnect.francetravail.net/connexion/oauth2/agent/authorize";
                spellings(realm, "authorize").into_iter().chain([page.to_owned()]).collect()
            } else {
                spellings(realm, "authorize")
            };
            let mut token = spellings(realm, "access_token");
            token.extend(spellings(realm, "accessToken"));
            let mut browser = world.browser();
            for at in 0..authorize.len().max(token.len()) {
                let (authorize, token) = (&authorize[at % authorize.len()], &token[at % token.len()]);
                let callback = sign_in_at(&world, &mut browser, app, authorize).await;
                assert_eq!(callback.parameter("iss"), world.issuer(realm), "{authorize}");
                let elsewhere = App { token: token.clone(), ..app.clone() };
                world.send(elsewhere.redemption(&callback.parameter("code"), &[])).await.is_ok();
            }
        }
    }
}

/// Row 3: `/entreprise` and `/employeur` are one realm, with one issuer.
#[tokio::test]
async fn employeur_is_another_name_of_entreprise() {
    let world = World::as_deployed().await;
    let app = world.app("entreprise", Application::Private);
    let url = "https://entreprise.francetravail.fr/connexion/oauth2/authorize?realm=%2Femployeur";
    let callback = sign_in_at(&world, &mut world.browser(), app, url).await;
    assert_eq!(
        callback.parameter("iss"),
        "https://sso.royaume.test/connexion/oauth2/realms/root/realms/entreprise"
    );
    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
    assert_eq!(claims(&tokens)["realm"], "/entreprise");
}

/// francetravail.md 1.4: hosts of qualification and hosts that were retired name the same realms; one that never
/// existed names none.
#[tokio::test]
async fn other_hosts_of_france_travail_name_their_realms_too() {
    let world = World::as_deployed().await;
    for (realm, host) in [
        ("individu", "authentification-candidat-r.pe-qvr.fr"),
        ("individu", "authentification-candidat-r.ft-qvr.fr"),
        ("individu", "authentification-candidat.pole-emploi.fr"),
        ("individu", "AUTHENTIFICATION-CANDIDAT.FRANCETRAVAIL.FR:443"),
        ("entreprise", "authentification-pro.francetravail.fr"),
        ("entreprise", "entreprise.pe-qvr.fr"),
        ("entreprise", "entreprise.pole-emploi.fr"),
        ("agent", "proxyproconnect-r.ft-qvr.net"),
        ("agent", "authentification-agent-va.pe-qvr.net"),
    ] {
        let metadata = world
            .send(get(&format!("https://{host}/connexion/oauth2/.well-known/openid-configuration")))
            .await;
        assert_eq!(metadata.member("issuer"), world.issuer(realm), "{host}");
    }
    for host in ["entreprise.francetravail.io", "francetravail.io.example.org", "sso.royaume.test"] {
        let lost = world
            .send(get(&format!("https://{host}/connexion/oauth2/.well-known/openid-configuration")))
            .await;
        lost.is_error(400, "invalid_request");
    }
}

/// Row 4: `POST https://proxyproconnect.francetravail.net/connexion/oauth2/acces_token`, misspelled, is served.
#[tokio::test]
async fn the_misspelled_address_is_served_for_agents_and_nobody_else() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("agent", Application::Machine);
        let machine = [("grant_type", "client_credentials")];
        for url in [
            "https://proxyproconnect.francetravail.net/connexion/oauth2/acces_token",
            "https://proxyproconnect.francetravail.net/connexion/oauth2/access_token?realm=%2Fagent",
            "https://sso.royaume.test/connexion/oauth2/acces_token",
        ] {
            world.send(app.call(url, &machine)).await.is_ok();
        }
        let public = world.app("agent", Application::Public);
        let callback = sign_in_at(&world, &mut world.browser(), public, &public.authorize).await;
        let misspelled = App {
            token: "https://proxyproconnect.francetravail.net/connexion/oauth2/acces_token".to_owned(),
            ..public.clone()
        };
        world.send(misspelled.redemption(&callback.parameter("code"), &[])).await.is_ok();
        let printed = world.send(get(&world.url("agent", Endpoint::Discovery))).await;
        assert!(!printed.body.contains("acces_token\""), "no client is told of it: {printed:?}");
    }
}

/// Row 4: agents' programs get tokens for themselves as well (francetravail.md 1.3).
#[tokio::test]
async fn a_program_of_the_network_gets_a_token_in_agent_at_every_spelling() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("agent", Application::Machine);
        for url in spellings("agent", "access_token") {
            let token = world.send(app.call(&url, &[("grant_type", "client_credentials")])).await;
            assert_eq!(token.is_ok().json()["expires_in"], 1499, "{url}");
        }
    }
}

/// "Identifier le royaume": the realm is said by the address, and never by the body.
#[tokio::test]
async fn the_body_names_no_realm() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("partenaire", Application::Machine);
        let pairs = [("grant_type", "client_credentials"), ("realm", "/partenaire")];
        let unnamed =
            world.send(app.call("https://sso.royaume.test/connexion/oauth2/access_token", &pairs)).await;
        unnamed.is_error(400, "invalid_request");
        assert!(unnamed.member("error_description").contains("realm"), "{unnamed:?}");
        let pairs = [("grant_type", "client_credentials"), ("realm", "/agent")];
        let url = "https://sso.royaume.test/connexion/oauth2/access_token?realm=/partenaire";
        world.send(app.call(url, &pairs)).await.is_ok();
    }
}

/// "Identifier le royaume": what the query says counts before the path, and the path before the host; two realms in
/// one query, or one that does not exist, are refused.
#[tokio::test]
async fn query_beats_path_and_path_beats_host() {
    for world in [World::standard().await, World::as_deployed().await] {
        for (url, realm) in [
            (
                "https://entreprise.francetravail.fr/connexion/oauth2/agent/.well-known/openid-configuration",
                "agent",
            ),
            (
                "https://entreprise.francetravail.fr/connexion/oauth2/agent/.well-known/openid-configuration?realm=/individu",
                "individu",
            ),
            (
                "https://francetravail.io/connexion/oauth2/.well-known/openid-configuration?realm=individu&realm=%2Findividu",
                "individu",
            ),
            (
                "https://francetravail.io/connexion/oauth2/.well-known/openid-configuration?realm=",
                "partenaire",
            ),
        ] {
            assert_eq!(world.send(get(url)).await.member("issuer"), world.issuer(realm), "{url}");
        }
        for query in ["realm=/individu&realm=/agent", "realm=/candidat", "realm=/%2Findividu", "realm=%zz"] {
            let url =
                format!("https://francetravail.io/connexion/oauth2/.well-known/openid-configuration?{query}");
            world.send(get(&url)).await.is_error(400, "invalid_request");
        }
    }
}

/// francetravail.md 1.3: the document of a realm is at three deployed places, at its issuer's own (OIDC Discovery §4)
/// and at that of RFC 8414 §3.1; it is one document.
#[tokio::test]
async fn a_realm_describes_itself_at_every_place() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in ["partenaire", "individu", "entreprise", "agent"] {
            let issuer = world.issuer(realm);
            let printed = world.send(get(&format!("{issuer}/.well-known/openid-configuration"))).await;
            assert_eq!(printed.is_ok().member("issuer"), issuer);
            let mut places = spellings(realm, ".well-known/openid-configuration");
            let below = issuer.strip_prefix(BASE).unwrap();
            places.push(format!("{BASE}/.well-known/oauth-authorization-server{below}"));
            for place in places {
                assert_eq!(world.send(get(&place)).await.is_ok().json(), printed.json(), "{place}");
            }
            for (member, url) in printed.json().as_object().unwrap() {
                if member.ends_with("_endpoint") || member == "jwks_uri" {
                    assert!(url.as_str().unwrap().starts_with(&issuer), "{member}: {url}");
                }
            }
        }
    }
}

/// francetravail.md 1.3: `connect/jwk_uri`: the keys of a realm, and of no other, at every spelling.
#[tokio::test]
async fn a_realm_publishes_its_keys_at_every_spelling() {
    let world = World::as_deployed().await;
    let mut seen = Vec::new();
    for realm in ["partenaire", "individu", "entreprise", "agent"] {
        let keys = world.send(get(&world.url(realm, Endpoint::Jwks))).await;
        for url in spellings(realm, "connect/jwk_uri") {
            assert_eq!(world.send(get(&url)).await.is_ok().body, keys.body, "{url}");
        }
        assert!(!seen.contains(&keys.body), "{realm} has keys of its own");
        seen.push(keys.body);
    }
}

/// francetravail.md 1.3: claims are read at the gateway, and for agents at the authorization server.
#[tokio::test]
async fn userinfo_is_answered_at_the_addresses_that_programs_call() {
    for world in [World::standard().await, World::as_deployed().await] {
        for (realm, addresses) in [
            (
                "individu",
                [
                    "https://api.francetravail.io/partenaire/peconnect-individu/v1/userinfo",
                    "https://sso.royaume.test/partenaire/peconnect-individu/v1/userinfo",
                ],
            ),
            (
                "entreprise",
                [
                    "https://api.francetravail.io/partenaire/peconnect-entreprise/v1/userinfo",
                    "https://sso.royaume.test/partenaire/peconnect-entreprise/v1/userinfo",
                ],
            ),
            (
                "agent",
                [
                    "https://proxyproconnect.francetravail.net/connexion/oauth2/userinfo?realm=agent",
                    "https://sso.royaume.test/connexion/oauth2/agent/userinfo",
                ],
            ),
        ] {
            let tokens = world.sign_in(world.app(realm, Application::Private)).await;
            let bearer = format!("Bearer {}", tokens.member("access_token"));
            let canonical = world.url(realm, Endpoint::UserInfo);
            for url in addresses.iter().copied().chain([canonical.as_str()]) {
                for mut request in [get(url), post::<&str, &str>(url, &[])] {
                    request.headers_mut().insert(header::AUTHORIZATION, bearer.parse().unwrap());
                    let answer = world.send(request).await;
                    assert_eq!(answer.is_ok().json()["sub"], claims(&tokens)["sub"], "{url}");
                }
            }
        }
    }
}

/// francetravail.md 1.3, D6: people sign out at the documented page of their realm and at the engine's, by GET and by
/// POST, and come back to the application.
#[tokio::test]
async fn people_sign_out_at_the_addresses_that_programs_call() {
    for (world, parameter) in
        [(World::standard().await, "post_logout_redirect_uri"), (World::as_deployed().await, "redirect_uri")]
    {
        for (realm, addresses) in [
            (
                "individu",
                [
                    "https://authentification-candidat.francetravail.fr/compte/deconnexion",
                    "https://sso.royaume.test/compte/deconnexion?realm=%2Findividu",
                    "https://sso.royaume.test/connexion/oauth2/connect/endSession?realm=/individu",
                ],
            ),
            (
                "entreprise",
                [
                    "https://entreprise.francetravail.fr/compte/deconnexion",
                    "https://sso.royaume.test/compte/deconnexion?realm=employeur",
                    "https://sso.royaume.test/connexion/oauth2/connect/endSession?realm=/employeur",
                ],
            ),
            (
                "agent",
                [
                    "https://proxyproconnect.francetravail.net/connexion/oauth2/deconnexion",
                    "https://sso.royaume.test/connexion/oauth2/deconnexion",
                    "https://sso.royaume.test/connexion/oauth2/connect/endSession?realm=/agent",
                ],
            ),
        ] {
            let app = world.app(realm, Application::Private);
            for url in addresses {
                for by_post in [false, true] {
                    let mut browser = world.browser();
                    let callback = sign_in_at(&world, &mut browser, app, &app.authorize).await;
                    let tokens = world.send(app.redemption(&callback.parameter("code"), &[])).await;
                    let id_token = tokens.member("id_token");
                    let pairs = [("id_token_hint", id_token.as_str()), (parameter, "http://127.0.0.1/")];
                    let request = if by_post { post(url, &pairs) } else { get(&with(url, &pairs)) };
                    let back = browser.once(request).await;
                    assert_eq!((back.status.as_u16(), back.location()), (303, "http://127.0.0.1/"), "{url}");
                    let silent = browser.once(get(&app.authorization_url(&[("prompt", "none")]))).await;
                    silent.is_redirected_error("login_required");
                }
            }
        }
    }
}

/// docs/divergences.md: two names of one thing must say the same, and either must be registered for the client.
#[tokio::test]
async fn contradictory_places_after_logout_are_refused() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let tokens = world.sign_in(app).await;
    let url = world.url("individu", Endpoint::Logout);
    let hint = tokens.member("id_token");
    let refused = |standard: &str, deployed: &str| {
        let pairs = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", standard),
            ("redirect_uri", deployed),
        ];
        get(&with(&url, &pairs))
    };
    let registered = ["http://127.0.0.1/", "http://localhost:8080/"];
    world.send(refused(registered[0], registered[1])).await.is_error_page();
    world.send(refused("https://elsewhere.example/", "https://elsewhere.example/")).await.is_error_page();
    let agreed = world.send(refused(registered[0], registered[0])).await;
    assert_eq!(agreed.location(), registered[0]);
    let standard = World::standard().await;
    let hint = standard.sign_in(standard.app("individu", Application::Private)).await.member("id_token");
    let pairs = [("id_token_hint", hint.as_str()), ("redirect_uri", "https://elsewhere.example/")];
    let ignored = standard.send(get(&with(&standard.url("individu", Endpoint::Logout), &pairs))).await;
    assert!(ignored.location().ends_with("/logged-out"), "the standard knows no such parameter: {ignored:?}");
}

/// Cinématique avec PKCE: a public application must send a challenge, and `plain` is refused.
#[tokio::test]
async fn a_public_application_must_use_pkce() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in PEOPLE {
            let app = world.app(realm, Application::Public);
            let without = [("code_challenge", ""), ("code_challenge_method", "")];
            world.send(get(&app.authorization_url(&without))).await.is_redirected_error("invalid_request");
            let plain = [("code_challenge", CHALLENGE), ("code_challenge_method", "plain")];
            world.send(get(&app.authorization_url(&plain))).await.is_redirected_error("invalid_request");
        }
    }
}

/// "Une application publique ne permet pas la confidentialité des identifiants": it has no secret, and none helps it.
#[tokio::test]
async fn a_public_application_has_no_secret_and_gets_no_token_for_itself() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in PEOPLE {
            let app = world.app(realm, Application::Public);
            assert!(app.secret.is_empty());
            let itself = world.send(app.token_request(&[("grant_type", "client_credentials")])).await;
            let code = if realm == "agent" { "unauthorized_client" } else { "unsupported_grant_type" };
            itself.is_error(400, code);
        }
    }
}

/// docs/divergences.md: HTTP 400 for a failed client is for those that put their credentials in the body: whoever used
/// the header is owed a challenge in both dialects (RFC 6749 §5.2).
#[tokio::test]
async fn a_client_that_used_the_header_is_challenged_in_both_dialects() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("partenaire", Application::Machine);
        let mut by_header = post(&app.token, &[("grant_type", "client_credentials")]);
        by_header.headers_mut().insert(header::AUTHORIZATION, "Basic eDp5".parse().unwrap());
        let refused = world.send(by_header).await;
        refused.is_error(401, "invalid_client");
        assert!(refused.header("www-authenticate").starts_with("Basic "));
    }
}

/// docs/divergences.md: `application_<client_id>` of another client is an unknown scope, in both dialects.
#[tokio::test]
async fn the_application_scope_of_another_client_is_unknown() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("partenaire", Application::Machine);
        let other = world.app("agent", Application::Machine);
        let scope = format!("application_{} api_offresdemploiv2 o2dsoffre", other.client_id);
        let pairs = [("grant_type", "client_credentials"), ("scope", &scope)];
        world.send(app.token_request(&pairs)).await.is_error(400, "invalid_scope");
    }
}

/// docs/divergences.md: a redirect URI that differs and is registered is `invalid_grant` in both dialects; the deployed
/// code is for one that is not.
#[tokio::test]
async fn another_registered_redirect_uri_is_invalid_grant_in_both_dialects() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("individu", Application::Private);
        let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
        let other = [("redirect_uri", "http://localhost:8080/callback")];
        let refused = world.send(app.redemption(&callback.parameter("code"), &other)).await;
        refused.is_error(400, "invalid_grant");
    }
}
