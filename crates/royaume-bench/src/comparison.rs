//! A comparison: floor and server under the same load in turns (A B A B …), the median of each, and the median of the
//! ratios of neighbours.

use std::process::{Command, Stdio};

use royaume_jose::Algorithm;

use crate::Failure;
use crate::http;
use crate::load::{self, Caller, Callers, Round};
use crate::options::Options;
use crate::process::{Process, free_address};
use crate::served::Place;

/// The work that an answer cannot do without.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Floor {
    /// What is asked of the floor for one of what is counted.
    paths: &'static [&'static str],
    sign: Option<Algorithm>,
    rows: usize,
    hash: bool,
}

impl Floor {
    pub(crate) const fn constant() -> Self {
        Self { paths: &["/"], sign: None, rows: 0, hash: false }
    }

    pub(crate) const fn signing(algorithm: Algorithm) -> Self {
        Self { paths: &["/sign"], sign: Some(algorithm), rows: 0, hash: false }
    }

    pub(crate) const fn row() -> Self {
        Self { paths: &["/row"], sign: None, rows: 1, hash: false }
    }

    /// What a refresh token buys: it is spent, two tokens are kept, and an id token is signed.
    pub(crate) const fn refresh(algorithm: Algorithm) -> Self {
        Self { paths: &["/rows-and-sign"], sign: Some(algorithm), rows: 3, hash: false }
    }

    /// Two requests: one that keeps a code, one that keeps what it buys.
    pub(crate) const fn flow(algorithm: Algorithm) -> Self {
        Self { paths: &["/row", "/rows-and-sign"], sign: Some(algorithm), rows: 4, hash: false }
    }

    /// What a browser and an application ask of a login: the request waits, the page, the password, the way back, the
    /// code, its tokens.
    pub(crate) const fn login() -> Self {
        Self {
            paths: &["/row", "/", "/hash-and-row", "/row", "/rows-and-sign"],
            sign: Some(Algorithm::Rs256),
            rows: 6,
            hash: true,
        }
    }

    /// In words.
    pub(crate) fn describe(&self) -> String {
        let signed = self.sign.map(|algorithm| format!("one {algorithm} signature"));
        let rows = match self.rows {
            0 => None,
            1 => Some("one durable row".to_owned()),
            rows => {
                let commits = self.paths.iter().filter(|path| path.contains("row")).count();
                Some(format!("{rows} durable rows in {commits} commits"))
            }
        };
        let rows = if self.hash { rows.map(|rows| format!("one password hash, {rows}")) } else { rows };
        match (rows, signed) {
            (None, None) => "a constant".to_owned(),
            (Some(one), None) | (None, Some(one)) => one,
            (Some(rows), Some(signed)) => format!("{rows}, {signed}"),
        }
    }

    fn start(&self, place: &Place) -> Result<Process, Failure> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["floor", "--listen", &address.to_string()]).stdin(Stdio::null()).stdout(Stdio::null());
        if let Some(algorithm) = self.sign {
            command.args(["--sign", algorithm.as_str()]);
        }
        if self.hash {
            command.arg("--hash");
        }
        if self.rows > 0 {
            command.args(&place.floor_store);
        }
        Ok(Process::start(&mut command, address, "/")?.0)
    }

    fn callers(&self, server: &Process, connections: usize) -> Callers {
        let requests: Vec<_> = self.paths.iter().map(|path| http::get(server.address, path, "")).collect();
        let caller = |_| Box::new(InTurn { requests: requests.clone(), next: 0 }) as Box<dyn Caller>;
        (0..connections).map(caller).collect()
    }
}

/// Asks one after the other; all of them are one of what is counted.
struct InTurn {
    requests: Vec<Vec<u8>>,
    next: usize,
}

impl Caller for InTurn {
    fn ask(&mut self, request: &mut Vec<u8>) {
        request.extend_from_slice(&self.requests[self.next]);
    }

    fn hear(&mut self, answer: &http::Answer<'_>) -> Result<bool, Failure> {
        if answer.status != 200 {
            return Err(answer.unexpected());
        }
        self.next = (self.next + 1) % self.requests.len();
        Ok(self.next == 0)
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) struct Compared {
    pub(crate) floor: Round,
    pub(crate) server: Round,
    /// What the server completes for each that the floor completes.
    pub(crate) rate: f64,
    /// Processor time of the floor for that of the server.
    pub(crate) processor: f64,
}

/// Loads both in turns.
pub(crate) fn run(
    floor: &Floor,
    place: &Place,
    server: &Process,
    callers: &mut Callers,
    options: &Options,
) -> Result<Compared, Failure> {
    let bare = floor.start(place)?;
    let mut bare_callers = floor.callers(&bare, callers.len());
    // The first round of each warms caches and files, and is not counted.
    load::round(&bare, &mut bare_callers, options.round() / 2)?;
    load::round(server, callers, options.round() / 2)?;
    let (mut floors, mut servers) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        floors.push(load::round(&bare, &mut bare_callers, options.round())?);
        servers.push(load::round(server, callers, options.round())?);
    }
    bare.end()?;
    let ratios = |of: fn(&Round, &Round) -> f64| {
        median(floors.iter().zip(&servers).map(|(floor, server)| of(floor, server)).collect())
    };
    Ok(Compared {
        rate: ratios(|floor, server| server.rate / floor.rate),
        processor: ratios(|floor, server| floor.processor / server.processor),
        floor: middle(&floors),
        server: middle(&servers),
    })
}

fn middle(rounds: &[Round]) -> Round {
    let of = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    Round {
        rate: of(|round| round.rate),
        processor: of(|round| round.processor),
        p50: of(|round| round.p50),
        p99: of(|round| round.p99),
    }
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let half = figures.len() / 2;
    if figures.len() % 2 == 1 { figures[half] } else { (figures[half - 1] + figures[half]) / 2.0 }
}
