//! Every row of the table, with the client: by the preset and by discovery.

use royaume_client::{Client, ClientAuthentication, ClientError, LogoutStep};
use royaume_protocol::{Scope, Secret};
use royaume_server::Server;
use royaume_server::stored::client::Application;
use royaume_spec::{App, Arrival, Browser, World, get, post};

use super::{application, client, discovered, now, provider, sign_in, walked};

/// One client by the preset, and one by discovery.
async fn both(world: &World, app: &App) -> [Client<Server>; 2] {
    [client(world, app), discovered(world, app).await]
}

/// Opens or posts what a client says, as the person's browser.
async fn sign_out(browser: &mut Browser<'_>, step: &LogoutStep) -> Arrival {
    let request = if step.form.is_empty() { get(&step.url) } else { post(&step.url, &step.form) };
    browser.follow(request).await
}

/// Row 1, and the programs of row 4: RFC 6749 §4.4.
#[tokio::test]
async fn an_application_gets_a_token_for_itself() {
    for world in [World::standard().await, World::as_deployed().await] {
        for (realm, scope) in
            [("partenaire", "api_offresdemploiv2 o2dsoffre"), ("agent", "api_rechercher-usagerv2")]
        {
            let app = world.app(realm, Application::Machine);
            for client in both(&world, app).await {
                let tokens =
                    client.client_credentials(Some(Scope::parse(scope).unwrap()), now(&world)).await.unwrap();
                assert_eq!(tokens.scope.as_ref().map(ToString::to_string).as_deref(), Some(scope));
                assert_eq!(tokens.expires_at, Some(now(&world) + std::time::Duration::from_secs(1499)));
                assert!(tokens.refresh_token.is_none() && tokens.id_token.is_none());

                let seen = client.introspect(&tokens.access_token, now(&world)).await.unwrap();
                assert!(seen.active && seen.client_id.as_deref() == Some(&app.client_id));
                client.revoke(&tokens.access_token, now(&world)).await.unwrap();
                assert!(!client.introspect(&tokens.access_token, now(&world)).await.unwrap().active);
            }
        }
    }
}

/// RFC 6749 §2.3.1: the same secret, in the header instead of the body.
#[tokio::test]
async fn an_application_may_use_http_basic() {
    let world = World::as_deployed().await;
    let app = world.app("partenaire", Application::Machine);
    let basic = ClientAuthentication::basic(&app.client_id, app.secret.as_str());
    let client = Client::new(provider(&world, "partenaire"), basic, world.server.clone());
    client.client_credentials(None, now(&world)).await.unwrap();
}

/// Rows 2 to 4: begin, sign in, finish; claims, renewal, a look at the token, and giving it back.
#[tokio::test]
async fn a_person_signs_in_to_each_realm_through_each_kind_of_application() {
    for world in [World::standard().await, World::as_deployed().await] {
        for realm in ["individu", "entreprise", "agent"] {
            for kind in [Application::Private, Application::Public] {
                let app = world.app(realm, kind);
                for client in both(&world, app).await {
                    let tokens = sign_in(&world, &client, app).await.unwrap();
                    let claims = tokens.claims.clone().unwrap();
                    assert_eq!(claims.iss, world.issuer(realm));
                    assert_eq!(tokens.scope.as_ref().map(ToString::to_string), Some(app.scope.clone()));

                    let userinfo = client.userinfo(&tokens, now(&world)).await.unwrap();
                    assert_eq!(userinfo.sub, claims.sub);

                    let renewed = client.refresh(&tokens, now(&world)).await.unwrap();
                    assert_ne!(renewed.access_token.expose(), tokens.access_token.expose());
                    assert_eq!(renewed.claims.as_ref().map(|claims| &claims.sub), Some(&claims.sub));

                    match (kind, client.introspect(&renewed.access_token, now(&world)).await) {
                        (Application::Public, seen) => {
                            assert!(matches!(seen, Err(ClientError::ClientRefused(_))), "{seen:?}");
                        }
                        (_, seen) => assert!(seen.unwrap().active),
                    }

                    let last = renewed.refresh_token.clone().unwrap();
                    client.revoke(&last, now(&world)).await.unwrap();
                    let dead = client.userinfo(&renewed, now(&world)).await.unwrap_err();
                    assert!(matches!(dead, ClientError::TokenRefused(_)), "{dead:?}");
                    let dead = client.refresh(&renewed, now(&world)).await.unwrap_err();
                    assert!(matches!(dead, ClientError::GrantRefused(_)), "{dead:?}");
                }
            }
        }
    }
}

