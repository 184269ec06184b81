//! Signing keys in use: the keyring of a realm, opened once and kept while the store says nothing has changed; made
//! when they are missing, and rotated when they are old (OIDC Core §10.1.1).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use jiff::Timestamp;
use royaume_jose::{Algorithm, Entropy, ServerKey, SigningKey, VerifyingKey};
use royaume_realm::Lifetimes;
use royaume_store::{Expect, Outcome, RealmName, Store, Write};

use crate::refusal::Fault;
use crate::stored::keyring::{KeyEntry, Keyring};
use crate::stored::{read, row};

/// A realm's keys, opened.
pub(crate) struct Keys {
    opened: Mutex<Option<Arc<Opened>>>,
}

/// What one version of a keyring holds, ready for use.
pub(crate) struct Opened {
    epoch: u64,
    version: u64,
    ring: Keyring,
    /// By `kid`.
    keys: HashMap<String, Key>,
}

/// A key, and how it is published.
#[derive(Clone)]
struct Key {
    signing: SigningKey,
    /// Its public part as JSON (RFC 7517 §4).
    jwk: Bytes,
}

impl Opened {
    /// The key that signs now with that algorithm.
    pub(crate) fn signing(&self, algorithm: Algorithm, now: Timestamp) -> Result<&SigningKey, Fault> {
        self.ring
            .signing(algorithm, now)
            .and_then(|entry| self.keys.get(&entry.kid))
            .map(|key| &key.signing)
            .ok_or_else(|| Fault::Keys(format!("the realm has no active {algorithm} signing key")))
    }

    /// The keys whose signatures are ours.
    pub(crate) fn verifying(&self, now: Timestamp) -> Vec<VerifyingKey> {
        self.published(now).map(|key| key.signing.verifying_key()).collect()
    }

    /// The keys of hints: those that are no longer published too, because a session outlives the id token that hints at
    /// it (RP-Initiated Logout 1.0 §2). A hint opens nothing.
    pub(crate) fn hinting(&self) -> Vec<VerifyingKey> {
        self.keys.values().map(|key| key.signing.verifying_key()).collect()
    }

    /// The published set (RFC 7517 §5).
    pub(crate) fn jwks(&self, now: Timestamp) -> Bytes {
        let mut set = Vec::with_capacity(2 * 1024);
        set.extend_from_slice(br#"{"keys":["#);
        for (position, key) in self.published(now).enumerate() {
            if position > 0 {
                set.push(b',');
            }
            set.extend_from_slice(&key.jwk);
        }
        set.extend_from_slice(b"]}");
        set.into()
    }

    fn published(&self, now: Timestamp) -> impl Iterator<Item = &Key> {
        self.ring.published(now).filter_map(|entry| self.keys.get(&entry.kid))
    }
}

impl Keys {
    pub(crate) fn new() -> Self {
        Self { opened: Mutex::new(None) }
    }

    /// The keys as of `epoch`.
    pub(crate) async fn at(
        &self,
        epoch: u64,
        store: &dyn Store,
        realm: &RealmName,
        server_key: &ServerKey,
    ) -> Result<Arc<Opened>, Fault> {
        let known = self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(opened) = known.as_ref().filter(|opened| opened.epoch == epoch) {
            return Ok(Arc::clone(opened));
        }
        let stored = store
            .get(&Keyring::id(realm))
            .await?
            .ok_or_else(|| Fault::Keys(format!("realm {realm} has no signing keys")))?;
        let opened = Arc::new(match known.as_deref().filter(|known| known.version == stored.version) {
            Some(known) => {
                Opened { epoch, version: known.version, ring: known.ring.clone(), keys: known.keys.clone() }
            }
            None => open(epoch, stored.version, read(&stored)?, realm, server_key)?,
        });
        *self.opened.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&opened));
        Ok(opened)
    }
}

