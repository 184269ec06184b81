//! Profiles: which application, at which server, by one name. A file of the user's (TOML), with no secret in it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, Item, Table};

use crate::cli::Kind;
use crate::failure::Failure;
use crate::language::Language;
use crate::output::harmless;
use crate::place;

/// What of a mode lets others write.
const OTHERS_WRITE: u32 = 0o022;
/// The word that stands for a secret in the vault, in the place of a file's name.
pub(crate) const IN_THE_VAULT: &str = "keyring";

/// One application at one server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// Base URL of a server, or `production`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server: Option<String>,
    /// Any OpenID provider, instead of server and realm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) issuer: Option<String>,
    /// The realm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) realm: Option<String>,
    /// The application.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<String>,
    /// Its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<Kind>,
    /// What it asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    /// Where people come back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) redirect_uri: Option<String>,
    /// A file with its secret, or `keyring`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret_file: Option<String>,
    /// Base URL of the APIs it calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api: Option<String>,
}

/// All of them.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    /// The one that is used where none is named.
    #[serde(rename = "use")]
    pub(crate) in_use: Option<String>,
    /// By name.
    #[serde(rename = "profile", default)]
    pub(crate) all: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Reads the file; where there is none, there are no profiles.
    pub(crate) fn read() -> Result<Self, Failure> {
        let path = path();
        Self::parse(&text(&path)?, &path)
    }

    /// Reads the file for whoever goes by it: the profile in use must be there.
    pub(crate) fn usable() -> Result<Self, Failure> {
        let path = path();
        let text = text(&path)?;
        Self::parse(&text, &path)?.used_is_there(&text, &path)
    }

    fn parse(text: &str, path: &Path) -> Result<Self, Failure> {
        // The library's own words show the line, which may hold a secret that does not belong there.
        toml::from_str(text)
            .map_err(|error| broken(path, text, error.message(), error.span().map(|span| span.start)))
    }

    fn used_is_there(self, text: &str, path: &Path) -> Result<Self, Failure> {
        match &self.in_use {
            Some(name) if !self.all.contains_key(name) => {
                let at = text.lines().position(|line| line.trim_start().starts_with("use"));
                let at = text.lines().take(at.unwrap_or_default()).map(|line| line.len() + 1).sum();
                Err(broken(path, text, &format!("use names a profile {name:?} that is not there"), Some(at)))
            }
            Some(_) | None => Ok(self),
        }
    }

    /// A profile by its name.
    pub(crate) fn named(&self, name: &str) -> Result<&Profile, Failure> {
        self.all.get(name).ok_or_else(|| {
            let names: Vec<_> = self.all.keys().map(String::as_str).collect();
            let name = harmless(name);
            Failure::Usage(match (Language::of_environment(), names.is_empty()) {
                (Language::French, false) => {
                    format!("il n'y a pas de profil {name} ; il y a : {}", names.join(", "))
                }
                (Language::French, true) => {
                    format!("il n'y a pas de profil {name} : faites royaume profile add {name}")
                }
                (Language::English, false) => {
                    format!("there is no profile {name}; there are: {}", names.join(", "))
                }
                (Language::English, true) => {
                    format!("there is no profile {name}: run royaume profile add {name}")
                }
            })
        })
    }

    /// Changes the file: what is not changed stays as its author wrote it, comments too. Of several who change it at once
    /// each sees what the one before wrote.
    pub(crate) fn edit(
        change: impl FnOnce(&Self, &mut DocumentMut) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let path = path();
        let cannot = |error: io::Error| {
            Failure::Usage(match Language::of_environment() {
                Language::French => format!("{} ne peut être écrit : {error}", path.display()),
                Language::English => format!("{} cannot be written: {error}", path.display()),
            })
        };
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(cannot)?;
        }
        let mut lock = path.clone().into_os_string();
        lock.push(".lock");
        let _lock = place::private_lock(Path::new(&lock))
            .and_then(|file| file.lock().map(|()| file))
            .map_err(cannot)?;
        let text = text(&path)?;
        let profiles = Self::parse(&text, &path)?;
        let mut document: DocumentMut =
            text.parse().map_err(|_| broken(&path, &text, "it is no TOML", None))?;
        change(&profiles, &mut document)?;
        // A file that lies elsewhere, behind a link, stays there.
        let place = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        place::write_private(&place, document.to_string().as_bytes()).map_err(cannot)
    }
}

/// Puts a profile into the file.
pub(crate) fn put(document: &mut DocumentMut, name: &str, profile: &Profile) -> Result<(), Failure> {
    let table = toml_edit::Table::from_iter(
        fields(profile).into_iter().map(|(key, value)| (key, toml_edit::value(value))),
    );
    let profiles = document.entry("profile").or_insert_with(|| {
        let mut profiles = Table::new();
        profiles.set_implicit(true);
        Item::Table(profiles)
    });
    let profiles = profiles.as_table_like_mut().ok_or_else(|| Failure::usage("profile is no table"))?;
    profiles.insert(name, Item::Table(table));
    Ok(())
}

