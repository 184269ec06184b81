//! How an application proves who it is (RFC 6749 §2.3.1, RFC 7523 §2.2, OIDC Core §9): the right words, and new ones for
//! each request.

use std::sync::{Arc, Mutex};

use http::{StatusCode, header};
use royaume_client::{Client, ClientAuthentication, ClientError, KeyError, Scope, Transport};
use royaume_jose::{Algorithm, SeededEntropy};
use royaume_protocol::{BasicCredentials, Parameters, Secret};
use royaume_realm::Endpoint;
use royaume_server::stored::client::{Application, ClientKeys};
use royaume_spec::registered::{key, published};
use royaume_spec::{World, signed};
use serde_json::Value;

use super::misbehaving::{Misbehaving, answer};
use super::{now, sign_in};

/// What a provider was asked at its endpoints for applications, each as its parameters.
type Asked = Arc<Mutex<Vec<Parameters>>>;

/// The real provider, which remembers what it is asked.
fn remembering(world: &World) -> (Misbehaving, Asked) {
    let asked = Asked::default();
    let kept = Arc::clone(&asked);
    let provider = Misbehaving::new(world, move |request, response| {
        if request.method() == http::Method::POST {
            kept.lock().unwrap().push(Parameters::parse(request.body()).unwrap());
        }
        response
    });
    (provider, asked)
}

async fn at<T: Transport>(world: &World, who: ClientAuthentication, transport: T) -> Client<T> {
    Client::discover(&world.issuer("op"), who, transport, now(world)).await.unwrap()
}

/// RFC 7523 §3, OIDC Core §9: every request has an assertion of its own, for the issuer, from this moment on; the real
/// provider takes each once. Both kinds: with the application's key, and under a MAC with its secret.
#[tokio::test]
async fn each_request_is_proven_by_an_assertion_of_its_own() {
    let world = World::provider().await;
    let own = key(Algorithm::Es256, 0);
    let keyed = world.keyed(Application::Private, ClientKeys::Jwks(published(&[&own]))).await;
    let macked = world.macked().await;
    for (app, who, alg) in [
        (&keyed, ClientAuthentication::private_key_jwt(&keyed.client_id, own), "ES256"),
        (
            &macked,
            ClientAuthentication::client_secret_jwt(&macked.client_id, macked.secret.as_str()).unwrap(),
            "HS256",
        ),
    ] {
        let (provider, asked) = remembering(&world);
        let client = at(&world, who, provider).await;
        let tokens = sign_in(&world, &client, app).await.unwrap();
        world.clock.advance(std::time::Duration::from_secs(5));
        let tokens = client.refresh(&tokens, now(&world)).await.unwrap();
        assert!(client.introspect(&tokens.access_token, now(&world)).await.unwrap().active);
        client.revoke(tokens.refresh_token.as_ref().unwrap(), now(&world)).await.unwrap();
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), 4, "a code, a refresh, a look, and giving it back");
        let mut names = Vec::new();
        for request in asked.iter() {
            assert_eq!(request.optional("client_secret"), None, "the secret is never sent");
            let assertion = request.required("client_assertion").unwrap();
            assert_eq!(signed::header(assertion)["alg"], alg);
            let claims = signed::claims(assertion);
            assert_eq!(claims["aud"], world.issuer("op"));
            assert_eq!((&claims["iss"], &claims["sub"]), (&claims["sub"], &app.client_id.as_str().into()));
            let (exp, iat) = (claims["exp"].as_i64().unwrap(), claims["iat"].as_i64().unwrap());
            assert_eq!(exp - iat, 60);
            assert!(now(&world).as_second() - iat <= 5);
            names.push(claims["jti"].as_str().unwrap().to_owned());
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 4, "no jti is used twice");
    }
}

