//! Kept rows in use: clients and accounts, read from the store once, then held while the store says that nothing has
//! changed.

use std::sync::Arc;

use quick_cache::sync::Cache;
use royaume_store::{RealmName, Store};

use crate::refusal::Fault;
use crate::stored::{Named, read};

/// Rows of one kind and realm that are held, at most.
const HELD: usize = 4_096;

/// Longer names are never looked up: no row has one.
const LONGEST_NAME: usize = 250;

/// A longer row is read each time, so that what is held of one kind and realm stays within 32 MiB.
const LONGEST_BODY: usize = 8 * 1024;

/// Rows of one kind in one realm, by name. It never answers with anything older than the store's epoch: a client or an
/// account that is disabled on any node is refused at the next request on every node.
pub(crate) struct Kept<T> {
    held: Cache<Box<str>, (u64, Arc<T>)>,
}

impl<T: Named> Kept<T> {
    pub(crate) fn new() -> Self {
        Self { held: Cache::new(HELD) }
    }

    /// The row of that name as of `epoch`, disabled or not.
    pub(crate) async fn at(
        &self,
        epoch: u64,
        store: &dyn Store,
        realm: &RealmName,
        name: &str,
    ) -> Result<Option<Arc<T>>, Fault> {
        if name.is_empty() || name.len() > LONGEST_NAME {
            return Ok(None);
        }
        if let Some((_, held)) = self.held.get(name).filter(|(held_at, _)| *held_at == epoch) {
            return Ok(Some(held));
        }
        let Some(stored) = store.get(&T::id(realm, name)).await? else {
            self.held.remove(name);
            return Ok(None);
        };
        let value = Arc::new(read::<T>(&stored)?.held());
        if stored.row.body.len() <= LONGEST_BODY {
            self.held.insert(name.into(), (epoch, Arc::clone(&value)));
        }
        Ok(Some(value))
    }
}
