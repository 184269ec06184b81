//! What a login may ask for (OIDC Core §3.1.2.1, §5.5; Form Post Response Mode), and what is then expected of the answer.

use std::time::Duration;

use royaume_client::{
    ClaimsRequest, Client, ClientError, Display, Login, Pending, Prompt, Scope, Secret, TokenSet, Transport,
};
use royaume_jose::SeededEntropy;
use royaume_protocol::authorization::AuthorizationRequest;
use royaume_protocol::{ErrorCode, IdTokenError, Parameters, ResponseMode, ResponseType, parameters};
use royaume_server::stored::client::Application;
use royaume_spec::{App, Browser, World};
use serde_json::{Map, Value, json};

use super::misbehaving::Misbehaving;
use super::{client, client_over, discovered, discovered_over, now};
use crate::oidc_core::provider_app;

fn usual(app: &App) -> Login {
    Login::new(app.redirect_uri.as_str(), Scope::parse(&app.scope).unwrap())
}

/// The parameters of the address to which a login sends a person.
fn asked<T: Transport>(client: &Client<T>, login: &Login) -> Parameters {
    let (address, _) = client.begin_with(login, &SeededEntropy::new(3)).unwrap();
    Parameters::parse(address.split_once('?').unwrap().1.as_bytes()).unwrap()
}

/// Begins, walks, finishes.
async fn finished<T: Transport>(
    world: &World,
    browser: &mut Browser<'_>,
    client: &Client<T>,
    login: &Login,
) -> Result<TokenSet, ClientError> {
    let (address, pending) = client.begin_with(login, &SeededEntropy::new(5)).unwrap();
    let callback = browser.walk(&address, "camille", "camille").await.location().to_owned();
    client.finish(&pending, &callback, now(world)).await
}

/// OIDC Core §3.1.2.1: each option is sent as the standard calls it, beside state, nonce and PKCE, and nothing that was not
/// asked for. Nonce and state are 43 characters of base64url.
#[tokio::test]
async fn a_login_asks_for_what_it_is_told_to_and_nothing_else() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let client = discovered(&world, &app).await;
    let plain = asked(&client, &usual(&app));
    let mut names: Vec<_> = plain.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    let always = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ];
    assert_eq!(names, always);
    for name in ["nonce", "state"] {
        let value = plain.optional(name).unwrap();
        assert!(value.len() == 43 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
    }
    let claims = ClaimsRequest::parse(r#"{"userinfo":{"name":{"essential":true}}}"#).unwrap();
    let all = Login {
        prompt: vec![Prompt::Login, Prompt::Consent],
        max_age: Some(Duration::from_millis(60_900)),
        acr_values: vec!["eidas2".to_owned(), "eidas1".to_owned()],
        claims: Some(claims.clone()),
        claims_locales: Some("fr en".to_owned()),
        login_hint: Some("camille".to_owned()),
        id_token_hint: Some(Secret::from("a.b.c")),
        display: Some(Display::Touch),
        ui_locales: Some("fr".to_owned()),
        form_post: true,
        extra: vec![("kc_idp_hint".to_owned(), "impots&x=1".to_owned())],
        ..usual(&app)
    };
    let parameters = asked(&client, &all);
    assert_eq!(parameters.optional("kc_idp_hint"), Some("impots&x=1"));
    let sent = AuthorizationRequest::parse(&parameters).unwrap();
    assert_eq!(sent.response_type, ResponseType::Code);
    assert_eq!(sent.response_mode, Some(ResponseMode::FormPost));
    assert_eq!(sent.prompt, all.prompt);
    assert_eq!(sent.max_age, Some(Duration::from_secs(60)));
    assert_eq!(sent.acr_values.as_deref(), Some("eidas2 eidas1"));
    assert_eq!(sent.claims, Some(claims));
    assert_eq!((sent.claims_locales, sent.login_hint), (all.claims_locales, all.login_hint));
    assert_eq!((sent.id_token_hint, sent.display), (all.id_token_hint, all.display));
    assert_eq!(sent.ui_locales, all.ui_locales);
}

/// RFC 6749 §3.1: what a login says itself, no extra parameter says instead.
#[tokio::test]
async fn an_extra_parameter_replaces_nothing() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let client = discovered(&world, &app).await;
    let request = AuthorizationRequest::parse(&asked(&client, &usual(&app))).unwrap();
    let mut names: Vec<_> = request.pairs().into_iter().map(|(name, _)| name).collect();
    names.extend(["prompt", "max_age", "request", "request_uri", "registration", "claims", "response_mode"]);
    for name in names {
        let login = Login { extra: vec![(name.to_owned(), "evil".to_owned())], ..usual(&app) };
        let refused = client.begin_with(&login, &SeededEntropy::new(1)).map(|_| ());
        assert!(matches!(refused, Err(ClientError::Login(_))), "{name}: {refused:?}");
    }
    // The realm of France Travail stands in the address of its endpoint.
    let deployed = World::as_deployed().await;
    let individu = deployed.app("individu", Application::Private);
    let realm = vec![("realm".to_owned(), "/agent".to_owned())];
    let refused = super::client(&deployed, individu)
        .begin_with(&Login { extra: realm, ..usual(individu) }, &SeededEntropy::new(1));
    assert!(matches!(refused, Err(ClientError::Login(_))));
    let twice = vec![("a".to_owned(), "1".to_owned()), ("a".to_owned(), "2".to_owned())];
    let refused = client.begin_with(&Login { extra: twice, ..usual(&app) }, &SeededEntropy::new(1));
    assert!(matches!(refused, Err(ClientError::Login(_))));
    let both = Login { prompt: vec![Prompt::None, Prompt::Login], ..usual(&app) };
    assert!(matches!(client.begin_with(&both, &SeededEntropy::new(1)), Err(ClientError::Login(_))));
}

