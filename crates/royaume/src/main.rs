//! `royaume`: France Travail's authentication on your own machine, the server behind it, and its clients.

mod cli;
mod commands;
mod configuration;
#[cfg(feature = "failpoints")]
mod failpoints;
mod failure;
mod json_line;
mod language;
mod logging;
mod outbound;
mod output;
mod place;
mod profiles;
mod proxies;
mod realms;
mod vault;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    logging::start(&cli);
    #[cfg(feature = "failpoints")]
    failpoints::arm();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::complain(&format!("the system gives no threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}
