//! The client's side of a topology: the addresses to call, in production or on another server.

use royaume_protocol::Algorithm;
use serde::{Deserialize, Serialize};

use crate::address::parts;
use crate::nearest::did_you_mean;
use crate::routes::Routes;
use crate::{BaseUrl, Endpoint, Method, Realm, RealmName, Standing, Topology, TopologyError};

/// Where a client finds its provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The provider's own addresses.
    Production,
    /// The same addresses on another server, such as a rehearsal: scheme, host and port change, paths stay.
    At(BaseUrl),
}

/// The addresses of one realm for a client to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProviderAddresses {
    /// The realm's canonical name.
    pub realm: RealmName,
    /// The `iss` to expect.
    pub issuer: String,
    /// Other spellings of it to accept.
    pub issuer_aliases: Vec<String>,
    /// Where people are sent; none in a realm of applications.
    pub authorization: Option<String>,
    /// Where tokens are asked for.
    pub token: String,
    /// Other known token addresses, to suggest to a person when the first does not answer. A client must not send its
    /// secret to one after another.
    pub token_alternates: Vec<String>,
    /// Where a person's claims are read; never derived from the issuer.
    pub userinfo: Option<String>,
    /// The public keys.
    pub jwks: Option<String>,
    /// The discovery document.
    pub discovery: Option<String>,
    /// Introspection, where it is known.
    pub introspection: Option<String>,
    /// Revocation, where it is known.
    pub revocation: Option<String>,
    /// Where people are sent to sign out.
    pub logout: Option<LogoutAddress>,
    /// What signs ID tokens.
    pub id_token_algorithm: Algorithm,
}

/// A logout address and its form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogoutAddress {
    /// The address.
    pub url: String,
    /// How it is called: by a redirect, or by a form that posts.
    pub method: Method,
    /// The parameter that says where to go afterwards: `redirect_uri` or `post_logout_redirect_uri`.
    pub redirect_parameter: String,
}

/// Why a topology has no provider to give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderError {
    /// No such realm.
    #[error("no realm is called `{name}`{}", did_you_mean(.nearest.as_deref()))]
    UnknownRealm {
        /// The name asked for.
        name: String,
        /// The realm that was perhaps meant.
        nearest: Option<String>,
    },
    /// A realm whose file has no production addresses.
    #[error(
        "the realm `{realm}` has no production address for {missing}: give it an `issuer` in its file, or name a server"
    )]
    NotInProduction {
        /// The realm.
        realm: RealmName,
        /// What is missing.
        missing: &'static str,
    },
    /// The topology, changed since it was parsed, breaks a rule.
    #[error(transparent)]
    Topology(#[from] TopologyError),
}

/// The parameter of RP-Initiated Logout 1.0 §2.
const POST_LOGOUT_REDIRECT_URI: &str = "post_logout_redirect_uri";

impl Topology {
    /// The addresses of a realm, by any of its names, at a place.
    ///
    /// # Errors
    /// [`ProviderError`] when the realm is unknown, or not known to exist in production.
    pub fn provider(&self, realm: &str, place: &Place) -> Result<ProviderAddresses, ProviderError> {
        let realm = self.realm(realm).ok_or_else(|| ProviderError::UnknownRealm {
            name: realm.chars().take(80).collect(),
            nearest: self.nearest_realm(realm).map(str::to_owned),
        })?;
        match place {
            Place::Production => in_production(realm),
            Place::At(base) => {
                let routes = Routes::build(&self.realms, "")?;
                Ok(at(base, &routes, realm))
            }
        }
    }
}

/// The called addresses as they stand; a realm without any has those its forms make below its issuer.
fn in_production(realm: &Realm) -> Result<ProviderAddresses, ProviderError> {
    let missing = |missing| ProviderError::NotInProduction { realm: realm.name.clone(), missing };
    let issuer = realm.issuer.clone().ok_or_else(|| missing("its issuer"))?;
    let known = !realm.addresses.is_empty();
    let address = |endpoint: Endpoint| match realm.called(endpoint) {
        Some(address) => Some(address.url.clone()),
        None if known => None,
        None => below(realm, &issuer, endpoint),
    };
    let token = address(Endpoint::Token).ok_or_else(|| missing("tokens"))?;
    let alternates = realm
        .addresses
        .iter()
        .filter(|address| address.endpoint == Endpoint::Token && address.standing == Standing::Served);
    let token_alternates = alternates.map(|address| address.url.clone()).collect();
    let aliases = realm.issuer_aliases.clone();
    Ok(ProviderAddresses { token_alternates, ..provider(realm, issuer.clone(), aliases, token, address) })
}

/// The same rows on another server: whoever changes the place changes nothing else.
fn at(base: &BaseUrl, routes: &Routes, realm: &Realm) -> ProviderAddresses {
    let issuer = format!("{base}{}", realm.forms.issuer_path(&realm.name));
    let moved = |endpoint: Endpoint| {
        let (_, path, query) = parts(&realm.called(endpoint)?.url).ok()?;
        let named = routes.locate("", &path, query.as_deref()).is_ok();
        let separator = if query.is_some() { '&' } else { '?' };
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let name = if named { String::new() } else { format!("{separator}realm=%2F{}", realm.name) };
        Some(format!("{base}{path}{query}{name}"))
    };
    let address = |endpoint: Endpoint| moved(endpoint).or_else(|| below(realm, &issuer, endpoint));
    let token = address(Endpoint::Token).expect("every realm has a token endpoint: validation holds it");
    provider(realm, issuer.clone(), Vec::new(), token, address)
}

fn provider(
    realm: &Realm,
    issuer: String,
    issuer_aliases: Vec<String>,
    token: String,
    address: impl Fn(Endpoint) -> Option<String>,
) -> ProviderAddresses {
    let row = realm.called(Endpoint::Logout);
    let logout = address(Endpoint::Logout).map(|url| LogoutAddress {
        url,
        method: row.map_or(Method::Get, |row| row.method),
        redirect_parameter: row
            .and_then(|row| row.redirect_parameter.clone())
            .unwrap_or_else(|| POST_LOGOUT_REDIRECT_URI.to_owned()),
    });
    ProviderAddresses {
        realm: realm.name.clone(),
        issuer,
        issuer_aliases,
        authorization: address(Endpoint::Authorization),
        token,
        token_alternates: Vec::new(),
        userinfo: address(Endpoint::UserInfo),
        jwks: address(Endpoint::Jwks),
        discovery: address(Endpoint::Discovery),
        introspection: address(Endpoint::Introspection),
        revocation: address(Endpoint::Revocation),
        logout,
        id_token_algorithm: realm.id_token_algorithm,
    }
}

/// The canonical address below an issuer, of an endpoint that the realm offers.
fn below(realm: &Realm, issuer: &str, endpoint: Endpoint) -> Option<String> {
    let path = realm.forms.path_below_issuer(endpoint).filter(|_| realm.offers(endpoint))?;
    Some(format!("{issuer}/{path}"))
}
