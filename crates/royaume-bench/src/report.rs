//! The figures, for people and for programs.

use std::path::Path;

use serde_json::{Value, json};

use crate::call::Called;
use crate::client::Kept;
use crate::comparison::Compared;
use crate::load::Round;
use crate::options::Options;
use crate::scenarios::storm::Storm;
use crate::start::Start;
use crate::{Failure, stopwatch};

/// A report that is printed while it grows.
pub(crate) struct Report {
    json: bool,
    about: Value,
    scenarios: Vec<Value>,
    starts: Vec<Value>,
    storms: Vec<Value>,
    client: Option<Value>,
    calls: Vec<Value>,
}

impl Report {
    pub(crate) fn begin(options: &Options, server: &Path) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let date = stopwatch::today().to_string();
        let milliseconds = options.round().as_millis();
        let report = Self {
            json: options.json,
            about: json!({
                "date": date,
                "cores": cores,
                "connections": options.connections(),
                "rounds": options.rounds(),
                "milliseconds": milliseconds,
                "version": env!("CARGO_PKG_VERSION"),
                "server": server,
            }),
            scenarios: Vec::new(),
            starts: Vec::new(),
            storms: Vec::new(),
            client: None,
            calls: Vec::new(),
        };
        report.line(&format!(
            "Royaume {} beside a bare HTTP server, {date}: {cores} cores for server and load together, {} connections,\n\
             {} rounds of {milliseconds} ms for each in turns; medians. CPU: microseconds of the server for each.\n",
            env!("CARGO_PKG_VERSION"),
            options.connections(),
            options.rounds(),
        ));
        report.line(&format!(
            "{:<26} {:>9} {:>9} {:>6}   {:>7} {:>7} {:>6}   {:>7} {:>7}   {}",
            "", "floor/s", "ours/s", "ratio", "CPU", "CPU", "ratio", "p50 ms", "p99 ms", "the floor does"
        ));
        report
    }

    pub(crate) fn compared(&mut self, name: &str, floor: String, compared: &Compared) {
        let Compared { floor: bare, server, rate, processor } = compared;
        self.line(&format!(
            "{name:<26} {:>9.0} {:>9.0} {rate:>6.2}   {:>7.1} {:>7.1} {processor:>6.2}   {:>7.2} {:>7.2}   {floor}",
            bare.rate,
            server.rate,
            bare.processor,
            server.processor,
            server.p50 / 1e3,
            server.p99 / 1e3,
        ));
        self.scenarios.push(json!({
            "name": name,
            "floor_does": floor,
            "floor": figures(bare),
            "server": figures(server),
            "rate_ratio": rate,
            "processor_ratio": processor,
        }));
    }

    pub(crate) fn started(&mut self, name: &str, start: &Start) {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        self.line(&format!(
            "{name:<26} ready in {:.0} ms, at the first start in {:.0} ms; {:.1} MiB idle, {:.1} MiB after the load",
            start.again.as_secs_f64() * 1e3,
            start.first.as_secs_f64() * 1e3,
            mib(start.idle),
            mib(start.loaded),
        ));
        self.starts.push(json!({
            "name": name,
            "first_seconds": start.first.as_secs_f64(),
            "seconds": start.again.as_secs_f64(),
            "idle_bytes": start.idle,
            "loaded_bytes": start.loaded,
        }));
    }

    pub(crate) fn stormed(&mut self, name: &str, storm: &Storm) {
        self.line(&format!(
            "{name:<26} 200 people sign in: {:.0} logins/s, p99 {:.0} ms; tokens meanwhile p99 {:.2} ms, quiet {:.2} ms, ratio {:.2}",
            storm.logins,
            storm.login_p99 / 1e3,
            storm.stormy / 1e3,
            storm.quiet / 1e3,
            storm.ratio,
        ));
        self.storms.push(json!({
            "name": name,
            "logins_per_second": storm.logins,
            "login_p99_microseconds": storm.login_p99,
            "token_p99_microseconds": storm.stormy,
            "quiet_token_p99_microseconds": storm.quiet,
            "p99_ratio": storm.ratio,
        }));
    }

    pub(crate) fn kept(&mut self, name: &str, kept: &Kept) {
        self.line(&format!(
            "{name:<26} a token that is kept: {:.0} ns, {:.0} ns of a core for each of 8 tasks; 10,000 who want one ask {} time(s); {:.0} bytes a key",
            kept.alone, kept.together, kept.asked, kept.bytes,
        ));
        self.client = Some(json!({
            "name": name,
            "kept_nanoseconds": kept.alone,
            "kept_nanoseconds_of_a_core_at_eight": kept.together,
            "asked_by_ten_thousand": kept.asked,
            "bytes_a_key": kept.bytes,
        }));
    }

    pub(crate) fn called(&mut self, name: &str, tasks: usize, called: &Called) {
        let Called { bare, ours, ratio } = called;
        self.line(&format!(
            "{name:<26} a call by {tasks} task(s): {bare:.1} us with reqwest alone, {ours:.1} us with Api, {:+.1} %",
            (ratio - 1.0) * 100.0,
        ));
        self.calls.push(json!({
            "tasks": tasks,
            "bare_microseconds": bare,
            "microseconds": ours,
            "ratio": ratio,
        }));
    }

    /// For programs, everything at once.
    pub(crate) fn end(self) {
        if self.json {
            let whole = json!({ "about": self.about, "scenarios": self.scenarios, "starts": self.starts, "storms": self.storms, "client": self.client, "calls": self.calls });
            print(&format!("{whole:#}"));
        }
    }

    fn line(&self, line: &str) {
        if !self.json {
            print(line);
        }
    }
}

fn figures(round: &Round) -> Value {
    json!({
        "per_second": round.rate,
        "processor_microseconds": round.processor,
        "p50_microseconds": round.p50,
        "p99_microseconds": round.p99,
    })
}

#[expect(clippy::print_stdout, reason = "the report is what the program is for")]
fn print(line: &str) {
    println!("{line}");
}

/// Why there is no report.
#[expect(clippy::print_stderr, reason = "errors are for people")]
pub(crate) fn complain(failure: &Failure) {
    eprintln!("royaume-bench: {failure}");
}
