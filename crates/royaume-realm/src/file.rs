//! The shape of a topology file, key by key; what its words mean is told by the types it becomes.

use std::collections::BTreeMap;
use std::sync::Arc;

use royaume_protocol::{Algorithm, ClientAuthenticationMethod, GrantType, ResponseType};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use toml::{Table, Value};

use crate::dialect::Departures;
use crate::nearest::nearest;
use crate::overlay::{self, Extended};
use crate::topology::{Documentation, Topology};
use crate::{
    AccessTokenFormat, Address, AssertionAudience, ConsentPolicy, Dialect, Endpoint, Forms, Host, Lifetimes,
    Realm, RealmFault, RealmName, RegistrationPolicy, ScopeDescription, SubjectKind, Text, TopologyError,
};

/// Reads TOML of a known shape; an unknown key is an error that names the nearest known one.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, TopologyError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = 1 + text.get(..start).unwrap_or_default().matches('\n').count();
        match unknown_word(error.message()) {
            Some((word, nearest)) => TopologyError::UnknownWord { line, word, nearest },
            None => TopologyError::Shape { line, reason: error.message().to_owned() },
        }
    })
}

/// Takes serde's sentence about an unknown field or variant apart: the word, and the nearest one expected.
pub(crate) fn unknown_word(message: &str) -> Option<(String, Option<String>)> {
    let rest =
        message.strip_prefix("unknown field `").or_else(|| message.strip_prefix("unknown variant `"))?;
    let (word, rest) = rest.split_once('`')?;
    let expected = rest.split('`').skip(1).step_by(2);
    Some((word.to_owned(), nearest(word, expected).map(str::to_owned)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopologyFile {
    name: String,
    version: Option<String>,
    title: Option<Text>,
    #[serde(default, rename = "extends")]
    _extends: IgnoredAny,
    documentation: Option<Documentation>,
    forms: Option<FormsFile>,
    #[serde(default)]
    realm: Vec<RealmFile>,
    /// For the catalogue.
    #[serde(default, rename = "api")]
    _api: IgnoredAny,
    #[serde(default, rename = "api_base_url")]
    _api_base_url: IgnoredAny,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormsFile {
    issuer: String,
    #[serde(default)]
    with_realm: Vec<String>,
    #[serde(default)]
    without_realm: Vec<String>,
    #[serde(default)]
    paths: BTreeMap<Endpoint, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RealmFile {
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    title: Option<Text>,
    population: Option<Text>,
    authenticates: SubjectKind,
    grants: Vec<GrantType>,
    response_types: Option<Vec<ResponseType>>,
    #[serde(default)]
    registration: RegistrationPolicy,
    #[serde(default)]
    account_creation: bool,
    client_authentication: Option<Vec<ClientAuthenticationMethod>>,
    assertion_audience: Option<Vec<AssertionAudience>>,
    request_parameter: Option<bool>,
    request_uri_parameter: Option<bool>,
    access_token: Option<AccessTokenWord>,
    access_token_algorithm: Option<Algorithm>,
    id_token_algorithm: Option<Algorithm>,
    acr: Option<String>,
    #[serde(default)]
    loosely_typed_claims: Vec<String>,
    consent: Option<ConsentPolicy>,
    #[serde(default)]
    partial_consent: bool,
    dialect: Option<DialectWord>,
    #[serde(default)]
    departures: Departures,
    issuer: Option<String>,
    #[serde(default)]
    issuer_aliases: Vec<String>,
    #[serde(default)]
    lifetimes: Lifetimes,
    #[serde(default)]
    scope: Vec<ScopeDescription>,
    #[serde(default)]
    host: Vec<Host>,
    #[serde(default)]
    address: Vec<Address>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AccessTokenWord {
    Opaque,
    Jwt,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum DialectWord {
    Standard,
    AsDeployed,
}

/// A whole file, not yet validated.
pub(crate) fn topology(text: &str) -> Result<Topology, TopologyError> {
    let extends = read::<Table>(text)?.get("extends").and_then(Value::as_str).map(str::to_owned);
    let Some(extends) = extends else { return read::<TopologyFile>(text)?.topology(Vec::new(), None) };
    let Extended { preset, own } = overlay::realms(Topology::preset_text(&extends)?, text)?;
    let preset = overlay::within::<TopologyFile>(preset, text)?.topology(Vec::new(), None)?;
    overlay::within::<TopologyFile>(own, text)?.topology(preset.realms, Some(preset.documentation))
}

impl TopologyFile {
    /// Its realms, after those that are there already.
    fn topology(
        self,
        mut realms: Vec<Realm>,
        documentation: Option<Documentation>,
    ) -> Result<Topology, TopologyError> {
        let forms = Arc::new(self.forms.map_or_else(Forms::plain, FormsFile::forms));
        for realm in self.realm {
            let name = realm.name.clone();
            let realm = realm.realm(&forms).map_err(|fault| TopologyError::Realm { realm: name, fault })?;
            realms.push(realm);
        }
        Ok(Topology {
            version: self.version.unwrap_or_else(|| "1".to_owned()),
            title: self.title.unwrap_or_else(|| Text::same(&self.name)),
            documentation: self.documentation.or(documentation).unwrap_or_default(),
            name: self.name,
            realms,
        })
    }
}

impl FormsFile {
    fn forms(self) -> Forms {
        let mut paths = Forms::plain().paths;
        paths.extend(self.paths);
        Forms { issuer: self.issuer, with_realm: self.with_realm, without_realm: self.without_realm, paths }
    }
}

impl RealmFile {
    fn realm(self, forms: &Arc<Forms>) -> Result<Realm, RealmFault> {
        let person = self.authenticates == SubjectKind::Person;
        let title = self.title.unwrap_or_else(|| Text::same(&self.name));
        Ok(Realm {
            name: RealmName::new(&self.name)?,
            aliases: self.aliases.iter().map(|alias| RealmName::new(alias)).collect::<Result<_, _>>()?,
            population: self.population.unwrap_or_else(|| title.clone()),
            title,
            subject_kind: self.authenticates,
            grants: self.grants,
            response_types: self
                .response_types
                .unwrap_or_else(|| if person { vec![ResponseType::Code] } else { Vec::new() }),
            registration: self.registration,
            account_creation: self.account_creation,
            client_authentication: self.client_authentication.unwrap_or_else(|| {
                let all = [
                    ClientAuthenticationMethod::ClientSecretPost,
                    ClientAuthenticationMethod::ClientSecretBasic,
                    ClientAuthenticationMethod::PrivateKeyJwt,
                    ClientAuthenticationMethod::ClientSecretJwt,
                    ClientAuthenticationMethod::None,
                ];
                all.into_iter()
                    .filter(|method| person || *method != ClientAuthenticationMethod::None)
                    .collect()
            }),
            assertion_audience: self
                .assertion_audience
                .unwrap_or_else(|| vec![AssertionAudience::Issuer, AssertionAudience::TokenEndpoint]),
            request_parameter: self.request_parameter.unwrap_or(person),
            request_uri_parameter: self.request_uri_parameter.unwrap_or(person),
            scopes: self.scope,
            lifetimes: self.lifetimes,
            access_token: match (self.access_token, self.access_token_algorithm) {
                (Some(AccessTokenWord::Opaque), None) => AccessTokenFormat::Opaque,
                (Some(AccessTokenWord::Opaque), Some(_)) => return Err(RealmFault::AlgorithmForOpaque),
                (Some(AccessTokenWord::Jwt) | None, algorithm) => {
                    AccessTokenFormat::Jwt(algorithm.unwrap_or(Algorithm::Rs256))
                }
            },
            id_token_algorithm: self.id_token_algorithm.unwrap_or(Algorithm::Rs256),
            acr: self.acr.unwrap_or_else(|| Realm::PASSWORD.to_owned()),
            loosely_typed_claims: self.loosely_typed_claims,
            consent: self.consent.unwrap_or(if person { ConsentPolicy::Ask } else { ConsentPolicy::Never }),
            partial_consent: self.partial_consent,
            dialect: self.departures.upon(match self.dialect {
                Some(DialectWord::AsDeployed) => Dialect::AS_DEPLOYED,
                Some(DialectWord::Standard) | None => Dialect::STANDARD,
            }),
            issuer: self.issuer,
            issuer_aliases: self.issuer_aliases,
            hosts: self.host,
            addresses: self.address,
            forms: Arc::clone(forms),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../docs/realms.md");

    /// The keys of a table, as the reader names them when it meets another.
    fn keys<T: DeserializeOwned>() -> Vec<String> {
        let sentence =
            toml::from_str::<T>("nonsense = 1").err().map_or_else(String::new, |error| error.to_string());
        let (_, known) = sentence.split_once("expected one of").expect("the reader names what it knows");
        known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn the_page_about_realms_names_every_key() {
        let all = [keys::<RealmFile>(), keys::<Lifetimes>(), keys::<FormsFile>()].concat();
        assert!(all.len() > 30, "{all:?}");
        for key in all {
            assert!(PAGE.contains(&format!("`{key}`")) || PAGE.contains(&format!("[realm.{key}]")), "{key}");
        }
    }

    #[test]
    fn its_example_reads() {
        let (_, rest) = PAGE.split_once("```toml\n").expect("an example");
        let (example, _) = rest.split_once("```").expect("its end");
        let realms = Topology::parse(example).expect("a topology").realms;
        assert!(realms[0].account_creation && realms[0].partial_consent);
    }
}
