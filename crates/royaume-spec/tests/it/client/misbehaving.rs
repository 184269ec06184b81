//! A provider that misbehaves: the real server, whose answers are changed on their way.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use royaume_client::Transport as _;
use royaume_jose::{Algorithm, SigningKey, base64url, jws};
use royaume_server::Server;
use royaume_spec::World;
use serde_json::{Map, Value, json};
use tower_service::Service;

type Change = dyn Fn(&Request<Bytes>, Response<Bytes>) -> Response<Bytes> + Send + Sync;

/// The provider. It counts what it was asked.
#[derive(Clone)]
pub(super) struct Misbehaving {
    server: Server,
    change: Arc<Change>,
    asked: Arc<AtomicUsize>,
}

impl Misbehaving {
    /// Changes every answer of a world's server.
    pub(super) fn new(
        world: &World,
        change: impl Fn(&Request<Bytes>, Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        Self { server: world.server.clone(), change: Arc::new(change), asked: Arc::default() }
    }

    /// Changes the answers of one endpoint: of addresses that contain `path`.
    pub(super) fn at(
        world: &World,
        path: &'static str,
        change: impl Fn(Response<Bytes>) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        Self::new(
            world,
            move |request, response| {
                if request.uri().path().contains(path) { change(response) } else { response }
            },
        )
    }

    /// Changes members of the token response.
    pub(super) fn token_response(
        world: &World,
        change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
    ) -> Self {
        Self::new(
            world,
            move |request, response| {
                if is_token(request.uri().path()) { members(response, &change) } else { response }
            },
        )
    }

    /// Changes claims of the ID token, and signs it with a key that the same provider publishes.
    pub(super) fn claims(
        world: &World,
        change: impl Fn(&mut Map<String, Value>) + Send + Sync + 'static,
    ) -> Self {
        Self::new(world, move |request, response| match request.uri().path() {
            path if is_token(path) => signed_anew(response, &change),
            path if path.contains("jwk") => {
                answer(StatusCode::OK, &json!({ "keys": [key().verifying_key().jwk()] }).to_string())
            }
            _ => response,
        })
    }

    /// Publishes these keys, and gives ID tokens that are made of the claims of the real ones.
    pub(super) fn signing(
        world: &World,
        keys: Value,
        sign: impl Fn(&Value) -> String + Send + Sync + 'static,
    ) -> Self {
        let published = json!({ "keys": keys }).to_string();
        Self::new(world, move |request, response| match request.uri().path() {
            path if is_token(path) => members(response, &|body| {
                let Some(id_token) = body.get("id_token").and_then(Value::as_str) else { return };
                let signed = sign(&royaume_spec::signed::claims(id_token));
                body.insert("id_token".to_owned(), signed.into());
            }),
            path if path.contains("jwk") => answer(StatusCode::OK, &published),
            _ => response,
        })
    }

    /// How often it was asked for anything.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

/// Is it the path of a token endpoint?
pub(super) fn is_token(path: &str) -> bool {
    path.ends_with("/access_token") || path.ends_with("/token")
}

/// A key of the provider that misbehaves.
pub(super) fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Rs256).unwrap())
}

/// Another key of it.
pub(super) fn other_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(|| SigningKey::generate(Algorithm::Rs256).unwrap())
}

/// A token with whatever header, signed with that key.
pub(super) fn signed_as(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let part = |part: &Value| base64url::encode(part.to_string().as_bytes());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = base64url::encode(&key.sign(message.as_bytes()));
    format!("{message}.{signature}")
}

/// An answer of JSON.
pub(super) fn answer(status: StatusCode, body: &str) -> Response<Bytes> {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Bytes::from(body.to_owned()))
        .unwrap()
}

/// A token response whose id token has other claims, signed with the key of the provider that misbehaves.
pub(super) fn signed_anew(
    response: Response<Bytes>,
    change: &dyn Fn(&mut Map<String, Value>),
) -> Response<Bytes> {
    members(response, &|body| {
        let Some(id_token) = body.get("id_token").and_then(Value::as_str) else { return };
        let payload = base64url::decode(id_token.split('.').nth(1).unwrap()).unwrap();
        let mut claims: Map<String, Value> = serde_json::from_slice(&payload).unwrap();
        change(&mut claims);
        body.insert("id_token".to_owned(), jws::sign(key(), None, &claims).into());
    })
}

fn members(response: Response<Bytes>, change: &dyn Fn(&mut Map<String, Value>)) -> Response<Bytes> {
    let mut body: Map<String, Value> = serde_json::from_slice(response.body()).unwrap();
    change(&mut body);
    response.map(|_| Bytes::from(serde_json::to_vec(&body).unwrap()))
}

impl Service<Request<Bytes>> for Misbehaving {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let provider = self.clone();
        provider.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            // An answer takes a moment, in which others come.
            tokio::task::yield_now().await;
            let response = provider.server.send(request.clone()).await.expect("the real server answers");
            Ok((provider.change)(&request, response))
        })
    }
}
