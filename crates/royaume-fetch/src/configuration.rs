//! What the operator decides: who may be inside, who is believed, and the limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::host::AllowedHost;
use crate::resolve::{Resolve, SystemResolver};

/// Everything that a [`crate::Fetch`] is made of.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// Hosts whose addresses may be loopback or private. One of them that is loopback may be asked by http too: nothing
    /// leaves this machine.
    pub allow: Vec<AllowedHost>,
    /// PEM files with authorities that are believed beside those that the system trusts.
    pub trust_roots: Vec<PathBuf>,
    /// The limits.
    pub limits: Limits,
    /// What looks names up.
    pub resolver: Arc<dyn Resolve>,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            trust_roots: Vec::new(),
            limits: Limits::default(),
            resolver: Arc::new(SystemResolver),
        }
    }
}

/// What one request may take, and how many there may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// From asking to the end of the answer's body, waiting for a place included.
    pub time: Duration,
    /// Bytes of an answer's body.
    pub body_bytes: usize,
    /// Bytes of an answer's head.
    pub head_bytes: usize,
    /// Requests at once.
    pub at_once: usize,
    /// Requests at once to one host.
    pub at_once_per_host: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(3),
            body_bytes: 64 * 1024,
            head_bytes: 16 * 1024,
            at_once: 64,
            at_once_per_host: 4,
        }
    }
}

/// A configuration that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// A limit of nothing.
    #[error("{0} is 0, with which nothing is ever fetched: leave it out for its default")]
    Limit(&'static str),
    /// A file of authorities that does not read.
    #[error("the trusted authorities {} do not read: {why}", file.display())]
    TrustRoots {
        /// Which.
        file: PathBuf,
        /// Why not.
        why: String,
    },
    /// The library that speaks TLS refuses its own defaults.
    #[error("TLS cannot be spoken: {0}")]
    Tls(String),
}

impl Limits {
    pub(crate) fn check(&self) -> Result<(), Unusable> {
        let nothing = [
            ("seconds", self.time.is_zero()),
            ("body_bytes", self.body_bytes == 0),
            ("head_bytes", self.head_bytes == 0),
            ("at_once", self.at_once == 0),
            ("at_once_per_host", self.at_once_per_host == 0),
        ];
        nothing.iter().find(|(_, nothing)| *nothing).map_or(Ok(()), |(name, _)| Err(Unusable::Limit(name)))
    }
}
