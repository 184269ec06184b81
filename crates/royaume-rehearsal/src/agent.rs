//! What agents look up: who somebody is, and then, with the `ft-jeton-usager` of that answer, what is known of them.
//!
//! The result is a code within the answer: `S001` found, `S002` nobody, `S003` several, `R…` refused. Refusals write the
//! text `null` where there is nothing, as deployed.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::answer::{self, Answer};
use crate::tokens::Holder;

/// Somebody whom agents know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Usager {
    /// 13 digits, without their key.
    nir: String,
    /// As `1985-04-12`.
    date_naissance: String,
    /// 11 digits.
    numero: String,
    /// Their identity was checked.
    certified: bool,
    /// The last day of their recognition as a disabled worker.
    rqth: Option<String>,
}

#[derive(Deserialize)]
struct Usagers {
    usager: Vec<Usager>,
}

fn usagers() -> &'static [Usager] {
    static USAGERS: LazyLock<Usagers> = LazyLock::new(|| {
        toml::from_str(include_str!("../data/usagers.toml")).expect("the bundled people read")
    });
    &USAGERS.usager
}

/// A result that is no person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retour {
    S002,
    S003,
    R001,
    R997,
    R998,
    R999,
}

impl Retour {
    pub(crate) fn answer(self) -> Answer {
        let (status, code, message) = match self {
            Self::S002 => (StatusCode::OK, "S002", "Aucun approchant trouvé"),
            Self::S003 => (StatusCode::OK, "S003", "Plusieurs usagers trouvés"),
            Self::R001 => (StatusCode::FORBIDDEN, "R001", "Accès non autorisé"),
            Self::R997 => (StatusCode::BAD_REQUEST, "R997", "Une erreur de validation s'est produite"),
            Self::R998 => (StatusCode::INTERNAL_SERVER_ERROR, "R998", "Un service a répondu en erreur"),
            Self::R999 => (StatusCode::SERVICE_UNAVAILABLE, "R999", "Service indisponible"),
        };
        let nothing = if status == StatusCode::OK { Value::Null } else { json!("null") };
        let body = json!({
            "codeRetour": code,
            "message": message,
            "jetonUsager": nothing,
            "topIdentiteCertifiee": nothing,
        });
        answer::json(status, &body)
    }
}

/// rechercher-usager v2.
pub(crate) fn rechercher_usager(request: &Request<Bytes>, resource: &str, holder: &Holder) -> Answer {
    if let Some(refused) = without_agent(request.headers()) {
        return refused;
    }
    let wanted: fn(&Map<String, Value>) -> Option<Vec<&'static Usager>> = match resource {
        "/usagers/par-datenaissance-et-nir" => by_birth_and_nir,
        "/usagers/par-numero-francetravail" => by_number,
        _ => return answer::empty(StatusCode::NOT_FOUND),
    };
    if request.method() != Method::POST {
        return answer::with(answer::empty(StatusCode::METHOD_NOT_ALLOWED), header::ALLOW, "POST");
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(request.body()) else {
        return Retour::R997.answer();
    };
    let Some(found) = wanted(&body) else { return Retour::R997.answer() };
    match found[..] {
        [] => Retour::S002.answer(),
        [usager] => answer::json(
            StatusCode::OK,
            &json!({
                "codeRetour": "S001",
                "message": "Approchant trouvé",
                "jetonUsager": jeton(usager, holder),
                "topIdentiteCertifiee": if usager.certified { "O" } else { "N" },
            }),
        ),
        [_, _, ..] => Retour::S003.answer(),
    }
}

/// Those who were born that day and have that NIR, with its key or without; nothing if they cannot be a day and a NIR.
fn by_birth_and_nir(body: &Map<String, Value>) -> Option<Vec<&'static Usager>> {
    let (born, nir) = (body.get("dateNaissance")?.as_str()?, body.get("nir")?.as_str()?);
    born.parse::<jiff::civil::Date>().ok()?;
    // The seventh may be the letter of a Corsican department.
    let digit = |(at, byte): (usize, u8)| byte.is_ascii_digit() || (at == 6 && matches!(byte, b'A' | b'B'));
    let well_formed = matches!(nir.len(), 13 | 15) && nir.bytes().enumerate().all(digit);
    let number = nir.get(..13).filter(|_| well_formed)?;
    let fits = |usager: &&Usager| usager.nir == number && usager.date_naissance == born;
    Some(usagers().iter().filter(fits).collect())
}

/// Those who have that number; nothing if it cannot be one.
fn by_number(body: &Map<String, Value>) -> Option<Vec<&'static Usager>> {
    let number = body.get("numeroFranceTravail")?.as_str()?;
    let well_formed = number.len() == 11 && number.bytes().all(|byte| byte.is_ascii_alphanumeric());
    well_formed.then(|| usagers().iter().filter(|usager| usager.numero == number).collect())
}

/// donnees-rqth v1.
pub(crate) fn rqth(request: &Request<Bytes>, resource: &str, holder: &Holder) -> Answer {
    if let Some(refused) = without_agent(request.headers()) {
        return refused;
    }
    if resource != "/rqth" {
        return answer::empty(StatusCode::NOT_FOUND);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return answer::with(answer::empty(StatusCode::METHOD_NOT_ALLOWED), header::ALLOW, "GET, HEAD");
    }
    let Some(presented) = request.headers().get("ft-jeton-usager") else { return Retour::R997.answer() };
    let of = |usager: &&Usager| jeton(usager, holder).as_bytes() == presented.as_bytes();
    match usagers().iter().find(of) {
        None => Retour::R001.answer(),
        Some(Usager { rqth: Some(last), .. }) => answer::json(
            StatusCode::OK,
            &json!({
                "dateDebutRqth": "2024-01-20",
                "dateFinRqth": last,
                "source": "FRANCE TRAVAIL",
                "topValiditeRQTH": true,
            }),
        ),
        Some(Usager { rqth: None, .. }) => answer::json(
            StatusCode::OK,
            &json!({ "dateDebutRqth": "", "dateFinRqth": "", "source": "", "topValiditeRQTH": false }),
        ),
    }
}

/// The second token: it stands for one person, and is good for the application that looked them up.
fn jeton(usager: &Usager, holder: &Holder) -> String {
    let text = format!("jeton-usager {} {}", holder.client_id, usager.numero);
    royaume_jose::base64url::encode(&royaume_jose::sha256(text.as_bytes()))
}

/// The answer to whoever does not say which agent is asking: three headers that must be there, say something, and have no
/// pipe in them.
fn without_agent(headers: &HeaderMap) -> Option<Answer> {
    ["pa-nom-agent", "pa-prenom-agent", "pa-identifiant-agent"].into_iter().find_map(|name| {
        let Some(value) = headers.get(name) else {
            // Where it leads is not published. Here it stays on this server, whatever token the caller sends along.
            return Some(answer::with(answer::empty(StatusCode::FOUND), header::LOCATION, "/"));
        };
        if value.as_bytes().trim_ascii().is_empty() {
            return Some(answer::empty(StatusCode::UNAUTHORIZED));
        }
        value.as_bytes().contains(&b'|').then(|| Retour::R997.answer())
    })
}
