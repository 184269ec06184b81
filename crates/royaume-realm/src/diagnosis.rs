//! What a provider answers when it does not give what was asked for: what that means, and what to do next, as data.

use serde::{Deserialize, Serialize};

use crate::{Certainty, Text, Topology, TopologyError, file};

mod observed;

pub use observed::{Body, Callback, Observed};

/// What is known of a provider's answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagnoses {
    /// The version of the facts in it.
    pub version: String,
    /// The answers that are known, those that are told apart first before those that they are a case of.
    #[serde(rename = "diagnosis", default)]
    pub all: Vec<Diagnosis>,
}

/// One kind of answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Diagnosis {
    /// Its name, for programs.
    pub id: String,
    /// Who gives such an answer; anybody, when empty.
    #[serde(default)]
    pub at: Vec<Answerer>,
    /// HTTP statuses that it comes with.
    #[serde(default)]
    pub status: Vec<u16>,
    /// Codes of an error response (RFC 6749 §4.1.2.1, §5.2).
    #[serde(default)]
    pub error: Vec<String>,
    /// Codes of an API's own; `*` for any.
    #[serde(default)]
    pub code: Vec<String>,
    /// What a browser brought back.
    pub callback: Option<Callback>,
    /// A part of the host's name.
    pub host: Option<String>,
    /// A part of path and query, in lower case.
    pub path: Option<String>,
    /// Words of which one was said, in lower case.
    #[serde(default)]
    pub text: Vec<String>,
    /// What the body is.
    pub body: Option<Body>,
    /// What it means.
    pub meaning: Text,
    /// Why it comes about, the most frequent first.
    #[serde(default)]
    pub causes: Vec<Text>,
    /// What to do.
    pub next: Text,
    /// How sure that is.
    pub certainty: Certainty,
    /// Where it was read.
    pub source: String,
    /// Answers of that kind, as people paste them.
    #[serde(default)]
    pub samples: Vec<String>,
}

/// Who gives an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answerer {
    /// The authorization endpoint, by way of the browser.
    Authorization,
    /// The token endpoint.
    Token,
    /// Userinfo.
    Userinfo,
    /// The logout address.
    Logout,
    /// An API behind the gateway.
    Api,
}

/// The diagnoses of each preset.
const PRESETS: [(&str, &str); 1] =
    [(Topology::FRANCE_TRAVAIL, include_str!("../presets/france-travail/diagnoses.toml"))];

impl Diagnoses {
    /// Those that come with a preset.
    ///
    /// # Errors
    /// [`TopologyError::UnknownPreset`].
    pub fn preset(name: &str) -> Result<Diagnoses, TopologyError> {
        let text = PRESETS.iter().find(|(preset, _)| *preset == name).map(|(_, text)| *text);
        let unknown = || TopologyError::UnknownPreset {
            name: name.to_owned(),
            nearest: crate::nearest::nearest(name, Topology::presets()).map(str::to_owned),
        };
        file::read(text.ok_or_else(unknown)?)
    }

    /// What an answer can mean, the most telling diagnosis first; several are equally so where nothing tells them apart.
    pub fn of(&self, observed: &Observed) -> Vec<&Diagnosis> {
        let told: Vec<_> =
            self.all.iter().filter_map(|diagnosis| Some((diagnosis.weight(observed)?, diagnosis))).collect();
        let most = told.iter().map(|(weight, _)| *weight).max().unwrap_or_default();
        told.into_iter().filter(|(weight, _)| *weight == most).map(|(_, diagnosis)| diagnosis).collect()
    }

    /// Every error code that is known, for whoever looks for one in a text.
    pub fn error_codes(&self) -> impl Iterator<Item = &str> {
        self.all.iter().flat_map(|diagnosis| &diagnosis.error).map(String::as_str)
    }
}

impl Diagnosis {
    /// How much of what it names was met. Nothing if it is another answer: what it names of error, code, callback, address or
    /// words has to be met, and no status, body or answerer that was seen may be another.
    fn weight(&self, observed: &Observed) -> Option<u32> {
        let names = |list: &[String], seen: Option<&str>| {
            list.is_empty() || seen.is_some_and(|seen| list.iter().any(|one| one == "*" || one == seen))
        };
        let within = |part: Option<&String>, seen: Option<&str>| {
            part.is_none_or(|part| seen.is_some_and(|seen| seen.contains(part.as_str())))
        };
        let met = names(&self.error, observed.error.as_deref())
            && names(&self.code, observed.code.as_deref())
            && self.callback.is_none_or(|callback| observed.callback == Some(callback))
            && within(self.host.as_ref(), observed.host.as_deref())
            && within(self.path.as_ref(), observed.path.as_deref())
            && (self.text.is_empty() || self.text.iter().any(|words| observed.text.contains(words.as_str())));
        let other =
            observed.status.is_some_and(|status| !self.status.is_empty() && !self.status.contains(&status))
                || self.body.is_some_and(|body| observed.body.is_some_and(|seen| seen != body))
                || observed.from.is_some_and(|from| !self.at.is_empty() && !self.at.contains(&from));
        if !met || other {
            return None;
        }
        let strong = [
            !self.error.is_empty(),
            !self.code.is_empty() && self.code != ["*"],
            self.callback.is_some(),
            self.host.is_some(),
            self.path.is_some(),
            !self.text.is_empty(),
        ];
        let strong: u32 = strong.into_iter().map(u32::from).sum();
        let weak = [
            self.code == ["*"],
            observed.status.is_some() && !self.status.is_empty(),
            observed.body.is_some() && self.body.is_some(),
            observed.from.is_some() && !self.at.is_empty(),
        ];
        let weak: u32 = weak.into_iter().map(u32::from).sum();
        // Where it came from alone tells nothing, nor does a body alone.
        let telling =
            strong > 0 || self.code == ["*"] || (observed.status.is_some() && !self.status.is_empty());
        telling.then_some(strong * 8 + weak)
    }
}
