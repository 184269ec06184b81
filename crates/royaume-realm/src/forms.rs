//! The forms of addresses: which paths lead to the endpoints of a realm.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Endpoint, RealmName};

/// The place of the realm's name in a prefix.
const REALM: &str = "{realm}";

/// The paths of a realm's endpoints, relative to a base URL. A prefix begins with a slash and never ends with one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forms {
    /// The path of the issuer, with `{realm}` in it.
    pub issuer: String,
    /// Other prefixes with `{realm}` in them.
    pub with_realm: Vec<String>,
    /// Prefixes under which the query or the host names the realm.
    pub without_realm: Vec<String>,
    /// The paths of each endpoint below a prefix; the first is the canonical one. Not for [`Endpoint::Discovery`]
    /// and [`Endpoint::OauthMetadata`], whose places are fixed by their standards.
    pub paths: BTreeMap<Endpoint, Vec<String>>,
}

/// The path of OpenID Connect Discovery 1.0 §4.1 below an issuer.
const OPENID_CONFIGURATION: &str = ".well-known/openid-configuration";

/// The path of RFC 8414 §3.1 above an issuer's path.
const OAUTH_AUTHORIZATION_SERVER: &str = "/.well-known/oauth-authorization-server";

impl Forms {
    /// Plain addresses: `/{realm}/authorize` and so on.
    pub fn plain() -> Forms {
        Forms {
            issuer: format!("/{REALM}"),
            with_realm: Vec::new(),
            without_realm: Vec::new(),
            paths: Endpoint::ALL
                .into_iter()
                .filter_map(|endpoint| Some((endpoint, vec![Forms::plain_path(endpoint)?.to_owned()])))
                .collect(),
        }
    }

