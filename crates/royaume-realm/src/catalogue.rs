//! The APIs of an organisation, as data: which realm each belongs to, what a token is asked for, how often it may be called.

use serde::{Deserialize, Serialize};

use crate::{Certainty, RealmName, SubjectKind, Text, Topology, TopologyError};

mod choice;
mod file;
mod lookup;

pub use choice::{Choice, ChoiceError};
pub use lookup::LookupError;

/// The APIs that stand behind the realms of a topology.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Catalogue {
    /// The version of the facts in it.
    pub version: String,
    /// Below this address the APIs are, in production; without a slash at its end.
    pub base_url: String,
    /// The APIs, in the order of the file.
    pub apis: Vec<ApiDescription>,
}

/// One version of one API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiDescription {
    /// Its short name, as scope and path have it: `offresdemploi`.
    pub code: String,
    /// Its version.
    pub version: u16,
    /// What people call it.
    pub title: Text,
    /// The realm that its tokens come from.
    pub realm: RealmName,
    /// Whom it is called for.
    pub caller: SubjectKind,
    /// The scope that opens the API at all: `api_offresdemploiv2`.
    pub technical_scope: String,
    /// The scopes of what it lets one read and write.
    pub business_scopes: Vec<String>,
    /// Its path below the base address: `offresdemploi/v2`.
    pub path: String,
    /// Request headers that it wants beside the token.
    pub headers: Vec<String>,
    /// Other words that people look for it by.
    pub words: Vec<String>,
    /// Scopes as documentation has misprinted them, which are refused.
    pub misspelled: Vec<String>,
    /// How often it may be called, if that is known.
    pub quota: Option<Quota>,
    /// How far one can page through its results, if it has pages.
    pub pages: Option<Pages>,
    /// Has it a sandbox? Nothing, if nobody knows.
    pub sandbox: Option<bool>,
    /// The technical scope of an API that it took the place of.
    pub replaces: Option<String>,
    /// The technical scope of the API to use instead.
    pub replaced_by: Option<String>,
    /// How sure the row is.
    pub certainty: Certainty,
    /// Where it was read.
    pub source: String,
}

/// How often an API may be called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// By one application.
    pub application: Option<Rate>,
    /// By all applications together.
    pub api: Option<Rate>,
    /// How sure that is.
    pub certainty: Certainty,
    /// Where it was read.
    pub source: String,
}

/// So many calls in so many seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// At least one.
    pub calls: u32,
    /// At least one.
    pub seconds: u32,
}

/// The window of an API that answers in pages, by positions counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The most results of one page.
    pub largest: u32,
    /// The last position that a page may begin with.
    pub last_start: u32,
    /// The last position that is ever shown.
    pub last_end: u32,
}

/// The catalogues that come with this crate: topology, text.
const PRESETS: [(&str, &str); 1] =
    [(Topology::FRANCE_TRAVAIL, include_str!("../presets/france-travail/catalogue.toml"))];

impl Catalogue {
    /// Reads a catalogue for a topology: its own rows alone.
    ///
    /// # Errors
    /// [`CatalogueError`]: the first row that cannot be used.
    pub fn parse(text: &str, topology: &Topology) -> Result<Catalogue, CatalogueError> {
        file::catalogue(None, text, topology)
    }

    /// The catalogue of a preset, for its own topology or one that extends it.
    ///
    /// # Errors
    /// [`CatalogueError::File`] when no preset has the name, [`CatalogueError::Misfit`] when the topology lacks what the
    /// catalogue speaks of.
    pub fn preset(name: &str, topology: &Topology) -> Result<Catalogue, CatalogueError> {
        file::catalogue(None, preset(name)?, topology)
    }

    /// The catalogue of a preset, with the rows of a topology file that extends it: an `[[api]]` of a code and version that
    /// the preset has changes what it names, another one is added.
    ///
    /// # Errors
    /// [`CatalogueError`].
    pub fn extended(name: &str, text: &str, topology: &Topology) -> Result<Catalogue, CatalogueError> {
        file::catalogue(Some(preset(name)?), text, topology)
    }
}

fn preset(name: &str) -> Result<&'static str, CatalogueError> {
    let text = PRESETS.iter().find(|(preset, _)| *preset == name).map(|(_, text)| *text);
    text.ok_or_else(|| {
        let nearest = crate::nearest::nearest(name, PRESETS.iter().map(|(name, _)| *name)).map(str::to_owned);
        CatalogueError::File(TopologyError::UnknownPreset { name: name.to_owned(), nearest })
    })
}

/// A catalogue that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// The file has another shape, or there is no such preset.
    #[error(transparent)]
    File(#[from] TopologyError),
    /// A row that breaks a rule, or does not fit the topology.
    #[error("the API `{api}`: {reason}")]
    Misfit {
        /// Its code and version, as `offresdemploi v2`.
        api: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl ApiDescription {
    /// What a token for it is asked for: the technical scope, then the business scopes.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.technical_scope).chain(&self.business_scopes).map(String::as_str)
    }
}