fn open(
    epoch: u64,
    version: u64,
    ring: Keyring,
    realm: &RealmName,
    server_key: &ServerKey,
) -> Result<Opened, Fault> {
    let keys = ring
        .keys
        .iter()
        .filter(|entry| entry.revoked_at.is_none())
        .map(|entry| {
            let signing = entry.open(realm, server_key)?;
            let jwk = serde_json::to_vec(&signing.verifying_key().jwk()).expect("a key always serialises");
            Ok((entry.kid.clone(), Key { signing, jwk: jwk.into() }))
        })
        .collect::<Result<_, Fault>>()?;
    Ok(Opened { epoch, version, ring, keys })
}

/// Makes the keys that a realm lacks, one for each algorithm, and refuses a server key that does not open those it has.
/// Several nodes may do it at once: one of them wins and the others use its keys.
pub(crate) async fn ensure(
    store: &dyn Store,
    realm: &RealmName,
    lifetimes: &Lifetimes,
    server_key: &ServerKey,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<(), Fault> {
    loop {
        let stored = store.get(&Keyring::id(realm)).await?;
        let (mut ring, expect) = match &stored {
            Some(stored) => (read::<Keyring>(stored)?, Expect::Version(stored.version)),
            None => (Keyring::default(), Expect::Absent),
        };
        // Under another server key nobody could sign in: that is said at the start, not at the first sign-in.
        for entry in ring.keys.iter().filter(|entry| entry.revoked_at.is_none()) {
            entry.open(realm, server_key)?;
        }
        let lacking: Vec<_> = Algorithm::SIGNING
            .into_iter()
            .filter(|algorithm| ring.signing(*algorithm, now).is_none())
            .collect();
        let complete = lacking.is_empty();
        for algorithm in lacking {
            ring.keys.push(KeyEntry::generate(realm, algorithm, now, now, server_key, entropy)?);
        }
        // Before anything is signed: a key stays published for the longest life of a token that it may have signed.
        let learnt = ring.sign_for(lifetimes, now);
        if complete && !learnt {
            return Ok(());
        }
        let written = store.write(vec![Write::Put { row: row(Keyring::id(realm), &ring), expect }]).await?;
        if written == Outcome::Done {
            return Ok(());
        }
    }
}

/// Publishes successors of the keys that are old, to sign once verifiers have met them, and forgets those that nobody
/// needs. Several nodes may do it at once: one of them wins and the others find nothing left to do.
pub(crate) async fn rotate(
    store: &dyn Store,
    realm: &RealmName,
    lifetimes: &Lifetimes,
    server_key: &ServerKey,
    now: Timestamp,
    entropy: &dyn Entropy,
) -> Result<Vec<KeyEntry>, Fault> {
    loop {
        let stored = store
            .get(&Keyring::id(realm))
            .await?
            .ok_or_else(|| Fault::Keys(format!("realm {realm} has no signing keys")))?;
        let mut ring: Keyring = read(&stored)?;
        let mut made = Vec::new();
        for algorithm in ring.due(lifetimes, now) {
            // Primes take a moment, and requests do not wait for them.
            let key = tokio::task::spawn_blocking(move || SigningKey::generate(algorithm))
                .await
                .map_err(|error| Fault::Keys(error.to_string()))?
                .map_err(|error| Fault::Keys(error.to_string()))?;
            let signs_from = now.saturating_add(lifetimes.key_publication).unwrap_or(Timestamp::MAX);
            let entry = KeyEntry::seal(realm, &key, signs_from, now, server_key, entropy);
            ring.take_over(entry.clone(), lifetimes, now);
            made.push(entry);
        }
        let forgot = ring.forget(lifetimes, now);
        if made.is_empty() && !forgot {
            return Ok(made);
        }
        let expect = Expect::Version(stored.version);
        let written = store.write(vec![Write::Put { row: row(Keyring::id(realm), &ring), expect }]).await?;
        if written == Outcome::Done {
            return Ok(made);
        }
    }
}
