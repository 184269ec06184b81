//! The statements: each write one conditional statement that returns the row it changed, each read one lookup.

use tokio_postgres::types::ToSql;

use crate::time::{micros, timestamp};
use crate::{Expect, Family, Kind, RealmName, Row, RowId, StoreError, Stored, Write};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT key, alias, family, within, expires_at, body, version, spent_at,
                    (family IS NOT NULL AND EXISTS
                        (SELECT 1 FROM revoked v WHERE v.realm = r.realm AND v.family = r.family))
                 OR (within IS NOT NULL AND EXISTS
                        (SELECT 1 FROM revoked v WHERE v.realm = r.realm AND v.family = r.within))
             FROM rows r ",
            $rest
        )
    };
}

pub(super) const GET: &str = select!("WHERE realm = $1 AND kind = $2 AND key = $3");
pub(super) const FIND: &str = select!("WHERE realm = $1 AND kind = $2 AND alias = $3");
pub(super) const LIST: &str = select!("WHERE realm = $1 AND kind = $2 AND key > $3 ORDER BY key LIMIT $4");
pub(super) const REVOKED: &str = "SELECT 1 FROM revoked WHERE realm = $1 AND family = $2";
pub(super) const EPOCHS: &str = "SELECT realm, epoch FROM epochs";
pub(super) const WRITABLE: &str =
    "SELECT 1 WHERE NOT pg_is_in_recovery() AND NOT current_setting('transaction_read_only')::bool";

/// A write that can be refused. Alone it returns the row that it changed, or none. Within a transaction whose COMMIT has
/// been sent along it has to fail instead, so that nothing of the transaction stays: by a division, which is never by
/// zero otherwise.
macro_rules! conditional {
    ($write:literal) => {
        Form::Conditional {
            alone: concat!($write, " RETURNING r.version"),
            within: concat!(
                "WITH changed AS (",
                $write,
                " RETURNING r.version) SELECT 1 / count(*) FROM changed"
            ),
        }
    };
}

const CREATE: Form = conditional!(
    "INSERT INTO rows AS r (realm, kind, key, version, alias, family, within, expires_at, body)
     VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8)
     ON CONFLICT DO NOTHING"
);
const REPLACE: Form = conditional!(
    "UPDATE rows r SET version = version + 1, alias = $4, family = $5, within = $6, expires_at = $7, body = $8
     WHERE realm = $1 AND kind = $2 AND key = $3 AND version = $9"
);
const CREATE_OR_REPLACE: Form = conditional!(
    "INSERT INTO rows AS r (realm, kind, key, version, alias, family, within, expires_at, body)
     VALUES ($1, $2, $3, 1, $4, $5, $6, $7, $8)
     ON CONFLICT (realm, kind, key) DO UPDATE SET version = r.version + 1, alias = excluded.alias,
         family = excluded.family, within = excluded.within, expires_at = excluded.expires_at, body = excluded.body"
);
const SPEND: Form = conditional!(
    "UPDATE rows r SET version = version + 1, spent_at = $4
     WHERE realm = $1 AND kind = $2 AND key = $3 AND spent_at IS NULL
         AND (family IS NULL OR NOT EXISTS
             (SELECT 1 FROM revoked v WHERE v.realm = r.realm AND v.family = r.family))
         AND (within IS NULL OR NOT EXISTS
             (SELECT 1 FROM revoked v WHERE v.realm = r.realm AND v.family = r.within))"
);
const DELETE: Form = Form::Always("DELETE FROM rows WHERE realm = $1 AND kind = $2 AND key = $3");
const REVOKE: Form = Form::Always(
    "INSERT INTO revoked AS v (realm, family, until) VALUES ($1, $2, $3)
     ON CONFLICT (realm, family) DO UPDATE SET until = greatest(v.until, excluded.until)",
);

