//! The statements: each write one conditional statement, each read one lookup, all prepared once per connection.

use rusqlite::{Connection, OptionalExtension, ToSql, named_params, params};

use super::fault::{fault, is_taken};
use crate::time::{micros, timestamp};
use crate::{Expect, Family, Kind, RealmName, Row, RowId, StoreError, Stored, Why, Write};

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT key, alias, family, within, expires_at, body, version, spent_at,
                    (family IS NOT NULL AND EXISTS
                        (SELECT 1 FROM revoked WHERE realm = rows.realm AND family = rows.family))
                 OR (within IS NOT NULL AND EXISTS
                        (SELECT 1 FROM revoked WHERE realm = rows.realm AND family = rows.within))
             FROM rows ",
            $rest
        )
    };
}

const GET: &str = select!("WHERE realm = ? AND kind = ? AND key = ?");
const FIND: &str = select!("WHERE realm = ? AND kind = ? AND alias = ?");
const LIST: &str = select!("WHERE realm = ? AND kind = ? AND key > ? ORDER BY key LIMIT ?");

const CREATE: &str = "
    INSERT INTO rows (realm, kind, key, version, alias, family, within, expires_at, body)
    VALUES (:realm, :kind, :key, 1, :alias, :family, :within, :expires_at, :body)";
const REPLACE: &str = "
    UPDATE rows SET version = version + 1, alias = :alias, family = :family, within = :within,
        expires_at = :expires_at, body = :body
    WHERE realm = :realm AND kind = :kind AND key = :key AND version = :expected
    RETURNING version";
const CREATE_OR_REPLACE: &str = "
    INSERT INTO rows (realm, kind, key, version, alias, family, within, expires_at, body)
    VALUES (:realm, :kind, :key, 1, :alias, :family, :within, :expires_at, :body)
    ON CONFLICT (realm, kind, key) DO UPDATE SET version = version + 1, alias = excluded.alias,
        family = excluded.family, within = excluded.within, expires_at = excluded.expires_at, body = excluded.body";
const DELETE: &str = "DELETE FROM rows WHERE realm = ? AND kind = ? AND key = ?";
const SPEND: &str = "
    UPDATE rows SET version = version + 1, spent_at = ?
    WHERE realm = ? AND kind = ? AND key = ? AND spent_at IS NULL
        AND (family IS NULL OR NOT EXISTS (SELECT 1 FROM revoked WHERE realm = rows.realm AND family = rows.family))
        AND (within IS NULL OR NOT EXISTS (SELECT 1 FROM revoked WHERE realm = rows.realm AND family = rows.within))
    RETURNING version";
const REVOKE: &str = "
    INSERT INTO revoked (realm, family, until) VALUES (?, ?, ?)
    ON CONFLICT (realm, family) DO UPDATE SET until = max(until, excluded.until)";
const REVOKED: &str = "SELECT 1 FROM revoked WHERE realm = ? AND family = ?";
const SWEEP_ROWS: &str = "
    DELETE FROM rows WHERE (realm, kind, key) IN
        (SELECT realm, kind, key FROM rows WHERE expires_at < ? ORDER BY expires_at LIMIT ?)";
const SWEEP_REVOKED: &str = "
    DELETE FROM revoked WHERE (realm, family) IN
        (SELECT realm, family FROM revoked WHERE until < ? ORDER BY until LIMIT ?)";

/// Begins or ends something.
pub(super) fn run(connection: &Connection, command: &'static str) -> rusqlite::Result<()> {
    connection.prepare_cached(command)?.execute([]).map(drop)
}

/// Does one write inside the writer's transaction, or says why it cannot be.
pub(super) fn apply(connection: &Connection, write: &Write) -> rusqlite::Result<Option<Why>> {
    match write {
        Write::Put { row, expect } => put(connection, row, *expect),
        Write::Delete { id } => {
            connection.prepare_cached(DELETE)?.execute(id_params(id))?;
            Ok(None)
        }
        Write::Spend { id, at } => spend(connection, id, micros(*at)),
        Write::Revoke { realm, family, until } => {
            connection.prepare_cached(REVOKE)?.execute(params![
                realm.as_str(),
                family.as_bytes(),
                micros(*until)
            ])?;
            Ok(None)
        }
    }
}

fn put(connection: &Connection, row: &Row, expect: Expect) -> rusqlite::Result<Option<Why>> {
    let family = row.family.as_ref().map(Family::as_bytes);
    let within = row.within.as_ref().map(Family::as_bytes);
    let expires_at = row.expires_at.map(micros);
    let values = named_params! {
        ":realm": row.id.realm().as_str(), ":kind": row.id.kind().as_str(), ":key": row.id.key(),
        ":alias": row.alias, ":family": family, ":within": within, ":expires_at": expires_at, ":body": row.body,
    };
    let result = match expect {
        Expect::Absent => connection.prepare_cached(CREATE)?.execute(values).map(|_| None),
        Expect::Anything => connection.prepare_cached(CREATE_OR_REPLACE)?.execute(values).map(|_| None),
        Expect::Version(expected) => {
            // A version that no row can have matches none.
            let expected = i64::try_from(expected).unwrap_or(-1);
            let values: Vec<(&str, &dyn ToSql)> =
                values.iter().copied().chain([(":expected", &expected as &dyn ToSql)]).collect();
            let replaced: rusqlite::Result<Option<i64>> = connection
                .prepare_cached(REPLACE)?
                .query_row(values.as_slice(), |found| found.get(0))
                .optional();
            match replaced {
                Ok(Some(_)) => Ok(None),
                Ok(None) => {
                    let current = read(connection, &row.id)?.map(|stored| stored.version);
                    Ok(Some(Why::Conflict { current }))
                }
                Err(error) => Err(error),
            }
        }
    };
    match result {
        Err(error) if is_taken(&error) => Ok(Some(Why::Exists)),
        result => result,
    }
}

