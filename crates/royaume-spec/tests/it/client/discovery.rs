//! A provider's document, as a client keeps it: asked for when it is old, once for all who want it, and still known while
//! the provider is down (OIDC Discovery §4, RFC 9111 §4.2).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Response, StatusCode, header};
use royaume_client::{Client, ClientError};
use royaume_server::stored::client::Application;
use royaume_spec::World;
use serde_json::{Map, Value, json};

use super::misbehaving::{Misbehaving, answer, key, signed_anew};
use super::{application, now, sign_in};

const MINUTE: Duration = Duration::from_secs(60);

/// A provider whose document can be changed, and which counts how often it and the keys are asked for.
#[derive(Clone, Default)]
struct Publisher(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    documents: usize,
    keys: Vec<String>,
    cache_control: Option<&'static str>,
    says: Option<Says>,
    signs_anew: bool,
}

/// What it says instead of its document.
#[derive(Clone)]
enum Says {
    Members(Map<String, Value>),
    Answer(StatusCode, &'static str),
}

impl Publisher {
    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }

    fn documents(&self) -> usize {
        self.0.lock().unwrap().documents
    }

    fn keys(&self) -> Vec<String> {
        self.0.lock().unwrap().keys.clone()
    }

    fn provider(&self, world: &World) -> Misbehaving {
        let publisher = self.clone();
        Misbehaving::new(world, move |request, response| {
            let path = request.uri().path();
            let mut state = publisher.0.lock().unwrap();
            if path.contains("openid-configuration") {
                state.documents += 1;
                state.document(response)
            } else if path.contains("new-keys") {
                state.keys.push(path.to_owned());
                answer(StatusCode::OK, &json!({ "keys": [key().verifying_key().jwk()] }).to_string())
            } else if path.contains("jwk") {
                state.keys.push(path.to_owned());
                response
            } else if path.contains("access_token") && state.signs_anew {
                signed_anew(response, &|_| ())
            } else {
                response
            }
        })
    }

    async fn client(&self, world: &World) -> Result<Client<Misbehaving>, ClientError> {
        let app = world.app("individu", Application::Private);
        let issuer = world.issuer("individu");
        Client::discover(&issuer, application(app), self.provider(world), now(world)).await
    }
}

impl State {
    fn document(&self, response: Response<Bytes>) -> Response<Bytes> {
        let mut response = match &self.says {
            None => response,
            Some(Says::Answer(status, body)) => answer(*status, body),
            Some(Says::Members(members)) => {
                let mut document: Map<String, Value> = serde_json::from_slice(response.body()).unwrap();
                document.extend(members.clone());
                response.map(|_| Value::from(document).to_string().into())
            }
        };
        response.headers_mut().remove(header::CACHE_CONTROL);
        if let Some(said) = self.cache_control {
            response.headers_mut().insert(header::CACHE_CONTROL, said.parse().unwrap());
        }
        response
    }
}

fn members(value: Value) -> Says {
    match value {
        Value::Object(members) => Says::Members(members),
        other => panic!("{other} is no object"),
    }
}

/// RFC 9111 §4.2: the document is asked for once, and again when it is as old as the provider lets it be. Module
/// `oidcc-client-test-discovery-openid-config`.
#[tokio::test]
async fn a_document_is_kept_for_as_long_as_the_provider_says() {
    let world = World::as_deployed().await;
    for (said, kept) in
        [(None, 300), (Some("max-age=600"), 600), (Some("no-store"), 30), (Some("max-age=999999"), 86_400)]
    {
        let publisher = Publisher::default();
        publisher.set(|state| state.cache_control = said);
        let client = publisher.client(&world).await.unwrap();
        let start = now(&world);
        client.current(start).await.unwrap();
        client.clone().current(start + Duration::from_secs(kept - 1)).await.unwrap();
        assert_eq!(publisher.documents(), 1, "{said:?}");
        client.current(start + Duration::from_secs(kept)).await.unwrap();
        assert_eq!(publisher.documents(), 2, "{said:?}");
    }
}

/// However many want it, it is asked for once.
#[tokio::test]
async fn a_document_that_is_old_is_asked_for_once_by_all() {
    let world = World::as_deployed().await;
    let publisher = Publisher::default();
    let client = publisher.client(&world).await.unwrap();
    let later = now(&world) + 10 * MINUTE;
    let all = join_all((0..20).map(|_| client.current(later))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(publisher.documents(), 2);
}

/// What is known serves while the provider is down, for a day; it is asked no more than twice a minute.
#[tokio::test]
async fn a_document_survives_an_outage_of_a_day() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let publisher = Publisher::default();
    let client = publisher.client(&world).await.unwrap();
    publisher.set(|state| state.says = Some(Says::Answer(StatusCode::SERVICE_UNAVAILABLE, "")));
    world.clock.advance(23 * 60 * MINUTE);
    sign_in(&world, &client, app).await.unwrap();
    assert_eq!(publisher.documents(), 2, "nobody hammers a provider in trouble");
    world.clock.advance(2 * 60 * MINUTE);
    let error = client.current(now(&world)).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    publisher.set(|state| state.says = None);
    sign_in(&world, &client, app).await.unwrap();
}

/// RFC 8414 §3.3: an issuer that becomes another one is refused, and what it was is used no more. Module
/// `oidcc-client-test-discovery-issuer-mismatch`.
#[tokio::test]
async fn an_issuer_that_becomes_another_is_refused() {
    let world = World::as_deployed().await;
    let publisher = Publisher::default();
    let client = publisher.client(&world).await.unwrap();
    for says in [
        members(json!({ "issuer": "https://evil.example" })),
        members(json!({ "token_endpoint": "http://evil.example/token" })),
    ] {
        publisher.set(|state| state.says = Some(says));
        let (asked, later) = (publisher.documents(), now(&world) + 10 * MINUTE);
        for _ in 0..3 {
            let refused = client.client_credentials(None, later).await;
            assert!(matches!(refused, Err(ClientError::Metadata(_))), "{refused:?}");
        }
        assert_eq!(publisher.documents(), asked + 1, "and it is not asked at every request");
        world.clock.advance(MINUTE);
        let first = publisher.client(&world).await;
        assert!(matches!(first, Err(ClientError::Metadata(_))), "{first:?}");
    }
}

/// OIDC Discovery §3 `jwks_uri`: keys are where the document says now. Module
/// `oidcc-client-test-discovery-jwks-uri-keys`.
#[tokio::test]
async fn keys_that_move_are_found_where_the_document_says() {
    let world = World::as_deployed().await;
    let app = world.app("individu", Application::Private);
    let publisher = Publisher::default();
    let client = publisher.client(&world).await.unwrap();
    sign_in(&world, &client, app).await.unwrap();
    assert_eq!(publisher.keys().len(), 1);
    let moved = members(json!({ "jwks_uri": "https://sso.royaume.test/new-keys" }));
    publisher.set(|state| (state.says, state.signs_anew) = (Some(moved), true));
    // The document is a minute old, and good for five: a key that is not known makes it asked for again.
    world.clock.advance(MINUTE);
    sign_in(&world, &client, app).await.unwrap();
    assert_eq!(publisher.documents(), 2);
    assert_eq!(publisher.keys().last().map(String::as_str), Some("/new-keys"));
    // And while it cannot be had, keys are looked for where they were.
    publisher.set(|state| state.says = Some(Says::Answer(StatusCode::BAD_GATEWAY, "<html>")));
    world.clock.advance(10 * MINUTE);
    sign_in(&world, &client, app).await.unwrap();
}
