//! A person's tokens, kept alive: never two families, and no login lost, whatever happens on the way.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use http::{Request, Response, StatusCode, header};
use jiff::Timestamp;
use royaume_client::shared::SharedKey;
use royaume_client::{ClientError, Scope, Session, TokenSet};
use royaume_server::Server;
use royaume_server::stored::client::Application;
use royaume_spec::{App, World};
use tower_service::Service;

use super::misbehaving::answer;
use super::sharing::Directory;
use super::{application, client, client_over, now, provider, sign_in};

/// What happens to a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing.
    Answered,
    /// The server did it, and its answer was lost.
    AnswerLost,
    /// It never arrived.
    Unsent,
    /// The server is overloaded, and says so.
    Overloaded,
}

/// A network to the real server: each token request meets its fate, and after the last of them nothing happens to any.
#[derive(Clone)]
struct Network {
    server: Server,
    fates: Arc<Mutex<Vec<Fate>>>,
    asked: Arc<AtomicUsize>,
    gate: Arc<tokio::sync::Semaphore>,
}

impl Network {
    fn new(world: &World, fates: &[Fate]) -> Self {
        let fates = Arc::new(Mutex::new(fates.iter().rev().copied().collect()));
        let gate = Arc::new(tokio::sync::Semaphore::new(1000));
        Self { server: world.server.clone(), fates, asked: Arc::default(), gate }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Service<Request<Bytes>> for Network {
    type Response = Response<Bytes>;
    type Error = String;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, String>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let network = self.clone();
        Box::pin(async move {
            let is_token = request.uri().path().contains("access_token");
            let fate = if is_token {
                network.asked.fetch_add(1, Ordering::SeqCst);
                network.fates.lock().unwrap().pop().unwrap_or(Fate::Answered)
            } else {
                Fate::Answered
            };
            match fate {
                Fate::Answered => {
                    let response = network.server.handle(request).await;
                    drop(network.gate.acquire().await);
                    Ok(response)
                }
                Fate::AnswerLost => {
                    network.server.handle(request).await;
                    Err("the connection broke".to_owned())
                }
                Fate::Unsent => Err("no connection".to_owned()),
                Fate::Overloaded => {
                    let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, "");
                    response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
                    Ok(response)
                }
            }
        })
    }
}

const LOGIN: &str = "session 1";

/// A person who signed in.
struct Person {
    world: World,
    directory: Directory,
    first: TokenSet,
}

impl Person {
    async fn new() -> Self {
        let world = World::standard().await;
        let app = world.app("individu", Application::Private);
        let first = sign_in(&world, &client(&world, app), app).await.unwrap();
        Self { world, directory: Directory::new(), first }
    }

    fn app(&self) -> &App {
        self.world.app("individu", Application::Private)
    }

    fn alone(&self, network: &Network) -> Session<Network> {
        let client = client_over(&self.world, self.app(), network.clone());
        Session::new(client, self.first.clone(), now(&self.world))
    }

    async fn shared(&self, network: &Network) -> Session<Network> {
        let client = client_over(&self.world, self.app(), network.clone());
        let (first, place, now) = (self.first.clone(), self.directory.open(), now(&self.world));
        Session::begin(client, first, place, LOGIN, now).await.unwrap()
    }

    /// Another process, or the same after a restart.
    async fn elsewhere(&self, network: &Network) -> Option<Session<Network>> {
        let client = client_over(&self.world, self.app(), network.clone());
        Session::resume(client, self.directory.open(), LOGIN).await.unwrap()
    }

    fn key(&self) -> SharedKey {
        SharedKey::of_person(&provider(&self.world, "individu"), &application(self.app()), LOGIN)
    }

    /// The moment at which the first tokens are to be renewed.
    fn renewal(&self) -> Timestamp {
        self.world.clock.set(self.first.expires_at.unwrap() - Duration::from_secs(30));
        now(&self.world)
    }

    async fn is_active(&self, token: &royaume_client::Secret) -> bool {
        self.world.is_active(self.app(), token.expose()).await
    }

    /// One family lives, and its newest tokens are these.
    async fn lives_with(&self, tokens: &TokenSet) {
        let newest = tokens.refresh_token.as_ref().unwrap();
        assert!(self.is_active(&tokens.access_token).await, "the person is signed in");
        assert!(self.is_active(newest).await, "and stays so");
        let first = self.first.refresh_token.as_ref().unwrap();
        assert!(first == newest || !self.is_active(first).await, "a spent token is dead");
    }
}

/// RFC 6749 §6: tokens are renewed ahead of their end, once for all who want them.
#[tokio::test]
async fn a_session_is_renewed_ahead_and_once() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[]);
    let session = person.alone(&network);
    let now = now(&person.world);
    assert!(session.token(now).await.unwrap().access_token == person.first.access_token);
    assert_eq!(network.asked(), 0);
    let now = person.renewal();
    let all = join_all((0..50).map(|_| session.token(now))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(network.asked(), 1);
    person.lives_with(&session.tokens().unwrap()).await;
}

