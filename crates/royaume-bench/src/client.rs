//! What the client costs the application that uses it: a token that it has already, and one that thousands want at once.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use royaume_client::{Client, ClientAuthentication, Machine, Provider};
use royaume_protocol::Scope;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;
use tower::Service;

use crate::comparison::median;
use crate::options::Options;
use crate::process::resident;
use crate::{Failure, stopwatch};

/// Those who want a token at once.
const TASKS: usize = 8;
/// Those who want a token that is not there yet.
const CROWD: usize = 10_000;
/// Keys whose memory is counted.
const KEYS: usize = 1_000;
/// Tokens between two looks at the clock.
const AT_ONCE: u32 = 1_000;

/// What came of it: medians of the rounds.
pub(crate) struct Kept {
    /// Nanoseconds for a token, the reading of the time of day included.
    pub(crate) alone: f64,
    /// The same of eight tasks together, in nanoseconds of a core.
    pub(crate) together: f64,
    /// How often a provider was asked that ten thousand wanted a token from.
    pub(crate) asked: usize,
    /// Bytes for each of a thousand keys.
    pub(crate) bytes: f64,
}

/// A provider without a network.
#[derive(Clone, Default)]
pub(crate) struct Tokens(Arc<AtomicUsize>);

impl Service<Request<Bytes>> for Tokens {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Bytes>) -> Self::Future {
        let number = self.0.fetch_add(1, Ordering::Relaxed);
        let body = format!(
            r#"{{"access_token":"{number:027}","token_type":"Bearer","scope":"api_offresdemploiv2 o2dsoffre","expires_in":1499}}"#
        );
        ready(Ok(Response::new(Bytes::from(body))))
    }
}

fn machine() -> Result<(Machine<Tokens>, Tokens), Failure> {
    let metadata =
        serde_json::from_str(r#"{"issuer":"https://a.example","token_endpoint":"https://a.example/token"}"#)?;
    let provider = Provider::of_metadata("https://a.example", metadata)?;
    let tokens = Tokens::default();
    let application = ClientAuthentication::post("PAR_application", "its secret");
    Ok((Machine::new(Client::new(provider, application, tokens.clone())), tokens))
}

/// Measures it all.
pub(crate) fn run(options: &Options) -> Result<Kept, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = Builder::new_multi_thread().worker_threads(cores).build()?;
    let scope = Scope::parse("api_offresdemploiv2 o2dsoffre")?;
    // First of all: what others leave behind would be used again.
    let bytes = runtime.block_on(keys())?;
    let (machine, _) = machine()?;
    let lasting = options.round() / 4;
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        alone.push(many(&runtime, &machine, &scope, 1, lasting)?);
        together.push(many(&runtime, &machine, &scope, TASKS, lasting)? * cores.min(TASKS) as f64);
    }
    let asked = runtime.block_on(crowd(&scope))?;
    Ok(Kept { alone: median(alone), together: median(together), asked, bytes })
}

/// Nanoseconds of the wall for each token, by so many tasks.
fn many(
    runtime: &Runtime,
    machine: &Machine<Tokens>,
    scope: &Scope,
    tasks: usize,
    lasting: Duration,
) -> Result<f64, Failure> {
    let began = stopwatch::now();
    let had = runtime.block_on(async {
        let mut callers = JoinSet::new();
        for _ in 0..tasks {
            let (machine, scope) = (machine.clone(), scope.clone());
            callers.spawn(async move {
                let mut had = 0_u32;
                while began.elapsed() < lasting {
                    for _ in 0..AT_ONCE {
                        drop(machine.token(&scope, stopwatch::today()).await?);
                    }
                    had = had.saturating_add(AT_ONCE);
                }
                Ok::<_, Failure>(had)
            });
        }
        callers.join_all().await.into_iter().sum::<Result<u32, _>>()
    })?;
    Ok(began.elapsed().as_nanos() as f64 / f64::from(had))
}

async fn crowd(scope: &Scope) -> Result<usize, Failure> {
    let (machine, tokens) = machine()?;
    let now = stopwatch::today();
    let mut callers = JoinSet::new();
    for _ in 0..CROWD {
        let (machine, scope) = (machine.clone(), scope.clone());
        callers.spawn(async move { machine.token(&scope, now).await.map(drop) });
    }
    callers.join_all().await.into_iter().collect::<Result<(), _>>()?;
    Ok(tokens.0.load(Ordering::Relaxed))
}

async fn keys() -> Result<f64, Failure> {
    let (machine, _) = machine()?;
    let now: Timestamp = stopwatch::today();
    let before = resident("self")?;
    for number in 0..KEYS {
        machine.token(&Scope::parse(&format!("api_offresdemploiv2 o2dsoffre s{number}"))?, now).await?;
    }
    Ok(resident("self")?.saturating_sub(before) as f64 / KEYS as f64)
}