/// Rows that somebody works on are left for the next time.
pub(super) const SWEEP_ROWS: &str = "
    WITH ended AS (
        SELECT realm, kind, key FROM rows WHERE expires_at < $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    DELETE FROM rows r USING ended e WHERE r.realm = e.realm AND r.kind = e.kind AND r.key = e.key RETURNING 1";
pub(super) const SWEEP_REVOKED: &str = "
    WITH ended AS (
        SELECT realm, family FROM revoked WHERE until < $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED)
    DELETE FROM revoked r USING ended e WHERE r.realm = e.realm AND r.family = e.family RETURNING 1";

/// How a write is said.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form {
    /// It can be refused.
    Conditional {
        /// As a transaction of its own: returns the row that it changed, or nothing if it could not.
        alone: &'static str,
        /// As one of several: fails if it could not.
        within: &'static str,
    },
    /// It always can.
    Always(&'static str),
}

/// A write as one statement.
pub(super) struct Bound<'a> {
    pub(super) form: Form,
    values: Vec<Box<dyn ToSql + Send + Sync + 'a>>,
}

impl<'a> Bound<'a> {
    pub(super) fn new(write: &'a Write) -> Self {
        let mut values: Vec<Box<dyn ToSql + Send + Sync + 'a>> = Vec::with_capacity(9);
        let mut id_first = |id: &'a RowId| {
            values.push(Box::new(id.realm().as_str()));
            values.push(Box::new(id.kind().as_str()));
            values.push(Box::new(id.key()));
        };
        let form = match write {
            Write::Put { row, expect } => {
                id_first(&row.id);
                values.push(Box::new(row.alias.as_deref()));
                values.push(Box::new(row.family.as_ref().map(|family| family.as_bytes().as_slice())));
                values.push(Box::new(row.within.as_ref().map(|family| family.as_bytes().as_slice())));
                values.push(Box::new(row.expires_at.map(micros)));
                values.push(Box::new(row.body.as_slice()));
                match expect {
                    Expect::Absent => CREATE,
                    Expect::Anything => CREATE_OR_REPLACE,
                    Expect::Version(expected) => {
                        // A version that no row can have matches none.
                        values.push(Box::new(i64::try_from(*expected).unwrap_or(-1)));
                        REPLACE
                    }
                }
            }
            Write::Delete { id } => {
                id_first(id);
                DELETE
            }
            Write::Spend { id, at } => {
                id_first(id);
                values.push(Box::new(micros(*at)));
                SPEND
            }
            Write::Revoke { realm, family, until } => {
                values.push(Box::new(realm.as_str()));
                values.push(Box::new(family.as_bytes().as_slice()));
                values.push(Box::new(micros(*until)));
                REVOKE
            }
        };
        Self { form, values }
    }

    pub(super) fn values(&self) -> Vec<&(dyn ToSql + Sync)> {
        self.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect()
    }
}

/// Reads what [`GET`], [`FIND`] and [`LIST`] select.
pub(super) fn stored(row: &tokio_postgres::Row, realm: &RealmName, kind: Kind) -> Result<Stored, StoreError> {
    fn column<'a, T: tokio_postgres::types::FromSql<'a>>(
        row: &'a tokio_postgres::Row,
        at: usize,
    ) -> Result<T, StoreError> {
        row.try_get(at).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
    let family = |at: usize| -> Result<Option<Family>, StoreError> {
        column::<Option<&[u8]>>(row, at)?
            .map(|bytes| {
                <[u8; 16]>::try_from(bytes)
                    .map(Family::from)
                    .map_err(|_| StoreError::Corrupt(format!("a family of {} bytes", bytes.len())))
            })
            .transpose()
    };
    let time = |at: usize| column::<Option<i64>>(row, at)?.map(timestamp).transpose();
    Ok(Stored {
        row: Row {
            id: RowId::new(realm, kind, column::<&[u8]>(row, 0)?),
            alias: column(row, 1)?,
            family: family(2)?,
            within: family(3)?,
            expires_at: time(4)?,
            body: column(row, 5)?,
        },
        version: column::<i64>(row, 6)?.cast_unsigned(),
        spent_at: time(7)?,
        revoked: column(row, 8)?,
    })
}
