//! What the client makes of everything that the deployed servers answer when something is wrong.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use royaume_client::{Client, ClientAuthentication, ClientError, Machine, Pending, Provider, Scope, answers};
use royaume_jose::SeededEntropy;
use royaume_protocol::ErrorCode;
use royaume_realm::{BaseUrl, Place};
use royaume_server::Clock as _;
use royaume_server::stored::client::Application;
use royaume_spec::world::BASE;
use royaume_spec::{App, Deployed, World, get};

const OFFERS: &str = "https://api.francetravail.io/partenaire/offresdemploi/v2/offres/search";

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

/// The client of an application, at a world with its gateway.
fn client(world: &World, app: &App) -> Client<Deployed> {
    let application = ClientAuthentication::post(&app.client_id, app.secret.as_str());
    client_as(world, app, application)
}

fn client_as(world: &World, app: &App, application: ClientAuthentication) -> Client<Deployed> {
    let place = Place::At(BaseUrl::parse(BASE).unwrap());
    let provider = Provider::from(world.topology.provider(&app.realm, &place).unwrap());
    Client::new(provider, application, Deployed::before(world))
}

fn begun(client: &Client<Deployed>, app: &App, asked: &str) -> (String, Pending) {
    client.begin(&app.redirect_uri, scope(asked), None, &SeededEntropy::new(3)).unwrap()
}

/// What a login came to that ended with that callback.
async fn finished(
    world: &World,
    client: &Client<Deployed>,
    pending: &Pending,
    callback: &str,
) -> ClientError {
    client.finish(pending, callback, world.clock.now()).await.unwrap_err()
}

#[tokio::test]
async fn a_wrong_scope_at_the_login_is_a_refused_scope() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (address, pending) = begun(&client, app, "openid api_inconnuev1");
    let callback = world.send(get(&address)).await;
    let error = finished(&world, &client, &pending, callback.location()).await;
    let ClientError::ScopeRefused(Some(words)) = error else { panic!("{error:?}") };
    assert!(words.contains("api_inconnuev1"), "{words}");
}

#[tokio::test]
async fn a_wrong_response_type_is_a_refusal_by_its_code() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (address, pending) = begun(&client, app, "openid");
    let callback = world.send(get(&address.replace("response_type=code", "response_type=device_code"))).await;
    let error = finished(&world, &client, &pending, callback.location()).await;
    assert!(
        matches!(error, ClientError::Refused { code: ErrorCode::UnsupportedResponseType, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_person_who_refuses_is_not_one_who_cancels() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (address, pending) = begun(&client, app, &app.scope);
    let mut browser = world.browser();
    let login = browser.open(&address).await.page();
    let consent = browser.log_in(&login, "camille", "camille").await.page();
    let denied = browser.submit(&consent, &[("decision", "deny")]).await.at_application();
    let error = finished(&world, &client, &pending, denied.location()).await;
    assert!(matches!(error, ClientError::AccessDenied(_)), "{error:?}");
    let (address, pending) = begun(&client, app, &app.scope);
    let mut browser = world.browser();
    let login = browser.open(&address).await.page();
    let cancelled = browser.submit(&login, &[("decision", "cancel")]).await.at_application();
    let error = finished(&world, &client, &pending, cancelled.location()).await;
    assert_eq!(error, ClientError::LoginCancelled);
}

#[tokio::test]
async fn a_wrong_secret_or_none_is_a_refused_client() {
    let world = World::as_deployed().await;
    let app = world.app("partenaire", Application::Machine);
    for application in
        [ClientAuthentication::post(&app.client_id, "wrong"), ClientAuthentication::none(&app.client_id)]
    {
        let client = client_as(&world, app, application);
        let error = client.client_credentials(None, world.clock.now()).await.unwrap_err();
        assert!(matches!(error, ClientError::ClientRefused(_)), "{error:?}");
    }
}

#[tokio::test]
async fn a_wrong_scope_is_a_refused_scope() {
    let world = World::as_deployed().await;
    let client = client(&world, world.app("partenaire", Application::Machine));
    let asked = Some(scope("o2dsoffre api_inconnuev1"));
    let error = client.client_credentials(asked, world.clock.now()).await.unwrap_err();
    assert!(matches!(error, ClientError::ScopeRefused(_)), "{error:?}");
}

#[tokio::test]
async fn a_code_that_was_used_or_is_old_is_a_refused_grant() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let client = client(&world, app);
    let (address, pending) = begun(&client, app, &app.scope);
    let callback = world.browser().walk(&address, "camille", "camille").await;
    client.finish(&pending, callback.location(), world.clock.now()).await.unwrap();
    let error = finished(&world, &client, &pending, callback.location()).await;
    assert!(matches!(error, ClientError::GrantRefused(_)), "{error:?}");
    let (address, pending) = begun(&client, app, &app.scope);
    let callback = world.browser().walk(&address, "camille", "camille").await;
    world.clock.advance(Duration::from_secs(61));
    let error = finished(&world, &client, &pending, callback.location()).await;
    assert!(matches!(error, ClientError::GrantRefused(_)), "{error:?}");
}

/// The client never sends these two: their answers are read all the same.
#[tokio::test]
async fn refusals_of_the_deployed_server_are_read_by_their_codes() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let refused = async |request: Request<Bytes>| {
        let answer: Response<Bytes> = world.server.handle(request).await;
        answers::token(&answer).unwrap_err()
    };
    let error = refused(app.token_request(&[("grant_type", "password")])).await;
    assert!(matches!(error, ClientError::Refused { code: ErrorCode::UnsupportedGrantType, .. }), "{error:?}");
    let callback = world.browser().walk(&app.authorization_url(&[]), "camille", "camille").await;
    let elsewhere = [("redirect_uri", "https://elsewhere.example/callback")];
    let error = refused(app.redemption(&callback.parameter("code"), &elsewhere)).await;
    let ClientError::Refused { code: ErrorCode::Unknown(code), .. } = error else { panic!("{error:?}") };
    assert_eq!(code, "redirect_uri_mismatch");
}

