//! The store in memory: the promises in their plainest form, for tests, for development, and as the model of the others.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::time::whole;
use crate::write::check;
use crate::{
    Expect, Family, Kind, Outcome, RealmName, Row, RowId, Store, StoreError, Stored, Why, Write, failpoint,
};

/// A store that ends with the process. A clone is another handle on the same rows.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    tables: Arc<Mutex<Tables>>,
}

#[derive(Debug, Default)]
struct Tables {
    rows: BTreeMap<RowId, Held>,
    aliases: HashMap<(RealmName, Kind, String), RowId>,
    revoked: HashMap<(RealmName, Family), Timestamp>,
    epochs: HashMap<RealmName, u64>,
}

#[derive(Debug, Clone)]
struct Held {
    row: Row,
    version: u64,
    spent_at: Option<Timestamp>,
}

/// What a batch will have done: judged first, carried out only if none of it is refused.
#[derive(Default)]
struct Plan {
    rows: BTreeMap<RowId, Option<Held>>,
    revoked: Vec<(RealmName, Family, Timestamp)>,
}

impl Memory {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// A panic while it is held leaves the tables as they were: they are changed by [`Tables::carry_out`] alone.
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn stored(&self, held: &Held, plan: &Plan) -> Stored {
        let realm = held.row.id.realm();
        let revoked = [held.row.family, held.row.within].into_iter().flatten().any(|family| {
            self.revoked.contains_key(&(realm.clone(), family))
                || plan.revoked.iter().any(|(of, ended, _)| of == realm && *ended == family)
        });
        Stored { row: held.row.clone(), version: held.version, spent_at: held.spent_at, revoked }
    }

    fn judge(&self, write: Write, plan: &mut Plan) -> Result<(), Why> {
        match write {
            Write::Put { row, expect } => {
                let found = self.rows.get(&row.id);
                match (expect, found) {
                    (Expect::Absent, Some(_)) => return Err(Why::Exists),
                    (Expect::Version(expected), held) if held.map(|held| held.version) != Some(expected) => {
                        return Err(Why::Conflict { current: held.map(|held| held.version) });
                    }
                    (Expect::Absent | Expect::Version(_) | Expect::Anything, _) => {}
                }
                if self.alias_taken(&row, plan) {
                    return Err(Why::Exists);
                }
                let version = found.map_or(1, |held| held.version + 1);
                let spent_at = found.and_then(|held| held.spent_at);
                let row = Row { expires_at: row.expires_at.map(whole), ..row };
                plan.rows.insert(row.id.clone(), Some(Held { row, version, spent_at }));
            }
            Write::Delete { id } => {
                plan.rows.insert(id, None);
            }
            Write::Spend { id, at } => {
                let found = self.rows.get(&id);
                if let Some(why) = Write::unspendable(found.map(|held| self.stored(held, plan))) {
                    return Err(why);
                }
                let spent = found.map(|held| Held {
                    row: held.row.clone(),
                    version: held.version + 1,
                    spent_at: Some(whole(at)),
                });
                plan.rows.insert(id, spent);
            }
            Write::Revoke { realm, family, until } => plan.revoked.push((realm, family, whole(until))),
        }
        Ok(())
    }

    fn alias_taken(&self, row: &Row, plan: &Plan) -> bool {
        let Some(alias) = &row.alias else { return false };
        let (realm, kind) = (row.id.realm(), row.id.kind());
        let owner = self.aliases.get(&(realm.clone(), kind, alias.clone()));
        owner.is_some_and(|owner| *owner != row.id && !plan.rows.contains_key(owner))
            || plan.rows.values().flatten().any(|held| {
                held.row.id.realm() == realm
                    && held.row.id.kind() == kind
                    && held.row.alias.as_ref() == Some(alias)
            })
    }

