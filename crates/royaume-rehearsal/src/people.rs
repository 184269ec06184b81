//! What a signed-in person may let an application read: address, status, date of birth.
//!
//! Names and e-mail are those of the account; the rest is invented, the same for one person every time.

use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::answer::{self, Answer};
use crate::chance::Chance;
use crate::tokens::Holder;
use crate::words::Words;

/// peconnect-coordonnees v1.
pub(crate) fn coordonnees(method: &Method, resource: &str, holder: &Holder) -> Answer {
    only(method, resource, "/coordonnees", holder, |chance| {
        let commune = chance.pick(&Words::bundled().communes);
        let claim = |name: &str| holder.claims.get(name).cloned().unwrap_or(Value::Null);
        let email = claim("email");
        json!({
            "nom": claim("family_name"),
            "prenom": claim("given_name"),
            // An account whose address nobody confirmed has none.
            "statutValidationEmail": if email.is_null() { Value::Null } else { json!("V") },
            "email": email,
            // Numbers that are given to nobody: France keeps them for works of fiction.
            "telephone1": format!("063998{:04}", chance.below(10_000)),
            "telephone2": null,
            "adresse1": null,
            "adresse2": null,
            "adresse3": null,
            "adresse4": format!("{} RUE DE L'EXEMPLE", 1 + chance.below(98)),
            "codePostal": commune.code_postal,
            "codeINSEE": commune.code,
            "libelleCommune": commune.libelle.text,
            "codePays": "FR",
            "libellePays": "FRANCE",
        })
    })
}

/// peconnect-statut v1: people look for a job, unless their account has the claim `codeStatutIndividu` and it is `0`.
pub(crate) fn statut(method: &Method, resource: &str, holder: &Holder) -> Answer {
    only(method, resource, "/statut", holder, |_| {
        let (code, libelle) = match holder.claims.get("codeStatutIndividu").and_then(Value::as_str) {
            Some("0") => ("0", "Non demandeur d’emploi"),
            Some(_) | None => ("1", "Demandeur d’emploi"),
        };
        json!({ "codeStatutIndividu": code, "libelleStatutIndividu": libelle })
    })
}

/// peconnect-datenaissance v1: everything but the date is null, as deployed.
pub(crate) fn etat_civil(method: &Method, resource: &str, holder: &Holder) -> Answer {
    only(method, resource, "/etat-civil", holder, |chance| {
        // Midnight in Paris, in a month that was never one of summer time.
        let (year, month) = (1962 + chance.below(42), *chance.pick(&[1, 2, 11, 12]));
        let day = 1 + chance.below(28);
        json!({
            "codeCivilite": null,
            "libelleCivilite": null,
            "nomPatronymique": null,
            "nomMarital": null,
            "prenom": null,
            "dateDeNaissance": format!("{year}-{month:02}-{day:02}T00:00:00+01:00"),
        })
    })
}

/// A resource that is read, and belongs to a person.
fn only(
    method: &Method,
    resource: &str,
    path: &str,
    holder: &Holder,
    described: impl FnOnce(&mut Chance) -> Value,
) -> Answer {
    if resource != path {
        return answer::empty(StatusCode::NOT_FOUND);
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        return answer::with(answer::empty(StatusCode::METHOD_NOT_ALLOWED), header::ALLOW, "GET, HEAD");
    }
    // An application that speaks for itself is nobody.
    if holder.subject == holder.client_id {
        return answer::empty(StatusCode::FORBIDDEN);
    }
    answer::json(StatusCode::OK, &described(&mut Chance::of(&format!("{path} {}", holder.subject))))
}
