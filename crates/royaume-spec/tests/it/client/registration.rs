//! Applications that register themselves (RFC 7591, RFC 7592, OIDC Registration), at the real provider and at ones that
//! answer what they should not.

use http::StatusCode;
use royaume_client::{
    Client, ClientAuthentication, ClientError, ClientMetadata, Provider, Registration, Scope, Secret,
};
use royaume_jose::{Algorithm, JwkSet};
use royaume_protocol::{ClientAuthenticationMethod, ErrorCode, ResponseType};
use royaume_server::stored::client::Application;
use royaume_spec::registered::{key, published};
use royaume_spec::{App, World};
use serde_json::{Value, json};

use super::misbehaving::{Misbehaving, answer};
use super::sign_in;

fn metadata(method: ClientAuthenticationMethod) -> ClientMetadata {
    ClientMetadata {
        client_name: Some("Essai".to_owned()),
        redirect_uris: Some(vec!["https://app.test/cb".to_owned()]),
        response_types: Some(vec![ResponseType::Code]),
        token_endpoint_auth_method: Some(method),
        ..ClientMetadata::default()
    }
}

async fn provider(world: &World) -> Provider {
    Provider::discover(&world.issuer("op"), &world.server).await.unwrap()
}

/// RFC 7591 §3, OIDC Registration §3: an application makes itself known, proves who it is in each way, and signs somebody
/// in. Module `oidcc-client-test-dynamic-registration`.
#[tokio::test]
async fn an_application_registers_itself_and_signs_somebody_in() {
    use ClientAuthenticationMethod as M;
    let world = World::provider().await;
    let provider = provider(&world).await;
    let own = key(Algorithm::Es256, 0);
    for method in M::ALL {
        let mut wish = metadata(method);
        let keys: JwkSet = published(&[&own]);
        wish.jwks = (method == M::PrivateKeyJwt).then(|| json!(keys));
        wish.id_token_signed_response_alg = Some(Algorithm::Es256);
        let registered = Registration::register(&provider, &wish, None, &world.server).await.unwrap();
        assert_eq!(registered.metadata.client_name.as_deref(), Some("Essai"));
        assert_eq!(registered.left_out, Vec::<String>::new());
        let who = registered.authentication(Some(own.clone())).unwrap();
        assert_eq!(who.client_id(), registered.client_id);
        let mut client = Client::new(provider.clone(), who, world.server.clone());
        client.rules = registered.rules();
        assert_eq!(client.rules.id_token_algorithm, Some(Algorithm::Es256));
        let app = App {
            realm: "op".to_owned(),
            application: Application::Private,
            client_id: registered.client_id.clone(),
            secret: String::new(),
            redirect_uri: "https://app.test/cb".to_owned(),
            scope: "openid profile".to_owned(),
            authorize: String::new(),
            token: String::new(),
        };
        let tokens =
            sign_in(&world, &client, &app).await.unwrap_or_else(|error| panic!("{method:?}: {error}"));
        assert!(tokens.claims.is_some());
    }
}

/// RFC 7592 §2: what is known is read, replaced and removed, by an application that was started again meanwhile.
#[tokio::test]
async fn a_registration_is_kept_read_changed_and_ended() {
    let world = World::provider().await;
    let provider = provider(&world).await;
    let wish = metadata(ClientAuthenticationMethod::ClientSecretPost);
    let registered = Registration::register(&provider, &wish, None, &world.server).await.unwrap();
    let kept = serde_json::to_string(&registered).unwrap();
    let registered: Registration = serde_json::from_str(&kept).unwrap();
    let secret = registered.client_secret.clone().unwrap();
    let token = registered.management.clone().unwrap().token;
    let shown = format!("{registered:?} {:?}", registered.management);
    assert!(!shown.contains(secret.expose()) && !shown.contains(token.expose()));

    let read = registered.read(&world.server).await.unwrap();
    assert_eq!((&read.client_id, &read.metadata), (&registered.client_id, &registered.metadata));
    assert_eq!(read.client_secret, Some(secret), "what an answer leaves out stays");
    let renamed = ClientMetadata { client_name: Some("Autre".to_owned()), ..wish.clone() };
    let changed = read.update(&renamed, &world.server).await.unwrap();
    assert_eq!(changed.metadata.client_name.as_deref(), Some("Autre"));
    assert_eq!(changed.read(&world.server).await.unwrap().metadata.client_name.as_deref(), Some("Autre"));

    let stolen = Registration { management: read.management.clone(), ..changed.clone() };
    changed.delete(&world.server).await.unwrap();
    for gone in [&changed, &stolen] {
        let refused = gone.read(&world.server).await.unwrap_err();
        assert!(matches!(refused, ClientError::TokenRefused(_)), "{refused:?}");
    }
    let unmanaged = Registration { management: None, ..changed };
    assert!(matches!(unmanaged.delete(&world.server).await, Err(ClientError::NotOffered(_))));
}

