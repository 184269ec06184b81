//! The APIs that are rehearsed: those of the catalogue for which something answers here.

use std::fmt;

use royaume_protocol::Scope;
use royaume_realm::{ApiDescription, Catalogue, Rate, sandbox_path, sandbox_scope};
use serde::Deserialize;

use crate::tokens::Holder;

/// Every API that is served.
#[derive(Debug)]
pub(crate) struct Apis(Vec<Api>);

/// One API.
#[derive(Debug)]
pub(crate) struct Api {
    /// Below `/partenaire/`, as `offresdemploi/v2`.
    path: String,
    /// The realm whose tokens it takes.
    realm: String,
    /// What a token must have: the technical scope and the business scopes.
    scope: Scope,
    /// How often one application may call it.
    pub(crate) per_application: Rate,
    /// How often all of them together may.
    pub(crate) per_api: Option<Rate>,
    /// What a rehearsal adds.
    pub(crate) row: Row,
}

/// A row of `data/apis.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    path: String,
    #[serde(default)]
    sandbox: bool,
    /// What answers.
    pub(crate) desk: Desk,
    /// What it says, beside 403, of a token that does not open it.
    #[serde(default)]
    pub(crate) forbidden: String,
    /// What a sandbox answers.
    pub(crate) stub: Option<Stub>,
    /// The quota of one application, where the catalogue has none.
    guess: Option<Rate>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rows {
    api: Vec<Row>,
}

/// The one answer of a sandbox.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stub {
    pub(crate) status: u16,
    pub(crate) body: serde_json::Map<String, serde_json::Value>,
}

/// What stands behind an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Desk {
    Offers,
    Rome,
    Coordonnees,
    Statut,
    EtatCivil,
    RechercherUsager,
    Rqth,
    Sandbox,
}

/// Where a request leads.
pub(crate) struct Located<'a> {
    pub(crate) api: &'a Api,
    /// Its position, which names it in the quotas.
    pub(crate) position: usize,
    /// The rest of the path, from its slash on.
    pub(crate) resource: &'a str,
}

/// The quota of an API of which nothing is known at all.
const UNKNOWN: Rate = Rate { calls: 10, seconds: 1 };

impl Apis {
    /// Those that the catalogue has.
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let rows: Rows = toml::from_str(include_str!("../data/apis.toml")).expect("the bundled table reads");
        let served = rows.api.into_iter().filter_map(|row| {
            let described = catalogue.apis.iter().find(|api| api.path == row.path)?;
            Some(Api::new(row, described))
        });
        Self(served.collect())
    }

    /// The API of a path such as `/partenaire/offresdemploi/v2/offres/search`.
    pub(crate) fn locate<'a>(&'a self, path: &'a str) -> Option<Located<'a>> {
        let below = path.strip_prefix("/partenaire/")?;
        self.0.iter().enumerate().find_map(|(position, api)| {
            let resource = below.strip_prefix(api.path.as_str())?;
            (resource.is_empty() || resource.starts_with('/')).then_some(Located { api, position, resource })
        })
    }
}

/// Why a token does not open an API, for whoever reads the log of a rehearsal: the answer does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Lacking {
    /// It is of another realm.
    Realm {
        /// Its own.
        of: String,
        /// That of the API.
        needed: String,
    },
    /// It was granted without these scopes.
    Scopes(Vec<String>),
}

impl fmt::Display for Lacking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Realm { of, needed } => {
                write!(f, "the token is of the realm {of}, and this API takes those of {needed}")
            }
            Self::Scopes(scopes) => {
                write!(f, "the token lacks {}: ask for it with them", scopes.join(" and "))
            }
        }
    }
}

impl Api {
    fn new(row: Row, described: &ApiDescription) -> Self {
        let words: Vec<_> = described.scopes().collect();
        let scope = Scope::parse(&words.join(" ")).unwrap_or_default();
        let quota = described.quota.as_ref();
        Self {
            path: if row.sandbox { sandbox_path(&row.path) } else { row.path.clone() },
            realm: described.realm.to_string(),
            scope: if row.sandbox { sandbox_scope(&scope) } else { scope },
            per_application: quota.and_then(|quota| quota.application).or(row.guess).unwrap_or(UNKNOWN),
            per_api: quota.and_then(|quota| quota.api),
            row,
        }
    }

