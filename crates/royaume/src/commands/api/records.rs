//! Answers of APIs as rows and columns: what a table or CSV shows of JSON.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Members that hold the list of an answer, by what deployed APIs call them.
const LISTS: [&str; 4] = ["resultats", "results", "items", "data"];

/// The records of an answer: those of its list, or itself.
pub(super) fn of(answer: Value) -> Vec<Value> {
    match answer {
        Value::Array(records) => records,
        Value::Object(mut members) => match list(&members) {
            Some(name) => match members.remove(&name) {
                Some(Value::Array(records)) => records,
                _ => Vec::new(),
            },
            None => vec![Value::Object(members)],
        },
        Value::Null => Vec::new(),
        scalar => vec![scalar],
    }
}

/// The member that is the list: one of the known names, or the only one that holds objects.
fn list(members: &Map<String, Value>) -> Option<String> {
    let of_objects =
        |value: &Value| value.as_array().is_some_and(|items| items.first().is_some_and(Value::is_object));
    if let Some(name) = LISTS.iter().find(|name| members.get(**name).is_some_and(Value::is_array)) {
        return Some((*name).to_owned());
    }
    // An object with a name of its own is a record that has lists, and no list.
    if members.values().any(|value| value.is_string() || value.is_number()) {
        return None;
    }
    let mut lists = members.iter().filter(|(_, value)| of_objects(value));
    match (lists.next(), lists.next()) {
        (Some((name, _)), None) => Some(name.clone()),
        _ => None,
    }
}

/// Records as a table has them: every column that one of them has, in the order in which they come up.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Records {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

impl Records {
    /// All of it, or the columns that were asked for; one that no record has stays empty.
    pub(super) fn new(records: &[Value], wanted: Option<&[String]>) -> Self {
        let flat: Vec<Vec<(String, String)>> = records.iter().map(flattened).collect();
        let columns = match wanted {
            Some(wanted) => wanted.to_vec(),
            None => {
                let mut known = BTreeSet::new();
                let names = flat.iter().flatten().map(|(name, _)| name);
                names.filter(|name| known.insert((*name).clone())).cloned().collect()
            }
        };
        let cell = |record: &Vec<(String, String)>, column: &String| {
            record.iter().find(|(name, _)| name == column).map(|(_, text)| text.clone()).unwrap_or_default()
        };
        let rows =
            flat.iter().map(|record| columns.iter().map(|column| cell(record, column)).collect()).collect();
        Self { columns, rows }
    }

    /// The columns of these names come first.
    pub(super) fn first(&mut self, names: &[&str]) {
        let rank =
            |at: &usize| names.iter().position(|name| *name == self.columns[*at]).unwrap_or(names.len());
        let mut order: Vec<_> = (0..self.columns.len()).collect();
        order.sort_by_key(rank);
        self.keep(&order);
    }

    /// So many columns at most, and none with a cell that is wider.
    pub(super) fn narrowed(&mut self, most: usize, widest: usize) {
        let fits = |at: &usize| self.rows.iter().all(|row| row[*at].chars().count() <= widest);
        let mut order: Vec<_> = (0..self.columns.len()).filter(fits).take(most).collect();
        if order.is_empty() {
            order = (0..self.columns.len().min(1)).collect();
        }
        self.keep(&order);
    }

    fn keep(&mut self, order: &[usize]) {
        self.columns = order.iter().map(|at| self.columns[*at].clone()).collect();
        for row in &mut self.rows {
            *row = order.iter().map(|at| row[*at].clone()).collect();
        }
    }
}

/// A record as pairs: an object within is `outer.inner`, a list of words is one cell, any other list is JSON.
fn flattened(record: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    flatten("", record, &mut pairs);
    pairs
}

fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (inner, value) in members {
                let name = if name.is_empty() { inner.clone() } else { format!("{name}.{inner}") };
                flatten(&name, value, pairs);
            }
        }
        other => {
            let name = if name.is_empty() { "value".to_owned() } else { name.to_owned() };
            pairs.push((name, text(other)));
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            items.iter().map(text).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_list_of_an_answer_is_found_by_its_name_or_because_it_is_the_only_one() {
        let one = json!({"id": "1"});
        for answer in [
            json!([one]),
            json!({"resultats": [one], "filtresPossibles": [{"filtre": "x"}]}),
            json!({"offres": [one]}),
        ] {
            assert_eq!(of(answer.clone()), std::slice::from_ref(&one), "{answer}");
        }
        for record in [json!({"id": "1", "competences": [one]}), json!({"a": [one], "b": [one]})] {
            assert_eq!(of(record.clone()), [record]);
        }
        assert_eq!(of(json!({"resultats": []})), Vec::<Value>::new());
        assert_eq!(of(Value::Null), Vec::<Value>::new());
    }

    #[test]
    fn objects_within_are_named_and_every_column_that_comes_up_is_there() {
        let records = [
            json!({"id": "1", "lieu": {"libelle": "44 - NANTES", "lat": 47.2}, "langues": ["fr", "en"]}),
            json!({"id": 2, "permis": [{"libelle": "B"}], "vide": null}),
        ];
        let shown = Records::new(&records, None);
        assert_eq!(shown.columns, ["id", "langues", "lieu.lat", "lieu.libelle", "permis", "vide"]);
        assert_eq!(shown.rows[0], ["1", "fr, en", "47.2", "44 - NANTES", "", ""]);
        assert_eq!(shown.rows[1], ["2", "", "", "", r#"[{"libelle":"B"}]"#, ""]);
    }

    #[test]
    fn columns_that_were_asked_for_come_in_that_order_and_are_empty_where_there_is_nothing() {
        let wanted = ["b".to_owned(), "z".to_owned(), "a".to_owned()];
        let shown = Records::new(&[json!({"a": true, "b": 1})], Some(&wanted));
        assert_eq!(shown.columns, wanted);
        assert_eq!(shown.rows, [["1", "", "true"]]);
    }

    #[test]
    fn a_table_shows_first_what_people_look_for_and_nothing_that_is_too_wide() {
        let mut shown = Records::new(&[json!({"a": "x", "id": 7, "text": "long ".repeat(30), "z": 1})], None);
        shown.first(&["id"]);
        assert_eq!(shown.columns, ["id", "a", "text", "z"]);
        shown.narrowed(2, 60);
        assert_eq!(
            (shown.columns, shown.rows),
            (vec!["id".to_owned(), "a".to_owned()], vec![vec!["7".to_owned(), "x".to_owned()]])
        );
        let mut wide = Records::new(&[json!({"text": "long ".repeat(30)})], None);
        wide.narrowed(2, 60);
        assert_eq!(wide.columns, ["text"]);
    }

    #[test]
    fn what_is_no_object_has_a_column_of_its_own() {
        let shown = Records::new(&[json!("a"), json!(3)], None);
        assert_eq!(
            (shown.columns, shown.rows),
            (vec!["value".to_owned()], vec![vec!["a".to_owned()], vec!["3".to_owned()]])
        );
    }
}
