//! Which flow, which addresses, which scopes: the table that an integrator reads first, as a value.

use std::fmt;

use royaume_protocol::GrantType;
use serde::{Deserialize, Serialize};

use crate::topology::Documentation;
use crate::{
    Address, Certainty, Endpoint, Place, ProviderAddresses, ProviderError, Realm, RealmName, SubjectKind,
    Topology,
};

/// Can the application keep a secret? (RFC 6749 §2.1)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Application {
    /// It runs on a server: a confidential client.
    Private,
    /// It runs in a browser or on a person's device: a public client.
    Public,
}

/// The way to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// The application authenticates as itself (RFC 6749 §4.4).
    ClientCredentials,
    /// A person signs in, and the application redeems a code with its secret (RFC 6749 §4.1).
    AuthorizationCode,
    /// A person signs in, and the application redeems a code with its verifier (RFC 7636).
    AuthorizationCodeWithPkce,
}

/// What an application of one kind does in one realm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation<'a> {
    /// The realm, with its scopes and lifetimes.
    pub realm: &'a Realm,
    /// The kind of application.
    pub application: Application,
    /// The flow to implement.
    pub flow: Flow,
    /// Other flows that the realm allows this kind of application.
    pub also: Vec<Flow>,
    /// The provider's own page on the flow.
    pub documentation: Option<&'a str>,
    /// The addresses to call.
    pub addresses: ProviderAddresses,
    /// The authorization and token addresses that the provider publishes, the misspelled ones among them.
    pub published: Vec<&'a Address>,
}

/// Why there is nothing to explain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// A public application, in a realm of applications.
    #[error(
        "the realm `{realm}` authenticates applications, and a public application has no secret to prove itself with: \
         call from a server of yours, or sign people in through another realm"
    )]
    PublicApplication {
        /// The realm.
        realm: RealmName,
    },
    /// No addresses.
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl Topology {
    /// What an application of this kind implements to use an API of this realm.
    ///
    /// # Errors
    /// [`ExplainError`] when it cannot, or when the realm or its addresses are unknown.
    pub fn explain(
        &self,
        realm: &str,
        application: Application,
        place: &Place,
    ) -> Result<Explanation<'_>, ExplainError> {
        let addresses = self.provider(realm, place)?;
        let realm = self.realm(realm).expect("the provider found it");
        let code = match application {
            Application::Private => Flow::AuthorizationCode,
            Application::Public => Flow::AuthorizationCodeWithPkce,
        };
        let (flow, also) = match (realm.subject_kind, application) {
            (SubjectKind::Application, Application::Public) => {
                return Err(ExplainError::PublicApplication { realm: realm.name.clone() });
            }
            (SubjectKind::Application, Application::Private) => (Flow::ClientCredentials, Vec::new()),
            (SubjectKind::Person, Application::Private) if realm.allows(GrantType::ClientCredentials) => {
                (code, vec![Flow::AuthorizationCodeWithPkce, Flow::ClientCredentials])
            }
            (SubjectKind::Person, Application::Private) => (code, vec![Flow::AuthorizationCodeWithPkce]),
            (SubjectKind::Person, Application::Public) => (code, Vec::new()),
        };
        let published = realm.addresses.iter().filter(|address| {
            let asked = match address.endpoint {
                Endpoint::Authorization => flow != Flow::ClientCredentials,
                Endpoint::Token => true,
                Endpoint::Jwks
                | Endpoint::Discovery
                | Endpoint::OauthMetadata
                | Endpoint::UserInfo
                | Endpoint::Introspection
                | Endpoint::Revocation
                | Endpoint::Registration
                | Endpoint::Logout
                | Endpoint::Login
                | Endpoint::CreateAccount
                | Endpoint::Consent
                | Endpoint::LoggedOut => false,
            };
            asked && address.certainty == Certainty::Documented
        });
        let published = published.collect();
        let documentation = self.documentation.of(flow);
        Ok(Explanation { realm, application, flow, also, documentation, addresses, published })
    }
}

impl Documentation {
    /// The page on a flow.
    pub fn of(&self, flow: Flow) -> Option<&str> {
        match flow {
            Flow::ClientCredentials => self.client_credentials.as_deref(),
            Flow::AuthorizationCode => self.authorization_code.as_deref(),
            Flow::AuthorizationCodeWithPkce => self.authorization_code_with_pkce.as_deref(),
        }
    }
}

impl Flow {
    /// The name that the provider's pages use.
    pub fn as_str(self) -> &'static str {
        match self {
            Flow::ClientCredentials => "Client credentials",
            Flow::AuthorizationCode => "Authorization code",
            Flow::AuthorizationCodeWithPkce => "Authorization code with PKCE",
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
