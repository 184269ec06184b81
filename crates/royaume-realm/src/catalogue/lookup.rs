//! Finding an API by what somebody calls it: its code, a scope, a path, a word of its title.

use super::{ApiDescription, Catalogue};
use crate::nearest::{did_you_mean, nearest};

/// Why no single API is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// Nothing is called so.
    #[error("no API is called `{name}`{}", did_you_mean(.nearest.as_deref()))]
    Unknown {
        /// The name asked for.
        name: String,
        /// The code that was perhaps meant.
        nearest: Option<String>,
    },
    /// Several are.
    #[error("`{name}` can mean several APIs: {}", .meant.join(", "))]
    Ambiguous {
        /// The name asked for.
        name: String,
        /// The technical scopes of those that could be meant.
        meant: Vec<String>,
    },
}

impl Catalogue {
    /// The API of a name: a technical scope, a code with or without its version, a business scope, or words of a title.
    /// Of several versions it is the newest that is not replaced.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn api(&self, name: &str) -> Result<&ApiDescription, LookupError> {
        let shown = || name.chars().take(80).collect::<String>();
        match self.find(name).as_slice() {
            [] => Err(LookupError::Unknown { name: shown(), nearest: self.nearest(name) }),
            [one] => Ok(one),
            several => Err(LookupError::Ambiguous {
                name: shown(),
                meant: several.iter().map(|api| api.technical_scope.clone()).collect(),
            }),
        }
    }

    /// Every API that a name can mean. The surest sense wins: what is called exactly so is not mixed with what merely
    /// contains the word.
    pub fn find(&self, name: &str) -> Vec<&ApiDescription> {
        let asked = folded(name);
        if asked.is_empty() {
            return Vec::new();
        }
        let is = |word: &str| folded(word) == asked;
        let senses: [&dyn Fn(&ApiDescription) -> bool; 5] = [
            &|api| {
                is(&api.technical_scope)
                    || is(&sandbox_scope(api))
                    || is(&format!("{}v{}", api.code, api.version))
            },
            &|api| is(&api.code) && api.replaced_by.is_none(),
            &|api| api.business_scopes.iter().chain(&api.misspelled).any(|scope| is(scope)),
            &|api| {
                api.replaced_by.is_none()
                    && (is(&api.title.fr) || is(&api.title.en) || api.words.iter().any(|w| is(w)))
            },
            &|api| {
                let texts = [&api.code, &api.title.fr, &api.title.en];
                let texts = texts.into_iter().chain(&api.words).map(|text| folded(text));
                api.replaced_by.is_none()
                    && asked.len() >= 3
                    && texts.into_iter().any(|text| text.contains(&asked))
            },
        ];
        let found = senses.iter().map(|sense| self.apis.iter().filter(|api| sense(api)).collect::<Vec<_>>());
        found.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
    }

    /// The API that a path leads to, below the base address or with it before: `offresdemploi/v2/offres/search`. A sandbox's
    /// path is that of its API.
    pub fn by_path(&self, path: &str) -> Option<&ApiDescription> {
        let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
        let path = path.strip_prefix("partenaire/").unwrap_or(path);
        self.apis.iter().find(|api| {
            let below = |start: &str| {
                path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            below(&api.path) || below(&format!("test{}", api.path))
        })
    }

    fn nearest(&self, name: &str) -> Option<String> {
        let names = self.apis.iter().flat_map(|api| {
            let names = std::iter::once(&api.code).chain(std::iter::once(&api.technical_scope));
            names.chain(&api.business_scopes).chain(&api.words).map(String::as_str)
        });
        nearest(name, names).map(str::to_owned)
    }
}

/// The technical scope of an API's sandbox.
fn sandbox_scope(api: &ApiDescription) -> String {
    api.technical_scope.replacen("api_", "api_test", 1)
}

/// A word as people type it: no case, no accents, and nothing between the words.
fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        'à' | 'â' | 'ä' => 'a',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'î' | 'ï' => 'i',
        'ô' | 'ö' => 'o',
        'ù' | 'û' | 'ü' => 'u',
        'ç' => 'c',
        other => other,
    };
    let known = |c: &char| c.is_alphanumeric();
    text.chars().take(200).flat_map(char::to_lowercase).map(plain).filter(known).collect()
}
