//! Faults on request: what the deployed APIs answer now and then, whenever a rehearsal wants it.
//!
//! A request names one in the header `royaume-fault`. It is judged as any other first: a fault needs a token, its scopes,
//! and counts against the quota.

use http::{HeaderMap, StatusCode};

use crate::agent;
use crate::answer::{self, Answer};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// `html-400`: a page where JSON is expected.
    Html400,
    /// `json-500`: an error of the platform below the API, with a code of its own.
    Json500,
    /// `r998`: a service behind the agents' API has failed.
    R998,
    /// `r999`: it cannot be reached.
    R999,
}

impl Fault {
    const ALL: [(&'static str, Self); 4] = [
        ("html-400", Self::Html400),
        ("json-500", Self::Json500),
        ("r998", Self::R998),
        ("r999", Self::R999),
    ];

    /// The fault that a request wishes for. Names that there are not wish for nothing.
    pub(crate) fn wished(headers: &HeaderMap) -> Option<Self> {
        let name = headers.get("royaume-fault")?.to_str().ok()?;
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, fault)| fault)
    }

    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Html400 => answer::html(
                StatusCode::BAD_REQUEST,
                "<!DOCTYPE html><html lang=\"fr\"><head><title>400</title></head><body><h1>Requête incorrecte</h1></body></html>",
            ),
            Self::Json500 => answer::business(
                StatusCode::INTERNAL_SERVER_ERROR,
                "JCS0011G",
                "Un composant de la plateforme n'a pas répondu comme attendu.",
            ),
            Self::R998 => agent::Retour::R998.answer(),
            Self::R999 => agent::Retour::R999.answer(),
        }
    }
}