    /// The path of an endpoint below a plain realm; none where a standard fixes the place.
    pub(crate) fn plain_path(endpoint: Endpoint) -> Option<&'static str> {
        match endpoint {
            Endpoint::Authorization => Some("authorize"),
            Endpoint::Token => Some("token"),
            Endpoint::Jwks => Some("jwks"),
            Endpoint::Discovery | Endpoint::OauthMetadata => None,
            Endpoint::UserInfo => Some("userinfo"),
            Endpoint::Introspection => Some("introspect"),
            Endpoint::Revocation => Some("revoke"),
            Endpoint::Registration => Some("register"),
            Endpoint::Logout => Some("logout"),
            Endpoint::Login => Some("login"),
            Endpoint::CreateAccount => Some("create-account"),
            Endpoint::Consent => Some("consent"),
            Endpoint::LoggedOut => Some("logged-out"),
        }
    }

    /// The path of a realm's issuer.
    pub fn issuer_path(&self, realm: &RealmName) -> String {
        fill(&self.issuer, realm)
    }

    /// Every prefix that names the realm, the issuer's first.
    pub(crate) fn naming_prefixes(&self, realm: &RealmName) -> impl Iterator<Item = String> {
        std::iter::once(&self.issuer).chain(&self.with_realm).map(move |prefix| fill(prefix, realm))
    }

    /// Every path of an endpoint under a prefix on a server whose base has `base_path`, the canonical one first.
    pub(crate) fn paths_under(&self, base_path: &str, prefix: &str, endpoint: Endpoint) -> Vec<String> {
        match endpoint {
            Endpoint::Discovery => vec![format!("{base_path}{prefix}/{OPENID_CONFIGURATION}")],
            Endpoint::OauthMetadata => vec![format!("{OAUTH_AUTHORIZATION_SERVER}{base_path}{prefix}")],
            Endpoint::Authorization
            | Endpoint::Token
            | Endpoint::Jwks
            | Endpoint::UserInfo
            | Endpoint::Introspection
            | Endpoint::Revocation
            | Endpoint::Registration
            | Endpoint::Logout
            | Endpoint::Login
            | Endpoint::CreateAccount
            | Endpoint::Consent
            | Endpoint::LoggedOut => {
                let paths = self.paths.get(&endpoint).map(Vec::as_slice).unwrap_or_default();
                paths.iter().map(|path| format!("{base_path}{prefix}/{path}")).collect()
            }
        }
    }

    /// The canonical path of an endpoint below an issuer; none for [`Endpoint::OauthMetadata`], which lies above.
    pub(crate) fn path_below_issuer(&self, endpoint: Endpoint) -> Option<&str> {
        match endpoint {
            Endpoint::Discovery => Some(OPENID_CONFIGURATION),
            other => self.paths.get(&other).and_then(|paths| paths.first()).map(String::as_str),
        }
    }

    /// The canonical path of a realm's endpoint.
    pub(crate) fn canonical_path(&self, base_path: &str, realm: &RealmName, endpoint: Endpoint) -> String {
        let prefix = self.issuer_path(realm);
        let path = self.paths_under(base_path, &prefix, endpoint).into_iter().next();
        path.expect("every form has a path for every endpoint: validation holds it")
    }

    /// The text that stands for a realm's name in a path of these forms, if the path has one of their shapes.
    pub(crate) fn realm_in<'p>(&self, base_path: &str, path: &'p str) -> Option<&'p str> {
        let prefixes = || std::iter::once(&self.issuer).chain(&self.with_realm);
        let below = prefixes().find_map(|prefix| {
            let (before, after) = prefix.split_once(REALM)?;
            let rest = path.strip_prefix(base_path)?.strip_prefix(before)?;
            let (name, rest) = rest.split_at(rest.find('/')?);
            let rest = rest.strip_prefix(after)?.strip_prefix('/')?;
            let known =
                rest == OPENID_CONFIGURATION || self.paths.values().flatten().any(|path| path == rest);
            (known && !name.is_empty()).then_some(name)
        });
        below.or_else(|| {
            let rest = path.strip_prefix(OAUTH_AUTHORIZATION_SERVER)?.strip_prefix(base_path)?;
            prefixes().find_map(|prefix| {
                let (before, after) = prefix.split_once(REALM)?;
                let name = rest.strip_prefix(before)?.strip_suffix(after)?;
                (!name.is_empty() && !name.contains('/')).then_some(name)
            })
        })
    }

    /// What keeps the forms from being usable, as a sentence.
    pub(crate) fn fault(&self) -> Option<String> {
        for prefix in std::iter::once(&self.issuer).chain(&self.with_realm) {
            if prefix.matches(REALM).count() != 1 || !prefix.split('/').any(|segment| segment == REALM) {
                return Some(format!("the prefix `{prefix}` needs {REALM} as one of its segments, once"));
            }
        }
        for prefix in std::iter::once(&self.issuer).chain(&self.with_realm).chain(&self.without_realm) {
            let plain = prefix.replace(REALM, "realm");
            if !plain.strip_prefix('/').is_some_and(good_path) {
                return Some(format!(
                    "the prefix `{prefix}` must begin with a slash, not end with one, and use plain segments"
                ));
            }
        }
        for endpoint in Endpoint::ALL {
            let fixed = Forms::plain_path(endpoint).is_none();
            match self.paths.get(&endpoint).map(Vec::as_slice) {
                Some(_) if fixed => {
                    return Some(format!("the place of {endpoint} follows from the issuer: leave it out"));
                }
                None | Some([]) if !fixed => return Some(format!("{endpoint} has no path")),
                None => {}
                Some(paths) => {
                    if let Some(path) = paths.iter().find(|path| !good_path(path)) {
                        return Some(format!(
                            "the path `{path}` of {endpoint} must be plain segments without a slash at either end"
                        ));
                    }
                }
            }
        }
        None
    }
}

fn fill(prefix: &str, realm: &RealmName) -> String {
    prefix.replace(REALM, realm.as_str())
}

/// Segments of unreserved characters (RFC 3986 §2.3), none empty and none made of dots.
fn good_path(path: &str) -> bool {
    path.split('/').all(|segment| {
        !segment.trim_matches('.').is_empty()
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    })
}
