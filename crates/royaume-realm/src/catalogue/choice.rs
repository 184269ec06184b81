//! What an application has to do to call an API: the flow, the addresses, the scope.

use royaume_protocol::Scope;
use royaume_protocol::scope::ScopeError;
use serde::Serialize;

use super::{ApiDescription, Catalogue, LookupError};
use crate::{Application, ExplainError, Explanation, Flow, Place, SubjectKind, Topology};

/// The way to an API for one kind of application, at one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice<'a> {
    /// The API.
    pub api: &'a ApiDescription,
    /// The flow to implement.
    pub flow: Flow,
    /// What the token is asked for: all that the API has. Leave out the business scopes that you do not need.
    pub scope: Scope,
    /// The address that its paths lie below, without a slash at its end.
    pub base_url: String,
    /// The realm, its addresses, and what else it allows.
    pub realm: Explanation<'a>,
}

/// Why there is no way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// No API, or more than one, is called so.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The realm does not allow it.
    #[error(transparent)]
    Realm(#[from] ExplainError),
    /// An application without a secret, and an API that is called in an application's own name.
    #[error(
        "the API `{api}` is called in the name of an application, and a public application has no secret to prove itself \
         with: call from a server of yours"
    )]
    PublicApplication {
        /// Its code.
        api: String,
    },
    /// A catalogue that was changed since it was read.
    #[error("its scope: {0}")]
    Scope(#[from] ScopeError),
}

impl Catalogue {
    /// How an application of this kind gets to the API of that name.
    ///
    /// ```
    /// use royaume_realm::{Application, Catalogue, Flow, Place, Topology};
    ///
    /// let topology = Topology::preset(Topology::FRANCE_TRAVAIL)?;
    /// let catalogue = Catalogue::preset(Topology::FRANCE_TRAVAIL, &topology)?;
    /// let choice = catalogue.choose("offresdemploi", &topology, Application::Private, &Place::Production)?;
    /// assert_eq!(choice.flow, Flow::ClientCredentials);
    /// assert_eq!(choice.scope.as_str(), "api_offresdemploiv2 o2dsoffre");
    /// assert_eq!(choice.base_url, "https://api.francetravail.io/partenaire/offresdemploi/v2");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ChoiceError`].
    pub fn choose<'a>(
        &'a self,
        name: &str,
        topology: &'a Topology,
        application: Application,
        place: &Place,
    ) -> Result<Choice<'a>, ChoiceError> {
        let api = self.api(name)?;
        if (api.caller, application) == (SubjectKind::Application, Application::Public) {
            return Err(ChoiceError::PublicApplication { api: api.code.clone() });
        }
        let realm = topology.explain(api.realm.as_str(), application, place)?;
        let (flow, openid) = match api.caller {
            SubjectKind::Application => (Flow::ClientCredentials, None),
            // Whoever signs people in wants to know whom (OIDC Core §3.1.2.1).
            SubjectKind::Person => (realm.flow, Some("openid")),
        };
        let mut words: Vec<&str> = openid.into_iter().collect();
        for scope in api.scopes() {
            if !words.contains(&scope) {
                words.push(scope);
            }
        }
        let base_url = format!("{}/{}", self.base_url_at(place), api.path);
        Ok(Choice { api, flow, scope: Scope::parse(&words.join(" "))?, base_url, realm })
    }

    /// The address that the APIs lie below, at a place: the same path on another server.
    pub fn base_url_at(&self, place: &Place) -> String {
        match place {
            Place::Production => self.base_url.clone(),
            Place::At(base) => {
                let path = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
                let path = path.split_once('/').map_or(String::new(), |(_, path)| format!("/{path}"));
                format!("{base}{path}")
            }
        }
    }
}