/// RP-Initiated Logout 1.0 §2, and the deployed pages: after the step nobody is signed in any more.
#[tokio::test]
async fn a_person_signs_out_the_way_that_the_client_says() {
    for (world, deployed) in [(World::standard().await, false), (World::as_deployed().await, true)] {
        for realm in ["individu", "entreprise", "agent"] {
            let app = world.app(realm, Application::Private);
            for (at, client) in both(&world, app).await.into_iter().enumerate() {
                let mut browser = world.browser();
                let (pending, callback) = walked(&world, &mut browser, &client, app).await;
                let tokens = client.finish(&pending, &callback, now(&world)).await.unwrap();
                // The preset calls the deployed pages, whose parameter only the deployed dialect takes.
                let back_to = (deployed || at == 1).then_some("http://127.0.0.1/");
                let step = client.logout(&tokens, back_to).unwrap();
                assert_eq!(
                    step.form.is_empty(),
                    !(realm == "agent" && at == 0),
                    "by POST for agents: {}",
                    step.url
                );
                match (back_to, sign_out(&mut browser, &step).await) {
                    (Some(place), arrival) => assert_eq!(arrival.at_application().location(), place),
                    (None, arrival) => assert!(arrival.page().body.contains("royaume-logged-out")),
                }
                let (address, _) = client
                    .begin(
                        &app.redirect_uri,
                        Scope::parse("openid").unwrap(),
                        None,
                        &royaume_jose::SeededEntropy::new(3),
                    )
                    .unwrap();
                let silent = browser.once(get(&format!("{address}&prompt=none"))).await;
                silent.is_redirected_error("login_required");
            }
        }
    }
}

/// francetravail.md 2.5: some people have no email, and some claims come in other shapes than the standard's.
#[tokio::test]
async fn userinfo_reads_for_every_sample_person() {
    let world = World::as_deployed().await;
    for (realm, person, claim) in [
        ("individu", "camille", "email"),
        ("individu", "noe", "given_name"),
        ("entreprise", "lea", "habilitation"),
        ("entreprise", "hugo", "habilitation"),
        ("agent", "ines", "preferred_username"),
    ] {
        let app = world.app(realm, Application::Private);
        let client = client(&world, app);
        let scope = Scope::parse(&app.scope).unwrap();
        let entropy = royaume_jose::SeededEntropy::new(5);
        let (address, pending) = client.begin(&app.redirect_uri, scope, None, &entropy).unwrap();
        let callback = world.browser().walk(&address, person, person).await.location().to_owned();
        let tokens = client.finish(&pending, &callback, now(&world)).await.unwrap();
        let userinfo = serde_json::to_value(client.userinfo(&tokens, now(&world)).await.unwrap()).unwrap();
        assert!(!userinfo[claim].is_null(), "{person}: {userinfo}");
        assert_eq!(userinfo.get("email").is_some(), person != "noe", "{userinfo}");
    }
}

/// RFC 8414 §2, RFC 6749 §4.4: in a realm of applications there is nobody to sign in.
#[tokio::test]
async fn nobody_signs_in_to_partenaire() {
    let world = World::as_deployed().await;
    let app = world.app("partenaire", Application::Machine);
    for client in both(&world, app).await {
        let begun = client.begin(
            "http://127.0.0.1/callback",
            Scope::parse("openid").unwrap(),
            None,
            &royaume_jose::SeededEntropy::new(3),
        );
        assert!(matches!(begun, Err(ClientError::NotOffered(_))), "{begun:?}");
    }
}

/// RFC 6749 §5.2: each refusal of the real server is its own variant.
#[tokio::test]
async fn refusals_of_the_server_are_told_apart() {
    for world in [World::standard().await, World::as_deployed().await] {
        let app = world.app("partenaire", Application::Machine);
        let known = client(&world, app);
        let scope = Some(Scope::parse("o2dsoffre api_inconnuev1").unwrap());
        let refused = known.client_credentials(scope, now(&world)).await.unwrap_err();
        assert!(matches!(refused, ClientError::ScopeRefused(_)), "{refused:?}");
        let several = Scope::parse("api_autrev2 o2dsoffre api_inconnuev1").unwrap();
        let refused = known.refused_scopes(&several, now(&world)).await.unwrap();
        assert_eq!(refused, ["api_autrev2", "api_inconnuev1"], "a refusal names none of them");

        let wrong = ClientAuthentication::post(&app.client_id, "not its secret");
        let wrong = Client::new(provider(&world, "partenaire"), wrong, world.server.clone());
        let refused = wrong.client_credentials(None, now(&world)).await.unwrap_err();
        assert!(matches!(refused, ClientError::ClientRefused(_)), "{refused:?}");

        let elsewhere = Client::new(provider(&world, "agent"), application(app), world.server.clone());
        let refused = elsewhere.client_credentials(None, now(&world)).await.unwrap_err();
        assert!(
            matches!(refused, ClientError::ClientRefused(_)),
            "an application of another realm: {refused:?}"
        );

        let app = world.app("individu", Application::Private);
        let client = client(&world, app);
        let refused = client.client_credentials(None, now(&world)).await.unwrap_err();
        assert!(matches!(refused, ClientError::Refused { .. }), "{refused:?}");
        let tokens = sign_in(&world, &client, app).await.unwrap();
        let unknown = royaume_client::TokenSet { access_token: Secret::from("unknown"), ..tokens };
        let refused = client.userinfo(&unknown, now(&world)).await.unwrap_err();
        assert!(matches!(refused, ClientError::TokenRefused(_)), "{refused:?}");
    }
}