/// OIDC Core §3.1.2.1 `max_age`, §3.1.3.7 rule 13: then the ID token must say when the person signed in, and it must not be
/// longer ago.
#[tokio::test]
async fn a_person_who_signed_in_too_long_ago_is_not_believed() {
    use IdTokenError as E;
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let moment = now(&world).as_second();
    for (auth_time, expected) in [
        (Some(json!(moment - 10)), Ok(())),
        (Some(json!(moment - 400)), Err(E::AuthTime)),
        (None, Err(E::AuthTimeMissing)),
    ] {
        let provider = Misbehaving::claims(&world, move |claims: &mut Map<String, Value>| {
            claims.remove("auth_time");
            claims.extend(auth_time.clone().map(|auth_time| ("auth_time".to_owned(), auth_time)));
        });
        let client = discovered_over(&world, &app, provider).await;
        let login = Login { max_age: Some(Duration::from_secs(300)), ..usual(&app) };
        let tokens = finished(&world, &mut world.browser(), &client, &login).await;
        assert_eq!(tokens.map(|_| ()), expected.map_err(ClientError::IdToken));
    }
}

/// OIDC Core §5.5.1.1: an essential level of authentication is insisted on, a wished one is not.
#[tokio::test]
async fn a_level_that_is_essential_must_have_been_reached() {
    let world = World::provider_with(|realm| realm.acr = "eidas1".to_owned()).await;
    let app = provider_app(&world).await;
    let provider = Misbehaving::claims(&world, |claims| {
        claims.insert("acr".to_owned(), json!("0"));
    });
    let client = discovered_over(&world, &app, provider).await;
    let wished = Login { acr_values: vec!["eidas1".to_owned()], ..usual(&app) };
    finished(&world, &mut world.browser(), &client, &wished).await.unwrap();
    let claims = r#"{"id_token":{"acr":{"essential":true,"values":["eidas1","eidas2"]}}}"#;
    let essential = Login { claims: Some(ClaimsRequest::parse(claims).unwrap()), ..usual(&app) };
    let refused = finished(&world, &mut world.browser(), &client, &essential).await.map(|_| ());
    assert_eq!(refused, Err(ClientError::IdToken(IdTokenError::AuthenticationLevel)));
    let honest = discovered(&world, &app).await;
    finished(&world, &mut world.browser(), &honest, &essential).await.unwrap();
}

/// Form Post Response Mode §2: the answer is read from the body that the browser posted. Module `oidcc-client-test`, in the
/// form post plan.
#[tokio::test]
async fn an_answer_that_is_posted_is_read_from_the_body() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let client = discovered(&world, &app).await;
    let mut browser = world.browser();
    finished(&world, &mut browser, &client, &usual(&app)).await.unwrap();
    let login = Login { form_post: true, ..usual(&app) };
    let (address, pending) = client.begin_with(&login, &SeededEntropy::new(6)).unwrap();
    let (action, answer) = browser.open(&address).await.page().posted();
    assert_eq!(action, app.redirect_uri);
    let body = parameters::encode(&answer.iter().collect::<Vec<_>>());
    let tokens = client.finish(&pending, &body, now(&world)).await.unwrap();
    assert!(tokens.claims.is_some());
    // And a body that somebody changed is no answer.
    let other = body.replace("state=", "state=x");
    assert!(matches!(client.finish(&pending, &other, now(&world)).await, Err(ClientError::Callback(_))));
}

