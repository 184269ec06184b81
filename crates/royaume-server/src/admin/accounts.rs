//! Accounts, as an operator sees them: added, listed, given new passwords, disabled.

use std::net::{IpAddr, Ipv4Addr};

use royaume_jose::{base64url, random};
use royaume_protocol::standard_claims;
use royaume_store::{Row, Stored};
use serde_json::{Map, Value};

use super::{AdminError, Administration, refused};
use crate::passwords::Passwords;
use crate::refusal::Fault;
use crate::stored::account::Account;
use crate::stored::client::Client;
use crate::stored::{Storable as _, read, row};

/// A person as an operator wishes them.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// Unique in the realm, without case.
    pub username: String,
    /// `sub`; made up when absent.
    pub subject: Option<String>,
    /// What userinfo may say.
    pub claims: Map<String, Value>,
}

impl Administration<'_> {
    /// Adds a person.
    ///
    /// # Errors
    /// [`AdminError::Refused`] when the user name is taken or unfit.
    pub async fn add_account(
        &self,
        wish: NewAccount,
        password: Option<&str>,
        passwords: &Passwords,
    ) -> Result<Account, AdminError> {
        let normal = Account::normal_username(&wish.username).ok_or_else(|| {
            refused("a user name has 1 to 256 bytes and no control or invisible characters".into())
        })?;
        let subject = match wish.subject {
            Some(subject)
                if (1..=200).contains(&subject.len()) && subject.bytes().all(|b| b.is_ascii_graphic()) =>
            {
                subject
            }
            Some(_) => return Err(refused("a subject has 1 to 200 visible ASCII characters".into())),
            None => base64url::encode(&random::<16>(self.entropy)),
        };
        if self.store.get(&Client::id(&self.name(), &subject)).await?.is_some() {
            return Err(refused("that subject is the client_id of a client: the two must differ".into()));
        }
        self.check_claims(&wish.claims)?;
        let account = Account {
            subject,
            username: wish.username.trim().to_owned(),
            password: self.hashed(password, passwords).await?,
            claims: wish.claims,
            disabled: false,
            created_at: self.now,
            credential: 0,
        };
        let row = Row { alias: Some(normal), ..row(Account::id(&self.name(), &account.subject), &account) };
        self.create(row, &format!("account {}", account.username)).await?;
        Ok(account)
    }

    /// What is kept about a person is told to applications, which rely on its types (OIDC Core §5.1, §5.1.1).
    fn check_claims(&self, claims: &Map<String, Value>) -> Result<(), AdminError> {
        let loose = |name: &str| self.realm.loosely_typed_claims.iter().any(|loose| loose == name);
        for (name, value) in claims.iter().filter(|(name, _)| !loose(name)) {
            standard_claims::check(name, value).map_err(|error| refused(format!("claim {error}")))?;
        }
        Ok(())
    }

    /// Every person of the realm, by subject.
    ///
    /// # Errors
    /// [`AdminError::Fault`] when the store does not answer.
    pub async fn accounts(&self) -> Result<Vec<Account>, AdminError> {
        self.all().await
    }

    /// The person of that user name.
    ///
    /// # Errors
    /// [`AdminError::Refused`] when there is none.
    pub async fn account(&self, username: &str) -> Result<Account, AdminError> {
        Ok(read(&self.load_account(username).await?)?)
    }

    /// Refuses a person everywhere from the next request on, or allows them again: they sign in anew.
    ///
    /// # Errors
    /// [`AdminError::Refused`] for an unknown person.
    pub async fn disable_account(&self, username: &str, disabled: bool) -> Result<(), AdminError> {
        let stored = self.load_account(username).await?;
        let before: Account = read(&stored)?;
        // Whoever is allowed again begins anew: what an intruder had obtained stays dead.
        let credential = before.credential.wrapping_add(u32::from(disabled && !before.disabled));
        self.replace_account(stored, &Account { disabled, credential, ..before }).await
    }

    /// Gives a person a new password. Sessions and tokens from before are dead from then on.
    ///
    /// # Errors
    /// [`AdminError::Refused`] for an unknown person or an empty password.
    pub async fn set_password(
        &self,
        username: &str,
        password: &str,
        passwords: &Passwords,
    ) -> Result<(), AdminError> {
        let stored = self.load_account(username).await?;
        let before: Account = read(&stored)?;
        let account = Account {
            password: self.hashed(Some(password), passwords).await?,
            credential: before.credential.wrapping_add(1),
            ..before
        };
        self.replace_account(stored, &account).await
    }

    async fn hashed(
        &self,
        password: Option<&str>,
        passwords: &Passwords,
    ) -> Result<Option<String>, AdminError> {
        let Some(password) = password else { return Ok(None) };
        if password.is_empty() || password.len() > crate::passwords::LONGEST_PASSWORD {
            return Err(refused("a password has 1 to 1024 bytes".into()));
        }
        let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let phc = passwords.hash(password, self.entropy, here).await.map_err(Fault::from)?;
        Ok(Some(phc))
    }

    async fn load_account(&self, username: &str) -> Result<Stored, AdminError> {
        let unknown = || refused(format!("realm {} has nobody called {username}", self.realm.name));
        let normal = Account::normal_username(username).ok_or_else(unknown)?;
        self.store.find(&self.name(), Account::KIND, &normal).await?.ok_or_else(unknown)
    }

    async fn replace_account(&self, stored: Stored, account: &Account) -> Result<(), AdminError> {
        let body = row(stored.row.id.clone(), account).body;
        let row = Row { body, ..stored.row };
        self.replace(row, stored.version, &format!("account {}", account.username)).await
    }
}
