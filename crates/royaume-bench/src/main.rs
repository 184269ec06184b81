//! What Royaume costs: the release server beside a bare HTTP server on the same stack, on the same machine, in the same
//! minutes. What counts are the ratios: the machine may be busy, but then it is busy for both.
//!
//! | file | idea |
//! |---|---|
//! | `options.rs` | the command line |
//! | `floor.rs` | the bare server: the unavoidable work of an answer, and nothing else |
//! | `served.rs` | the release server on a store of its own, with its clients and people |
//! | `process.rs` | a server in a process of its own: processor time, memory, end |
//! | `http.rs` | one keep-alive connection, as a client |
//! | `sign_in.rs` | a person's way through the pages, for a session |
//! | `load.rs` | many connections that ask as fast as they are answered |
//! | `scenarios/` | what is asked, one file each, and the list |
//! | `comparison.rs` | floor and server in turns, and what comes of it |
//! | `client.rs` | what the client costs the application that uses it |
//! | `call.rs` | what calling an API by it costs beside calling it barely |
//! | `start.rs` | from the start of a process to its first answer, and its memory |
//! | `report.rs` | the figures, for people and for programs |

mod call;
mod client;
mod comparison;
mod floor;
mod http;
mod load;
mod options;
mod process;
mod report;
mod scenarios;
mod served;
mod sign_in;
mod start;
mod stopwatch;

use std::process::ExitCode;

use clap::Parser as _;

use crate::options::{Command, Options};

/// Why there is no figure, in words.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.command {
        Some(Command::Floor(floor)) => floor::run(floor),
        None => measure(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            report::complain(&failure);
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<(), Failure> {
    let server = served::program(options)?;
    let mut report = report::Report::begin(options, &server);
    if options.wants("client") {
        report.kept("client", &client::run(options)?);
        for (tasks, called) in call::run(options)? {
            report.called("client", tasks, &called);
        }
    }
    for store in options.stores() {
        scenarios::run(store, options, &server, &mut report)?;
    }
    report.end();
    Ok(())
}
