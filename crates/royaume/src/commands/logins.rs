//! Logins of this user, kept between commands: one file for each provider and application, readable for its owner
//! only, and beside it a lock that is held from reading to writing.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use royaume_client::TokenSet;
use royaume_jose::sha256;
use royaume_protocol::Secret;
use serde::{Deserialize, Serialize};

use super::who::Speaker;
use crate::failure::Failure;
use crate::place;

/// A larger file is none that we wrote: an answer of a server is not longer.
const LONGEST: u64 = 2 * 1024 * 1024;

/// The saved logins.
pub(super) struct Logins {
    directory: PathBuf,
}

/// A login as it is kept, with whose it is: tokens of one provider and application are never sent to another.
#[derive(Serialize, Deserialize)]
struct Kept {
    issuer: String,
    client_id: String,
    tokens: TokenSet,
}

/// One login, held: nobody else changes it until this is dropped.
pub(super) struct Held {
    path: PathBuf,
    issuer: String,
    client_id: String,
    _lock: File,
}

impl Logins {
    /// Where they are.
    pub(super) fn open() -> Result<Self, Failure> {
        let logins = Self::place();
        place::private_directory(&logins.directory)?;
        Ok(logins)
    }

    fn place() -> Self {
        Self { directory: place::default_data().with_file_name("logins") }
    }

    /// The tokens of a speaker's last login.
    pub(super) fn of(&self, speaker: &Speaker) -> Result<TokenSet, Failure> {
        let (issuer, client_id) = owner(speaker);
        read(&self.path(issuer, client_id, "json"), issuer, client_id)?.ok_or_else(|| nobody(speaker))
    }

    /// Holds a speaker's login, once nobody else does.
    pub(super) async fn hold(&self, speaker: &Speaker) -> Result<Held, Failure> {
        let (issuer, client_id) = owner(speaker);
        let path = self.path(issuer, client_id, "lock");
        let unlocked =
            |error: io::Error| Failure::usage(format!("{} cannot be locked: {error}", path.display()));
        let lock = place::private_lock(&path).map_err(unlocked)?;
        // Whoever holds it may be waiting for a server.
        let locking = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock));
        let lock = locking.await.map_err(Failure::other)?.map_err(unlocked)?;
        Ok(Held {
            path: self.path(issuer, client_id, "json"),
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            _lock: lock,
        })
    }

    /// An issuer is an address and has no line's end in it, so no two owners share a name.
    fn path(&self, issuer: &str, client_id: &str, ending: &str) -> PathBuf {
        let digest = sha256(format!("{issuer}\n{client_id}").as_bytes());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.directory.join(format!("{name}.{ending}"))
    }
}

/// Does the last login of that application at that provider hold that token?
pub(super) fn has(issuer: &str, client_id: &str, token: &Secret) -> bool {
    let tokens = read(&Logins::place().path(issuer, client_id, "json"), issuer, client_id);
    tokens.is_ok_and(|tokens| {
        tokens.is_some_and(|tokens| {
            tokens.access_token == *token || tokens.refresh_token.as_ref() == Some(token)
        })
    })
}

impl Held {
    /// The tokens, as whoever held it last left them.
    pub(super) fn tokens(&self, speaker: &Speaker) -> Result<TokenSet, Failure> {
        read(&self.path, &self.issuer, &self.client_id)?.ok_or_else(|| nobody(speaker))
    }

    /// Keeps the tokens of a login.
    pub(super) fn keep(self, tokens: TokenSet) -> Result<(), Failure> {
        let Self { path, issuer, client_id, .. } = &self;
        let kept = Kept { issuer: issuer.clone(), client_id: client_id.clone(), tokens };
        let bytes = serde_json::to_vec_pretty(&kept).expect("logins always serialise");
        place::write_private(path, &bytes)
            .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display())))
    }

    /// Forgets the login whose tokens were read: held since then, it still has those.
    pub(super) fn forget(self) -> Result<(), Failure> {
        fs::remove_file(&self.path)
            .map_err(|error| Failure::usage(format!("{} cannot be removed: {error}", self.path.display())))
    }
}

/// Reads a login, if there is one. A file that does not read is left alone and named.
fn read(path: &std::path::Path, issuer: &str, client_id: &str) -> Result<Option<TokenSet>, Failure> {
    let unread = |why: &str| {
        Failure::usage(format!("{} does not read ({why}): move it away and sign in again", path.display()))
    };
    let text = match place::read_private(path, LONGEST) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(&error.to_string())),
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|_| unread("it is not a login"))?;
    if kept.issuer != issuer || kept.client_id != client_id {
        return Err(unread("it is the login of another application"));
    }
    Ok(Some(kept.tokens))
}

fn owner(speaker: &Speaker) -> (&str, &str) {
    (&speaker.client.provider.issuer, speaker.client.application.client_id())
}

fn nobody(speaker: &Speaker) -> Failure {
    Failure::usage(format!(
        "nobody is signed in to {} by this application: run royaume login {}",
        speaker.client.provider.issuer, speaker.option
    ))
}
