//! What a client asked to be told of a person by name, as it was granted (OIDC Core §5.5): kept with the code, and with
//! every token that comes of it.

use serde::{Deserialize, Serialize};

/// Names of claims that the realm knows, and the languages in which they are wished.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AskedClaims {
    /// What userinfo says beside what scopes release.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) userinfo: Vec<String>,
    /// What the id token says beside what it always does: claims about the person, or about how they signed in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) id_token: Vec<String>,
    /// BCP 47, the best first (OIDC Core §5.2).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) locales: Vec<String>,
}

impl AskedClaims {
    /// Nothing but what scopes say?
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
