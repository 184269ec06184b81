//! What a client asked to be told of a person by name, as it was granted (OIDC Core §5.5): kept with the code, and with
//! every token that comes of it.

use serde::{Deserialize, Serialize};

/// The claims about how somebody signed in.
pub(crate) const OF_SIGNING_IN: [&str; 3] = ["acr", "amr", "auth_time"];

/// A claim without its language (OIDC Core §5.2).
pub(crate) fn bare(name: &str) -> &str {
    name.split_once('#').map_or(name, |(bare, _)| bare)
}

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
    /// Without the claims about the person of which that is not so.
    pub(crate) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.userinfo.retain(|name| keep(bare(name)));
        self.id_token.retain(|name| OF_SIGNING_IN.contains(&name.as_str()) || keep(bare(name)));
    }

    /// Nothing but what scopes say?
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
