//! A realm: where it is, what it allows, how long, and how it speaks.

use std::sync::Arc;

use royaume_protocol::{Algorithm, ClientAuthenticationMethod, GrantType, ResponseType};
use serde::{Deserialize, Serialize};

use crate::{Address, Dialect, Endpoint, Forms, Host, Lifetimes, RealmName, Standing, Text};

/// One realm of a topology.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Realm {
    /// Its canonical name.
    pub name: RealmName,
    /// Other names that mean it.
    pub aliases: Vec<RealmName>,
    /// What pages call it.
    pub title: Text,
    /// Whom it authenticates, in the plural.
    pub population: Text,
    /// Whether its subjects are people or applications.
    pub subject_kind: SubjectKind,
    /// What its clients may be allowed to do.
    pub grants: Vec<GrantType>,
    /// What its authorization endpoint may answer its clients with: each of them is registered for some.
    pub response_types: Vec<ResponseType>,
    /// Who may register clients over the network.
    pub registration: RegistrationPolicy,
    /// People may make themselves an account.
    pub account_creation: bool,
    /// How its clients may authenticate.
    pub client_authentication: Vec<ClientAuthenticationMethod>,
    /// Whom their assertions may be meant for.
    pub assertion_audience: Vec<AssertionAudience>,
    /// Its authorization endpoint takes signed request objects by value (RFC 9101 §5.1).
    pub request_parameter: bool,
    /// The same by reference (RFC 9101 §5.2).
    pub request_uri_parameter: bool,
    /// Every scope it knows, in the order of pages.
    pub scopes: Vec<ScopeDescription>,
    /// How long what it hands out lasts.
    pub lifetimes: Lifetimes,
    /// What its access tokens are.
    pub access_token: AccessTokenFormat,
    /// What signs its ID tokens.
    pub id_token_algorithm: Algorithm,
    /// The level that signing in with a password reaches there (OIDC Core §2 `acr`).
    pub acr: String,
    /// Standard claims whose values are not always of the standard's type (OIDC Core §5.1), because those of the
    /// deployed realm are not.
    pub loosely_typed_claims: Vec<String>,
    /// Whether people are asked before an application learns of them.
    pub consent: ConsentPolicy,
    /// People may allow some of the scopes that are asked for, and not the others.
    pub partial_consent: bool,
    /// How it speaks.
    pub dialect: Dialect,
    /// The issuer in production, where there is one.
    pub issuer: Option<String>,
    /// Other spellings of that issuer that a client accepts.
    pub issuer_aliases: Vec<String>,
    /// The hosts that name this realm.
    pub hosts: Vec<Host>,
    /// The known production addresses, each with its source.
    pub addresses: Vec<Address>,
    /// The paths of its endpoints.
    pub forms: Arc<Forms>,
}

/// Who a realm authenticates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// Applications alone.
    Application,
    /// People, through applications.
    Person,
}

/// What an access token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// A random text that only the server can explain (RFC 7662).
    Opaque,
    /// A signed token (RFC 9068).
    Jwt(Algorithm),
}

/// When people are asked for their consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPolicy {
    /// Whenever an application asks for a scope that the person has not granted it.
    Ask,
    /// Only when the application asks for it (`prompt=consent`).
    Never,
}

/// Who may register clients over the network (RFC 7591 §3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationPolicy {
    /// Nobody: operators add clients.
    #[default]
    Closed,
    /// Whoever was given an initial access token.
    InitialAccessToken,
    /// Anybody, within limits.
    Open,
}

/// Whom a client assertion may be meant for (`aud`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssertionAudience {
    /// The issuer: alone it is the strict rule, under which no other server can use what it was sent.
    Issuer,
    /// The address of the token endpoint, whichever endpoint is called (OIDC Core §9).
    TokenEndpoint,
}

/// A scope, and what a person is told about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeDescription {
    /// One scope token (RFC 6749 §3.3).
    pub name: String,
    /// What it opens, for the person asked.
    pub description: Text,
    /// The claims it releases at userinfo.
    #[serde(default)]
    pub claims: Vec<String>,
    /// Where it was read.
    pub source: String,
}

impl Realm {
    /// A password over a connection that is protected (SAML 2.0 Authentication Context §3.4.6, as OpenID providers name
    /// it too): the level of a realm that names no other.
    pub const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";

    /// Is this the realm's name, or one of its aliases?
    pub fn answers_to(&self, name: &str) -> bool {
        self.names().any(|known| known == name)
    }

    /// The name and the aliases.
    pub fn names(&self) -> impl Iterator<Item = &RealmName> {
        std::iter::once(&self.name).chain(&self.aliases)
    }

    /// The name with its slash, as `/individu`: the `realm` claim and parameter.
    pub fn slashed(&self) -> String {
        format!("/{}", self.name)
    }

    /// May clients of the realm use the grant?
    pub fn allows(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// Does the realm have the endpoint?
    pub fn offers(&self, endpoint: Endpoint) -> bool {
        match endpoint {
            Endpoint::Registration => self.registration != RegistrationPolicy::Closed,
            Endpoint::CreateAccount => self.account_creation,
            other => !other.needs_people() || self.allows(GrantType::AuthorizationCode),
        }
    }

    /// The scope of that name.
    pub fn scope(&self, name: &str) -> Option<&ScopeDescription> {
        self.scopes.iter().find(|scope| scope.name == name)
    }

    /// The claims that any of the scopes releases, each once, in the order of the realm.
    pub fn claims_of<'a>(&'a self, scopes: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
        let asked: Vec<&str> = scopes.into_iter().collect();
        let mut claims: Vec<&str> = Vec::new();
        for scope in self.scopes.iter().filter(|scope| asked.contains(&scope.name.as_str())) {
            for claim in &scope.claims {
                if !claims.contains(&claim.as_str()) {
                    claims.push(claim);
                }
            }
        }
        claims
    }

    /// The address that a client calls in production.
    pub fn called(&self, endpoint: Endpoint) -> Option<&Address> {
        self.addresses
            .iter()
            .find(|address| address.endpoint == endpoint && address.standing == Standing::Called)
    }
}
