//! Logins of this user, kept between commands: one file, readable for its owner only.

use std::collections::BTreeMap;
use std::path::PathBuf;

use royaume_client::TokenSet;

use super::who::Speaker;
use crate::failure::Failure;
use crate::place;

/// The saved logins, by provider and application.
pub(super) struct Logins {
    path: PathBuf,
    saved: BTreeMap<String, TokenSet>,
}

impl Logins {
    /// Reads them. A file that does not read is left alone and named.
    pub(super) fn open() -> Result<Self, Failure> {
        let directory = place::default_data().parent().map(PathBuf::from).unwrap_or_default();
        place::private_directory(&directory)?;
        let path = directory.join("logins.json");
        let saved = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
                Failure::usage(format!("{} does not read: move it away and sign in again", path.display()))
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(Failure::usage(format!("{} cannot be read: {error}", path.display()))),
        };
        Ok(Self { path, saved })
    }

    /// The tokens of a speaker's last login.
    pub(super) fn of(&self, speaker: &Speaker) -> Result<TokenSet, Failure> {
        self.saved.get(&key(speaker)).cloned().ok_or_else(|| {
            Failure::usage(format!(
                "nobody is signed in to {} by this application: run royaume login --realm {}",
                speaker.client.provider.issuer, speaker.realm
            ))
        })
    }

    /// Keeps the tokens of a login.
    pub(super) fn keep(&mut self, speaker: &Speaker, tokens: TokenSet) -> Result<(), Failure> {
        self.saved.insert(key(speaker), tokens);
        self.write()
    }

    /// Forgets a login.
    pub(super) fn forget(&mut self, speaker: &Speaker) -> Result<(), Failure> {
        self.saved.remove(&key(speaker));
        self.write()
    }

    fn write(&self) -> Result<(), Failure> {
        let bytes = serde_json::to_vec_pretty(&self.saved).expect("logins always serialise");
        place::write_private(&self.path, &bytes)
            .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", self.path.display())))
    }
}

/// Tokens of one provider and application are never sent to another.
fn key(speaker: &Speaker) -> String {
    format!("{} {}", speaker.client.provider.issuer, speaker.client.application.client_id())
}
