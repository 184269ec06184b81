//! Sample applications and people of a preset, for rehearsals. Secrets are not among them: a server derives its own.

use royaume_protocol::{ClientAuthenticationMethod, ClientId, GrantType, RedirectUri, Scope};
use serde::{Deserialize, Serialize};

use crate::{Application, RealmName, Text, Topology, TopologyError, file};

/// What a rehearsal begins with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Samples {
    /// The applications.
    pub applications: Vec<SampleApplication>,
    /// The people.
    pub people: Vec<SamplePerson>,
}

/// An application registered in one realm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SampleApplication {
    /// Its realm.
    pub realm: RealmName,
    /// Does it keep a secret?
    pub kind: Application,
    /// `client_id`, in the shape that France Travail gives.
    pub client_id: String,
    /// What pages call it.
    pub name: Text,
    /// How it authenticates.
    pub client_authentication: ClientAuthenticationMethod,
    /// What it may use.
    pub grants: Vec<GrantType>,
    /// Where people may come back to, on this machine.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where people may go after signing out.
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// What it may ask for.
    pub scope: Scope,
}

/// A person with an account in one realm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SamplePerson {
    /// The realm.
    pub realm: RealmName,
    /// What the person types first. One person of a realm has it.
    pub username: String,
    /// What the person types next. It protects nothing.
    pub password: String,
    /// The kind of person, as `demandeur` or `sans-email`.
    pub persona: String,
    /// What the person is there to show.
    pub description: Text,
    /// `sub`.
    pub subject: String,
    /// The other claims, as userinfo releases them.
    pub claims: serde_json::Map<String, serde_json::Value>,
}

/// Samples that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamplesError {
    /// The file has another shape, or there is no such preset.
    #[error(transparent)]
    File(#[from] TopologyError),
    /// A sample that does not fit its realm.
    #[error("the sample `{sample}`: {reason}")]
    Misfit {
        /// The `client_id` or username.
        sample: String,
        /// What does not fit.
        reason: String,
    },
}

/// The samples of each preset.
const SAMPLES: [(&str, &str); 1] =
    [(Topology::FRANCE_TRAVAIL, include_str!("../presets/france-travail/samples.toml"))];

impl Samples {
    /// Reads samples for a topology.
    ///
    /// # Errors
    /// [`SamplesError`]: the first sample that does not fit.
    pub fn parse(text: &str, topology: &Topology) -> Result<Samples, SamplesError> {
        let file: SamplesFile = file::read(text)?;
        let mut applications: Vec<SampleApplication> = Vec::new();
        for written in file.application {
            let sample = written.client_id.clone();
            let misfit = |reason| SamplesError::Misfit { sample, reason };
            if applications.iter().any(|other| other.client_id == written.client_id) {
                return Err(misfit("its client_id is taken".to_owned()));
            }
            applications.push(written.application(topology).map_err(misfit)?);
        }
        for (position, person) in file.person.iter().enumerate() {
            let misfit = |reason: &str| {
                Err(SamplesError::Misfit { sample: person.username.clone(), reason: reason.to_owned() })
            };
            let same_realm = |other: &&SamplePerson| other.realm == person.realm;
            let earlier = || file.person[..position].iter().filter(same_realm);
            match topology.realm(person.realm.as_str()) {
                None => return misfit("its realm is unknown"),
                Some(realm) if !realm.allows(GrantType::AuthorizationCode) => {
                    return misfit("nobody signs in to its realm");
                }
                Some(_) => {}
            }
            if earlier().any(|other| other.username == person.username || other.subject == person.subject) {
                return misfit("its username or subject is taken");
            }
        }
        Ok(Samples { applications, people: file.person })
    }

    /// The samples that come with a preset.
    ///
    /// # Errors
    /// [`TopologyError::UnknownPreset`], within [`SamplesError::File`].
    pub fn preset(name: &str) -> Result<Samples, SamplesError> {
        let topology = Topology::preset(name)?;
        let text = SAMPLES.iter().find(|(preset, _)| *preset == name).map_or("", |(_, text)| text);
        Samples::parse(text, &topology)
    }

    /// The first application of a kind in a realm.
    pub fn application(&self, realm: &RealmName, kind: Application) -> Option<&SampleApplication> {
        self.applications.iter().find(|application| application.realm == *realm && application.kind == kind)
    }

    /// The people of a realm.
    pub fn people_of(&self, realm: &RealmName) -> impl Iterator<Item = &SamplePerson> {
        self.people.iter().filter(move |person| person.realm == *realm)
    }

    /// The person of a realm who shows the persona.
    pub fn persona(&self, realm: &RealmName, persona: &str) -> Option<&SamplePerson> {
        self.people_of(realm).find(|person| person.persona == persona)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SamplesFile {
    #[serde(default)]
    application: Vec<ApplicationFile>,
    #[serde(default)]
    person: Vec<SamplePerson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApplicationFile {
    realm: RealmName,
    kind: Application,
    client_id: String,
    name: Text,
    grants: Vec<GrantType>,
    #[serde(default)]
    redirect_uris: Vec<RedirectUri>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<RedirectUri>,
    scope: Scope,
}

impl ApplicationFile {
    fn application(self, topology: &Topology) -> Result<SampleApplication, String> {
        let realm = topology.realm(self.realm.as_str()).ok_or("its realm is unknown")?;
        if let Some(grant) = self.grants.iter().find(|grant| !realm.allows(**grant)) {
            return Err(format!("its realm does not allow {}", grant.as_str()));
        }
        ClientId::parse(&self.client_id).map_err(|error| error.to_string())?;
        if self.kind == Application::Public && self.grants.contains(&GrantType::ClientCredentials) {
            return Err("a public application has no credentials".to_owned());
        }
        if let Some(stranger) = self.scope.iter().find(|name| realm.scope(name).is_none()) {
            return Err(format!("its realm has no scope `{stranger}`"));
        }
        Ok(SampleApplication {
            realm: realm.name.clone(),
            kind: self.kind,
            client_id: self.client_id,
            name: self.name,
            client_authentication: match self.kind {
                Application::Private => ClientAuthenticationMethod::ClientSecretPost,
                Application::Public => ClientAuthenticationMethod::None,
            },
            grants: self.grants,
            redirect_uris: self.redirect_uris,
            post_logout_redirect_uris: self.post_logout_redirect_uris,
            scope: self.scope,
        })
    }
}
