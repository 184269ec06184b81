//! Keyrings: the signing keys of a realm, in one row, so that two nodes can never disagree on which is in use.
//!
//! Private parts are sealed under the server key, with realm and `kid` as context: a sealed key moved to another
//! row does not open.

use jiff::Timestamp;
use royaume_jose::{Algorithm, Entropy, ServerKey, SigningKey, base64url};
use royaume_store::{Kind, RealmName, RowId};
use serde::{Deserialize, Serialize};

use super::Storable;
use crate::refusal::Fault;

/// The keys of one realm.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Keyring {
    /// In no particular order.
    pub keys: Vec<KeyEntry>,
}

/// One signing key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyEntry {
    /// RFC 7638 thumbprint: unique over the set.
    pub kid: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// PKCS #8, sealed.
    sealed: String,
    /// When it was made and first published.
    pub created_at: Timestamp,
    /// It signs from this moment on, if it is the newest of its algorithm that does.
    pub signs_from: Timestamp,
    /// It is no longer published after this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_until: Option<Timestamp>,
}

impl Storable for Keyring {
    const KIND: Kind = Kind::new("keyring");
}

impl Keyring {
    /// Where the keyring of a realm lies.
    pub fn id(realm: &RealmName) -> RowId {
        super::named(realm, Self::KIND, "keyring")
    }

    /// The key that signs now, for one algorithm: the newest that has begun to.
    pub fn signing(&self, algorithm: Algorithm, now: Timestamp) -> Option<&KeyEntry> {
        self.published(now)
            .filter(|key| key.algorithm == algorithm && key.signs_from <= now)
            .max_by_key(|key| key.signs_from)
    }

    /// The keys that verifiers are told of now.
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &KeyEntry> {
        self.keys.iter().filter(move |key| key.published_until.is_none_or(|until| now < until))
    }
}

impl KeyEntry {
    /// Makes a key that signs from `signs_from` on.
    pub fn generate(
        realm: &RealmName,
        algorithm: Algorithm,
        signs_from: Timestamp,
        now: Timestamp,
        server_key: &ServerKey,
        entropy: &dyn Entropy,
    ) -> Result<Self, Fault> {
        let key = SigningKey::generate(algorithm).map_err(|error| Fault::Keys(error.to_string()))?;
        let kid = key.kid().to_owned();
        let sealed = server_key.seal(&context(realm, &kid), &key.pkcs8(), entropy);
        Ok(Self {
            kid,
            algorithm,
            sealed: base64url::encode(&sealed),
            created_at: now,
            signs_from,
            published_until: None,
        })
    }

    /// Opens the private part.
    pub fn open(&self, realm: &RealmName, server_key: &ServerKey) -> Result<SigningKey, Fault> {
        let unusable = |why: &str| Fault::Keys(format!("signing key {} of realm {realm}: {why}", self.kid));
        let sealed = base64url::decode(&self.sealed).map_err(|_| unusable("stored form is damaged"))?;
        let pkcs8 = server_key
            .open(&context(realm, &self.kid), &sealed)
            .map_err(|_| unusable("does not open with this server key; was the server key replaced?"))?;
        SigningKey::from_pkcs8(self.algorithm, &pkcs8).map_err(|error| unusable(&error.to_string()))
    }
}

fn context(realm: &RealmName, kid: &str) -> String {
    format!("signing-key {realm} {kid}")
}
