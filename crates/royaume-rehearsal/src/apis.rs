//! The APIs that are rehearsed, as data: where each lies, what opens it, how often it may be called.

use std::fmt;

use serde::Deserialize;

use crate::tokens::Holder;

/// Every API, in the order of `data/apis.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Apis {
    api: Vec<Api>,
}

/// One API.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Api {
    /// Its code, the first segment below `/partenaire`. That of a sandbox begins with `test`.
    code: String,
    /// Its version, the second segment.
    version: String,
    /// The realm whose tokens it takes.
    realm: String,
    /// The business scopes that a token must have, each of them.
    business: Vec<String>,
    /// What it says, beside 403, of a token that does not open it.
    pub(crate) forbidden: String,
    /// How often one application may call it.
    pub(crate) per_application: Rate,
    /// How often all of them together may.
    pub(crate) per_api: Option<Rate>,
    /// What answers.
    pub(crate) desk: Desk,
    /// What a sandbox answers.
    pub(crate) stub: Option<Stub>,
    /// Where all this was read.
    #[expect(dead_code, reason = "for whoever reads the table")]
    source: String,
}

/// The one answer of a sandbox.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stub {
    pub(crate) status: u16,
    pub(crate) body: serde_json::Map<String, serde_json::Value>,
}

/// A quota: so many calls at once, and one more after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    /// Calls at once.
    pub(crate) burst: u32,
    /// Milliseconds until the next.
    pub(crate) every_ms: u32,
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

impl Apis {
    /// The table that comes with the crate.
    pub(crate) fn bundled() -> Self {
        toml::from_str(include_str!("../data/apis.toml")).expect("the bundled table reads")
    }

    /// The API of a path such as `/partenaire/offresdemploi/v2/offres/search`.
    pub(crate) fn locate<'a>(&'a self, path: &'a str) -> Option<Located<'a>> {
        let (code, rest) = path.strip_prefix("/partenaire/")?.split_once('/')?;
        let (version, resource) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let position = self.api.iter().position(|api| api.code == code && api.version == version)?;
        Some(Located { api: &self.api[position], position, resource })
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
    /// What a token lacks to open it; nothing, if it is of the API's realm and has its technical scope, `api_` with code
    /// and version, and its business scopes.
    pub(crate) fn lacking(&self, holder: &Holder) -> Option<Lacking> {
        if holder.realm != self.realm {
            return Some(Lacking::Realm { of: holder.realm.clone(), needed: self.realm.clone() });
        }
        let technical = format!("api_{}{}", self.code, self.version);
        let needed = std::iter::once(&technical).chain(&self.business);
        let missing: Vec<_> = needed.filter(|scope| !holder.scope.contains(scope)).cloned().collect();
        (!missing.is_empty()).then_some(Lacking::Scopes(missing))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_its_api_and_a_resource() {
        let apis = Apis::bundled();
        let found = apis.locate("/partenaire/offresdemploi/v2/offres/search").unwrap();
        assert_eq!((found.api.desk, found.resource), (Desk::Offers, "/offres/search"));
        assert_eq!(apis.locate("/partenaire/offresdemploi/v2").unwrap().resource, "");
        for elsewhere in [
            "/partenaire/offresdemploi/v1/offres/search",
            "/partenaire/offresdemploi",
            "/partenaire/",
            "/offresdemploi/v2/offres/search",
            "/partenaire/peconnect-individu/v1/userinfo",
        ] {
            assert!(apis.locate(elsewhere).is_none(), "{elsewhere}");
        }
    }

    #[test]
    fn no_quota_is_empty_and_no_api_stands_twice() {
        let apis = Apis::bundled();
        for (position, api) in apis.api.iter().enumerate() {
            for rate in std::iter::once(&api.per_application).chain(&api.per_api) {
                assert!(rate.burst > 0 && rate.every_ms > 0, "{api:?}");
            }
            let path = format!("/partenaire/{}/{}/", api.code, api.version);
            assert_eq!(apis.locate(&path).map(|found| found.position), Some(position));
        }
    }

    #[test]
    fn what_a_token_lacks_is_said_in_words() {
        let apis = Apis::bundled();
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
