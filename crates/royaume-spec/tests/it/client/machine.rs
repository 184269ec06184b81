//! Tokens that an application keeps for itself: asked for once, renewed ahead, never served dead.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use jiff::Timestamp;
use royaume_client::{Client, ClientError, Machine, Transport};
use royaume_protocol::Scope;
use royaume_server::stored::client::Application;
use royaume_spec::World;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tower_service::Service;

use super::misbehaving::{Misbehaving, answer};
use super::{application, client_over, now, provider};

/// The provider of tokens, and an API beside it. Nothing passes while the gate is closed.
#[derive(Clone)]
struct Gated {
    provider: Misbehaving,
    gate: Arc<Semaphore>,
}

impl Service<Request<Bytes>> for Gated {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let (mut provider, gate) = (self.provider.clone(), Arc::clone(&self.gate));
        Box::pin(async move {
            drop(gate.acquire().await.unwrap());
            provider.call(request).await
        })
    }
}

/// A provider whose tokens live for so many seconds.
fn tokens_of(world: &World, seconds: u64) -> Misbehaving {
    Misbehaving::token_response(world, move |body| drop(body.insert("expires_in".to_owned(), json!(seconds))))
}

fn machine_over<T: Transport>(world: &World, transport: T) -> Machine<T> {
    Machine::new(client_over(world, world.app("partenaire", Application::Machine), transport))
}

fn scope(world: &World) -> Scope {
    Scope::parse(&world.app("partenaire", Application::Machine).scope).unwrap()
}

fn is_pending<F: Future>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_pending()
}

fn seconds(now: Timestamp, seconds: f64) -> Timestamp {
    now + Duration::from_secs_f64(seconds)
}

/// RFC 6749 §5.1: there is one token for a set of scopes, in whatever order they are written, and another for another set.
#[tokio::test]
async fn a_token_is_kept_for_its_scopes() {
    let world = World::as_deployed().await;
    let provider = tokens_of(&world, 1499);
    let (machine, now) = (machine_over(&world, provider.clone()), now(&world));
    let all = scope(&world);
    let mut words: Vec<_> = all.iter().collect();
    words.reverse();
    let token = machine.token(&all, now).await.unwrap();
    let again = machine.clone().token(&Scope::parse(&words.join(" ")).unwrap(), now).await.unwrap();
    assert!(Arc::ptr_eq(&token, &again));
    assert_eq!(provider.asked(), 1);
    let fewer = machine.token(&Scope::parse(words[0]).unwrap(), now).await.unwrap();
    assert_ne!(fewer.access_token.expose(), token.access_token.expose());
    assert_eq!((provider.asked(), fewer.scope.as_ref().unwrap().iter().count()), (2, 1));
}

/// RFC 6749 §5.1: a token is renewed ahead of its end, by a fifth of its life and a minute at most.
#[tokio::test]
async fn a_token_is_renewed_ahead_of_its_end() {
    let world = World::as_deployed().await;
    for (life, kept, renewed) in [(1499, 1438.9, 1439.0), (59, 47.1, 47.2), (1, 0.7, 0.8), (0, 0.0, 0.0)] {
        let provider = tokens_of(&world, life);
        let (machine, scope, now) = (machine_over(&world, provider.clone()), scope(&world), now(&world));
        let first = machine.token(&scope, now).await.unwrap();
        if life > 0 {
            let same = machine.token(&scope, seconds(now, kept)).await.unwrap();
            assert!(Arc::ptr_eq(&first, &same), "{life}");
        }
        let other = machine.token(&scope, seconds(now, renewed)).await.unwrap();
        assert!(!Arc::ptr_eq(&first, &other), "{life}");
        assert_eq!(provider.asked(), 2, "{life}");
    }
}

