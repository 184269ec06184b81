//! Clients, as an operator sees them: registered, listed, given new secrets, disabled (RFC 6749 §2).

use std::time::Duration;

use royaume_protocol::{ClientAuthenticationMethod, ClientId, ClientMetadata, GrantType, Secret};
use royaume_realm::{Endpoint, Realm};

use super::{AdminError, Administration, refused};
use crate::clients::secrets::Secrets;
use crate::clients::{self, Asker, Document, Unfit};
use crate::handle::{Handle, Size};
use crate::stored::account::Account;
use crate::stored::client::{Application, Client};
use crate::stored::initial_access_token::InitialAccessToken;
use crate::stored::removed_client::RemovedClient;
use crate::stored::{Named as _, Storable, expiring, read, row};

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
    /// The rest of what it says of itself (RFC 7591 §2).
    pub metadata: ClientMetadata,
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
            None => ClientId::generate(self.entropy).to_string(),
        };
        if client_id.len() > 250 {
            return Err(refused("client_id is longer than 250 characters".into()));
        }
        if self.store.get(&Account::id(&self.name(), &client_id)).await?.is_some() {
            return Err(refused("that client_id is the subject of a person: the two must differ".into()));
        }
        self.is_free(&client_id).await?;
        let mut client = self.judged(&wish.document(), wish.application, &client_id).await?;
        client.introspects_all = wish.introspects_all;
        let secret = self.secrets(|keeper| keeper.provide(&mut client, wish.secret.clone()))?;
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

    /// Replaces what a client says of itself, all of it, by what passes the checks of registration. Its secrets stay as far as
    /// they still serve; when it needs another one, that is answered once.
    ///
    /// # Errors
    /// [`AdminError::Refused`] for an unknown client, and for what may not be.
    pub async fn update_client(
        &self,
        client_id: &str,
        metadata: &ClientMetadata,
    ) -> Result<(Client, Option<Secret>), AdminError> {
        let (before, version) = self.load_client(client_id).await?;
        let application = match metadata.token_endpoint_auth_method {
            Some(ClientAuthenticationMethod::None) => Application::Public,
            Some(_) if before.application == Application::Public => Application::Private,
            Some(_) | None => before.application,
        };
        let mut client = self.judged(metadata, application, client_id).await?.replacing(&before);
        let secret = self.secrets(|keeper| keeper.provide(&mut client, None))?;
        self.replace_client(&client, version).await?;
        Ok((client, secret))
    }

    /// Lets somebody register that many clients within that time (RFC 7591 §3): the initial access token, answered once.
    ///
    /// # Errors
    /// [`AdminError::Refused`] when the realm registers nobody over the network.
    pub async fn invite(&self, uses: u32, lifetime: Duration) -> Result<Secret, AdminError> {
        if !self.realm.offers(Endpoint::Registration) {
            return Err(refused(format!(
                "realm {} registers no clients over the network: its topology says registration = \"closed\"",
                self.realm.name
            )));
        }
        if uses == 0 || lifetime.is_zero() {
            return Err(refused("an initial access token is for one client at least, and some time".into()));
        }
        let handle = Handle::new(Size::Long, self.now, self.entropy);
        let key = self.server_key.mac_key("handles");
        let expires_at = self.now.saturating_add(lifetime).unwrap_or(jiff::Timestamp::MAX);
        let leave = InitialAccessToken { uses, expires_at };
        let id = handle.row_id(&self.name(), InitialAccessToken::KIND, &key);
        self.create(expiring(id, &leave, expires_at), "that initial access token").await?;
        Ok(Secret::from(handle.text()))
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
        if client.secrets.is_empty() {
            return Err(refused(format!("client {client_id} authenticates with its key: it has no secret")));
        }
        let secret = self.secrets(|keeper| keeper.fresh());
        if only {
            client.secrets.clear();
        }
        client.secrets.sort_by_key(|kept| std::cmp::Reverse(kept.created_at));
        client.secrets.truncate(1);
        let digest = self.secrets(|keeper| keeper.digest(&secret, &client));
        client.secrets.insert(0, digest);
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

    /// Has no client that id, and none that could still use what was given under it?
    async fn is_free(&self, client_id: &str) -> Result<(), AdminError> {
        let taken = || refused(format!("realm {} already has client {client_id}", self.realm.name));
        // In this order: a client and what stands in its place are exchanged in one write.
        if self.store.get(&Client::id(&self.name(), client_id)).await?.is_some() {
            return Err(taken());
        }
        let Some(removed) = self.store.get(&RemovedClient::id(&self.name(), client_id)).await? else {
            return Ok(());
        };
        let RemovedClient { until } = read(&removed)?;
        if until <= self.now {
            return Ok(());
        }
        Err(refused(format!(
            "client {client_id} was removed, and what it was given can be used until {until}: choose another client_id"
        )))
    }

    /// The one set of checks, for an operator.
    async fn judged(
        &self,
        metadata: &ClientMetadata,
        application: Application,
        client_id: &str,
    ) -> Result<Client, AdminError> {
        let asker = Asker::Operator(application);
        let client = clients::judge(metadata, asker, client_id, self.realm, self.now)
            .map_err(|unfit| self.explained(&unfit))?;
        clients::prove_sector(&client, self.outbound).await?;
        Ok(client)
    }

    /// Operators are told what would do, where the realm decides it.
    fn explained(&self, unfit: &Unfit) -> AdminError {
        let realm = self.realm;
        let words: Vec<&str> = match unfit.member() {
            "scope" => realm.scopes.iter().map(|scope| scope.name.as_str()).collect(),
            "grant_types" => realm.grants.iter().map(|grant| grant.as_str()).collect(),
            "response_types" => realm.response_types.iter().map(|known| known.as_str()).collect(),
            _ => return refused(unfit.to_string()),
        };
        refused(format!("{unfit}; realm {} has: {}", realm.name, words.join(", ")))
    }

    fn secrets<T>(&self, with: impl FnOnce(&Secrets<'_>) -> T) -> T {
        with(&Secrets {
            realm: &self.name(),
            server_key: self.server_key,
            entropy: self.entropy,
            now: self.now,
        })
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
}

impl NewClient {
    /// All that it says of itself. What has a field of its own here is said there, unless that is empty.
    fn document(&self) -> ClientMetadata {
        let some = |uris: &[String]| Some(uris.to_vec()).filter(|uris| !uris.is_empty());
        let more = self.metadata.clone();
        ClientMetadata {
            client_name: Some(self.name.clone()).filter(|name| !name.is_empty()).or(more.client_name),
            redirect_uris: some(&self.redirect_uris).or(more.redirect_uris),
            post_logout_redirect_uris: some(&self.post_logout_redirect_uris)
                .or(more.post_logout_redirect_uris),
            scope: self.scope.clone().or(more.scope),
            grant_types: self.grants.clone().or(more.grant_types),
            ..more
        }
    }
}

/// Reads a file of client metadata (RFC 7591 §2), as strictly as registration does.
///
/// # Errors
/// [`AdminError::Refused`] says what is wrong with it.
pub fn client_metadata(text: &[u8]) -> Result<ClientMetadata, AdminError> {
    let document = Document::read(text).map_err(|_| {
        refused("client metadata is one JSON object, without a member twice and without deep nesting".into())
    })?;
    Ok(document.metadata()?)
}

/// All that a client is registered for, the defaults of that realm filled in (RFC 7591 §3.2.1): what [`client_metadata`] reads.
pub fn told(client: &Client, realm: &Realm) -> ClientMetadata {
    clients::told(client, realm)
}