/// Says that no profile is in use. What is written above that line stays, above what follows it.
pub(crate) fn use_none(document: &mut DocumentMut) {
    let above = document.key("use").and_then(|key| key.leaf_decor().prefix()?.as_str().map(str::to_owned));
    document.remove("use");
    let Some(above) = above.filter(|above| !above.trim().is_empty()) else { return };
    let all = document.get_mut("profile").and_then(Item::as_table_mut);
    match all.and_then(|all| all.iter_mut().find_map(|(_, item)| item.as_table_mut())) {
        Some(first) => {
            let old = first.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default();
            let prefix = format!("{above}{old}");
            first.decor_mut().set_prefix(prefix);
        }
        None => document.set_trailing(above),
    }
}

/// What a profile says, by the names that the file has for it.
pub(crate) fn fields(profile: &Profile) -> Vec<(&'static str, String)> {
    let Profile { server, issuer, realm, client_id, app, scope, redirect_uri, client_secret_file, api } =
        profile;
    let all = [
        ("server", server.clone()),
        ("issuer", issuer.clone()),
        ("realm", realm.clone()),
        ("client_id", client_id.clone()),
        ("app", app.map(|app| app.word().to_owned())),
        ("scope", scope.clone()),
        ("redirect_uri", redirect_uri.clone()),
        ("client_secret_file", client_secret_file.clone()),
        ("api", api.clone()),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// Where the file is.
pub(crate) fn path() -> PathBuf {
    let said = std::env::var_os("ROYAUME_PROFILES").filter(|path| !path.is_empty());
    said.map_or_else(|| place::user_configuration().join("profiles.toml"), PathBuf::from)
}

/// Who can write it says where our secrets go.
fn text(path: &Path) -> Result<String, Failure> {
    let unread = |why: String| {
        Failure::Usage(match Language::of_environment() {
            Language::French => format!("{} ne peut être lu : {why}", path.display()),
            Language::English => format!("{} cannot be read: {why}", path.display()),
        })
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(unread(error.to_string())),
        Ok(metadata) if metadata.mode() & OTHERS_WRITE != 0 => {
            let quoted = place::quoted(path);
            return Err(unread(match Language::of_environment() {
                Language::French => format!("d'autres peuvent l'écrire : faites chmod 600 {quoted}"),
                Language::English => format!("it can be written by others: run chmod 600 {quoted}"),
            }));
        }
        Ok(_) => {}
    }
    fs::read_to_string(path).map_err(|error| unread(error.to_string()))
}

fn broken(path: &Path, text: &str, why: &str, at: Option<usize>) -> Failure {
    let line = at.map_or(1, |at| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1);
    let why = harmless(why.lines().next().unwrap_or_default());
    let (path, language) = (path.display(), Language::of_environment());
    let advice = if why.contains("client_secret`") {
        language.say(
            " (un secret n'est jamais dans ce fichier : client_secret_file nomme le sien, ou keyring)",
            " (a secret is never in this file: client_secret_file names its own, or keyring)",
        )
    } else {
        ""
    };
    Failure::Usage(match language {
        Language::French => format!("{path}, ligne {line} : {why}{advice}"),
        Language::English => format!("{path}, line {line}: {why}{advice}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let (path, parsed) = (Path::new("p.toml"), Profiles::parse(text, Path::new("p.toml")));
        parsed.and_then(|profiles| profiles.used_is_there(text, path)).err().unwrap().to_string()
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_line_and_no_secret_is_repeated() {
        let said = refused("use = \"a\"\n[profile.a]\nclient_secret = \"hunter2\"\n");
        assert!(said.contains("line 3") && said.contains("client_secret"), "{said}");
        assert!(said.contains("client_secret_file names its own") && !said.contains("hunter2"), "{said}");
        let said = refused("[profile.a]\nrealms = \"individu\"\n");
        assert!(said.contains("line 2") && said.contains("`realms`") && said.contains("`realm`"), "{said}");
        let said = refused("[profile.a]\n\nserver = \"hunter2\n");
        assert!(said.contains("line 3") && !said.contains("hunter2"), "{said}");
        let said = refused("# use\nuse = \"b\"\n");
        assert!(said.contains("line 2") && said.contains("\"b\""), "{said}");
    }

    #[test]
    fn a_profile_is_put_and_removed_and_everything_else_stays_as_it_was_written() {
        let text =
            "# mine\nuse = \"a\" # for now\n\n# the first\n[profile.a]\nrealm = \"individu\" # people\n";
        let mut document: DocumentMut = text.parse().unwrap();
        let profile = Profile { realm: Some("agent".into()), app: Some(Kind::Machine), ..Profile::default() };
        put(&mut document, "b", &profile).unwrap();
        let written = document.to_string();
        assert!(written.starts_with(text), "{written}");
        assert_eq!(Profiles::parse(&written, Path::new("p")).unwrap().all["b"], profile);
        put(&mut document, "b", &Profile::default()).unwrap();
        assert_eq!(document.to_string().matches("[profile.b]").count(), 1);
        use_none(&mut document);
        let written = document.to_string();
        assert!(written.starts_with("# mine\n") && !written.contains("use ="), "{written}");
        assert!(written.contains("# the first\n[profile.a]"), "{written}");
    }
}
