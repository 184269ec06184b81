//! Looking a name up.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::pin::Pin;
use std::thread;

use tokio::sync::oneshot;

/// The addresses of a name, when they are known.
pub type Resolving = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// What looks names up: once for each request, and what it answers is judged before anything is dialled.
pub trait Resolve: fmt::Debug + Send + Sync {
    /// All addresses of a host's name, which is in lower case and without a final dot.
    fn resolve(&self, name: &str) -> Resolving;
}

/// As every program of this machine does it: its hosts file, its name servers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    /// On a thread of its own, because the system cannot be told to stop looking: it delays nobody's shutdown, and
    /// takes no thread from others. [`crate::Limits`] bounds how many there are.
    fn resolve(&self, name: &str) -> Resolving {
        let name = name.to_owned();
        let (tell, told) = oneshot::channel();
        let started = thread::Builder::new().name("lookup".to_owned()).spawn(move || {
            let found = (name.as_str(), 0).to_socket_addrs();
            // Nobody listens any more when the time was up.
            let _ =
                tell.send(found.map(|addresses| addresses.map(|address: SocketAddr| address.ip()).collect()));
        });
        Box::pin(async move {
            started?;
            told.await.unwrap_or_else(|_| Err(io::Error::other("the lookup ended without an answer")))
        })
    }
}
