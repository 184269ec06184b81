//! Clients in use: read from the store once, then kept while the store says that nothing has changed.

use std::sync::Arc;

use quick_cache::sync::Cache;
use royaume_store::{RealmName, Store};

use crate::refusal::Fault;
use crate::stored::client::Client;
use crate::stored::read;

/// Known clients, at most so many.
const KEPT: usize = 10_000;

/// Longer names are never looked up: no client has one (RFC 6749 §2.2 leaves the size to us).
const LONGEST_CLIENT_ID: usize = 250;

/// A cache of clients that never answers with anything older than the store's epoch: a client that is disabled on
/// any node is refused at the next request on every node.
pub(crate) struct Clients {
    known: Cache<(RealmName, Box<str>), (u64, Arc<Client>)>,
}

impl Clients {
    pub(crate) fn new() -> Self {
        Self { known: Cache::new(KEPT) }
    }

    /// The client of that id as of `epoch`, disabled or not.
    pub(crate) async fn at(
        &self,
        epoch: u64,
        store: &dyn Store,
        realm: &RealmName,
        client_id: &str,
    ) -> Result<Option<Arc<Client>>, Fault> {
        if client_id.is_empty() || client_id.len() > LONGEST_CLIENT_ID {
            return Ok(None);
        }
        let key = (realm.clone(), Box::from(client_id));
        if let Some((_, client)) = self.known.get(&key).filter(|(known_at, _)| *known_at == epoch) {
            return Ok(Some(client));
        }
        let Some(stored) = store.get(&Client::id(realm, client_id)).await? else {
            self.known.remove(&key);
            return Ok(None);
        };
        let client = Arc::new(read::<Client>(&stored)?);
        self.known.insert(key, (epoch, Arc::clone(&client)));
        Ok(Some(client))
    }
}
