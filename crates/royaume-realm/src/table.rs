//! The address table, read both ways: from a request to (realm, endpoint), and back to a URL.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::routes::Routes;
use crate::{BaseUrl, Endpoint, Forms, Realm, Topology, TopologyError};

/// A topology on one server. For every realm and every endpoint it offers,
/// `locate(url(realm, endpoint)) == (realm, endpoint)`.
#[derive(Debug)]
pub struct AddressTable {
    topology: Arc<Topology>,
    base: BaseUrl,
    routes: Routes,
    shapes: Vec<Arc<Forms>>,
}

/// Where a request leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located<'a> {
    /// The realm.
    pub realm: &'a Realm,
    /// The realm's position in [`Topology::realms`].
    pub position: usize,
    /// The endpoint, which the realm offers.
    pub endpoint: Endpoint,
    /// How the request said so.
    pub spelling: Spelling,
}

/// How a request said what it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spelling {
    /// What named the realm.
    pub named_by: NamedBy,
    /// Is it the address that discovery prints?
    pub canonical: bool,
    /// Is it an address that is printed wrongly somewhere, and answered all the same?
    pub misspelled: bool,
}

/// What named the realm; the query is heard before the path, and the path before the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamedBy {
    /// The `realm` parameter of the query.
    Query,
    /// The path.
    Path,
    /// The `Host` header.
    Host,
}

/// Why a request leads nowhere. What the request said is in the variants for the log, cut at 80 characters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    /// No endpoint lies at the path.
    #[error("no endpoint lies at this path")]
    UnknownPath,
    /// The realm named does not exist.
    #[error("no realm is called `{0}`")]
    UnknownRealm(String),
    /// The query names two realms.
    #[error("the query names two realms, `{first}` and `{second}`")]
    Contradictory {
        /// The first value.
        first: String,
        /// Another value that means another realm.
        second: String,
    },
    /// The path leads to the endpoint of several realms, and nothing says of which.
    #[error(
        "the request names no realm for {0}: add ?realm=%2F and its name, or use an address that has the name"
    )]
    RealmNotNamed(Endpoint),
    /// The realm does not offer the endpoint.
    #[error("the realm `{realm}` has no {endpoint} endpoint")]
    NoSuchEndpoint {
        /// The realm's canonical name.
        realm: String,
        /// What it does not offer.
        endpoint: Endpoint,
    },
}

impl AddressTable {
    /// Puts a topology on a base URL.
    ///
    /// # Errors
    /// [`TopologyError`] when the topology, changed since it was parsed, breaks a rule.
    pub fn new(topology: Arc<Topology>, base: BaseUrl) -> Result<AddressTable, TopologyError> {
        topology.validate()?;
        let routes = Routes::build(&topology.realms, base.path())?;
        let mut shapes: Vec<Arc<Forms>> = Vec::new();
        for realm in &topology.realms {
            if !shapes.contains(&realm.forms) {
                shapes.push(Arc::clone(&realm.forms));
            }
        }
        Ok(AddressTable { topology, base, routes, shapes })
    }

    /// The topology.
    pub fn topology(&self) -> &Arc<Topology> {
        &self.topology
    }

    /// Where the server is reached.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Where does a request lead? `host` is the `Host` header as it came, `path` and `query` are the request target's,
    /// undecoded. A request body is never asked.
    ///
    /// # Errors
    /// [`LocateError`] says what the request lacks.
    pub fn locate(&self, host: &str, path: &str, query: Option<&str>) -> Result<Located<'_>, LocateError> {
        let (position, endpoint, spelling) = match self.routes.locate(host, path, query) {
            Ok(found) => found,
            Err(LocateError::UnknownPath) => return Err(self.stranger(path)),
            Err(error) => return Err(error),
        };
        let realm = &self.topology.realms[position];
        if !realm.offers(endpoint) {
            return Err(LocateError::NoSuchEndpoint { realm: realm.name.to_string(), endpoint });
        }
        Ok(Located { realm, position, endpoint, spelling })
    }

    /// The canonical address of an endpoint.
    pub fn url(&self, realm: &Realm, endpoint: Endpoint) -> String {
        let path = realm.forms.canonical_path(self.base.path(), &realm.name, endpoint);
        format!("{}{path}", self.base.origin())
    }

    /// The issuer of a realm (RFC 8414 §2), under which its pages and endpoints lie.
    pub fn issuer(&self, realm: &Realm) -> String {
        format!("{}{}", self.base, realm.forms.issuer_path(&realm.name))
    }

    /// An unknown path may still have the shape of an address, and name a realm that does not exist.
    fn stranger(&self, path: &str) -> LocateError {
        match self.shapes.iter().find_map(|forms| forms.realm_in(self.base.path(), path)) {
            Some(name) => LocateError::UnknownRealm(name.chars().take(80).collect()),
            None => LocateError::UnknownPath,
        }
    }
}
