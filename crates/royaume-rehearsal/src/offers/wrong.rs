//! What a search can get wrong, as the business error says it.

use http::StatusCode;

use crate::answer::{self, Answer};

/// Why a search is refused with 400. What was sent is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// The query does not read, or names something twice.
    Query,
    /// `range` is not `p-d`.
    RangeForm,
    /// `range` asks for too many at once.
    RangeLength,
    /// `range` asks for what cannot be reached.
    RangeEnd,
    /// A parameter has a value that it cannot have.
    Value(&'static str),
    /// Two parameters go together, and one is missing.
    Alone(&'static str, &'static str),
}

impl Wrong {
    /// The answer. The texts are our own, in the language of the API.
    pub(crate) fn answer(self) -> Answer {
        let message = match self {
            Self::Query => "La requête est illisible ou répète un paramètre.".to_owned(),
            Self::RangeForm => "Le paramètre « range » s'écrit p-d, par exemple 0-149.".to_owned(),
            Self::RangeLength => "Une plage compte au plus 150 offres.".to_owned(),
            Self::RangeEnd => "Une plage commence au plus à 3000 et finit au plus à 3149.".to_owned(),
            Self::Value(name) => format!("La valeur du paramètre « {name} » est incorrecte."),
            Self::Alone(one, other) => format!("Les paramètres « {one} » et « {other} » vont ensemble."),
        };
        answer::business(StatusCode::BAD_REQUEST, self.code(), &message)
    }

    /// A code of our own: which ones the deployed API uses is not published.
    fn code(self) -> &'static str {
        match self {
            Self::Query => "requete-illisible",
            Self::RangeForm | Self::RangeLength | Self::RangeEnd => "plage-incorrecte",
            Self::Value(_) => "parametre-incorrect",
            Self::Alone(..) => "parametre-manquant",
        }
    }
}
