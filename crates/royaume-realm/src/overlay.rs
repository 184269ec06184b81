//! A file that extends a preset: what it says of a realm, an address or an API that is there changes it, the rest is added.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::address::parts;
use crate::{TopologyError, file};

/// A preset as a file changes it, and what is left of the file: the realms that are its own.
pub(crate) struct Extended {
    pub(crate) preset: Table,
    pub(crate) own: Table,
}

/// Lays the realms of a file over those of a preset.
pub(crate) fn realms(preset: &str, text: &str) -> Result<Extended, TopologyError> {
    let (mut preset, mut over): (Table, Table) = (file::read(preset)?, file::read(text)?);
    let mut own = Vec::new();
    for realm in taken(&mut over, "realm") {
        let known = rows(&mut preset, "realm").iter_mut().find(|known| answers(known, &realm));
        match (known, realm) {
            (Some(Value::Table(known)), Value::Table(realm)) => change_realm(known, realm),
            (_, realm) => own.push(realm),
        }
    }
    // What is no list of realms stays, for the reader to complain about.
    over.entry("realm").or_insert(Value::Array(own));
    Ok(Extended { preset, own: over })
}

/// Lays the `api` rows of a file over a catalogue.
pub(crate) fn catalogue<T: DeserializeOwned>(preset: &str, text: &str) -> Result<T, TopologyError> {
    let (mut preset, mut over): (Table, Table) = (file::read(preset)?, file::read(text)?);
    if let Some(base_url) = over.remove("api_base_url") {
        preset.insert("base_url".to_owned(), base_url);
    }
    let added = taken(&mut over, "api");
    add(rows(&mut preset, "api"), added, |known, row| {
        same(known, row, "code") && same(known, row, "version")
    });
    within(preset, text)
}

/// Reads what has been laid together; what is wrong with it is told by the line of the file that extends.
pub(crate) fn within<T: DeserializeOwned>(merged: Table, text: &str) -> Result<T, TopologyError> {
    Value::Table(merged).try_into().map_err(|error: toml::de::Error| {
        let line = |word: &str| text.lines().position(|line| line.contains(word)).map_or(1, |line| line + 1);
        match file::unknown_word(error.message()) {
            Some((word, nearest)) => TopologyError::UnknownWord { line: line(&word), word, nearest },
            None => {
                let named = error.message().split('`').nth(1).unwrap_or_default();
                let at = if named.is_empty() { 1 } else { line(named) };
                TopologyError::Shape { line: at, reason: error.to_string().trim().replace('\n', " ") }
            }
        }
    })
}

/// The realm's name, or one of its aliases.
fn answers(known: &Value, realm: &Value) -> bool {
    let Some(name) = realm.get("name").and_then(Value::as_str) else { return false };
    let aliases = known.get("aliases").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    known.get("name").into_iter().chain(aliases).any(|known| known.as_str() == Some(name))
}

fn change_realm(known: &mut Table, mut over: Table) {
    // By whichever of its names it was called, it keeps its own.
    over.remove("name");
    let addresses = taken(&mut over, "address");
    let scopes = taken(&mut over, "scope");
    let hosts = taken(&mut over, "host");
    add(rows(known, "scope"), scopes, |known, row| same(known, row, "name"));
    add(rows(known, "host"), hosts, |known, row| same(known, row, "name"));
    for address in addresses {
        change_address(known, address);
    }
    change(known, over);
}

/// An address takes the place of the one that is called, unless it says that it is only served. What it leaves out is as
/// before, and its host is the realm's from now on.
fn change_address(realm: &mut Table, address: Value) {
    let Value::Table(mut row) = address else {
        rows(realm, "address").push(address);
        return;
    };
    let standing = row.entry("standing").or_insert_with(|| Value::from("called")).clone();
    let called = standing.as_str() == Some("called");
    let known = rows(realm, "address");
    let of_it = |known: &&mut Value, row: &Table| known.get("endpoint") == row.get("endpoint");
    let is_called = |known: &Value| known.get("standing").and_then(Value::as_str) == Some("called");
    let mut before = Table::new();
    for other in known.iter_mut().filter(|known| of_it(known, &row)) {
        let Value::Table(other) = other else { continue };
        if called && other.get("url") != row.get("url") && is_called(&Value::Table(other.clone())) {
            before = other.clone();
            other.insert("standing".to_owned(), Value::from("served"));
        }
    }
    for key in ["method", "redirect_parameter"] {
        if let Some(value) = before.get(key) {
            row.entry(key).or_insert_with(|| value.clone());
        }
    }
    row.entry("certainty").or_insert_with(|| Value::from("observed"));
    row.entry("source").or_insert_with(|| Value::from("the file that extends the preset"));
    let host = row.get("url").and_then(Value::as_str).and_then(|url| parts(url).ok()).map(|(host, ..)| host);
    add(known, vec![Value::Table(row)], |known, row| same(known, row, "url") && same(known, row, "endpoint"));
    if let Some(host) = host {
        let named = |known: &Value| known.get("name").and_then(Value::as_str) == Some(&host);
        let hosts = rows(realm, "host");
        if !hosts.iter().any(named) {
            let mut row = Table::new();
            row.insert("name".to_owned(), Value::from(host));
            row.insert("environment".to_owned(), Value::from("production"));
            row.insert("source".to_owned(), Value::from("an address of the file that extends the preset"));
            hosts.push(Value::Table(row));
        }
    }
}

/// Changes the rows that are there, and adds the others.
fn add(known: &mut Vec<Value>, rows: Vec<Value>, is: impl Fn(&Value, &Value) -> bool) {
    for row in rows {
        match (known.iter_mut().find(|known| is(known, &row)), row) {
            (Some(Value::Table(known)), Value::Table(row)) => change(known, row),
            (_, row) => known.push(row),
        }
    }
}

/// Tables are changed key by key, all else is replaced.
fn change(known: &mut Table, over: Table) {
    for (key, value) in over {
        match (known.get_mut(&key), value) {
            (Some(Value::Table(known)), Value::Table(value)) => change(known, value),
            (_, value) => {
                known.insert(key, value);
            }
        }
    }
}

fn same(one: &Value, other: &Value, key: &str) -> bool {
    one.get(key).is_some() && one.get(key) == other.get(key)
}

/// The rows of a list of tables.
fn rows<'a>(table: &'a mut Table, key: &str) -> &'a mut Vec<Value> {
    let list = table.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    if !list.is_array() {
        *list = Value::Array(Vec::new());
    }
    list.as_array_mut().expect("it is a list now")
}

/// The same, taken out. What is no list stays, for the reader to complain about.
fn taken(table: &mut Table, key: &str) -> Vec<Value> {
    match table.remove(key) {
        Some(Value::Array(rows)) => rows,
        Some(other) => {
            table.insert(key.to_owned(), other);
            Vec::new()
        }
        None => Vec::new(),
    }
}
