//! `royaume serve`: the server for real use. No samples, no default secrets.

use std::sync::Arc;

use royaume_jose::SystemEntropy;
use royaume_listen::Listener;
use royaume_server::{Server, SystemClock};

use super::run::{self, Front, Stop};
use crate::cli;
use crate::configuration::Serve;
use crate::failure::Failure;
use crate::outbound;

pub(super) async fn run(asked: cli::Serve) -> Result<(), Failure> {
    let stop = Stop::listen()?;
    let serve = Serve::read(&asked.config)?;
    let server_key = serve.server_key()?;
    let store = serve.store(asked.create).await?;
    let base_url = serve.configuration.base_url.clone();
    let clock = Arc::new(SystemClock);
    let outbound = outbound::guarded(serve.fetch)?;
    let server =
        Server::start(store, server_key, serve.configuration, clock, Arc::new(SystemEntropy), outbound)
            .await?;
    let listener = Listener::bind(serve.listen, serve.limits)
        .await
        .map_err(|error| Failure::Usage(format!("{} cannot be listened on: {error}", serve.listen)))?
        .proxies(serve.proxies.iter())
        .only_proxies();
    tracing::info!(listen = %serve.listen, %base_url, "serving");
    let (proxies, counters) = (serve.proxies, listener.counters());
    let front = Front { server, proxies, counters, extra: None, gateway: None };
    run::serve(listener, front, stop).await
}
