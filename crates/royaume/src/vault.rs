//! What this user keeps between commands and nobody else may read: values sealed with one key, each in a file with a
//! lock beside it.

mod key;
mod keyring;

use std::path::PathBuf;

use royaume_client::shared::{FileCache, Held, SharedCache as _, SharedCacheError, SharedKey};
use royaume_jose::{SystemEntropy, sha256};

use crate::failure::Failure;
use crate::language::Language;
use crate::place;

pub(crate) use key::Sealing;

/// One directory of sealed values.
pub(crate) struct Vault {
    name: &'static str,
    directory: PathBuf,
    files: FileCache,
}

/// A value that is held: nobody else changes it until this is dropped.
pub(crate) struct HeldValue<'a> {
    vault: &'a Vault,
    key: SharedKey,
    held: Box<dyn Held>,
}

/// The name of a value, of parts that together are nobody else's.
pub(crate) fn key_of(parts: &[&str]) -> SharedKey {
    let text: String = parts.iter().map(|part| format!("{}:{part}", part.len())).collect();
    SharedKey::from_bytes(sha256(text.as_bytes()))
}

impl Vault {
    /// A vault of this user, made if it is missing.
    pub(crate) fn open(name: &'static str) -> Result<Self, Failure> {
        let directory = directory().join(name);
        let files = FileCache::open(&directory).map_err(|error| unusable(&error))?;
        Ok(Self { name, directory, files })
    }

    /// Is there such a vault yet?
    pub(crate) fn exists(name: &str) -> bool {
        directory().join(name).is_dir()
    }

    /// A value as it is now, whoever holds it.
    pub(crate) async fn read(&self, key: &SharedKey) -> Result<Option<Vec<u8>>, Failure> {
        let sealed = self.files.read(key).await.map_err(|error| self.failed(key, &error))?;
        self.opened(key, sealed).await
    }

    /// Holds a value, once nobody else does.
    pub(crate) async fn hold(&self, key: SharedKey) -> Result<HeldValue<'_>, Failure> {
        let held = self.files.hold(&key).await.map_err(|error| self.failed(&key, &error))?;
        Ok(HeldValue { vault: self, key, held })
    }

    /// The names of all values there are.
    pub(crate) fn keys(&self) -> Vec<SharedKey> {
        let entries = std::fs::read_dir(&self.directory).into_iter().flatten().flatten();
        let names = entries.map(|entry| PathBuf::from(entry.file_name()));
        let sealed = names.filter(|name| name.extension().is_some_and(|ending| ending == "tokens"));
        sealed.filter_map(|name| named(name.file_stem()?.to_str()?)).collect()
    }

    /// Where it is.
    pub(crate) fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// Where a value is.
    pub(crate) fn path(&self, key: &SharedKey) -> PathBuf {
        self.directory.join(format!("{key}.tokens"))
    }

    async fn opened(&self, key: &SharedKey, sealed: Option<Vec<u8>>) -> Result<Option<Vec<u8>>, Failure> {
        let Some(sealed) = sealed else { return Ok(None) };
        let sealing = key::sealing().await?;
        match sealing.key.open(&self.context(key), &sealed) {
            Ok(value) => Ok(Some(value.to_vec())),
            Err(_) => {
                let why = match Language::of_environment() {
                    Language::French => {
                        format!("il est abîmé, ou scellé par une autre clé que {}", sealing.whence())
                    }
                    Language::English => {
                        format!("it is damaged, or sealed with another key than {}", sealing.whence())
                    }
                };
                Err(self.unread(key, &why))
            }
        }
    }

    /// A sealed value opens under its own name only.
    fn context(&self, key: &SharedKey) -> String {
        format!("royaume {} {key}", self.name)
    }

    /// A value that does not read is left as it is, and named.
    pub(crate) fn unread(&self, key: &SharedKey, why: &str) -> Failure {
        unread(&self.path(key), why)
    }

    fn failed(&self, key: &SharedKey, error: &SharedCacheError) -> Failure {
        match error {
            SharedCacheError::Unreadable { reason, .. } => self.unread(key, reason),
            SharedCacheError::Unavailable { .. }
            | SharedCacheError::Busy(_)
            | SharedCacheError::Exposed { .. }
            | SharedCacheError::TooLarge(_) => unusable(error),
        }
    }
}

impl HeldValue<'_> {
    /// The value, as whoever held it last left it.
    pub(crate) async fn read(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let sealed = self.held.read().await.map_err(|error| self.vault.failed(&self.key, &error))?;
        self.vault.opened(&self.key, sealed).await
    }

    /// Replaces the value, durably once this has answered.
    pub(crate) async fn write(&mut self, value: &[u8]) -> Result<(), Failure> {
        let sealing = key::sealing().await?;
        let sealed = sealing.key.seal(&self.vault.context(&self.key), value, &SystemEntropy);
        self.held.write(&sealed).await.map_err(|error| self.vault.failed(&self.key, &error))
    }

    /// Removes the value.
    pub(crate) async fn remove(&mut self) -> Result<(), Failure> {
        self.held.remove().await.map_err(|error| self.vault.failed(&self.key, &error))
    }
}

/// The key that seals, and what else follows from it.
pub(crate) async fn sealing() -> Result<&'static Sealing, Failure> {
    key::sealing().await
}

/// A file that does not read is somebody's all the same.
pub(crate) fn unread(path: &std::path::Path, why: &str) -> Failure {
    Failure::Usage(match Language::of_environment() {
        Language::French => format!(
            "{} ne se lit pas ({why}) : déplacez-le, puis connectez-vous ou enregistrez-le de nouveau",
            path.display()
        ),
        Language::English => {
            format!("{} does not read ({why}): move it away, then sign in or add it again", path.display())
        }
    })
}

/// The name of a value, from that of its file.
pub(crate) fn named(hexadecimal: &str) -> Option<SharedKey> {
    let mut digest = [0; 32];
    if hexadecimal.len() != 64 || !hexadecimal.is_ascii() {
        return None;
    }
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hexadecimal[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(SharedKey::from_bytes(digest))
}

/// Everything of this user.
fn directory() -> PathBuf {
    place::user_data()
}

fn unusable(error: &SharedCacheError) -> Failure {
    match error {
        SharedCacheError::Busy(_) => Failure::Unavailable(error.to_string()),
        SharedCacheError::Unavailable { .. }
        | SharedCacheError::Exposed { .. }
        | SharedCacheError::Unreadable { .. }
        | SharedCacheError::TooLarge(_) => Failure::usage(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_back_from_its_file() {
        let key = key_of(&["a", "bc"]);
        assert_eq!(named(&key.to_string()), Some(key));
        for other in ["", "ab", &"é".repeat(32), &"+1".repeat(32)[..63], &"g".repeat(64)] {
            assert_eq!(named(other), None, "{other}");
        }
        assert_ne!(key_of(&["ab", "c"]), key, "no two lists of parts are the same name");
    }
}