    fn carry_out(&mut self, plan: Plan) {
        let mut arrived = Vec::new();
        for (id, held) in plan.rows {
            let gone = self.remove(&id);
            let kept = |held: &Held| held.row.expires_at.is_none();
            if gone.as_ref().is_some_and(kept) || held.as_ref().is_some_and(kept) {
                *self.epochs.entry(id.realm().clone()).or_default() += 1;
            }
            arrived.extend(held);
        }
        // After all removals: an alias may have moved from one row of the batch to another.
        for held in arrived {
            let id = &held.row.id;
            if let Some(alias) = &held.row.alias {
                self.aliases.insert((id.realm().clone(), id.kind(), alias.clone()), id.clone());
            }
            self.rows.insert(id.clone(), held);
        }
        for (realm, family, until) in plan.revoked {
            let remembered = self.revoked.entry((realm, family)).or_insert(until);
            *remembered = until.max(*remembered);
        }
    }

    fn remove(&mut self, id: &RowId) -> Option<Held> {
        let held = self.rows.remove(id)?;
        if let Some(alias) = &held.row.alias {
            self.aliases.remove(&(id.realm().clone(), id.kind(), alias.clone()));
        }
        Some(held)
    }
}

#[async_trait]
impl Store for Memory {
    async fn get(&self, id: &RowId) -> Result<Option<Stored>, StoreError> {
        let tables = self.tables();
        Ok(tables.rows.get(id).map(|held| tables.stored(held, &Plan::default())))
    }

    async fn find(&self, realm: &RealmName, kind: Kind, alias: &str) -> Result<Option<Stored>, StoreError> {
        let tables = self.tables();
        let Some(id) = tables.aliases.get(&(realm.clone(), kind, alias.to_owned())) else { return Ok(None) };
        Ok(tables.rows.get(id).map(|held| tables.stored(held, &Plan::default())))
    }

    async fn list(
        &self,
        realm: &RealmName,
        kind: Kind,
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let after = RowId::new(realm, kind, after.unwrap_or_default());
        let tables = self.tables();
        Ok(tables
            .rows
            .range((Bound::Excluded(after), Bound::Unbounded))
            .take_while(|(id, _)| id.realm() == realm && id.kind() == kind)
            .take(limit)
            .map(|(_, held)| tables.stored(held, &Plan::default()))
            .collect())
    }

    async fn write(&self, writes: Vec<Write>) -> Result<Outcome, StoreError> {
        check(&writes)?;
        let mut tables = self.tables();
        let mut plan = Plan::default();
        for (index, write) in writes.into_iter().enumerate() {
            if let Err(why) = tables.judge(write, &mut plan) {
                return Ok(Outcome::Refused { index, why });
            }
        }
        failpoint::before("store.before_commit")?;
        tables.carry_out(plan);
        drop(tables);
        failpoint::after("store.after_commit")?;
        Ok(Outcome::Done)
    }

    async fn revoked(&self, realm: &RealmName, family: Family) -> Result<bool, StoreError> {
        Ok(self.tables().revoked.contains_key(&(realm.clone(), family)))
    }

    async fn epoch(&self, realm: &RealmName) -> Result<u64, StoreError> {
        Ok(self.tables().epochs.get(realm).copied().unwrap_or_default())
    }

    async fn sweep(&self, expired_before: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let expired_before = whole(expired_before);
        let mut tables = self.tables();
        let ended = |held: &Held| held.row.expires_at.is_some_and(|at| at < expired_before);
        let rows: Vec<RowId> = tables
            .rows
            .iter()
            .filter(|(_, held)| ended(held))
            .map(|(id, _)| id.clone())
            .take(limit)
            .collect();
        for id in &rows {
            tables.remove(id);
        }
        let families: Vec<(RealmName, Family)> = tables
            .revoked
            .iter()
            .filter(|(_, until)| **until < expired_before)
            .map(|(family, _)| family.clone())
            .take(limit - rows.len())
            .collect();
        for family in &families {
            tables.revoked.remove(family);
        }
        Ok(rows.len() + families.len())
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
