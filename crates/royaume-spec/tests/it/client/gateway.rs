//! A provider of tokens and an API behind a gateway, in memory, at a time that passes only when everybody waits.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use jiff::Timestamp;
use royaume_client::{
    Api, BaseUrl, Client, ClientAuthentication, Clock, Machine, Provider, Scope, TokenSource,
};
use royaume_jose::SeededEntropy;
use tower_service::Service;

pub(super) const BASE: &str = "https://api.test/partenaire";

/// A clock that stands still while there is something to do, and then is at the next moment that somebody waits for.
#[derive(Clone, Default)]
pub(super) struct Time(Arc<Mutex<Passing>>);

#[derive(Default)]
struct Passing {
    passed: Duration,
    /// By moment and number.
    sleepers: BTreeMap<(Duration, u64), Waker>,
    numbers: u64,
}

/// Woken since it was asked?
struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Time {
    pub(super) fn start() -> Timestamp {
        "2026-11-26T12:00:00Z".parse().unwrap()
    }

    /// How long it is since the beginning.
    pub(super) fn passed(&self) -> Duration {
        self.0.lock().unwrap().passed
    }

    /// How many wait for a moment.
    pub(super) fn sleepers(&self) -> usize {
        self.0.lock().unwrap().sleepers.len()
    }

    /// Runs what waits for nothing but this clock.
    pub(super) fn run<A>(&self, future: impl Future<Output = A>) -> A {
        let mut future = pin!(future);
        let awake = Arc::new(Awake(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&awake));
        loop {
            while awake.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(answer) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return answer;
                }
            }
            self.pass();
        }
    }

    /// On to the next moment that somebody waits for.
    fn pass(&self) {
        let due = {
            let mut passing = self.0.lock().unwrap();
            let (moment, _) =
                *passing.sleepers.keys().next().expect("everybody waits, and nobody for the clock");
            passing.passed = moment;
            let later = passing.sleepers.split_off(&(moment + Duration::from_nanos(1), 0));
            std::mem::replace(&mut passing.sleepers, later)
        };
        due.into_values().for_each(Waker::wake);
    }
}

impl Clock for Time {
    fn now(&self) -> Timestamp {
        Self::start() + self.passed()
    }

    fn sleep(&self, wait: Duration) -> impl Future<Output = ()> + Send {
        let mut passing = self.0.lock().unwrap();
        passing.numbers += 1;
        let key = (passing.passed.saturating_add(wait), passing.numbers);
        Sleep { time: self.clone(), key }
    }
}

struct Sleep {
    time: Time,
    key: (Duration, u64),
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut passing = self.time.0.lock().unwrap();
        if passing.passed >= self.key.0 {
            return Poll::Ready(());
        }
        passing.sleepers.insert(self.key, cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.time.0.lock().unwrap().sleepers.remove(&self.key);
    }
}

/// When, and what.
type Asked = Vec<(Duration, Request<Bytes>)>;

type Behaviour = dyn Fn(&Request<Bytes>, usize) -> Result<Response<Bytes>, String> + Send + Sync;

/// The gateway. It keeps what it was asked, and takes a moment for each answer.
#[derive(Clone)]
pub(super) struct Gateway {
    pub(super) time: Time,
    behaviour: Arc<Behaviour>,
    takes: Duration,
    asked: Arc<Mutex<Asked>>,
}

impl Gateway {
    /// One that answers so, to a request and its number from nought.
    pub(super) fn new(
        time: &Time,
        behaviour: impl Fn(&Request<Bytes>, usize) -> Response<Bytes> + Send + Sync + 'static,
    ) -> Self {
        Self::breaking(time, move |request, number| Ok(behaviour(request, number)))
    }

    /// One whose connections may break, too.
    pub(super) fn breaking(
        time: &Time,
        behaviour: impl Fn(&Request<Bytes>, usize) -> Result<Response<Bytes>, String> + Send + Sync + 'static,
    ) -> Self {
        let (behaviour, takes) = (Arc::new(behaviour), Duration::ZERO);
        Self { time: time.clone(), behaviour, takes, asked: Arc::default() }
    }

    /// The same, which takes so long for each answer.
    pub(super) fn taking(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// What it was asked, in order.
    pub(super) fn requests(&self) -> Vec<Request<Bytes>> {
        self.asked.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    /// When it was asked, in order.
    pub(super) fn moments(&self) -> Vec<Duration> {
        self.asked.lock().unwrap().iter().map(|(moment, _)| *moment).collect()
    }
}

impl Service<Request<Bytes>> for Gateway {
    type Response = Response<Bytes>;
    type Error = String;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Bytes>, String>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), String>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        let gateway = self.clone();
        Box::pin(async move {
            let answer = {
                let mut asked = gateway.asked.lock().unwrap();
                let number = asked.len();
                asked.push((gateway.time.passed(), request.clone()));
                (gateway.behaviour)(&request, number)
            };
            if !gateway.takes.is_zero() {
                gateway.time.sleep(gateway.takes).await;
            }
            answer
        })
    }
}

/// A provider that numbers its tokens.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    pub(super) given: Arc<AtomicUsize>,
    pub(super) stubborn: bool,
}

impl Tokens {
    pub(super) fn given(&self) -> usize {
        self.given.load(Ordering::SeqCst)
    }
}

impl Service<Request<Bytes>> for Tokens {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        let number = self.given.fetch_add(1, Ordering::SeqCst);
        let number = if self.stubborn { 0 } else { number };
        let body = format!(r#"{{"access_token":"token-{number}","token_type":"Bearer","expires_in":1499}}"#);
        std::future::ready(Ok(Response::new(Bytes::from(body))))
    }
}

pub(super) fn scope() -> Scope {
    Scope::parse("api_offresdemploiv2 o2dsoffre").unwrap()
}

pub(super) fn machine(tokens: &Tokens) -> Machine<Tokens> {
    let metadata = serde_json::json!({
        "issuer": "https://login.test",
        "token_endpoint": "https://login.test/access_token",
    });
    let metadata = serde_json::from_value(metadata).unwrap();
    let provider = Provider::of_metadata("https://login.test", metadata).unwrap();
    Machine::new(Client::new(provider, ClientAuthentication::post("PAR_app", "its secret"), tokens.clone()))
}

pub(super) fn api_of<S: TokenSource>(source: S, gateway: &Gateway) -> Api<S, Gateway, Time> {
    let base = BaseUrl::parse(BASE).unwrap();
    Api::new(base, source, scope(), gateway.clone(), gateway.time.clone())
        .with_entropy(Arc::new(SeededEntropy::new(7)))
}

pub(super) fn api(gateway: &Gateway) -> Api<Machine<Tokens>, Gateway, Time> {
    api_of(machine(&Tokens::default()), gateway)
}

/// An answer with headers.
pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Response<Bytes> {
    let builder = Response::builder().status(StatusCode::from_u16(status).unwrap());
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    builder.body(Bytes::from(body.to_owned())).unwrap()
}

/// What was sent as a token.
pub(super) fn bearer(request: &Request<Bytes>) -> &str {
    request.headers()[header::AUTHORIZATION].to_str().unwrap()
}

pub(super) fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}
