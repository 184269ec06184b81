//! Logins of this user, kept between commands: one sealed value for each provider and application, and a lock that is
//! held from reading to writing.

use std::fs;
use std::io;

use royaume_client::TokenSet;
use royaume_client::shared::SharedKey;
use royaume_jose::sha256;
use royaume_protocol::Secret;
use serde::{Deserialize, Serialize};

use super::who::Speaker;
use crate::failure::Failure;
use crate::language::Language;
use crate::place;
use crate::vault::{self, HeldValue, Vault};

/// The vault of logins.
const LOGINS: &str = "logins";
/// A larger file is none that we wrote: an answer of a server is not longer.
const LONGEST: u64 = 2 * 1024 * 1024;

/// The saved logins.
pub(super) struct Logins {
    vault: Vault,
}

/// A login as it is kept, with whose it is: tokens of one provider and application are never sent to another.
#[derive(Serialize, Deserialize)]
struct Kept {
    issuer: String,
    client_id: String,
    tokens: TokenSet,
}

/// One login, held: nobody else changes it until this is dropped.
pub(super) struct Held<'a> {
    value: HeldValue<'a>,
    logins: &'a Logins,
    key: SharedKey,
    issuer: String,
    client_id: String,
}

impl Logins {
    /// Where they are.
    pub(super) fn open() -> Result<Self, Failure> {
        Ok(Self { vault: Vault::open(LOGINS)? })
    }

    /// The tokens of a speaker's last login.
    pub(super) async fn of(&self, speaker: &Speaker) -> Result<TokenSet, Failure> {
        let (issuer, client_id) = owner(speaker);
        let key = key(issuer, client_id);
        self.seal_all(&key).await?;
        let kept = self.vault.read(&key).await?;
        self.read(&key, kept, issuer, client_id)?.ok_or_else(|| nobody(speaker))
    }

    /// Every login that reads, with whose it is: provider and application.
    pub(super) async fn all(&self) -> Result<Vec<(String, String, TokenSet)>, Failure> {
        let nobody = SharedKey::from_bytes([0; 32]);
        self.seal_all(&nobody).await?;
        let mut all = Vec::new();
        for key in self.vault.keys() {
            let kept = self.vault.read(&key).await?;
            if let Some(Kept { issuer, client_id, tokens }) =
                kept.and_then(|bytes| serde_json::from_slice(&bytes).ok())
            {
                all.push((issuer, client_id, tokens));
            }
        }
        all.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        Ok(all)
    }

    /// Holds a speaker's login, once nobody else does.
    pub(super) async fn hold(&self, speaker: &Speaker) -> Result<Held<'_>, Failure> {
        let (issuer, client_id) = owner(speaker);
        let key = key(issuer, client_id);
        self.seal_all(&key).await?;
        let value = self.vault.hold(key).await?;
        Ok(Held { value, logins: self, key, issuer: issuer.to_owned(), client_id: client_id.to_owned() })
    }

    /// Logins that an earlier version left in clear are sealed, and their files removed. One that does not read is left
    /// alone, and is trouble to whoever wants that one.
    async fn seal_all(&self, wanted: &SharedKey) -> Result<(), Failure> {
        for entry in fs::read_dir(self.vault.directory()).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(vault::named);
            let Some(key) = name.filter(|_| path.extension().is_some_and(|ending| ending == "json")) else {
                continue;
            };
            let mut value = self.vault.hold(key).await?;
            let text = match place::read_private(&path, LONGEST) {
                Ok(text) => text,
                // Another command has sealed it meanwhile.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) if key == *wanted => return Err(vault::unread(&path, &error.to_string())),
                Err(_) => continue,
            };
            match serde_json::from_str::<Kept>(&text) {
                Ok(_) => {
                    // Only an earlier version writes such files: what it wrote is the last.
                    value.write(text.as_bytes()).await?;
                    fs::remove_file(&path).map_err(|error| {
                        Failure::usage(format!("{} cannot be removed: {error}", path.display()))
                    })?;
                }
                Err(_) if key == *wanted => return Err(vault::unread(&path, not_a_login())),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Reads a login. One that does not read is left alone and named.
    fn read(
        &self,
        key: &SharedKey,
        kept: Option<Vec<u8>>,
        issuer: &str,
        client_id: &str,
    ) -> Result<Option<TokenSet>, Failure> {
        let Some(bytes) = kept else { return Ok(None) };
        let kept: Kept = serde_json::from_slice(&bytes).map_err(|_| self.vault.unread(key, not_a_login()))?;
        if kept.issuer != issuer || kept.client_id != client_id {
            let why = Language::of_environment()
                .say("c'est la connexion d'une autre application", "it is the login of another application");
            return Err(self.vault.unread(key, why));
        }
        Ok(Some(kept.tokens))
    }
}

/// Does the last login of that application at that provider hold that token?
pub(super) async fn has(issuer: &str, client_id: &str, token: &Secret) -> bool {
    if !Vault::exists(LOGINS) {
        return false;
    }
    let key = key(issuer, client_id);
    let Ok(logins) = Logins::open() else { return false };
    if logins.seal_all(&key).await.is_err() {
        return false;
    }
    let Ok(kept) = logins.vault.read(&key).await else { return false };
    logins.read(&key, kept, issuer, client_id).is_ok_and(|tokens| {
        tokens.is_some_and(|tokens| {
            tokens.access_token == *token || tokens.refresh_token.as_ref() == Some(token)
        })
    })
}

impl Held<'_> {
    /// The tokens, as whoever held it last left them.
    pub(super) async fn tokens(&mut self, speaker: &Speaker) -> Result<TokenSet, Failure> {
        let kept = self.value.read().await?;
        let read = self.logins.read(&self.key, kept, &self.issuer, &self.client_id)?;
        read.ok_or_else(|| nobody(speaker))
    }

    /// Keeps the tokens of a login.
    pub(super) async fn keep(mut self, tokens: TokenSet) -> Result<(), Failure> {
        let kept = Kept { issuer: self.issuer, client_id: self.client_id, tokens };
        let bytes = serde_json::to_vec(&kept).expect("logins always serialise");
        self.value.write(&bytes).await
    }

    /// Forgets the login whose tokens were read: held since then, it still has those.
    pub(super) async fn forget(mut self) -> Result<(), Failure> {
        self.value.remove().await
    }
}

/// An issuer is an address and has no line's end in it, so no two owners share a name.
fn key(issuer: &str, client_id: &str) -> SharedKey {
    SharedKey::from_bytes(sha256(format!("{issuer}\n{client_id}").as_bytes()))
}

fn not_a_login() -> &'static str {
    Language::of_environment().say("ce n'est pas une connexion", "it is not a login")
}

fn owner(speaker: &Speaker) -> (&str, &str) {
    (&speaker.client.provider.issuer, speaker.client.application.client_id())
}

fn nobody(speaker: &Speaker) -> Failure {
    let (issuer, option) = (&speaker.client.provider.issuer, &speaker.option);
    Failure::Usage(match Language::of_environment() {
        Language::French => format!(
            "personne n'est connecté à {issuer} par cette application : faites royaume login {option}"
        ),
        Language::English => {
            format!("nobody is signed in to {issuer} by this application: run royaume login {option}")
        }
    })
}
