//! Rotation under load: whoever verifies with cached keys never fails (OpenID Connect Core 1.0 §10.1.1).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::jws::JwsError;
use royaume_jose::{Algorithm, VerifyingKey, jws};
use royaume_realm::Lifetimes;
use royaume_server::Clock as _;
use royaume_server::stored::client::Application;
use royaume_spec::{World, signed};
use serde_json::Value;

const REALM: &str = "individu";
/// Steps of the clock, each of which brings the old and the new keys a little further.
const STEPS: usize = 400;
const STEP: Duration = Duration::from_secs(100);
const CALLERS: usize = 4;

/// The keys as somebody who verifies holds them: fetched at that moment, and not again before `max-age` has passed.
#[derive(Default)]
struct Cache(Mutex<Option<(Timestamp, Arc<Vec<VerifyingKey>>)>>);

impl Cache {
    async fn keys(&self, world: &World) -> Arc<Vec<VerifyingKey>> {
        let held = self.0.lock().unwrap().clone();
        match held {
            Some((fetched, keys)) if world.clock.now() <= fetched + Lifetimes::KEYS_CACHED => keys,
            _ => {
                // The age counts from before the question was asked.
                let asked = world.clock.now();
                let keys = Arc::new(world.keys(REALM).await);
                *self.0.lock().unwrap() = Some((asked, Arc::clone(&keys)));
                keys
            }
        }
    }
}

/// The keys as somebody else holds them: for as long as each token names one of them, and asked for at most once within
/// `max-age`, whatever names come (RFC 8725 §3.10).
#[derive(Default)]
struct Unhurried {
    asked: Option<Timestamp>,
    keys: Vec<VerifyingKey>,
}

impl Unhurried {
    async fn verify(&mut self, token: &str, world: &World) -> Result<(), JwsError> {
        let now = world.clock.now();
        let known = jws::verify::<Value>(token, &self.keys, &Algorithm::ALL).map(drop);
        let may_ask = self.asked.is_none_or(|asked| asked + Lifetimes::KEYS_CACHED <= now);
        if known != Err(JwsError::UnknownKey) || !may_ask {
            return known;
        }
        self.asked = Some(now);
        self.keys = world.keys(REALM).await;
        jws::verify::<Value>(token, &self.keys, &Algorithm::ALL).map(drop)
    }
}

/// Asks for id tokens and verifies each, and each of the last few for as long as it lives.
async fn call(
    world: &World,
    mut refresh: String,
    verified: &AtomicUsize,
    ended: &AtomicUsize,
) -> Vec<String> {
    let app = world.app(REALM, Application::Private);
    let (cache, mut unhurried) = (Cache::default(), Unhurried::default());
    let (mut kids, mut living) = (Vec::new(), Vec::<String>::new());
    while ended.load(Ordering::Acquire) < STEPS {
        let answer = world.send(app.refresh(&refresh, &[])).await;
        refresh = answer.member("refresh_token");
        living.push(answer.member("id_token"));
        let keys = cache.keys(world).await;
        let now = world.clock.now().as_second();
        living.retain(|token| now < signed::claims(token)["exp"].as_i64().unwrap());
        for token in [living.first(), living.last()].into_iter().flatten() {
            let known = jws::verify::<Value>(token, &keys, &Algorithm::ALL);
            assert!(known.is_ok(), "{}: {:?}", signed::header(token), known.err());
            assert_eq!(unhurried.verify(token, world).await, Ok(()), "{}", signed::header(token));
            verified.fetch_add(1, Ordering::AcqRel);
        }
        let kid = signed::header(living.last().unwrap_or(&answer.member("id_token")))["kid"].to_string();
        if kids.last() != Some(&kid) {
            kids.push(kid);
        }
        tokio::task::yield_now().await;
    }
    kids
}

/// §10.1.1: keys are rotated several times, by themselves on two nodes and by an operator, while tokens are made and
/// verified: not one fails, and nobody fetches the keys before `max-age` has passed, even on a name that is new to them.
#[tokio::test]
async fn no_verification_fails_while_keys_are_rotated_under_load() {
    let world = World::with(|topology| {
        for realm in &mut topology.realms {
            realm.lifetimes.id_token = Duration::from_secs(3_600);
            realm.lifetimes.key_rotation = Duration::from_secs(8_000);
            realm.lifetimes.key_publication = Duration::from_secs(600);
        }
    })
    .await;
    let node = world.another_node().await;
    // Whoever signs in takes a while of the machine's time: the clock stands still until everybody has.
    let mut tokens = Vec::new();
    for _ in 0..CALLERS {
        let signed_in = world.sign_in(world.app(REALM, Application::Private)).await;
        tokens.push(signed_in.member("refresh_token"));
    }
    let (verified, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let mut tokens = tokens.into_iter();
    let mut call = || call(&world, tokens.next().expect("one for each caller"), &verified, &ended);
    let time = async {
        for step in 0..STEPS {
            // Time goes on only once something has been verified since.
            let wanted = verified.load(Ordering::Acquire) + CALLERS;
            while verified.load(Ordering::Acquire) < wanted {
                tokio::task::yield_now().await;
            }
            world.clock.advance(STEP);
            let (one, other) = tokio::join!(world.server.rotate_keys(), node.rotate_keys());
            one.unwrap();
            other.unwrap();
            if step % 150 == 100 {
                let notice = Duration::from_secs(400);
                world.admin(REALM).rotate_key(Algorithm::Rs256, notice).await.unwrap();
            }
            ended.fetch_add(1, Ordering::AcqRel);
        }
    };
    let callers = async { tokio::join!(call(), call(), call(), call()) };
    let ((), (kids, _, _, _)) = tokio::join!(time, callers);
    assert!(kids.len() >= 5, "keys were rotated: {kids:?}");
    assert!(verified.into_inner() >= STEPS * CALLERS);
}
