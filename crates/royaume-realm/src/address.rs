//! An address that integrators were told, or were seen to use, with its source.

use serde::{Deserialize, Serialize};

use crate::Endpoint;

/// One known production address of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// What it leads to.
    pub endpoint: Endpoint,
    /// The method its source gives.
    pub method: Method,
    /// The whole address, as its source writes it.
    pub url: String,
    /// At a logout address, the parameter that says where to go afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect_parameter: Option<String>,
    /// Is it called, or only answered?
    pub standing: Standing,
    /// How well it is known.
    pub certainty: Certainty,
    /// Where it was read.
    pub source: String,
}

/// The method of a request to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    /// Parameters in the query.
    #[serde(rename = "GET")]
    Get,
    /// Parameters in the body.
    #[serde(rename = "POST")]
    Post,
}

impl Method {
    /// The method on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// What an address is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The one a client calls in production; the server answers it.
    Called,
    /// The server answers it.
    Served,
    /// Printed wrongly somewhere: the server answers it, no client calls it.
    Misspelled,
}

/// How well an address is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Certainty {
    /// The provider publishes it.
    Documented,
    /// Public programs run with it.
    Observed,
    /// By analogy with another realm of the same engine.
    Inferred,
}

/// A host that by itself names a realm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Lower case, without a port.
    pub name: String,
    /// What the host is.
    pub environment: Environment,
    /// Where it was read.
    pub source: String,
}

/// What a host is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// In service.
    Production,
    /// For trials.
    Qualification,
    /// An earlier name, still met in programs.
    Retired,
    /// A name that people type by mistake; it leads nowhere, and names no realm here either.
    Nonexistent,
}

/// A URL taken apart: (host in lower case without port, path, query).
pub(crate) fn parts(url: &str) -> Result<(String, String, Option<String>), url::ParseError> {
    let url = url::Url::parse(url)?;
    let host = url.host_str().ok_or(url::ParseError::EmptyHost)?.to_ascii_lowercase();
    Ok((host, url.path().to_owned(), url.query().map(str::to_owned)))
}
