//! Logs: one line per event on standard error, as JSON for `serve`, as text for people.

use tracing_subscriber::EnvFilter;

use crate::cli::{Cli, Command};

/// Starts logging as the command deserves. `ROYAUME_LOG` overrides what is logged.
pub(crate) fn start(cli: &Cli) {
    let usual = match cli.command {
        Command::Serve(_) => "info",
        Command::Dev(_) => "warn",
        _ => "error",
    };
    let filter = EnvFilter::try_from_env("ROYAUME_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start, in a test that runs two commands in one process, changes nothing.
    let _ = match cli.command {
        Command::Serve(_) => builder.json().try_init(),
        _ => builder.with_target(false).try_init(),
    };
}