/// RFC 7591 §3.2.2: what is wrong is told by its code; an invitation that is none, and a provider where nobody registers.
#[tokio::test]
async fn a_registration_that_is_refused_says_why() {
    let world = World::provider().await;
    let provider = provider(&world).await;
    let register = async |wish: &ClientMetadata, token: Option<&Secret>| {
        Registration::register(&provider, wish, token, &world.server).await.unwrap_err()
    };
    let post = || metadata(ClientAuthenticationMethod::ClientSecretPost);
    let wrong = ClientMetadata { redirect_uris: Some(vec!["http://app.test/cb".to_owned()]), ..post() };
    match register(&wrong, None).await {
        ClientError::Refused { code, .. } => assert_eq!(code, ErrorCode::InvalidRedirectUri),
        other => panic!("{other:?}"),
    }
    let wrong = ClientMetadata { logo_uri: Some("javascript:alert(1)".to_owned()), ..post() };
    match register(&wrong, None).await {
        ClientError::Refused { code, .. } => assert_eq!(code, ErrorCode::InvalidClientMetadata),
        other => panic!("{other:?}"),
    }
    let refused = register(&post(), Some(&Secret::from("not-an-invitation"))).await;
    assert!(matches!(refused, ClientError::TokenRefused(_)), "{refused:?}");
    let closed = Provider { registration: None, ..provider.clone() };
    let refused = Registration::register(&closed, &post(), None, &world.server).await;
    assert!(matches!(refused, Err(ClientError::NotOffered(_))), "{refused:?}");
}

/// What a registration is answered with.
async fn answered(status: StatusCode, body: &Value) -> Result<Registration, ClientError> {
    let world = World::provider().await;
    let body = body.to_string();
    let transport = Misbehaving::at(&world, "register", move |_| answer(status, &body));
    let token = Secret::from("the-initial-access-token");
    let wish = metadata(ClientAuthenticationMethod::ClientSecretPost);
    let mut provider = provider(&world).await;
    provider.registration = Some("https://sso.royaume.test/register".to_owned());
    Registration::register(&provider, &wish, Some(&token), &transport).await
}

/// RFC 7591 §3.2.1: an answer is read as far as it makes sense, and what is made of it is safe.
#[tokio::test]
async fn an_answer_that_is_odd_is_read_with_care() {
    let odd = json!({
        "client_id": "c", "client_secret": "s", "client_secret_expires_at": 1_800_000_000, "more": [1],
        "client_name": null, "token_endpoint_auth_method": "tls_client_auth", "grant_types": ["urn:x"],
        "redirect_uris": ["https://app.test/cb"], "registration_client_uri": "https://sso.royaume.test/r",
    });
    for status in [StatusCode::CREATED, StatusCode::OK] {
        let read = answered(status, &odd).await.unwrap();
        assert_eq!(read.left_out, ["grant_types", "token_endpoint_auth_method"]);
        assert_eq!(read.client_secret_expires_at.unwrap().as_second(), 1_800_000_000);
        assert_eq!(read.management, None, "an address without its token manages nothing");
        let refused = read.authentication(None);
        assert!(matches!(refused, Err(ClientError::Registration(_))), "{refused:?}");
    }
    let never = json!({ "client_id": "c", "client_secret_expires_at": 0 });
    let never = answered(StatusCode::CREATED, &never).await.unwrap();
    assert_eq!(never.client_secret_expires_at, None);
    // client_secret_basic is meant, and there is no secret.
    assert!(matches!(never.authentication(None), Err(ClientError::Registration(_))));
    for body in [
        json!({}),
        json!({ "client_id": "" }),
        json!({ "client_id": 1 }),
        json!({ "client_id": "é" }),
        json!({ "client_id": "c", "client_secret": {} }),
        json!({
            "client_id": "c", "registration_access_token": "t", "registration_client_uri": "http://evil.example/r",
        }),
    ] {
        let refused = answered(StatusCode::CREATED, &body).await;
        assert!(matches!(refused, Err(ClientError::Registration(_))), "{body}: {refused:?}");
    }
    for (status, body) in [
        (StatusCode::CREATED, json!([])),
        (StatusCode::NO_CONTENT, json!({ "client_id": "c" })),
        (StatusCode::FOUND, json!({})),
    ] {
        let refused = answered(status, &body).await;
        assert!(matches!(refused, Err(ClientError::Unexpected { .. })), "{status} {body}: {refused:?}");
    }
}

/// CWE-209: a provider that repeats the token it was sent makes nobody show it.
#[tokio::test]
async fn a_token_that_is_repeated_is_not_shown() {
    let said = json!({ "error": "invalid_client_metadata", "error_description": "the-initial-access-token" });
    let refused = answered(StatusCode::BAD_REQUEST, &said).await.unwrap_err();
    let expected = ClientError::Refused { code: ErrorCode::InvalidClientMetadata, description: None };
    assert_eq!(refused, expected);
}

/// OIDC Registration §2: whoever says nothing is given id tokens by RS256, and authenticates in the header.
#[tokio::test]
async fn what_a_registration_does_not_say_has_its_default() {
    let read =
        answered(StatusCode::CREATED, &json!({ "client_id": "c", "client_secret": "s" })).await.unwrap();
    assert_eq!(read.rules().id_token_algorithm, Some(Algorithm::Rs256));
    assert_eq!(read.rules().userinfo_algorithm, None);
    assert!(matches!(read.authentication(None).unwrap(), ClientAuthentication::Basic { .. }));
    assert!(Scope::parse(read.metadata.scope.as_deref().unwrap_or_default()).unwrap().is_empty());
}
