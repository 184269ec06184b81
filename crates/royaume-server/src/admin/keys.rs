//! Signing keys, as an operator sees them: listed and rotated (OIDC Core §10.1.1).

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::Algorithm;
use royaume_store::{Expect, Outcome, Write};

use super::{AdminError, Administration};
use crate::stored::keyring::{KeyEntry, Keyring};
use crate::stored::{read, row};

impl Administration<'_> {
    /// The signing keys of the realm.
    ///
    /// # Errors
    /// [`AdminError::Fault`] when the store does not answer.
    pub async fn keys(&self) -> Result<Vec<KeyEntry>, AdminError> {
        Ok(self.load_keyring().await?.0.keys)
    }

    /// Publishes a new key that signs after `publish_for`, so that verifiers have met it by then. The old one stays
    /// published until the last token that it signed has expired.
    ///
    /// # Errors
    /// [`AdminError::Conflict`] when another rotation was faster.
    pub async fn rotate_key(
        &self,
        algorithm: Algorithm,
        publish_for: Duration,
    ) -> Result<KeyEntry, AdminError> {
        let (mut ring, expect) = self.load_keyring().await?;
        let signs_from = self.now.saturating_add(publish_for).unwrap_or(Timestamp::MAX);
        let entry =
            KeyEntry::generate(&self.name(), algorithm, signs_from, self.now, self.server_key, self.entropy)?;
        let lifetimes = &self.realm.lifetimes;
        let longest = lifetimes.id_token.max(lifetimes.access_token) + Duration::from_secs(300);
        ring.take_over(entry.clone(), longest, lifetimes.session_absolute, self.now);
        let row = row(Keyring::id(&self.name()), &ring);
        match self.store.write(vec![Write::Put { row, expect }]).await? {
            Outcome::Done => Ok(entry),
            Outcome::Refused { .. } => Err(AdminError::Conflict("the keys of this realm".into())),
        }
    }

    async fn load_keyring(&self) -> Result<(Keyring, Expect), AdminError> {
        match self.store.get(&Keyring::id(&self.name())).await? {
            Some(stored) => Ok((read(&stored)?, Expect::Version(stored.version))),
            None => Ok((Keyring::default(), Expect::Absent)),
        }
    }
}
