//! Load: connections that ask again as soon as they are answered (a closed loop), each with a caller who knows what to
//! ask next.
//!
//! The generator shares the machine's cores with the server that it measures, for the floor as for Royaume. It runs on
//! as many threads as there are cores, each with connections and a scheduler of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::http::{Answer, Inbox};
use crate::process::Process;
use crate::{Failure, stopwatch};

/// What one connection asks, again and again.
pub(crate) trait Caller: Send {
    /// Writes the next request into an empty buffer.
    fn ask(&mut self, request: &mut Vec<u8>);

    /// Reads the answer. True when it completes what is counted: a request, or a whole flow.
    fn hear(&mut self, answer: &Answer<'_>) -> Result<bool, Failure>;

    /// Where it calls from, when that matters: one of this machine's own addresses.
    fn calls_from(&self) -> Option<Ipv4Addr> {
        None
    }
}

/// The callers of all connections. They outlive a round: a refresh token must not be lost between two.
pub(crate) type Callers = Vec<Box<dyn Caller>>;

/// What one round came to.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// Completed, per second.
    pub(crate) rate: f64,
    /// Processor time of the server for each, in microseconds.
    pub(crate) processor: f64,
    /// Half of the requests were answered in less, in microseconds.
    pub(crate) p50: f64,
    /// All but a hundredth were.
    pub(crate) p99: f64,
}

/// Loads a server for so long.
pub(crate) fn round(server: &Process, callers: &mut Callers, lasting: Duration) -> Result<Round, Failure> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(callers.len());
    let share = callers.len().div_ceil(threads);
    let before = server.processor_time()?;
    let began = stopwatch::now();
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let running: Vec<_> = callers
            .chunks_mut(share)
            .map(|callers| scope.spawn(|| drive(server.address, callers, lasting)))
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err("a thread of the load panicked".into())))
            .collect::<Result<_, Failure>>()
    })?;
    let elapsed = began.elapsed();
    let spent = server.processor_time()?.saturating_sub(before);
    let completed: u64 = tallies.iter().map(|tally| tally.completed).sum();
    let mut latencies: Vec<u32> = tallies.into_iter().flat_map(|tally| tally.latencies).collect();
    latencies.sort_unstable();
    if completed == 0 {
        return Err("nothing was completed: give it more time".into());
    }
    let percentile =
        |share: usize| f64::from(latencies[(latencies.len() * share / 100).min(latencies.len() - 1)]);
    Ok(Round {
        rate: completed as f64 / elapsed.as_secs_f64(),
        processor: spent.as_secs_f64() * 1e6 / completed as f64,
        p50: percentile(50),
        p99: percentile(99),
    })
}

#[derive(Default)]
struct Tally {
    completed: u64,
    /// Microseconds of each request.
    latencies: Vec<u32>,
}

/// One thread of the load.
fn drive(address: SocketAddr, callers: &mut [Box<dyn Caller>], lasting: Duration) -> Result<Tally, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connections = FuturesUnordered::new();
        for caller in callers {
            let stream = match caller.calls_from() {
                None => TcpStream::connect(address).await?,
                Some(own) => {
                    let socket = TcpSocket::new_v4()?;
                    socket.bind((own, 0).into())?;
                    socket.connect(address).await?
                }
            };
            stream.set_nodelay(true)?;
            connections.push(call(stream, &mut **caller, lasting));
        }
        let mut whole = Tally::default();
        while let Some(tally) = connections.try_next().await? {
            whole.completed += tally.completed;
            whole.latencies.extend(tally.latencies);
        }
        Ok(whole)
    })
}

/// One connection, until its time is up and what it has begun is complete.
async fn call(mut stream: TcpStream, caller: &mut dyn Caller, lasting: Duration) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut inbox = Inbox::new();
    let mut request = Vec::with_capacity(2048);
    let began = stopwatch::now();
    let mut asked = began;
    let mut complete = false;
    while asked.duration_since(began) < lasting || !complete {
        request.clear();
        caller.ask(&mut request);
        stream.write_all(&request).await?;
        inbox.clear();
        loop {
            let came = stream.read(inbox.room()).await?;
            if inbox.came(came)? {
                break;
            }
        }
        complete = caller.hear(&inbox.answer()?)?;
        tally.completed += u64::from(complete);
        let answered = stopwatch::now();
        let latency = answered.duration_since(asked).as_micros();
        tally.latencies.push(u32::try_from(latency).unwrap_or(u32::MAX));
        asked = answered;
    }
    Ok(tally)
}
