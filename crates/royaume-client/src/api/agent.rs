//! France Travail's APIs for agents: who is behind a call that an application makes for itself.

use http::{HeaderMap, HeaderName, HeaderValue};
use royaume_protocol::Secret;

use super::{ApiError, Call};

/// Names that are longer are no names.
const LONGEST: usize = 200;
/// The token of a person who was looked up, on the calls that follow.
const JETON_USAGER: HeaderName = HeaderName::from_static("ft-jeton-usager");

/// The agent on whose behalf an application calls: `pa-nom-agent`, `pa-prenom-agent` and `pa-identifiant-agent`, without
/// which these APIs answer with a redirect.
///
/// What is not ASCII is sent as it is, in UTF-8, which a header may carry (RFC 9110 §5.5); a receiver that reads it as
/// ISO 8859-1 sees other letters and refuses nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    nom: HeaderValue,
    prenom: HeaderValue,
    identifiant: HeaderValue,
}

impl Agent {
    /// An agent by name, first name and identifier. Blanks before and after are dropped.
    ///
    /// # Errors
    /// [`ApiError::Request`] for one that is empty, longer than 200 bytes, or has `|` or a control character: France Travail
    /// refuses those.
    pub fn new(nom: &str, prenom: &str, identifiant: &str) -> Result<Self, ApiError> {
        Ok(Self {
            nom: value("nom", nom)?,
            prenom: value("prenom", prenom)?,
            identifiant: value("identifiant", identifiant)?,
        })
    }

    pub(super) fn write(&self, headers: &mut HeaderMap) {
        headers.insert("pa-nom-agent", self.nom.clone());
        headers.insert("pa-prenom-agent", self.prenom.clone());
        headers.insert("pa-identifiant-agent", self.identifiant.clone());
    }
}

impl<S, T, C> Call<S, T, C> {
    /// About the person whose token that is, as a search for a person gave it (`jetonUsager`).
    #[must_use]
    pub fn about(self, jeton_usager: &Secret) -> Self {
        match HeaderValue::from_str(jeton_usager.expose()) {
            Ok(mut value) if !value.is_empty() => {
                value.set_sensitive(true);
                self.with(JETON_USAGER, value)
            }
            _ => self.wrong("its jetonUsager has characters that no token has".to_owned()),
        }
    }
}

fn value(name: &str, text: &str) -> Result<HeaderValue, ApiError> {
    let text = text.trim();
    let wrong = |why: &str| Err(ApiError::Request(format!("the {name} of the agent {why}")));
    if text.is_empty() {
        return wrong("is empty");
    }
    if text.len() > LONGEST {
        return wrong("is too long");
    }
    if text.contains('|') || text.chars().any(char::is_control) {
        return wrong("has a `|` or a control character");
    }
    HeaderValue::from_bytes(text.as_bytes()).or_else(|_| wrong("is no value of a header"))
}