/// RFC 6749 §5.1: a server may say nothing of a token's life; then it is renewed every five minutes, and serves meanwhile.
#[tokio::test]
async fn a_token_of_untold_life_is_renewed_after_five_minutes() {
    let world = World::as_deployed().await;
    let down = Arc::new(AtomicUsize::new(0));
    let fails = Arc::clone(&down);
    let provider = Misbehaving::token_response(&world, |body| drop(body.remove("expires_in")));
    let broken = Misbehaving::new(&world, move |_, response| {
        if fails.load(Ordering::Relaxed) > 0 {
            return answer(StatusCode::BAD_GATEWAY, "");
        }
        response
    });
    let (machine, scope, now) = (machine_over(&world, provider.clone()), scope(&world), now(&world));
    let first = machine.token(&scope, now).await.unwrap();
    assert!(Arc::ptr_eq(&first, &machine.token(&scope, seconds(now, 299.0)).await.unwrap()));
    assert!(!Arc::ptr_eq(&first, &machine.token(&scope, seconds(now, 300.0)).await.unwrap()));
    assert_eq!(provider.asked(), 2);
    let machine = machine_over(&world, broken);
    let first = machine.token(&scope, now).await.unwrap();
    down.store(1, Ordering::Relaxed);
    assert!(Arc::ptr_eq(&first, &machine.token(&scope, seconds(now, 1400.0)).await.unwrap()));
}

/// However many want a token that is not there, the server is asked once.
#[tokio::test]
async fn ten_thousand_who_want_a_token_ask_once() {
    let world = World::as_deployed().await;
    let provider = tokens_of(&world, 1499);
    let gate = Arc::new(Semaphore::new(0));
    let machine = machine_over(&world, Gated { provider: provider.clone(), gate: Arc::clone(&gate) });
    let (scope, now) = (scope(&world), now(&world));
    let mut callers = JoinSet::new();
    for _ in 0..10_000 {
        let (machine, scope) = (machine.clone(), scope.clone());
        callers.spawn(async move { machine.token(&scope, now).await });
    }
    tokio::task::yield_now().await;
    gate.add_permits(1);
    let tokens = callers.join_all().await;
    let first = tokens[0].as_ref().unwrap();
    assert!(tokens.iter().all(|token| Arc::ptr_eq(first, token.as_ref().unwrap())));
    assert_eq!(provider.asked(), 1);
}

