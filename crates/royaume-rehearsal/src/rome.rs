//! ROME 4.0, trades: the codes that offers use, from the same word list.

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::words::{Metier, Words};

/// `/metiers/metier` and `/metiers/metier/{code}`.
pub(crate) fn answer(method: &Method, resource: &str) -> Answer {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return answer::with(answer::empty(StatusCode::METHOD_NOT_ALLOWED), header::ALLOW, "GET, HEAD");
    }
    let trades = &Words::bundled().metiers;
    let described = |metier: &Metier| json!({ "code": metier.code, "libelle": metier.libelle.text });
    if resource == "/metiers/metier" {
        return answer::json(StatusCode::OK, &trades.iter().map(described).collect::<Vec<Value>>());
    }
    let code = resource.strip_prefix("/metiers/metier/");
    match code.and_then(|code| trades.iter().find(|metier| metier.code == code)) {
        Some(metier) => answer::json(StatusCode::OK, &described(metier)),
        None => answer::business(StatusCode::NOT_FOUND, "metier-inconnu", "Aucun métier n'a ce code."),
    }
}
