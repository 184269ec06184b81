//! Keyrings: the signing keys of a realm, in one row, so that two nodes can never disagree on which is in use.
//!
//! Private parts are sealed under the server key, with realm and `kid` as context: a sealed key moved to another
//! row does not open.

use std::time::Duration;

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

    /// The key that signs now, for one algorithm: the newest that has begun to. None has begun only if the clock was
    /// set back since they were made: then the one that is to begin first.
    pub fn signing(&self, algorithm: Algorithm, now: Timestamp) -> Option<&KeyEntry> {
        let of_algorithm = || self.published(now).filter(|key| key.algorithm == algorithm);
        of_algorithm()
            .filter(|key| key.signs_from <= now)
            .max_by_key(|key| (key.signs_from, key.created_at))
            .or_else(|| of_algorithm().min_by_key(|key| key.signs_from))
    }

    /// Adds a key that takes over when it begins to sign. Those before it stay published until `published_for` after
    /// that, and are remembered for `hints_for` longer; one that would begin only later never does, and nothing is
    /// signed with it, so it goes.
    pub(crate) fn take_over(
        &mut self,
        entry: KeyEntry,
        published_for: Duration,
        hints_for: Duration,
        now: Timestamp,
    ) {
        let superseded = |key: &KeyEntry| key.algorithm == entry.algorithm;
        self.keys.retain(|key| !superseded(key) || key.signs_from <= entry.signs_from.max(now));
        let until = entry.signs_from.saturating_add(published_for).unwrap_or(Timestamp::MAX);
        for old in self.keys.iter_mut().filter(|key| superseded(key)) {
            old.published_until.get_or_insert(until);
        }
        let forgotten = now.saturating_sub(hints_for).unwrap_or(Timestamp::MIN);
        self.keys.retain(|key| key.published_until.is_none_or(|until| forgotten < until));
        self.keys.push(entry);
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

#[cfg(test)]
mod tests {
    use royaume_jose::SeededEntropy;

    use super::*;

    const KEPT: Duration = Duration::from_secs(9_300);
    const HINTS: Duration = Duration::from_secs(43_200);

    fn at(seconds: u64) -> Timestamp {
        let start: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        start + Duration::from_secs(seconds)
    }

    /// A ring with a key that signs from the beginning, and its `kid`.
    fn begun() -> (Keyring, String) {
        let first = entry(0, 0);
        let kid = first.kid.clone();
        (Keyring { keys: vec![first] }, kid)
    }

    fn entry(made: u64, signs: u64) -> KeyEntry {
        let realm = RealmName::new("individu").unwrap();
        let key = ServerKey::from_bytes([42; 32]);
        let entropy = SeededEntropy::new(made);
        KeyEntry::generate(&realm, Algorithm::Es256, at(signs), at(made), &key, &entropy).unwrap()
    }

    /// Makes a key at one time that signs from another.
    fn rotate(ring: &mut Keyring, made: u64, signs: u64) -> String {
        let entry = entry(made, signs);
        let kid = entry.kid.clone();
        ring.take_over(entry, KEPT, HINTS, at(made));
        kid
    }

    fn signs(ring: &Keyring, seconds: u64) -> &str {
        &ring.signing(Algorithm::Es256, at(seconds)).unwrap().kid
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_its_predecessor_until_all_that_it_signed_has_ended() {
        let (mut ring, first) = begun();
        let second = rotate(&mut ring, 100, 700);
        assert_eq!((signs(&ring, 699), signs(&ring, 700)), (first.as_str(), second.as_str()));
        let published = |seconds| ring.published(at(seconds)).count();
        assert_eq!((published(100), published(700 + 9_299), published(700 + 9_300)), (2, 2, 1));
    }

    #[test]
    fn a_key_that_is_no_longer_published_is_remembered_while_sessions_live() {
        let (mut ring, first) = begun();
        rotate(&mut ring, 0, 0);
        let known = |ring: &Keyring| ring.keys.iter().any(|key| key.kid == first);
        rotate(&mut ring, 9_300 + 43_199, 9_300 + 43_199);
        assert!(known(&ring) && ring.published(at(9_300 + 43_199)).all(|key| key.kid != first));
        rotate(&mut ring, 9_300 + 43_200, 9_300 + 43_200);
        assert!(!known(&ring));
    }

    #[test]
    fn an_urgent_rotation_is_not_undone_by_one_that_was_planned_before() {
        let (mut ring, first) = begun();
        let planned = rotate(&mut ring, 0, 600);
        let urgent = rotate(&mut ring, 10, 10);
        assert_eq!((signs(&ring, 10), signs(&ring, 600)), (urgent.as_str(), urgent.as_str()));
        assert!(ring.published(at(600)).all(|key| key.kid != planned), "it never signed anything");
        assert!(ring.published(at(600)).any(|key| key.kid == first));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_leave_a_realm_without_a_key() {
        let (ring, first) = begun();
        let before = at(0) - Duration::from_secs(3_600);
        assert_eq!(ring.signing(Algorithm::Es256, before).map(|key| key.kid.as_str()), Some(first.as_str()));
    }
}
