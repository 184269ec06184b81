//! Logs: one line per event on standard error, as JSON for `serve`, as text for people. `json_line.rs` says what the
//! JSON looks like.

use std::io::{self, Write};

use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};
use crate::json_line::JsonLine;

/// Starts logging as the command deserves. `ROYAUME_LOG` overrides what is logged.
pub(crate) fn start(cli: &Cli) {
    let usual = match cli.command {
        Command::Serve(_) => "info",
        Command::Dev(_) => "warn",
        _ => "error",
    };
    let filter = EnvFilter::try_from_env("ROYAUME_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| StandardError);
    // A second start, in a test that runs two commands in one process, changes nothing.
    let _ = match cli.command {
        Command::Serve(_) => builder.event_format(JsonLine).try_init(),
        _ => builder.with_target(false).try_init(),
    };
}

/// Standard error without the lock of the standard library, under which requests would wait for each other's lines:
/// a line is one write, and the system keeps those apart. Nobody may be there to read it: then the line is lost, and no
/// request with it, which has been answered by its commit.
struct StandardError;

impl Write for StandardError {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(io::stderr(), line).unwrap_or(line.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
