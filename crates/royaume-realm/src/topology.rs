//! A topology: the realms of one organisation.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::nearest::nearest;
use crate::{Realm, Text, TopologyError, file, validation};

/// The realms that one server keeps, or one client speaks to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// Its short name.
    pub name: String,
    /// The version of the facts in it.
    pub version: String,
    /// What pages call the organisation.
    pub title: Text,
    /// Where the provider explains each flow.
    pub documentation: Documentation,
    /// The realms, in the order of the file.
    pub realms: Vec<Realm>,
}

/// The provider's own pages on each flow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Documentation {
    /// On the client credentials grant.
    pub client_credentials: Option<String>,
    /// On the authorization code grant for private applications.
    pub authorization_code: Option<String>,
    /// On the authorization code grant for public applications.
    pub authorization_code_with_pkce: Option<String>,
}

/// The presets: name, topology.
const PRESETS: [(&str, &str); 1] =
    [(Topology::FRANCE_TRAVAIL, include_str!("../presets/france-travail/topology.toml"))];

impl Topology {
    /// The name of the preset of France Travail.
    pub const FRANCE_TRAVAIL: &'static str = "france-travail";

    /// Reads and validates a topology file. A realm needs few lines; what it leaves out is as the standards have it.
    /// `extends = "france-travail"` beside the name begins with a preset: a realm of one of its names is changed by what is
    /// said of it, and any other is added.
    ///
    /// ```
    /// let topology = royaume_realm::Topology::parse(r#"
    ///     name = "example"
    ///
    ///     [[realm]]
    ///     name = "staff"
    ///     authenticates = "person"
    ///     grants = ["authorization_code", "refresh_token"]
    ///
    ///     [[realm.scope]]
    ///     name = "openid"
    ///     description = { fr = "Vous reconnaître", en = "Recognise you" }
    ///     claims = ["sub"]
    ///     source = "OpenID Connect Core 1.0 §5.4"
    /// "#)?;
    /// assert_eq!(topology.realms[0].claims_of(["openid"]), ["sub"]);
    /// # Ok::<(), royaume_realm::TopologyError>(())
    /// ```
    ///
    /// # Errors
    /// [`TopologyError`]: the first thing found wrong, as a sentence for its author.
    pub fn parse(text: &str) -> Result<Topology, TopologyError> {
        let topology = file::topology(text)?;
        topology.validate()?;
        Ok(topology)
    }

    /// A topology that comes with this crate.
    ///
    /// # Errors
    /// [`TopologyError::UnknownPreset`].
    pub fn preset(name: &str) -> Result<Topology, TopologyError> {
        Topology::parse(Topology::preset_text(name)?)
    }

    /// The file of a preset.
    pub(crate) fn preset_text(name: &str) -> Result<&'static str, TopologyError> {
        let text = PRESETS.iter().find(|(preset, _)| *preset == name).map(|(_, text)| *text);
        text.ok_or_else(|| TopologyError::UnknownPreset {
            name: name.to_owned(),
            nearest: nearest(name, Topology::presets()).map(str::to_owned),
        })
    }

    /// The names of the presets.
    pub fn presets() -> impl Iterator<Item = &'static str> {
        PRESETS.iter().map(|(name, _)| *name)
    }

    /// Holds every rule of a topology; [`Topology::parse`] has done so, a caller who changed a field does it again.
    ///
    /// # Errors
    /// [`TopologyError`]: the first rule broken.
    pub fn validate(&self) -> Result<(), TopologyError> {
        validation::validate(self)
    }

    /// The realm that has the name or alias, with or without a slash before it.
    pub fn realm(&self, name: &str) -> Option<&Realm> {
        let name = name.strip_prefix('/').unwrap_or(name);
        self.realms.iter().find(|realm| realm.answers_to(name))
    }

    /// The known name nearest to one that is unknown, for a helpful message.
    pub fn nearest_realm(&self, name: &str) -> Option<&str> {
        let name = name.strip_prefix('/').unwrap_or(name);
        nearest(name, self.realms.iter().flat_map(Realm::names).map(|name| name.as_str()))
    }
}

impl FromStr for Topology {
    type Err = TopologyError;

    fn from_str(text: &str) -> Result<Topology, TopologyError> {
        Topology::parse(text)
    }
}
