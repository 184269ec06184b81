//! The realms and APIs that the client's commands know: France Travail's, as a file of one's own changes them.

use std::path::PathBuf;

use clap::Args;
use royaume_realm::{Catalogue, Topology};

use crate::failure::Failure;

/// Which realms and APIs.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Realms {
    /// A file that changes addresses, scopes or APIs of France Travail, or adds some (`extends = "france-travail"`).
    #[arg(long, env = "ROYAUME_TOPOLOGY", value_name = "FILE")]
    pub(crate) topology: Option<PathBuf>,
}

impl Realms {
    /// The realms.
    pub(crate) fn topology(&self) -> Result<Topology, Failure> {
        match self.text()? {
            Some(text) => Topology::parse(&text).map_err(|error| self.unusable(error)),
            None => Topology::preset(Topology::FRANCE_TRAVAIL).map_err(Failure::usage),
        }
    }

    /// The realms, and the APIs behind them.
    pub(crate) fn catalogue(&self) -> Result<(Topology, Catalogue), Failure> {
        let topology = self.topology()?;
        let catalogue = match self.text()? {
            Some(text) => Catalogue::extended(Topology::FRANCE_TRAVAIL, &text, &topology)
                .map_err(|error| self.unusable(error))?,
            None => Catalogue::preset(Topology::FRANCE_TRAVAIL, &topology).map_err(Failure::usage)?,
        };
        Ok((topology, catalogue))
    }

    fn text(&self) -> Result<Option<String>, Failure> {
        let read = self.topology.as_ref().map(std::fs::read_to_string).transpose();
        read.map_err(|error| self.unusable(format!("it cannot be read: {error}")))
    }

    fn unusable(&self, why: impl ToString) -> Failure {
        let path = self.topology.as_deref().unwrap_or(std::path::Path::new(Topology::FRANCE_TRAVAIL));
        Failure::Usage(format!("{}: {}", path.display(), why.to_string()))
    }
}
