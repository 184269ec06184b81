//! The client SDK: finds realm, flow and addresses, gets tokens, and believes no answer that it has not checked.
//!
//! Requests and the reading of their answers are pure functions ([`requests`], [`answers`]); [`Client`] puts them
//! together over any `tower` service from request to response, so that it plugs straight into a server in a test.
//!
//! ```
//! use royaume_client::{ClientAuthentication, Place, Provider, Topology};
//!
//! let topology = Topology::preset(Topology::FRANCE_TRAVAIL)?;
//! let provider = Provider::from(topology.provider("partenaire", &Place::Production)?);
//! let application = ClientAuthentication::post("PAR_application", "its secret");
//! assert!(provider.token.starts_with("https://"));
//! assert!(!format!("{application:?}").contains("its secret"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod answers;
#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub mod middleware;
pub mod requests;
pub mod shared;
pub mod webfinger;

mod api;
mod authentication;
mod client;
mod clock;
mod discovery;
mod document;
mod encryption;
mod error;
mod failpoint;
mod flight;
mod initiated_login;
mod kept;
mod keys;
mod login;
mod logout;
mod machine;
mod provider;
mod registration;
mod request_object;
mod session;
mod tokens;
mod transport;
mod verification;

pub use api::{
    Agent, AgentAnswer, Api, ApiError, Call, Page, Pages, Rate, ReturnCode, TokenSource, Window, null_as_none,
};
pub use authentication::{ClientAuthentication, Proof};
pub use client::Client;
pub use clock::Clock;
#[cfg(feature = "reqwest")]
pub use clock::SystemClock;
pub use error::ClientError;
pub use initiated_login::{InitiatedLogin, InitiatedLoginError};
pub use login::{Login, Pending};
pub use logout::{FrontchannelLogout, LogoutError, LogoutStep, PendingLogout, told};
pub use machine::Machine;
pub use provider::Provider;
pub use registration::{Management, Registration};
pub use royaume_jose::jwe::{DecryptionKey, KeyManagement};
pub use royaume_jose::{Algorithm, Entropy, KeyError, SigningKey, SystemEntropy};
pub use royaume_protocol::{
    ClaimsRequest, ClientMetadata, Display, LogoutTokenClaims, Prompt, Scope, Secret,
};
pub use royaume_realm::{
    Application, BaseUrl, Catalogue, Choice, Flow, Place, Topology, sandbox_path, sandbox_scope,
};
pub use session::Session;
pub use tokens::TokenSet;
pub use transport::Transport;
#[cfg(feature = "reqwest")]
pub use transport::{ReqwestTransport, ReqwestTransportBuilder};
pub use verification::Rules;
