//! Signing keys, as an operator sees them: listed, rotated and revoked (OIDC Core §10.1.1).

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::Algorithm;
use royaume_store::{Expect, Outcome, Write};

use super::{AdminError, Administration, refused};
use crate::stored::keyring::{KeyEntry, Keyring};
use crate::stored::{read, row};

impl Administration<'_> {
    /// The signing keys of the realm, revoked ones too.
    ///
    /// # Errors
    /// [`AdminError::Fault`] when the store does not answer.
    pub async fn keys(&self) -> Result<Vec<KeyEntry>, AdminError> {
        Ok(self.keyring().await?.keys)
    }

    /// The signing keys of the realm, and where each is in its life.
    ///
    /// # Errors
    /// [`AdminError::Fault`] when the store does not answer.
    pub async fn keyring(&self) -> Result<Keyring, AdminError> {
        Ok(self.load_keyring().await?.0)
    }

    /// Publishes a new key that signs after `publish_for`, so that verifiers have met it by then. The old one stays
    /// published until the last token that it signed has expired.
    ///
    /// # Errors
    /// [`AdminError::Refused`] for an algorithm that realms do not sign with; [`AdminError::Conflict`] when another
    /// rotation was faster.
    pub async fn rotate_key(
        &self,
        algorithm: Algorithm,
        publish_for: Duration,
    ) -> Result<KeyEntry, AdminError> {
        if !Algorithm::SIGNING.contains(&algorithm) {
            return Err(AdminError::Refused(format!(
                "a realm verifies {algorithm} but does not sign with it: choose RS256, ES256 or EdDSA"
            )));
        }
        let (mut ring, expect) = self.load_keyring().await?;
        let signs_from = self.now.saturating_add(publish_for).unwrap_or(Timestamp::MAX);
        let entry = self.new_key(algorithm, signs_from)?;
        ring.take_over(entry.clone(), &self.realm.lifetimes, self.now);
        match self.write_keyring(&ring, expect).await? {
            Outcome::Done => Ok(entry),
            Outcome::Refused { .. } => Err(AdminError::Conflict("the keys of this realm".into())),
        }
    }

    /// Withdraws a key at once, everywhere: it is no longer published, and no token and no hint that it signed is
    /// believed. Sessions, refresh tokens and opaque access tokens are not signed: they live on. Answers the key that
    /// signs for that algorithm from now on. Again is fine.
    ///
    /// # Errors
    /// [`AdminError::Refused`] for an unknown key.
    pub async fn revoke_key(&self, kid: &str) -> Result<KeyEntry, AdminError> {
        loop {
            let (mut ring, expect) = self.load_keyring().await?;
            let Some(key) = ring.keys.iter().find(|key| key.kid == kid) else {
                let known: Vec<_> =
                    ring.keys.iter().map(|key| format!("{} ({})", key.kid, key.algorithm)).collect();
                let (realm, known) = (&self.realm.name, known.join(", "));
                return Err(refused(format!("realm {realm} has no key {kid}; it has: {known}")));
            };
            let (algorithm, again) = (key.algorithm, key.revoked_at.is_some());
            if let Some(lacking) = ring.revoke(kid, self.now) {
                ring.take_over(self.new_key(lacking, self.now)?, &self.realm.lifetimes, self.now);
            }
            let signing = ring.signing(algorithm, self.now).cloned();
            let signing = signing.expect("whoever is revoked has a successor");
            // In an emergency nobody is asked to try again: of what another has just written, this is judged anew.
            if again || self.write_keyring(&ring, expect).await? == Outcome::Done {
                return Ok(signing);
            }
        }
    }

    fn new_key(&self, algorithm: Algorithm, signs_from: Timestamp) -> Result<KeyEntry, AdminError> {
        let (name, now) = (self.name(), self.now);
        Ok(KeyEntry::generate(&name, algorithm, signs_from, now, self.server_key, self.entropy)?)
    }

    async fn load_keyring(&self) -> Result<(Keyring, Expect), AdminError> {
        match self.store.get(&Keyring::id(&self.name())).await? {
            Some(stored) => Ok((read(&stored)?, Expect::Version(stored.version))),
            None => Ok((Keyring::default(), Expect::Absent)),
        }
    }

    async fn write_keyring(&self, ring: &Keyring, expect: Expect) -> Result<Outcome, AdminError> {
        let row = row(Keyring::id(&self.name()), ring);
        Ok(self.store.write(vec![Write::Put { row, expect }]).await?)
    }
}
