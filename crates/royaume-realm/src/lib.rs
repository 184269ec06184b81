//! Realms as data: where a realm is, what it allows, how long, and how it speaks.
//!
//! A [`Topology`] is a TOML file, read strictly: the preset of France Travail is one, an operator's own realms are
//! another. The server routes by it ([`AddressTable`]) and the client calls by it ([`ProviderAddresses`]), so that
//! an address is written down once. A [`Catalogue`] says which APIs stand behind the realms.

mod address;
mod base_url;
mod catalogue;
mod diagnosis;
mod dialect;
mod endpoint;
mod explain;
mod file;
mod forms;
mod lifetimes;
mod name;
mod nearest;
mod overlay;
mod provider;
mod realm;
mod routes;
mod samples;
mod sandbox;
mod table;
mod text;
mod topology;
mod topology_error;
mod validation;

pub use address::{Address, Certainty, Environment, Host, Method, Standing};
pub use base_url::{BaseUrl, BaseUrlError};
pub use catalogue::{
    ApiDescription, Catalogue, CatalogueError, Choice, ChoiceError, LookupError, Pages, Quota, Rate,
};
pub use diagnosis::{Answerer, Body, Callback, Diagnoses, Diagnosis, Observed};
pub use dialect::Dialect;
pub use endpoint::Endpoint;
pub use explain::{Application, ExplainError, Explanation, Flow};
pub use forms::Forms;
pub use lifetimes::Lifetimes;
pub use name::{BadRealmName, RealmName};
pub use provider::{LogoutAddress, Place, ProviderAddresses, ProviderError};
pub use realm::{
    AccessTokenFormat, AssertionAudience, ConsentPolicy, Realm, RegistrationPolicy, ScopeDescription,
    SubjectKind,
};
pub use samples::{SampleApplication, SamplePerson, Samples, SamplesError};
pub use sandbox::{sandbox_path, sandbox_scope};
pub use table::{AddressTable, LocateError, Located, NamedBy, Spelling};
pub use text::Text;
pub use topology::{Documentation, Topology};
pub use topology_error::{RealmFault, TopologyError};