    /// What a token lacks to open it; nothing, if it is of the API's realm and has all of its scopes.
    pub(crate) fn lacking(&self, holder: &Holder) -> Option<Lacking> {
        if holder.realm != self.realm {
            return Some(Lacking::Realm { of: holder.realm.clone(), needed: self.realm.clone() });
        }
        let missing: Vec<_> =
            self.scope.iter().filter(|scope| !holder.scope.contains(scope)).map(str::to_owned).collect();
        (!missing.is_empty()).then_some(Lacking::Scopes(missing))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use royaume_realm::Topology;

    use super::*;

    /// The APIs of the preset.
    pub(crate) fn apis() -> Apis {
        let topology = Topology::preset(Topology::FRANCE_TRAVAIL).unwrap();
        Apis::of(&Catalogue::preset(Topology::FRANCE_TRAVAIL, &topology).unwrap())
    }

    #[test]
    fn a_path_leads_to_its_api_and_a_resource() {
        let apis = apis();
        let found = apis.locate("/partenaire/offresdemploi/v2/offres/search").unwrap();
        assert_eq!((found.api.row.desk, found.resource), (Desk::Offers, "/offres/search"));
        assert_eq!(apis.locate("/partenaire/offresdemploi/v2").unwrap().resource, "");
        let sandbox = apis.locate("/partenaire/testimmersion-pro/v3/x").unwrap();
        assert_eq!(sandbox.api.scope.as_str(), "api_testimmersion-prov3 echangespmsmp");
        for elsewhere in [
            "/partenaire/offresdemploi/v1/offres/search",
            "/partenaire/offresdemploi/v22/offres/search",
            "/partenaire/offresdemploi",
            "/partenaire/",
            "/offresdemploi/v2/offres/search",
            "/partenaire/immersion-pro/v3/x",
            "/partenaire/peconnect-individu/v1/userinfo",
        ] {
            assert!(apis.locate(elsewhere).is_none(), "{elsewhere}");
        }
    }

    #[test]
    fn every_row_is_in_the_catalogue_and_guesses_only_what_that_does_not_know() {
        let rows: Rows = toml::from_str(include_str!("../data/apis.toml")).unwrap();
        let topology = Topology::preset(Topology::FRANCE_TRAVAIL).unwrap();
        let catalogue = Catalogue::preset(Topology::FRANCE_TRAVAIL, &topology).unwrap();
        for row in &rows.api {
            let described = catalogue.apis.iter().find(|api| api.path == row.path).unwrap();
            let known = described.quota.as_ref().and_then(|quota| quota.application);
            assert_ne!(known.is_some(), row.guess.is_some(), "{row:?}");
            assert_eq!(row.stub.is_some(), row.desk == Desk::Sandbox, "{row:?}");
        }
        assert_eq!(apis().0.len(), rows.api.len());
    }

    #[test]
    fn what_a_token_lacks_is_said_in_words() {
        let apis = apis();
        let api = apis.locate("/partenaire/offresdemploi/v2/").unwrap().api;
        let holder = |realm: &str, scope: &str| Holder {
            realm: realm.to_owned(),
            client_id: "PAR_one".to_owned(),
            subject: "PAR_one".to_owned(),
            scope: royaume_protocol::Scope::parse(scope).unwrap(),
            claims: serde_json::Map::new(),
        };
        let said = |realm, scope| api.lacking(&holder(realm, scope)).map(|lacking| lacking.to_string());
        assert_eq!(said("partenaire", "o2dsoffre api_offresdemploiv2 search"), None);
        let lacks = "the token lacks o2dsoffre: ask for it with them";
        assert_eq!(said("partenaire", "api_offresdemploiv2").as_deref(), Some(lacks));
        let both = "the token lacks api_offresdemploiv2 and o2dsoffre: ask for it with them";
        assert_eq!(said("partenaire", "search").as_deref(), Some(both));
        let realm = "the token is of the realm agent, and this API takes those of partenaire";
        assert_eq!(said("agent", "o2dsoffre api_offresdemploiv2").as_deref(), Some(realm));
    }
}
