//! Administration: what an operator does to clients, accounts and keys, straight on the store, safely beside any
//! number of running servers. The command line is its face; clients go through the same checks as those that register themselves.

use jiff::Timestamp;
use royaume_jose::{Entropy, ServerKey};
use royaume_realm::Realm;
use royaume_store::{Expect, Outcome, RealmName, Row, Store, Why, Write};

use crate::clients::Unfit;
use crate::outbound::Outbound;
use crate::refusal::Fault;
use crate::stored::{Storable, read};

mod accounts;
mod clients;
mod keys;

pub use accounts::NewAccount;
pub use clients::{NewClient, client_metadata, told};

/// Why an operator's wish cannot be granted, in words for the operator.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AdminError {
    /// The wish itself is wrong.
    #[error("{0}")]
    Refused(String),
    /// Somebody else changed the same thing at the same moment.
    #[error("somebody else has just changed {0}; look at it and try again")]
    Conflict(String),
    /// Our own trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<Unfit> for AdminError {
    fn from(unfit: Unfit) -> Self {
        Self::Refused(unfit.to_string())
    }
}

impl From<royaume_store::StoreError> for AdminError {
    fn from(error: royaume_store::StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// The realm of a store, opened for administration.
pub struct Administration<'a> {
    /// Where the rows are.
    pub store: &'a dyn Store,
    /// The realm.
    pub realm: &'a Realm,
    /// The key of the servers on this store.
    pub server_key: &'a ServerKey,
    /// Chance.
    pub entropy: &'a dyn Entropy,
    /// Whom it asks what a client says of itself: sector documents (OIDC Registration §5).
    pub outbound: &'a dyn Outbound,
    /// Now.
    pub now: Timestamp,
}

impl Administration<'_> {
    fn name(&self) -> RealmName {
        RealmName::new(self.realm.name.as_str()).expect("both floors have one charset for realm names")
    }

    async fn all<T: Storable>(&self) -> Result<Vec<T>, AdminError> {
        const PAGE: usize = 500;
        let (name, mut found, mut after) = (self.name(), Vec::new(), None::<Vec<u8>>);
        loop {
            let page = self.store.list(&name, T::KIND, after.as_deref(), PAGE).await?;
            for stored in &page {
                found.push(read(stored)?);
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.row.id.key().to_vec()),
                _ => return Ok(found),
            }
        }
    }

    async fn create(&self, row: Row, what: &str) -> Result<(), AdminError> {
        match self.store.write(vec![Write::Put { row, expect: Expect::Absent }]).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused { .. } => Err(refused(format!("realm {} already has {what}", self.realm.name))),
        }
    }

    async fn replace(&self, row: Row, version: u64, what: &str) -> Result<(), AdminError> {
        match self.store.write(vec![Write::Put { row, expect: Expect::Version(version) }]).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused { why: Why::Unknown, .. } => Err(refused(format!("{what} is gone"))),
            Outcome::Refused { .. } => Err(AdminError::Conflict(what.to_owned())),
        }
    }
}

fn refused(why: String) -> AdminError {
    AdminError::Refused(why)
}
