//! Administration: what an operator does to clients, accounts and keys, straight on the store, safely beside any
//! number of running servers. The command line is its only face today; registration will go through the same checks.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Algorithm, Entropy, MacKey, ServerKey, base64url, random};
use royaume_protocol::{ClientAuthenticationMethod, ClientId, GrantType, RedirectUri, Scope, Secret};
use royaume_realm::Realm;
use royaume_store::{Expect, Outcome, RealmName, Row, Store, Stored, Why, Write};
use serde_json::{Map, Value};

use crate::passwords::Passwords;
use crate::refusal::Fault;
use crate::stored::account::Account;
use crate::stored::client::{Application, Client, SecretDigest};
use crate::stored::keyring::{KeyEntry, Keyring};
use crate::stored::{Storable, read, row};

/// Why an operator's wish cannot be granted, in words for the operator.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AdminError {
    /// The wish itself is wrong.
    #[error("{0}")]
    Refused(String),
    /// Somebody else changed the same thing at the same moment.
    #[error("somebody else has just changed {0}; look at it and try again")]
    Conflict(String),
    /// Our own trouble.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<royaume_store::StoreError> for AdminError {
    fn from(error: royaume_store::StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// The realm of a store, opened for administration.
pub struct Administration<'a> {
    /// Where the rows are.
    pub store: &'a dyn Store,
    /// The realm.
    pub realm: &'a Realm,
    /// The key of the servers on this store.
    pub server_key: &'a ServerKey,
    /// Chance.
    pub entropy: &'a dyn Entropy,
    /// Now.
    pub now: Timestamp,
}

