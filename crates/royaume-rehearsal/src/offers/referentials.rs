//! Referentials: the codes that searches and offers use.

use http::{StatusCode, header};
use serde_json::{Value, json};

use super::offer::{CONTRACTS, NATURES};
use crate::answer::{self, Answer};
use crate::words::{Coded, Words};

/// `/referentiel/{name}`. Those that a rehearsal does not have are not found.
pub(crate) fn answer(name: &str) -> Answer {
    let Some(rows) = rows(name, Words::bundled()) else { return answer::empty(StatusCode::NOT_FOUND) };
    let content_range = format!("{name} */{}", rows.len());
    answer::with(answer::json(StatusCode::OK, &rows), header::CONTENT_RANGE, &content_range)
}

fn rows(name: &str, words: &Words) -> Option<Vec<Value>> {
    let coded = |code: &str, libelle: &str| json!({ "code": code, "libelle": libelle });
    let all = |rows: &[Coded]| rows.iter().map(|Coded(code, libelle)| coded(code, libelle)).collect();
    let region = |code: &str| {
        let found = words.regions.iter().find(|region| region.0 == code);
        found.map(|Coded(code, libelle)| coded(code, libelle))
    };
    Some(match name {
        "regions" => all(&words.regions),
        "departements" => {
            let rows = words.departements.iter();
            rows.map(|row| json!({ "code": row.0, "libelle": row.1, "region": region(&row.2) })).collect()
        }
        "communes" => {
            let row = |commune: &crate::words::Commune| {
                json!({
                    "code": commune.code,
                    "libelle": commune.libelle.text,
                    "codePostal": commune.code_postal,
                    "codeDepartement": commune.departement(),
                })
            };
            words.communes.iter().map(row).collect()
        }
        "metiers" => words.metiers.iter().map(|metier| coded(&metier.code, &metier.libelle.text)).collect(),
        "secteursActivites" => all(&words.secteurs),
        "typesContrats" => CONTRACTS.iter().map(|one| coded(one.code, one.libelle)).collect(),
        "naturesContrats" => NATURES.iter().map(|one| coded(one.code, one.libelle)).collect(),
        _ => return None,
    })
}