/// A refusal is told to all who waited; nothing is asked for a second, and then once more.
#[tokio::test]
async fn a_refusal_is_told_to_all_and_stands_for_a_second() {
    let world = World::as_deployed().await;
    let provider = Misbehaving::at(&world, "access_token", |_| {
        answer(StatusCode::BAD_REQUEST, r#"{"error":"invalid_scope"}"#)
    });
    let gate = Arc::new(Semaphore::new(0));
    let machine = machine_over(&world, Gated { provider: provider.clone(), gate: Arc::clone(&gate) });
    let (scope, now) = (scope(&world), now(&world));
    let mut callers = JoinSet::new();
    for _ in 0..100 {
        let (machine, scope) = (machine.clone(), scope.clone());
        callers.spawn(async move { machine.token(&scope, now).await.unwrap_err() });
    }
    tokio::task::yield_now().await;
    gate.add_permits(1);
    for error in callers.join_all().await {
        assert_eq!(error, ClientError::ScopeRefused(None));
    }
    assert_eq!(provider.asked(), 1);
    machine.token(&scope, seconds(now, 0.9)).await.unwrap_err();
    assert_eq!(provider.asked(), 1);
    machine.token(&scope, seconds(now, 1.0)).await.unwrap_err();
    assert_eq!(provider.asked(), 2);
}

/// RFC 6585 §4, RFC 9110 §10.2.3: a server that says when to come back is left alone until then, ten minutes at most.
#[tokio::test]
async fn a_server_is_left_alone_for_as_long_as_it_says() {
    let world = World::as_deployed().await;
    for (told, pause) in [(7, 7), (86_400, 600), (0, 1)] {
        let provider = Misbehaving::at(&world, "access_token", move |_| {
            let mut response = answer(StatusCode::TOO_MANY_REQUESTS, "");
            response.headers_mut().insert(header::RETRY_AFTER, told.into());
            response
        });
        let (machine, scope, now) = (machine_over(&world, provider.clone()), scope(&world), now(&world));
        machine.token(&scope, now).await.unwrap_err();
        let just_before = now + Duration::from_secs(pause) - Duration::from_millis(500);
        let error = machine.token(&scope, just_before).await.unwrap_err();
        let left = Some(Duration::from_millis(500));
        assert_eq!(
            (error, provider.asked()),
            (ClientError::TooManyRequests { retry_after: left }, 1),
            "{told}"
        );
        machine.token(&scope, now + Duration::from_secs(pause)).await.unwrap_err();
        assert_eq!(provider.asked(), 2, "{told}");
    }
}

/// While a renewal fails, the old token serves for as long as it is good, and no longer.
#[tokio::test]
async fn an_old_token_serves_while_its_renewal_fails() {
    let world = World::as_deployed().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let provider = Misbehaving::at(&world, "access_token", move |response| {
        let first = counted.fetch_add(1, Ordering::Relaxed) == 0;
        if first { response } else { answer(StatusCode::SERVICE_UNAVAILABLE, "") }
    });
    let (machine, scope, now) = (machine_over(&world, provider), scope(&world), now(&world));
    let first = machine.token(&scope, now).await.unwrap();
    for (moment, asked_by_then) in [(1438.0, 1), (1440.0, 2), (1440.5, 2), (1498.9, 3)] {
        let token = machine.token(&scope, seconds(now, moment)).await.unwrap();
        assert!(Arc::ptr_eq(&first, &token), "{moment}");
        assert_eq!(asked.load(Ordering::Relaxed), asked_by_then, "{moment}");
    }
    let error = machine.token(&scope, seconds(now, 1500.0)).await.unwrap_err();
    assert!(error.is_temporary(), "{error}");
}

/// Whoever has a token that is good does not wait for another one that somebody else has asked for.
#[tokio::test]
async fn nobody_waits_for_a_renewal_that_is_on_its_way() {
    let world = World::as_deployed().await;
    let gate = Arc::new(Semaphore::new(1));
    let provider = tokens_of(&world, 100);
    let machine = machine_over(&world, Gated { provider: provider.clone(), gate: Arc::clone(&gate) });
    let (scope, start) = (scope(&world), now(&world));
    let first = machine.token(&scope, start).await.unwrap();
    gate.forget_permits(1);
    let mut renewing = Box::pin(machine.token(&scope, seconds(start, 90.0)));
    assert!(is_pending(renewing.as_mut()));
    assert!(Arc::ptr_eq(&first, &machine.token(&scope, seconds(start, 91.0)).await.unwrap()));
    gate.add_permits(1);
    let renewed = renewing.await.unwrap();
    assert!(!Arc::ptr_eq(&first, &renewed));
    assert!(Arc::ptr_eq(&renewed, &machine.token(&scope, seconds(start, 91.0)).await.unwrap()));
    assert_eq!(provider.asked(), 2);
}

/// Whoever asked may go away: those who wait have their token, and when nobody waits the next one asks.
#[tokio::test]
async fn a_caller_who_goes_away_takes_nobody_along() {
    let world = World::as_deployed().await;
    let gate = Arc::new(Semaphore::new(0));
    let provider = tokens_of(&world, 1499);
    let machine = machine_over(&world, Gated { provider: provider.clone(), gate: Arc::clone(&gate) });
    let (scope, now) = (scope(&world), now(&world));
    let mut alone = Box::pin(machine.token(&scope, now));
    assert!(is_pending(alone.as_mut()));
    drop(alone);
    let mut first = Box::pin(machine.token(&scope, now));
    let mut second = Box::pin(machine.token(&scope, now));
    assert!(is_pending(first.as_mut()) && is_pending(second.as_mut()));
    drop(first);
    gate.add_permits(1);
    second.await.unwrap();
    assert_eq!(provider.asked(), 1);
}

/// RFC 6750 §3.1: an API that refuses a token is asked once more with another one, and its second word stands.
#[tokio::test]
async fn a_token_that_an_api_refuses_is_replaced_once() {
    let world = World::as_deployed().await;
    for (refusals, expected, asked) in
        [(0, StatusCode::OK, 2), (1, StatusCode::OK, 4), (9, StatusCode::UNAUTHORIZED, 4)]
    {
        let left = AtomicUsize::new(refusals);
        let provider = Misbehaving::new(&world, move |request, response| {
            if !request.uri().path().starts_with("/partenaire/") {
                return response;
            }
            assert!(request.headers()[header::AUTHORIZATION].to_str().unwrap().starts_with("Bearer "));
            let refused =
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
            answer(if refused { StatusCode::UNAUTHORIZED } else { StatusCode::OK }, "")
        });
        let machine = machine_over(&world, provider.clone());
        let request = Request::get("http://127.0.0.1:8080/partenaire/offres").body(Bytes::new()).unwrap();
        let response = machine.send(request, &scope(&world), now(&world)).await.unwrap();
        assert_eq!((response.status(), provider.asked()), (expected, asked), "{refusals}");
    }
}

/// RFC 6750 §3.1: a refusal that comes late does not cost the token that has come since.
#[tokio::test]
async fn a_late_refusal_does_not_cost_the_new_token() {
    let world = World::as_deployed().await;
    let provider = tokens_of(&world, 100);
    let (machine, scope, now) = (machine_over(&world, provider.clone()), scope(&world), now(&world));
    let old = machine.token(&scope, now).await.unwrap();
    let new = machine.token(&scope, seconds(now, 90.0)).await.unwrap();
    machine.forget(&scope, &old);
    assert!(Arc::ptr_eq(&new, &machine.token(&scope, seconds(now, 91.0)).await.unwrap()));
    machine.forget(&scope, &new);
    assert!(!Arc::ptr_eq(&new, &machine.token(&scope, seconds(now, 91.0)).await.unwrap()));
    assert_eq!(provider.asked(), 3);
}

/// A clock that goes back says nothing of a token's age any more.
#[tokio::test]
async fn a_clock_that_goes_back_makes_a_token_old() {
    let world = World::as_deployed().await;
    let provider = tokens_of(&world, 1499);
    let (machine, scope, now) = (machine_over(&world, provider.clone()), scope(&world), now(&world));
    let first = machine.token(&scope, now).await.unwrap();
    let a_little = now - Duration::from_secs(60);
    assert!(Arc::ptr_eq(&first, &machine.token(&scope, a_little).await.unwrap()));
    let an_hour = now - Duration::from_secs(3600);
    assert!(!Arc::ptr_eq(&first, &machine.token(&scope, an_hour).await.unwrap()));
    assert_eq!(provider.asked(), 2);
}

/// Whoever asks for thousands of scopes has a token for each, and no cache without an end.
#[tokio::test]
async fn thousands_of_scopes_do_not_fill_the_memory() {
    let world = World::as_deployed().await;
    let provider = Misbehaving::at(&world, "access_token", |_| {
        answer(StatusCode::OK, r#"{"access_token":"a","token_type":"Bearer","expires_in":1499}"#)
    });
    let app = world.app("partenaire", Application::Machine);
    let client = Client::new(self::provider(&world, "partenaire"), application(app), provider.clone());
    let machine = Machine::new(client);
    for number in 0..4200 {
        machine.token(&Scope::parse(&format!("s{number}")).unwrap(), now(&world)).await.unwrap();
    }
    let kept: usize =
        format!("{machine:?}").rsplit("scopes: ").next().unwrap().trim_end_matches(" }").parse().unwrap();
    assert!(kept <= 4096, "{kept}");
    assert!(!format!("{machine:?}").contains(app.secret.as_str()));
}
