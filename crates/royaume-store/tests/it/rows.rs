//! Rows that tests of one back end write.

use std::sync::Arc;

use royaume_store::{Expect, Kind, Outcome, RealmName, Row, RowId, Store, Write};

pub(crate) fn id(key: &str) -> RowId {
    RowId::new(&RealmName::new("individu").unwrap(), Kind::new("client"), key.as_bytes())
}

pub(crate) fn row(key: &str) -> Row {
    Row { id: id(key), alias: None, family: None, within: None, expires_at: None, body: b"kept".to_vec() }
}

pub(crate) fn create(key: &str) -> Vec<Write> {
    vec![Write::Put { row: row(key), expect: Expect::Absent }]
}

/// Two rows at once, as a batch that takes more than one statement.
pub(crate) fn create_both(first: &str, second: &str) -> Vec<Write> {
    [create(first), create(second)].concat()
}

/// Writes a row, and knows that it is kept.
pub(crate) async fn keep(store: &dyn Store, key: &str) {
    assert_eq!(store.write(create(key)).await, Ok(Outcome::Done));
}

pub(crate) async fn is_there(store: &Arc<dyn Store>, key: &str) -> bool {
    store.get(&id(key)).await.unwrap().is_some()
}