/// The gateway refuses a token without a word: another is got, and the request is sent once more.
#[tokio::test]
async fn a_token_that_ended_early_is_replaced() {
    let world = World::as_deployed().await;
    let client = client(&world, world.app("partenaire", Application::Machine));
    let machine = Machine::new(client.clone());
    let (scope, now) = (scope("api_offresdemploiv2 o2dsoffre"), world.clock.now());
    let ended = machine.token(&scope, now).await.unwrap();
    client.revoke(&ended.access_token, now).await.unwrap();
    let answer = machine.send(search("range=0-0"), &scope, now).await.unwrap();
    assert_eq!(answer.status().as_u16(), 206);
    assert_ne!(machine.token(&scope, now).await.unwrap().access_token.expose(), ended.access_token.expose());
}

/// What is no matter of the token reaches the caller as the gateway says it, and costs no token.
#[tokio::test]
async fn other_answers_of_the_gateway_are_the_caller_s() {
    let world = World::as_deployed().await;
    let machine = Machine::new(client(&world, world.app("partenaire", Application::Machine)));
    let now = world.clock.now();
    let good = scope("api_offresdemploiv2 o2dsoffre");
    let kept = machine.token(&good, now).await.unwrap();
    for (query, fault, status) in [
        ("motsCles=licorne", None, 204),
        ("range=0-0", None, 206),
        ("range=0-150", None, 400),
        ("", Some("html-400"), 400),
        ("", Some("json-500"), 500),
    ] {
        let mut request = search(query);
        if let Some(fault) = fault {
            request.headers_mut().insert("royaume-fault", fault.parse().unwrap());
        }
        let answer = machine.send(request, &good, now).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{query}");
    }
    let technical = scope("api_offresdemploiv2");
    let forbidden = machine.send(search(""), &technical, now).await.unwrap();
    assert_eq!((forbidden.status().as_u16(), forbidden.body().len()), (403, 0));
    let mut calls = 0;
    let refused = loop {
        let answer = machine.send(search("range=0-0"), &good, now).await.unwrap();
        calls += 1;
        if answer.status().as_u16() != 206 {
            break answer;
        }
    };
    assert_eq!((calls, refused.status().as_u16()), (6, 429), "five of ten were left");
    assert_eq!(refused.headers()["retry-after"], "1");
    let same = machine.token(&good, now).await.unwrap();
    assert_eq!(same.access_token.expose(), kept.access_token.expose());
}

fn search(query: &str) -> Request<Bytes> {
    Request::get(format!("{OFFERS}?{query}")).body(Bytes::new()).unwrap()
}
