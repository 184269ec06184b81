//! Writes: what can be asked of rows, and how it went.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::{Family, RealmName, Row, RowId, StoreError, Stored};

/// The longest key, in bytes.
pub const KEY_MAX: usize = 512;
/// The longest alias, in bytes.
pub const ALIAS_MAX: usize = 512;
/// The longest body, in bytes: 1 MiB.
pub const BODY_MAX: usize = 1 << 20;
/// The most writes in one batch.
pub const BATCH_MAX: usize = 1_000;

/// What must be true of the row for a put to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// There is no such row: create it.
    Absent,
    /// The row is there and has this version: nobody has changed it since it was read.
    Version(u64),
    /// Nothing: create or replace it.
    Anything,
}

/// One write of a batch. A batch names each row at most once, has at most [`BATCH_MAX`] writes, and keys, aliases and
/// bodies keep to [`KEY_MAX`], [`ALIAS_MAX`] and [`BODY_MAX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// Creates a row, or replaces all of it but its having been spent. Its version becomes 1, or one more than it was.
    Put {
        /// The row as it shall be.
        row: Row,
        /// Under which condition.
        expect: Expect,
    },
    /// Removes a row. One that is not there is fine.
    Delete {
        /// The row.
        id: RowId,
    },
    /// Spends a row that is live (there, not spent, not revoked): of all who ask, one has it. Whether it has expired is
    /// for the caller to judge, who has read it.
    Spend {
        /// The row.
        id: RowId,
        /// The time that it is marked with.
        at: Timestamp,
    },
    /// Ends all rows, present and to come, of this family or within it. Again is fine.
    Revoke {
        /// Of which realm.
        realm: RealmName,
        /// The family.
        family: Family,
        /// Remembered at least until then: no row of the family may live longer.
        until: Timestamp,
    },
}

/// How a batch went: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All of it happened and is durable.
    Done,
    /// Nothing of it happened.
    Refused {
        /// The first write that could not be, counted from 0.
        index: usize,
        /// Why it could not.
        why: Why,
    },
}

/// Why a write could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A row with that id was not expected, or the alias is another row's.
    Exists,
    /// The row has another version than expected, or is not there.
    Conflict {
        /// The version it has.
        current: Option<u64>,
    },
    /// The row to spend is not there.
    Unknown,
    /// The row to spend has been spent before: this is how it stands.
    Spent(Box<Stored>),
    /// The row to spend has not been spent but its family is revoked: this is how it stands.
    Revoked(Box<Stored>),
}

impl Write {
    /// The row it is about. A revocation is about none.
    pub(crate) fn row_id(&self) -> Option<&RowId> {
        match self {
            Self::Put { row, .. } => Some(&row.id),
            Self::Delete { id } | Self::Spend { id, .. } => Some(id),
            Self::Revoke { .. } => None,
        }
    }

    /// Why a row that is `found` cannot be spent; `None` if it can.
    pub(crate) fn unspendable(found: Option<Stored>) -> Option<Why> {
        match found {
            None => Some(Why::Unknown),
            Some(stored) if stored.spent_at.is_some() => Some(Why::Spent(Box::new(stored))),
            Some(stored) if stored.revoked => Some(Why::Revoked(Box::new(stored))),
            Some(_) => None,
        }
    }
}

/// Holds a batch to its limits, so that no store meets what another could not keep.
pub(crate) fn check(writes: &[Write]) -> Result<(), StoreError> {
    let invalid = |why: String| Err(StoreError::Invalid(why));
    if writes.len() > BATCH_MAX {
        return invalid(format!("a batch of {} writes, more than {BATCH_MAX}", writes.len()));
    }
    for write in writes {
        let Some(id) = write.row_id() else { continue };
        if id.key().is_empty() || id.key().len() > KEY_MAX {
            return invalid(format!("{id:?}, a key that is not 1 to {KEY_MAX} bytes"));
        }
        let Write::Put { row, .. } = write else { continue };
        if row.alias.as_deref().is_some_and(|alias| !is_alias(alias)) {
            return invalid(format!(
                "{id:?} with an alias that is longer than {ALIAS_MAX} bytes or holds a zero"
            ));
        }
        if row.body.len() > BODY_MAX {
            return invalid(format!("{id:?} with a body of {} bytes, more than {BODY_MAX}", row.body.len()));
        }
    }
    if writes.len() > 1 {
        let mut seen = HashSet::with_capacity(writes.len());
        if let Some(twice) = writes.iter().filter_map(Write::row_id).find(|id| !seen.insert(*id)) {
            return invalid(format!("{twice:?} twice in one batch"));
        }
    }
    Ok(())
}

/// Can any row have that alias?
pub(crate) fn is_alias(alias: &str) -> bool {
    alias.len() <= ALIAS_MAX && !alias.contains('\0')
}
