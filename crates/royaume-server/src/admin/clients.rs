//! Clients, as an operator sees them: registered, listed, given new secrets, disabled (RFC 6749 §2).

use royaume_jose::{MacKey, base64url, random};
use royaume_protocol::{ApplicationType, ClientId, GrantType, RedirectUri, ResponseType, Scope, Secret};

use super::{AdminError, Administration, refused};
use crate::stored::account::Account;
use crate::stored::client::{
    Answers, Application, Client, LogoutNotices, Presentation, Requests, SecretDigest,
};
use crate::stored::{read, row};

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
                    .filter(|method| method.is_secret())
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
            application_type: ApplicationType::default(),
            response_types: vec![ResponseType::Code],
            keys: None,
            presentation: Presentation::default(),
            answers: Answers::default(),
            requests: Requests::default(),
            logout: LogoutNotices::default(),
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

fn redirect_uris(what: &str, wished: &[String]) -> Result<Vec<RedirectUri>, AdminError> {
    wished
        .iter()
        .map(|uri| RedirectUri::register(uri).map_err(|error| refused(format!("{what} {uri:?}: {error}"))))
        .collect()
}
