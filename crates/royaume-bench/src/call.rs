//! What a call of an API costs by the client, beside the same call by reqwest alone: of the same bare server, in turns.

use std::process::{Command, Stdio};
use std::time::Duration;

use royaume_client::{
    Api, BaseUrl, Client, ClientAuthentication, Machine, Provider, ReqwestTransport, Scope, SystemClock,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

use crate::client::Tokens;
use crate::comparison::median;
use crate::options::Options;
use crate::process::{Process, free_address};
use crate::{Failure, stopwatch};

/// Those who call at once.
const TASKS: [usize; 2] = [1, 8];

/// What came of it: medians of the rounds.
#[derive(Debug)]
pub(crate) struct Called {
    /// Microseconds of the wall for a call by reqwest alone.
    pub(crate) bare: f64,
    /// The same by Api.
    pub(crate) ours: f64,
    /// The one for the other, in neighbouring rounds.
    pub(crate) ratio: f64,
}

/// What calls.
#[derive(Clone)]
enum Caller {
    Bare(reqwest::Client, String),
    Ours(Api<Machine<Tokens>, ReqwestTransport, SystemClock>),
}

impl Caller {
    async fn call(&self) -> Result<usize, Failure> {
        Ok(match self {
            Self::Bare(client, address) => {
                let sent = client.get(address).bearer_auth("000000000000000000000000000").send().await?;
                sent.error_for_status()?.bytes().await?.len()
            }
            Self::Ours(api) => api.get("/").send().await?.body().len(),
        })
    }
}

/// Measures it, by the number of tasks.
pub(crate) fn run(options: &Options) -> Result<Vec<(usize, Called)>, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = Builder::new_multi_thread().worker_threads(cores).enable_all().build()?;
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["floor", "--listen", &address.to_string()]).stdin(Stdio::null()).stdout(Stdio::null());
    let (server, _) = Process::start(&mut command, address, "/")?;
    let base = format!("http://{address}");
    let bare = Caller::Bare(alone()?, format!("{base}/"));
    let ours = Caller::Ours(api(&base)?);
    let mut called = Vec::new();
    for tasks in TASKS {
        // The first calls open connections, and get a token.
        for caller in [&bare, &ours] {
            many(&runtime, caller, tasks, options.round() / 4)?;
        }
        let (mut bares, mut all_ours) = (Vec::new(), Vec::new());
        for _ in 0..options.rounds() {
            bares.push(many(&runtime, &bare, tasks, options.round())?);
            all_ours.push(many(&runtime, &ours, tasks, options.round())?);
        }
        let ratio = median(bares.iter().zip(&all_ours).map(|(bare, ours)| ours / bare).collect());
        called.push((tasks, Called { bare: median(bares), ours: median(all_ours), ratio }));
    }
    server.end()?;
    Ok(called)
}

/// As a careful program sets it up: with the same limits as ours.
fn alone() -> Result<reqwest::Client, Failure> {
    Ok(reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(5))
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()?)
}

fn api(base: &str) -> Result<Api<Machine<Tokens>, ReqwestTransport, SystemClock>, Failure> {
    let metadata =
        serde_json::from_str(r#"{"issuer":"https://a.example","token_endpoint":"https://a.example/token"}"#)?;
    let provider = Provider::of_metadata("https://a.example", metadata)?;
    let application = ClientAuthentication::post("PAR_application", "its secret");
    let machine = Machine::new(Client::new(provider, application, Tokens::default()));
    let scope = Scope::parse("api_offresdemploiv2 o2dsoffre")?;
    Ok(Api::new(BaseUrl::parse(base)?, machine, scope, ReqwestTransport::new()?, SystemClock))
}

/// Microseconds of the wall for each call, by so many tasks.
fn many(runtime: &Runtime, caller: &Caller, tasks: usize, lasting: Duration) -> Result<f64, Failure> {
    let began = stopwatch::now();
    let done = runtime.block_on(async {
        let mut callers = JoinSet::new();
        for _ in 0..tasks {
            let caller = caller.clone();
            callers.spawn(async move {
                let mut done = 0_u32;
                while began.elapsed() < lasting {
                    caller.call().await?;
                    done += 1;
                }
                Ok::<_, Failure>(done)
            });
        }
        callers.join_all().await.into_iter().sum::<Result<u32, _>>()
    })?;
    Ok(began.elapsed().as_secs_f64() * 1e6 / f64::from(done))
}