/// RFC 7523 §3: servers of before OIDC Core's clarification want the address of their token endpoint.
#[tokio::test]
async fn an_assertion_is_made_for_whom_the_application_says() {
    let world = World::provider().await;
    let own = key(Algorithm::Es256, 0);
    let app = world.keyed(Application::Private, ClientKeys::Jwks(published(&[&own]))).await;
    let token_endpoint = world.url("op", Endpoint::Token);
    let who = ClientAuthentication::private_key_jwt(&app.client_id, own).for_audience(&token_endpoint);
    let proof = who.proof("https://issuer.test", now(&world), &SeededEntropy::new(1));
    let request = royaume_client::requests::revocation(&token_endpoint, &proof, &Secret::from("x")).unwrap();
    let sent = Parameters::parse(request.body()).unwrap();
    assert_eq!(signed::claims(sent.required("client_assertion").unwrap())["aud"], token_endpoint);
}

/// RFC 7518 §3.2: a short secret can be guessed from one assertion.
#[test]
fn a_short_secret_makes_no_assertions() {
    let refused = ClientAuthentication::client_secret_jwt("app", "thirty-one bytes are one too few");
    assert!(refused.is_ok(), "32 are enough");
    let refused = ClientAuthentication::client_secret_jwt("app", "thirty-one bytes are too few...");
    assert!(matches!(refused, Err(KeyError::SecretSize)), "{refused:?}");
}

/// RFC 6749 §2.3.1, Appendix B: id and secret are form-encoded before they are joined, whatever is in them. Module
/// `oidcc-client-test-client-secret-basic`.
#[tokio::test]
async fn id_and_secret_are_encoded_in_the_header() {
    let world = World::provider().await;
    let (id, secret) = ("app: é%+", "s:p a+c%e&=é");
    let sent = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&sent);
    let provider = Misbehaving::new(&world, move |request, response| {
        if let Some(value) = request.headers().get(header::AUTHORIZATION) {
            assert!(value.is_sensitive(), "it is shown by no log");
            value.to_str().unwrap().clone_into(&mut kept.lock().unwrap());
        }
        response
    });
    let client = at(&world, ClientAuthentication::basic(id, secret), provider).await;
    let refused = client.client_credentials(None, now(&world)).await.unwrap_err();
    assert!(matches!(refused, ClientError::ClientRefused(_)), "{refused:?}");
    let sent = sent.lock().unwrap();
    let joined = royaume_jose::base64::decode(sent.strip_prefix("Basic ").unwrap()).unwrap();
    assert_eq!(String::from_utf8(joined).unwrap(), "app%3A+%C3%A9%25%2B:s%3Ap+a%2Bc%25e%26%3D%C3%A9");
    let read = BasicCredentials::parse(&sent).unwrap();
    assert_eq!((read.client_id.as_str(), read.secret.expose()), (id, secret));
}

/// CWE-209: an assertion is a secret for as long as it is good, and a server that repeats it makes nobody show it.
#[tokio::test]
async fn an_assertion_that_a_server_repeats_is_not_shown() {
    let world = World::provider().await;
    let who = ClientAuthentication::private_key_jwt("app", key(Algorithm::Es256, 0));
    let echo = Misbehaving::new(&world, |request, response| {
        if request.method() != http::Method::POST {
            return response;
        }
        let sent = String::from_utf8(request.body().to_vec()).unwrap();
        let said = serde_json::json!({ "error": "invalid_client", "error_description": sent });
        answer(StatusCode::UNAUTHORIZED, &said.to_string())
    });
    let scope = Some(Scope::parse("a").unwrap());
    let refused = at(&world, who, echo).await.client_credentials(scope, now(&world)).await.unwrap_err();
    assert_eq!(refused, ClientError::ClientRefused(None));
}

/// OIDC Core §9: an assertion is made when it is sent: a client that has waited for an hour is believed all the same.
#[tokio::test]
async fn a_client_that_waited_proves_itself_all_the_same() {
    let world = World::provider().await;
    let app = world.macked().await;
    let who = ClientAuthentication::client_secret_jwt(&app.client_id, app.secret.as_str()).unwrap();
    let client = at(&world, who, world.server.clone()).await.drawing(Arc::new(SeededEntropy::new(7)));
    world.clock.advance(std::time::Duration::from_secs(3_600));
    let seen = client.introspect(&Secret::from("nobody-s"), now(&world)).await.unwrap();
    let seen: Value = serde_json::to_value(seen).unwrap();
    assert_eq!(seen["active"], false);
}