/// RFC 9700 §4.14.2: processes that renew the same session at once take turns, again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_renew_a_session_one_at_a_time() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[]);
    let mut sessions = vec![person.shared(&network).await];
    for _ in 0..7 {
        sessions.push(person.elsewhere(&network).await.unwrap());
    }
    let mut now = person.renewal();
    for round in 1..=5 {
        let all = join_all(sessions.iter().map(|session| session.token(now))).await;
        let all: Vec<_> = all.into_iter().map(Result::unwrap).collect();
        assert!(all.iter().all(|one| one.access_token == all[0].access_token), "{round}");
        assert_eq!(network.asked(), round);
        person.lives_with(&all[0]).await;
        person.world.clock.set(all[0].expires_at.unwrap() - Duration::from_secs(30));
        now = super::now(&person.world);
    }
}

/// RFC 9700 §4.14.2: whatever happens to a renewal on its way, the person is signed in after it, with one family: alone, or
/// with other processes that take over.
#[tokio::test]
async fn trouble_on_the_way_costs_no_login() {
    use Fate::{AnswerLost, Answered, Overloaded, Unsent};
    let all: [&[Fate]; 8] = [
        &[AnswerLost],
        &[AnswerLost, AnswerLost],
        &[Unsent],
        &[Unsent, Unsent],
        &[Unsent, AnswerLost],
        &[AnswerLost, Unsent],
        &[Overloaded],
        &[AnswerLost, Overloaded, Answered],
    ];
    for fates in all {
        for is_shared in [false, true] {
            let person = Person::new().await;
            let network = Network::new(&person.world, fates);
            let session = if is_shared { person.shared(&network).await } else { person.alone(&network) };
            let before = person.renewal();
            // The old token serves meanwhile.
            session.token(before).await.unwrap();
            person.world.clock.advance(Duration::from_secs(6));
            let later = now(&person.world);
            let session = if is_shared { person.elsewhere(&network).await.unwrap() } else { session };
            let tokens = session.token(later).await.unwrap();
            assert!(tokens.access_token != person.first.access_token, "{fates:?}");
            person.lives_with(&tokens).await;
        }
    }
}

/// RFC 6749 §5.2: a network in trouble is told from a dead grant.
#[tokio::test]
async fn a_dead_grant_is_told_from_trouble_and_forgotten_everywhere() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[Fate::Unsent, Fate::Unsent]);
    let (session, other) = (person.shared(&network).await, person.elsewhere(&network).await.unwrap());
    let now = person.first.expires_at.unwrap();
    person.world.clock.set(now);
    let trouble = session.token(now).await.unwrap_err();
    assert!(trouble.is_temporary(), "{trouble}");
    client(&person.world, person.app())
        .revoke(person.first.refresh_token.as_ref().unwrap(), super::now(&person.world))
        .await
        .unwrap();
    let now = now + Duration::from_secs(2);
    let over = session.token(now).await.unwrap_err();
    assert!(matches!(over, ClientError::GrantRefused(_)), "{over}");
    let asked = network.asked();
    let over = other.token(now).await.unwrap_err();
    assert!(matches!(over, ClientError::GrantRefused(_)), "{over}");
    assert_eq!(network.asked(), asked, "another process is told without asking again");
    assert!(person.elsewhere(&network).await.is_none());
}

/// RFC 6749 §5.2: with its grant a token is dead: it is not served because its time has not come.
#[tokio::test]
async fn no_token_of_a_dead_grant_is_served() {
    let person = Person::new().await;
    let session = person.alone(&Network::new(&person.world, &[]));
    client(&person.world, person.app())
        .revoke(person.first.refresh_token.as_ref().unwrap(), super::now(&person.world))
        .await
        .unwrap();
    let now = person.renewal();
    for _ in 0..2 {
        let over = session.token(now).await.unwrap_err();
        assert!(matches!(over, ClientError::GrantRefused(_)), "{over}");
    }
    assert!(session.tokens().is_none());
}

/// RFC 6749 §5.2: of a process whose grant is dead, the new login of another is not harmed.
#[tokio::test]
async fn a_new_login_under_the_same_name_is_taken_up() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[]);
    let old = person.shared(&network).await;
    let app = person.app();
    let again = sign_in(&person.world, &client(&person.world, app), app).await.unwrap();
    client(&person.world, app)
        .revoke(person.first.refresh_token.as_ref().unwrap(), super::now(&person.world))
        .await
        .unwrap();
    let (client, place) = (client_over(&person.world, app, network.clone()), person.directory.open());
    let new = Session::begin(client, again.clone(), place, LOGIN, now(&person.world)).await.unwrap();
    let now = person.renewal();
    let tokens = old.token(now).await.unwrap();
    person.lives_with(&tokens).await;
    assert!(new.token(now).await.unwrap().access_token == tokens.access_token);
}