/// Form Post Response Mode §2: an error is read from there too. Module `oidcc-client-test-form-post-error`.
#[tokio::test]
async fn an_error_that_is_posted_is_read_from_the_body() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let client = discovered(&world, &app).await;
    let login =
        Login { form_post: true, prompt: vec![Prompt::None], max_age: Some(Duration::ZERO), ..usual(&app) };
    let (address, pending) = client.begin_with(&login, &SeededEntropy::new(6)).unwrap();
    let (_, answer) = world.browser().open(&address).await.page().posted();
    let body = parameters::encode(&answer.iter().collect::<Vec<_>>());
    match client.finish(&pending, &body, now(&world)).await {
        Err(ClientError::Refused { code, .. }) => assert_eq!(code, ErrorCode::LoginRequired),
        other => panic!("{other:?}"),
    }
}

/// RFC 6749 §3.3: a login that asks for more asks for what the person has granted too, so that nothing is lost.
#[tokio::test]
async fn a_grant_grows() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let client = discovered(&world, &app).await;
    let mut browser = world.browser();
    let scope = |text: &str| Scope::parse(text).unwrap();
    let little = Login::new(app.redirect_uri.as_str(), scope("openid profile"));
    let tokens = finished(&world, &mut browser, &client, &little).await.unwrap();
    let had = tokens.scope.unwrap();
    assert!(had.covers(&scope("openid profile")) && !had.contains("email"), "{had}");
    let more = Login::new(app.redirect_uri.as_str(), scope("email")).including(&had);
    let (address, pending) = client.begin_with(&more, &SeededEntropy::new(8)).unwrap();
    let page = browser.open(&address).await.page();
    let callback = browser.submit(&page, &[("decision", "allow")]).await.at_application();
    let tokens = client.finish(&pending, callback.location(), now(&world)).await.unwrap();
    assert!(tokens.scope.unwrap().covers(&scope("openid profile email")));
}

/// OIDC Core §3.1, §5.3, §5.4: a person signs in, and userinfo tells the claims of the scopes that were asked for. Modules
/// `oidcc-client-test` and `oidcc-client-test-scope-userinfo-claims`.
#[tokio::test]
async fn claims_come_with_the_scopes_that_stand_for_them() {
    let world = World::provider().await;
    let app = provider_app(&world).await;
    let client = discovered(&world, &app).await;
    let scope = Scope::parse("openid profile email phone address").unwrap();
    let login = Login::new(app.redirect_uri.as_str(), scope);
    let tokens = finished(&world, &mut world.browser(), &client, &login).await.unwrap();
    let userinfo = client.userinfo(&tokens, now(&world)).await.unwrap();
    assert_eq!(userinfo.sub, tokens.claims.unwrap().sub);
    assert_eq!((userinfo.given_name(), userinfo.email()), (Some("Camille"), Some("camille@camille.example")));
    assert!(userinfo.text("phone_number").is_some() && userinfo.claims["address"].is_object());
}

/// What was kept by an older version of the client is finished by this one, and the other way round.
#[tokio::test]
async fn a_login_that_was_begun_before_an_update_is_finished_after_it() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (pending, callback) = super::walked(&world, &mut world.browser(), &client, app).await;
    let kept = serde_json::to_value(&pending).unwrap();
    let mut members: Vec<_> = kept.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["code_verifier", "nonce", "origin", "redirect_uri", "scope", "state"]);
    let pending: Pending = serde_json::from_value(kept).unwrap();
    client.finish(&pending, &callback, now(&world)).await.unwrap();
    // What a login insists on is kept with it.
    let claims = r#"{"id_token":{"acr":{"essential":true,"value":"eidas1"}}}"#;
    let login = Login {
        claims: Some(ClaimsRequest::parse(claims).unwrap()),
        max_age: Some(Duration::from_secs(5)),
        ..usual(app)
    };
    let (_, pending) =
        client_over(&world, app, world.server.clone()).begin_with(&login, &SeededEntropy::new(1)).unwrap();
    let kept = serde_json::to_value(&pending).unwrap();
    assert_eq!((&kept["max_age"], &kept["acr_values"]), (&json!(5), &json!(["eidas1"])));
}
