//! A provider's keys, as a client keeps them: rotated, invented, out of reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use jiff::Timestamp;
use royaume_client::{Client, ClientError, TokenSet};
use royaume_server::stored::client::Application;
use royaume_spec::World;
use serde_json::{Value, json};

use super::misbehaving::{Misbehaving, answer, key, signed_anew};
use super::{client, client_over, now, walked};

/// A provider whose keys one can turn over. It counts how often they are fetched.
#[derive(Clone, Default)]
struct Keyring(Arc<State>);

#[derive(Default)]
struct State {
    fetched: AtomicUsize,
    /// Id tokens are signed with another key.
    signs_anew: AtomicBool,
    /// The other key is published too.
    publishes: AtomicBool,
    /// The keys cannot be had.
    down: AtomicBool,
}

impl Keyring {
    fn fetched(&self) -> usize {
        self.0.fetched.load(Ordering::Relaxed)
    }

    fn set(&self, what: fn(&State) -> &AtomicBool, to: bool) {
        what(&self.0).store(to, Ordering::Relaxed);
    }

    fn provider(&self, world: &World) -> Misbehaving {
        let keyring = self.clone();
        Misbehaving::new(world, move |request, response| {
            let path = request.uri().path();
            if path.contains("jwk") {
                keyring.0.fetched.fetch_add(1, Ordering::Relaxed);
                keyring.set_of(response)
            } else if path.contains("access_token") && keyring.0.signs_anew.load(Ordering::Relaxed) {
                signed_anew(response, &|_| ())
            } else {
                response
            }
        })
    }

    fn set_of(&self, mut response: Response<Bytes>) -> Response<Bytes> {
        if self.0.down.load(Ordering::Relaxed) {
            return answer(StatusCode::SERVICE_UNAVAILABLE, "");
        }
        if self.0.publishes.load(Ordering::Relaxed) {
            let mut set: Value = serde_json::from_slice(response.body()).unwrap();
            set["keys"].as_array_mut().unwrap().push(json!(key().verifying_key().jwk()));
            *response.body_mut() = set.to_string().into();
        }
        response
    }
}

/// A login that is finished at another moment.
async fn finished(
    world: &World,
    client: &Client<Misbehaving>,
    later: Duration,
) -> Result<TokenSet, ClientError> {
    let app = world.app("individu", Application::Private);
    let (pending, callback) = walked(world, &mut world.browser(), client, app).await;
    let moment: Timestamp = now(world);
    client.finish(&pending, &callback, moment + later).await
}

fn people(world: &World, keyring: &Keyring) -> Client<Misbehaving> {
    client_over(world, world.app("individu", Application::Private), keyring.provider(world))
}

const MINUTE: Duration = Duration::from_secs(60);

/// RFC 9111 §4.2: keys are kept for as long as the provider says, by all clones of a client.
#[tokio::test]
async fn keys_are_fetched_once_for_many_logins() {
    let world = World::as_deployed().await;
    let keyring = Keyring::default();
    let client = people(&world, &keyring);
    finished(&world, &client, Duration::ZERO).await.unwrap();
    finished(&world, &client.clone(), MINUTE).await.unwrap();
    assert_eq!(keyring.fetched(), 1);
    world.clock.advance(10 * MINUTE);
    finished(&world, &client, Duration::ZERO).await.unwrap();
    assert_eq!(keyring.fetched(), 2);
}

/// OIDC Core §10.1.1: a key that is not known may be new. Module `oidcc-client-test-signing-key-rotation`.
#[tokio::test]
async fn a_key_that_is_new_is_fetched() {
    let world = World::as_deployed().await;
    let keyring = Keyring::default();
    let client = people(&world, &keyring);
    finished(&world, &client, Duration::ZERO).await.unwrap();
    keyring.set(|state| &state.signs_anew, true);
    keyring.set(|state| &state.publishes, true);
    finished(&world, &client, MINUTE).await.unwrap();
    assert_eq!(keyring.fetched(), 2);
}

/// OIDC Core §10.1.1: whoever invents keys makes a client fetch once in half a minute, and is not believed.
#[tokio::test]
async fn a_key_that_is_invented_is_looked_for_once_in_half_a_minute() {
    let world = World::as_deployed().await;
    let keyring = Keyring::default();
    let client = people(&world, &keyring);
    finished(&world, &client, Duration::ZERO).await.unwrap();
    keyring.set(|state| &state.signs_anew, true);
    for (later, fetched) in [(1, 2), (2, 2), (30, 2), (31, 3), (60, 3), (62, 4)] {
        let error = finished(&world, &client, Duration::from_secs(later)).await.unwrap_err();
        assert!(matches!(error, ClientError::IdTokenSignature(_)), "{error}");
        assert_eq!(keyring.fetched(), fetched, "{later}");
    }
}

/// Keys that are known serve while the provider's cannot be had, for a day; then nobody knows any more whether they are good.
#[tokio::test]
async fn known_keys_survive_an_outage_of_a_day() {
    let world = World::as_deployed().await;
    let keyring = Keyring::default();
    let client = people(&world, &keyring);
    finished(&world, &client, Duration::ZERO).await.unwrap();
    keyring.set(|state| &state.down, true);
    world.clock.advance(23 * 60 * MINUTE);
    finished(&world, &client, Duration::ZERO).await.unwrap();
    finished(&world, &client, Duration::from_secs(10)).await.unwrap();
    assert_eq!(keyring.fetched(), 2, "nobody hammers a provider in trouble");
    world.clock.advance(2 * 60 * MINUTE);
    let error = finished(&world, &client, Duration::ZERO).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
    keyring.set(|state| &state.down, false);
    finished(&world, &client, Duration::ZERO).await.unwrap();
}

/// OIDC Core §12.2: a new key that cannot be had now costs no rotated token.
#[tokio::test]
async fn a_new_key_that_cannot_be_had_does_not_cost_the_grant() {
    let world = World::as_deployed().await;
    let keyring = Keyring::default();
    let client = people(&world, &keyring);
    let tokens = finished(&world, &client, Duration::ZERO).await.unwrap();
    keyring.set(|state| &state.signs_anew, true);
    keyring.set(|state| &state.down, true);
    let renewed = client.refresh(&tokens, now(&world) + MINUTE).await.unwrap();
    assert_eq!(renewed.claims, tokens.claims, "what was believed at the login");
    let app = world.app("individu", Application::Private);
    self::client(&world, app).refresh(&renewed, now(&world)).await.unwrap();
}
