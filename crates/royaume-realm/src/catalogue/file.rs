//! The shape of a catalogue file, key by key, and the rules of its rows.

use royaume_protocol::scope::is_token;
use serde::Deserialize;

use super::{ApiDescription, Catalogue, CatalogueError, Pages, Quota, Rate};
use crate::{BaseUrl, Certainty, RealmName, SubjectKind, Text, Topology, file, overlay};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    version: String,
    base_url: String,
    #[serde(default)]
    api: Vec<ApiFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiFile {
    code: String,
    version: u16,
    title: Text,
    realm: String,
    caller: Option<SubjectKind>,
    business_scopes: Vec<String>,
    path: Option<String>,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    misspelled: Vec<String>,
    quota: Option<Quota>,
    pages: Option<Pages>,
    sandbox: Option<bool>,
    replaces: Option<String>,
    replaced_by: Option<String>,
    certainty: Certainty,
    source: String,
}

/// A whole file, or the catalogue rows of one that extends another.
pub(super) fn catalogue(
    preset: Option<&str>,
    text: &str,
    topology: &Topology,
) -> Result<Catalogue, CatalogueError> {
    let file: CatalogueFile = match preset {
        Some(preset) => overlay::catalogue(preset, text)?,
        None => file::read(text)?,
    };
    let unusable = |reason: String| CatalogueError::Misfit { api: "all".to_owned(), reason };
    BaseUrl::parse(&origin(&file.base_url)).map_err(|error| unusable(format!("`base_url`: {error}")))?;
    if file.base_url.ends_with('/') || file.base_url.contains(['?', '#']) {
        return Err(unusable("`base_url` ends with the name of a folder, without a slash".to_owned()));
    }
    let mut apis: Vec<ApiDescription> = Vec::new();
    for row in file.api {
        let api = format!("{} v{}", row.code, row.version);
        let misfit = |reason| CatalogueError::Misfit { api, reason };
        let row = row.api(topology).map_err(misfit.clone())?;
        if apis.iter().any(|other| other.technical_scope == row.technical_scope) {
            return Err(misfit("its scope is that of another API".to_owned()));
        }
        apis.push(row);
    }
    let named = |scope: &String| apis.iter().any(|api| api.technical_scope == *scope);
    if let Some(api) = apis.iter().find(|api| api.replaced_by.as_ref().is_some_and(|scope| !named(scope))) {
        let reason = "`replaced_by` is the technical scope of an API that is there".to_owned();
        return Err(CatalogueError::Misfit { api: format!("{} v{}", api.code, api.version), reason });
    }
    Ok(Catalogue { version: file.version, base_url: file.base_url, apis })
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    format!("{scheme}://{}", rest.split('/').next().unwrap_or_default())
}

impl ApiFile {
    fn api(self, topology: &Topology) -> Result<ApiDescription, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.code.is_empty() || !self.code.chars().all(plain) {
            return Err("its code has lower case letters, digits and hyphens only".to_owned());
        }
        let realm = topology.realm(&self.realm).ok_or_else(|| {
            let near = crate::nearest::did_you_mean(topology.nearest_realm(&self.realm));
            format!("no realm is called `{}`{near}", self.realm)
        })?;
        let technical_scope = format!("api_{}v{}", self.code, self.version);
        let unknown = |scope: &str| format!("the realm `{}` has no scope `{scope}`", realm.name);
        for scope in self.business_scopes.iter().chain([&technical_scope]) {
            if realm.scope(scope).is_none() {
                return Err(unknown(scope));
            }
        }
        if let Some(scope) =
            self.misspelled.iter().find(|scope| !is_token(scope) || realm.scope(scope).is_some())
        {
            return Err(format!("the misspelling `{scope}` is a scope of its realm, or can be none"));
        }
        let path = self.path.unwrap_or_else(|| format!("{}/v{}", self.code, self.version));
        if path.split('/').any(|part| part.is_empty() || part == "." || part == "..")
            || path.contains(['?', '#'])
        {
            return Err("its path is made of names with one slash between them".to_owned());
        }
        if self.source.trim().is_empty() {
            return Err("it does not say where it was read: give it a `source`".to_owned());
        }
        let rates = self.quota.iter().flat_map(|quota| [quota.application, quota.api]).flatten();
        if rates.into_iter().any(|Rate { calls, seconds }| calls == 0 || seconds == 0) {
            return Err("a quota allows at least one call in at least one second".to_owned());
        }
        if self.pages.is_some_and(|pages| pages.largest == 0 || pages.last_start > pages.last_end) {
            return Err(
                "its pages have at least one result each, and the last one begins before it ends".to_owned()
            );
        }
        Ok(ApiDescription {
            caller: self.caller.unwrap_or(realm.subject_kind),
            realm: RealmName::clone(&realm.name),
            code: self.code,
            version: self.version,
            title: self.title,
            technical_scope,
            business_scopes: self.business_scopes,
            path,
            headers: self.headers,
            words: self.words,
            misspelled: self.misspelled,
            quota: self.quota,
            pages: self.pages,
            sandbox: self.sandbox,
            replaces: self.replaces,
            replaced_by: self.replaced_by,
            certainty: self.certainty,
            source: self.source,
        })
    }
}