fn spend(connection: &Connection, id: &RowId, at: i64) -> rusqlite::Result<Option<Why>> {
    let spent: Option<i64> = connection
        .prepare_cached(SPEND)?
        .query_row(params![at, id.realm().as_str(), id.kind().as_str(), id.key()], |row| row.get(0))
        .optional()?;
    match spent {
        Some(_) => Ok(None),
        None => Ok(Write::unspendable(read(connection, id)?)),
    }
}

/// Removes at most `limit` of what ended before.
pub(super) fn sweep(connection: &Connection, before: i64, limit: usize) -> rusqlite::Result<usize> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = connection.prepare_cached(SWEEP_ROWS)?.execute(params![before, limit])?;
    let left = limit - i64::try_from(rows).unwrap_or(limit);
    Ok(rows + connection.prepare_cached(SWEEP_REVOKED)?.execute(params![before, left])?)
}

/// Changes something that nobody reads.
pub(super) fn beat(connection: &Connection) -> rusqlite::Result<()> {
    run(connection, "UPDATE pulse SET beats = beats + 1")
}

pub(super) fn get(connection: &Connection, id: &RowId) -> Result<Option<Stored>, StoreError> {
    read(connection, id).map_err(fault)
}

pub(super) fn find(
    connection: &Connection,
    realm: &RealmName,
    kind: Kind,
    alias: &str,
) -> Result<Option<Stored>, StoreError> {
    connection
        .prepare_cached(FIND)
        .and_then(|mut find| {
            find.query_row((realm.as_str(), kind.as_str(), alias), |row| stored(row, realm, kind)).optional()
        })
        .map_err(fault)
}

pub(super) fn list(
    connection: &Connection,
    realm: &RealmName,
    kind: Kind,
    after: &[u8],
    limit: usize,
) -> Result<Vec<Stored>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    connection
        .prepare_cached(LIST)
        .and_then(|mut list| {
            list.query_map((realm.as_str(), kind.as_str(), after, limit), |row| stored(row, realm, kind))?
                .collect()
        })
        .map_err(fault)
}

pub(super) fn revoked(
    connection: &Connection,
    realm: &RealmName,
    family: Family,
) -> Result<bool, StoreError> {
    connection
        .prepare_cached(REVOKED)
        .and_then(|mut revoked| revoked.exists((realm.as_str(), family.as_bytes())))
        .map_err(fault)
}

/// Reads at the data version, which changes whenever another connection has committed anything: in the snapshot that was
/// opened to learn it, since opening one takes longer than reading in it.
pub(super) fn at_data_version<T>(
    connection: &Connection,
    read: impl FnOnce(i64) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut version = connection.prepare_cached("PRAGMA data_version").map_err(fault)?;
    version.query_row([], |row| row.get(0).map(read)).map_err(fault)?
}

pub(super) fn epoch(connection: &Connection, realm: &RealmName) -> Result<u64, StoreError> {
    let epoch: Option<i64> = connection
        .prepare_cached("SELECT epoch FROM epochs WHERE realm = ?")
        .and_then(|mut epoch| epoch.query_row([realm.as_str()], |row| row.get(0)).optional())
        .map_err(fault)?;
    Ok(epoch.unwrap_or_default().cast_unsigned())
}

fn read(connection: &Connection, id: &RowId) -> rusqlite::Result<Option<Stored>> {
    connection
        .prepare_cached(GET)?
        .query_row(id_params(id), |row| stored(row, id.realm(), id.kind()))
        .optional()
}

fn id_params(id: &RowId) -> (&str, &str, &[u8]) {
    (id.realm().as_str(), id.kind().as_str(), id.key())
}

fn stored(row: &rusqlite::Row<'_>, realm: &RealmName, kind: Kind) -> rusqlite::Result<Stored> {
    let time = |at: usize| -> rusqlite::Result<Option<jiff::Timestamp>> {
        let kept: Option<i64> = row.get(at)?;
        kept.map(timestamp).transpose().map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Integer, Box::new(error))
        })
    };
    let key: Box<[u8]> = row.get_ref(0)?.as_blob()?.into();
    Ok(Stored {
        row: Row {
            id: RowId::new(realm, kind, key),
            alias: row.get(1)?,
            family: row.get::<_, Option<[u8; 16]>>(2)?.map(Family::from),
            within: row.get::<_, Option<[u8; 16]>>(3)?.map(Family::from),
            expires_at: time(4)?,
            body: row.get(5)?,
        },
        version: row.get::<_, i64>(6)?.cast_unsigned(),
        spent_at: time(7)?,
        revoked: row.get(8)?,
    })
}