/// RFC 9700 §4.14.2: whoever waits for a renewal and goes away does not take its answer along.
#[tokio::test]
async fn a_renewal_goes_on_when_whoever_wanted_it_is_gone() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[]);
    let session = person.alone(&network);
    let now = person.first.expires_at.unwrap();
    person.world.clock.set(now);
    let closed = network.gate.acquire_many(1000).await.unwrap();
    {
        let mut wanted = Box::pin(session.token(now));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(wanted.as_mut().poll(&mut cx).is_pending());
    }
    // The server has rotated the token by the time somebody comes again, who could not repeat it.
    while network.asked() == 0 {
        tokio::task::yield_now().await;
    }
    person.world.clock.advance(Duration::from_secs(60));
    drop(closed);
    let later = super::now(&person.world);
    let tokens = session.token(later).await.unwrap();
    assert_eq!(network.asked(), 1);
    person.lives_with(&tokens).await;
}

/// RFC 6750 §3.1: an access token that an API refused is renewed at once, and another process takes what it bought.
#[tokio::test]
async fn a_refused_access_token_is_renewed_before_its_time() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[]);
    let (session, other) = (person.shared(&network).await, person.elsewhere(&network).await.unwrap());
    let now = now(&person.world);
    for session in [&session, &other] {
        session.forget(&person.first);
        assert!(session.token(now).await.unwrap().access_token != person.first.access_token);
    }
    assert_eq!(network.asked(), 1);
    person.lives_with(&other.tokens().unwrap()).await;
}

/// RFC 9700 §4.14.2: whoever died between the answer and writing it is succeeded by one that repeats the request at once,
/// though the tokens look fresh, and is given the same refresh token.
#[tokio::test]
async fn an_unfinished_renewal_is_taken_up_by_whoever_comes_next() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[Fate::AnswerLost, Fate::AnswerLost]);
    let session = person.shared(&network).await;
    session.forget(&person.first);
    assert!(session.token(now(&person.world)).await.unwrap_err().is_temporary());
    drop(session);
    person.world.clock.advance(Duration::from_secs(5));
    let next = person.elsewhere(&network).await.unwrap();
    let tokens = next.token(now(&person.world)).await.unwrap();
    assert!(tokens.access_token != person.first.access_token);
    person.lives_with(&tokens).await;
}

/// RFC 9700 §4.14.2: without the place nobody renews, and nothing is lost; the old token serves while it is good.
#[tokio::test]
async fn a_session_does_not_renew_without_its_place() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[]);
    let session = person.shared(&network).await;
    let place = person.directory.place();
    let aside = place.with_extension("aside");
    std::fs::rename(&place, &aside).unwrap();
    session.token(person.renewal()).await.unwrap();
    let end = person.first.expires_at.unwrap();
    person.world.clock.set(end);
    let trouble = session.token(end).await.unwrap_err();
    assert!(matches!(trouble, ClientError::Shared(_)) && trouble.is_temporary(), "{trouble}");
    assert_eq!(network.asked(), 0);
    std::fs::rename(&aside, &place).unwrap();
    person.world.clock.advance(Duration::from_secs(2));
    let tokens = session.token(now(&person.world)).await.unwrap();
    person.lives_with(&tokens).await;
}

/// What nobody wrote ends no session that a process has in memory.
#[tokio::test]
async fn a_spoilt_login_is_written_anew_by_whoever_knows_it() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[]);
    let session = person.shared(&network).await;
    person.directory.open().hold(&person.key()).await.unwrap().write(b"{ spoilt").await.unwrap();
    let tokens = session.token(person.renewal()).await.unwrap();
    person.lives_with(&tokens).await;
    let other = person.elsewhere(&network).await.unwrap();
    assert!(other.tokens().unwrap().access_token == tokens.access_token);
}

/// RFC 7009: a session that is ended is ended for all who share it.
#[tokio::test]
async fn an_ended_session_is_over_everywhere() {
    let person = Person::new().await;
    let network = Network::new(&person.world, &[]);
    let (session, other) = (person.shared(&network).await, person.elsewhere(&network).await.unwrap());
    let last = session.end().await.unwrap().unwrap();
    assert!(last.refresh_token == person.first.refresh_token);
    assert!(session.tokens().is_none() && person.elsewhere(&network).await.is_none());
    let over = other.token(person.renewal()).await.unwrap_err();
    assert!(matches!(over, ClientError::GrantRefused(_)), "{over}");
    assert_eq!(network.asked(), 0);
}

/// RFC 6749 §5.1: what was not granted is asked for in a new login, with all that was.
#[tokio::test]
async fn a_session_knows_which_scopes_it_lacks() {
    let person = Person::new().await;
    let session = person.alone(&Network::new(&person.world, &[]));
    let granted = person.first.scope.clone().unwrap();
    assert_eq!(session.lacks(&granted), None);
    assert_eq!(session.lacks(&Scope::parse("openid").unwrap()), None);
    let more = session.lacks(&Scope::parse("api_another").unwrap()).unwrap();
    assert!(more.covers(&granted) && more.contains("api_another"));
}

/// No token is in what is printed of a session.
#[tokio::test]
async fn a_session_shows_its_tokens_to_nobody() {
    let person = Person::new().await;
    let shown = format!("{:?}", person.shared(&Network::new(&person.world, &[])).await);
    for secret in [Some(&person.first.access_token), person.first.refresh_token.as_ref()] {
        assert!(!shown.contains(secret.unwrap().expose()));
    }
}