/// A client as an operator wishes it.
#[derive(Debug, Clone)]
pub struct NewClient {
    /// RFC 6749 §2.2; made up when absent.
    pub client_id: Option<String>,
    /// What people are told.
    pub name: String,
    /// Machine, private or public.
    pub application: Application,
    /// RFC 6749 §3.1.2.2.
    pub redirect_uris: Vec<String>,
    /// RP-Initiated Logout 1.0 §3.1.
    pub post_logout_redirect_uris: Vec<String>,
    /// The widest scope it may be given; everything the realm has when absent.
    pub scope: Option<String>,
    /// The usual ones of its kind when absent.
    pub grants: Option<Vec<GrantType>>,
    /// May introspect every token of the realm.
    pub introspects_all: bool,
    /// A secret chosen elsewhere, for the rehearsal; made up when absent.
    pub secret: Option<Secret>,
}

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
    /// Adds a client. Its secret, when it has one, is answered once and never again.
    ///
    /// # Errors
    /// [`AdminError::Refused`] says which of the wishes cannot be, and why.
    pub async fn add_client(&self, wish: NewClient) -> Result<(Client, Option<Secret>), AdminError> {
        let client_id = match &wish.client_id {
            Some(id) => ClientId::parse(id)
                .map_err(|error| refused(format!("client_id {id:?}: {error}")))?
                .to_string(),
            None => base64url::encode(&random::<16>(self.entropy)),
        };
        if client_id.len() > 250 {
            return Err(refused("client_id is longer than 250 characters".into()));
        }
        if self.store.get(&Account::id(&self.name(), &client_id)).await?.is_some() {
            return Err(refused("that client_id is the subject of a person: the two must differ".into()));
        }
        let grants = wish.grants.clone().unwrap_or_else(|| self.usual_grants(wish.application));
        self.check_grants(wish.application, &grants)?;
        let redirects = redirect_uris("redirect URI", &wish.redirect_uris)?;
        if grants.contains(&GrantType::AuthorizationCode) && redirects.is_empty() {
            return Err(refused("a client that signs people in needs at least one redirect URI".into()));
        }
        let secret = match wish.application {
            Application::Public => None,
            Application::Machine | Application::Private => {
                Some(wish.secret.clone().unwrap_or_else(|| self.new_secret()))
            }
        };
        let client = Client {
            name: wish.name.clone(),
            application: wish.application,
            secrets: secret.iter().map(|secret| self.digest(secret)).collect(),
            authentication: match wish.application {
                Application::Public => Vec::new(),
                Application::Machine | Application::Private => self
                    .realm
                    .client_authentication
                    .iter()
                    .copied()
                    .filter(|method| *method != ClientAuthenticationMethod::None)
                    .collect(),
            },
            redirect_uris: redirects,
            post_logout_redirect_uris: redirect_uris(
                "post-logout redirect URI",
                &wish.post_logout_redirect_uris,
            )?,
            grants,
            scope: self.scope(wish.scope.as_deref())?,
            introspects_all: wish.introspects_all,
            disabled: false,
            created_at: self.now,
            client_id,
        };
        let id = Client::id(&self.name(), &client.client_id);
        self.create(row(id, &client), &format!("client {}", client.client_id)).await?;
        Ok((client, secret))
    }

    /// The client of that id.
    ///
    /// # Errors
    /// [`AdminError::Refused`] when there is none.
    pub async fn client(&self, client_id: &str) -> Result<Client, AdminError> {
        Ok(self.load_client(client_id).await?.0)
    }

    /// Every client of the realm, by id.
    ///
    /// # Errors
    /// [`AdminError::Fault`] when the store does not answer.
    pub async fn clients(&self) -> Result<Vec<Client>, AdminError> {
        self.all().await
    }

    /// Gives a client a new secret. The newest of the old ones stays valid until the next rotation, so that the
    /// application can be changed without a gap; `only` ends the old ones at once.
    ///
    /// # Errors
    /// [`AdminError::Refused`] for an unknown or public client.
    pub async fn rotate_secret(&self, client_id: &str, only: bool) -> Result<Secret, AdminError> {
        let (mut client, version) = self.load_client(client_id).await?;
        if client.application == Application::Public {
            return Err(refused(format!("client {client_id} is public: it has no secret")));
        }
        let secret = self.new_secret();
        if only {
            client.secrets.clear();
        }
        client.secrets.sort_by_key(|kept| std::cmp::Reverse(kept.created_at));
        client.secrets.truncate(1);
        client.secrets.insert(0, self.digest(&secret));
        self.replace_client(&client, version).await?;
        Ok(secret)
    }

    /// Refuses a client everywhere from the next request on, or allows it again.
    ///
    /// # Errors
    /// [`AdminError::Refused`] for an unknown client.
    pub async fn disable_client(&self, client_id: &str, disabled: bool) -> Result<(), AdminError> {
        let (mut client, version) = self.load_client(client_id).await?;
        client.disabled = disabled;
        self.replace_client(&client, version).await
    }

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

    /// The signing keys of the realm.
    ///
    /// # Errors
    /// [`AdminError::Fault`] when the store does not answer.
    pub async fn keys(&self) -> Result<Vec<KeyEntry>, AdminError> {
        Ok(self.load_keyring().await?.0.keys)
    }

    /// Publishes a new key that signs after `publish_for`, so that verifiers have met it by then. The old one stays
    /// published until the last token that it signed has expired.
    ///
    /// # Errors
    /// [`AdminError::Refused`] for an algorithm that realms do not sign with; [`AdminError::Conflict`] when another
    /// rotation was faster.
    pub async fn rotate_key(
        &self,
        algorithm: Algorithm,
        publish_for: Duration,
    ) -> Result<KeyEntry, AdminError> {
        if !Algorithm::SIGNING.contains(&algorithm) {
            return Err(AdminError::Refused(format!(
                "a realm verifies {algorithm} but does not sign with it: choose RS256, ES256 or EdDSA"
            )));
        }
        let (mut ring, expect) = self.load_keyring().await?;
        let signs_from = self.now.saturating_add(publish_for).unwrap_or(Timestamp::MAX);
        let entry =
            KeyEntry::generate(&self.name(), algorithm, signs_from, self.now, self.server_key, self.entropy)?;
        let lifetimes = &self.realm.lifetimes;
        let longest = lifetimes.id_token.max(lifetimes.access_token) + Duration::from_secs(300);
        ring.take_over(entry.clone(), longest, lifetimes.session_absolute, self.now);
        let row = row(Keyring::id(&self.name()), &ring);
        match self.store.write(vec![Write::Put { row, expect }]).await? {
            Outcome::Done => Ok(entry),
            Outcome::Refused { .. } => Err(AdminError::Conflict("the keys of this realm".into())),
        }
    }

    fn name(&self) -> RealmName {
        RealmName::new(self.realm.name.as_str()).expect("both floors have one charset for realm names")
    }

    fn secrets_key(&self) -> MacKey {
        self.server_key.mac_key("client-secrets")
    }

    fn digest(&self, secret: &Secret) -> SecretDigest {
        SecretDigest::of(secret.expose(), &self.secrets_key(), self.now)
    }

    fn new_secret(&self) -> Secret {
        Secret::from(base64url::encode(&random::<32>(self.entropy)))
    }

    fn usual_grants(&self, application: Application) -> Vec<GrantType> {
        application.usual_grants().into_iter().filter(|grant| self.realm.allows(*grant)).collect()
    }

    fn check_grants(&self, application: Application, grants: &[GrantType]) -> Result<(), AdminError> {
        if grants.is_empty() {
            return Err(refused(format!(
                "realm {} offers nothing that a {} application could use",
                self.realm.name,
                application.as_str()
            )));
        }
        if let Some(grant) = grants.iter().find(|grant| !self.realm.allows(**grant)) {
            return Err(refused(format!(
                "realm {} does not offer the grant {}",
                self.realm.name,
                grant.as_str()
            )));
        }
        if application == Application::Public && grants.contains(&GrantType::ClientCredentials) {
            return Err(refused(
                "a public application cannot use client_credentials: it has no secret".into(),
            ));
        }
        Ok(())
    }

    fn scope(&self, wished: Option<&str>) -> Result<Scope, AdminError> {
        let known = self.realm.scopes.iter().map(|scope| scope.name.as_str()).collect::<Vec<_>>().join(" ");
        let known = Scope::parse(&known).map_err(|error| refused(format!("scopes of the realm: {error}")))?;
        let Some(wished) = wished else { return Ok(known) };
        let wished = Scope::parse(wished).map_err(|error| refused(format!("scope: {error}")))?;
        let unknown = wished.minus(&known);
        if unknown.is_empty() {
            Ok(wished)
        } else {
            Err(refused(format!("realm {} has no scope {unknown}", self.realm.name)))
        }
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

    async fn load_client(&self, client_id: &str) -> Result<(Client, u64), AdminError> {
        let stored = self
            .store
            .get(&Client::id(&self.name(), client_id))
            .await?
            .ok_or_else(|| refused(format!("realm {} has no client {client_id}", self.realm.name)))?;
        Ok((read(&stored)?, stored.version))
    }

    async fn replace_client(&self, client: &Client, version: u64) -> Result<(), AdminError> {
        let row = row(Client::id(&self.name(), &client.client_id), client);
        self.replace(row, version, &format!("client {}", client.client_id)).await
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

    async fn load_keyring(&self) -> Result<(Keyring, Expect), AdminError> {
        match self.store.get(&Keyring::id(&self.name())).await? {
            Some(stored) => Ok((read(&stored)?, Expect::Version(stored.version))),
            None => Ok((Keyring::default(), Expect::Absent)),
        }
    }

    async fn all<T: Storable>(&self) -> Result<Vec<T>, AdminError> {
        const PAGE: usize = 500;
        let (name, mut found, mut after) = (self.name(), Vec::new(), None::<Vec<u8>>);
        loop {
            let page = self.store.list(&name, T::KIND, after.as_deref(), PAGE).await?;
            for stored in &page {
                found.push(read(stored)?);
            }
            match page.last() {
                Some(last) if page.len() == PAGE => after = Some(last.row.id.key().to_vec()),
                _ => return Ok(found),
            }
        }
    }

    async fn create(&self, row: Row, what: &str) -> Result<(), AdminError> {
        match self.store.write(vec![Write::Put { row, expect: Expect::Absent }]).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused { .. } => Err(refused(format!("realm {} already has {what}", self.realm.name))),
        }
    }

    async fn replace(&self, row: Row, version: u64, what: &str) -> Result<(), AdminError> {
        match self.store.write(vec![Write::Put { row, expect: Expect::Version(version) }]).await? {
            Outcome::Done => Ok(()),
            Outcome::Refused { why: Why::Unknown, .. } => Err(refused(format!("{what} is gone"))),
            Outcome::Refused { .. } => Err(AdminError::Conflict(what.to_owned())),
        }
    }
}

fn refused(why: String) -> AdminError {
    AdminError::Refused(why)
}

fn redirect_uris(what: &str, wished: &[String]) -> Result<Vec<RedirectUri>, AdminError> {
    wished
        .iter()
        .map(|uri| RedirectUri::register(uri).map_err(|error| refused(format!("{what} {uri:?}: {error}"))))
        .collect()
}
