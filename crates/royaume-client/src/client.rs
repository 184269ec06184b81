//! The client: one application at one provider, over one transport.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use royaume_jose::{Entropy, SigningKey, SystemEntropy};
use royaume_protocol::{Introspection, Scope, Secret, TokenRequest, TokenResponse};

use crate::discovery::Discovery;
use crate::keys::{self, Keys};
use crate::verification::Expected;
use crate::{
    ClientAuthentication, ClientError, Login, Pending, Proof, Provider, Rules, TokenSet, Transport, answers,
    requests,
};

/// One application at one provider.
#[derive(Clone)]
pub struct Client<T> {
    /// Where: a provider that is known, or an issuer as it was when it was first asked ([`Client::current`]).
    pub provider: Provider,
    /// Who.
    pub application: ClientAuthentication,
    /// What is expected of tokens, beside what the standards say.
    pub rules: Rules,
    pub(crate) transport: T,
    pub(crate) keys: Arc<Keys>,
    pub(crate) discovery: Option<Discovery>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("provider", &self.provider)
            .field("application", &self.application)
            .field("rules", &self.rules)
            .finish_non_exhaustive()
    }
}

impl<T> Client<T> {
    /// The same, the names of its assertions drawn from there instead of from the system.
    #[must_use]
    pub fn drawing(self, entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, ..self }
    }

    /// The provider as it is known, without asking.
    pub(crate) fn known(&self) -> Arc<Provider> {
        let discovered = self.discovery.as_ref().and_then(Discovery::known);
        discovered.unwrap_or_else(|| Arc::new(self.provider.clone()))
    }

    /// What proves who the application is, in one request to that provider.
    fn proof(&self, provider: &Provider, now: Timestamp) -> Proof {
        self.application.proof(&provider.issuer, now, &*self.entropy)
    }
}

impl<T: Transport> Client<T> {
    /// An application at a provider that is known.
    pub fn new(provider: Provider, application: ClientAuthentication, transport: T) -> Self {
        Self {
            provider,
            application,
            rules: Rules::default(),
            transport,
            keys: keys::unknown(),
            discovery: None,
            entropy: Arc::new(SystemEntropy),
        }
    }

    /// An application at an issuer that publishes its addresses (OIDC Discovery §4). They are asked for again when they
    /// are older than the issuer wants them to be; while it is down, those that are known serve for a day.
    ///
    /// # Errors
    /// [`ClientError`] when the document cannot be had or used.
    pub async fn discover(
        issuer: &str,
        application: ClientAuthentication,
        transport: T,
        now: Timestamp,
    ) -> Result<Self, ClientError> {
        let discovery = Discovery::of(issuer)?;
        let provider = Provider::clone(&*discovery.fresh(&transport, now).await?);
        Ok(Self { discovery: Some(discovery), ..Self::new(provider, application, transport) })
    }

    /// The provider as it is now: what the issuer says of itself, or [`Client::provider`] where it was not discovered.
    ///
    /// # Errors
    /// [`ClientError`] when the document is old and cannot be had, or what it says now cannot be used.
    pub async fn current(&self, now: Timestamp) -> Result<Arc<Provider>, ClientError> {
        match &self.discovery {
            Some(discovery) => discovery.fresh(&self.transport, now).await,
            None => Ok(self.known()),
        }
    }

    /// A token for the application itself (RFC 6749 §4.4).
    ///
    /// # Errors
    /// [`ClientError`]: the refusal, or why there is no answer.
    pub async fn client_credentials(
        &self,
        scope: Option<Scope>,
        now: Timestamp,
    ) -> Result<TokenSet, ClientError> {
        let response = self.token(&TokenRequest::ClientCredentials { scope }, now).await?;
        Ok(TokenSet::received(response, now))
    }

    /// Which words of a scope the provider refuses. A refusal spoils all of them and may name none (RFC 6749 §5.2), so each
    /// is asked for on its own: one request a word.
    ///
    /// # Errors
    /// [`ClientError`]: another refusal, or why there is no answer.
    pub async fn refused_scopes(&self, scope: &Scope, now: Timestamp) -> Result<Vec<String>, ClientError> {
        let mut refused = Vec::new();
        for word in scope.iter() {
            match self.client_credentials(Some(scope.only(|other| other == word)), now).await {
                Ok(_) => {}
                Err(ClientError::ScopeRefused(_)) => refused.push(word.to_owned()),
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }

    /// Begins to sign a person in.
    ///
    /// # Errors
    /// [`ClientError::NotOffered`] when nobody signs in to this realm.
    pub fn begin(
        &self,
        redirect_uri: &str,
        scope: Scope,
        ui_locales: Option<String>,
        entropy: &dyn Entropy,
    ) -> Result<(String, Pending), ClientError> {
        self.begin_with(&Login { ui_locales, ..Login::new(redirect_uri, scope) }, entropy)
    }

    /// Begins to sign a person in, with whatever a login may ask for.
    ///
    /// # Errors
    /// [`ClientError::NotOffered`] when nobody signs in to this realm, [`ClientError::Login`] when the login asks for what
    /// cannot be.
    pub fn begin_with(&self, login: &Login, entropy: &dyn Entropy) -> Result<(String, Pending), ClientError> {
        login.begin(&self.known(), &self.application, entropy)
    }

    /// The same, its parameters in a request object that is signed with a key of the application (RFC 9101 §5.1).
    ///
    /// # Errors
    /// As for [`Client::begin_with`].
    pub fn begin_signed(
        &self,
        login: &Login,
        key: &SigningKey,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(String, Pending), ClientError> {
        login.begin_signed(&self.known(), &self.application, key, now, entropy)
    }

    /// Finishes: redeems the code of a callback, and believes the id token only once every rule is met. The callback is
    /// the whole address that the browser opened, or its query, or the body of the form that it posted. The provider's
    /// keys are asked for before the code is spent, so that a provider in trouble costs a new try and not the login.
    ///
    /// # Errors
    /// [`ClientError`]: what became of the login, or what cannot be believed.
    pub async fn finish(
        &self,
        pending: &Pending,
        callback: &str,
        now: Timestamp,
    ) -> Result<TokenSet, ClientError> {
        let request = pending.read(callback, &self.known(), self.application.client_id())?;
        let signed = pending.scope().contains("openid");
        if signed {
            let provider = self.current(now).await?;
            self.keys.fresh(&self.transport, provider.keys()?, now).await?;
        }
        let mut response = self.token(&request, now).await?;
        response.id_token = self.opened_id_token(response.id_token)?;
        // France Travail repeats the nonce beside the id token (of no standard): then it must be ours too.
        if response.nonce.as_deref().is_some_and(|nonce| nonce != pending.nonce()) {
            return Err(ClientError::Nonce);
        }
        let claims = match &response.id_token {
            Some(id_token) => {
                let expected = pending.expected();
                Some(self.believe(id_token, &response.access_token, &expected, now).await?)
            }
            None if signed => return Err(ClientError::IdTokenMissing),
            None => None,
        };
        Ok(TokenSet { claims, ..TokenSet::received(response, now) })
    }

    /// Renews tokens. A server in trouble is [`ClientError::Unavailable`]: the old tokens are still the person's.
    ///
    /// # Errors
    /// [`ClientError::GrantRefused`] when the person has to sign in again, [`ClientError::NoRefreshToken`] when there is
    /// nothing to renew with, or why there is no answer.
    pub async fn refresh(&self, tokens: &TokenSet, now: Timestamp) -> Result<TokenSet, ClientError> {
        self.refresh_for(tokens, None, now).await
    }

    /// Renews tokens, the new access token being good for no more than that scope: some of what was granted (RFC 6749 §6).
    /// The grant stays as wide as it is.
    ///
    /// # Errors
    /// As for [`Client::refresh`], and [`ClientError::ScopeRefused`] when it is not some of what was granted.
    pub async fn refresh_for(
        &self,
        tokens: &TokenSet,
        scope: Option<Scope>,
        now: Timestamp,
    ) -> Result<TokenSet, ClientError> {
        let refresh_token = tokens.refresh_token.clone().ok_or(ClientError::NoRefreshToken)?;
        let request = TokenRequest::RefreshToken { refresh_token, scope: scope.clone() };
        let mut response = self.token(&request, now).await?;
        // RFC 6749 §5.1: whoever does not say what was granted has granted what was asked for.
        response.scope = response.scope.or(scope);
        response.id_token = self.opened_id_token(response.id_token)?;
        let mut claims = tokens.claims.clone();
        if let Some(id_token) = &response.id_token {
            let expected = Expected { original: tokens.claims.as_ref(), ..Expected::default() };
            match self.believe(id_token, &response.access_token, &expected, now).await {
                Ok(believed) => claims = Some(believed),
                // The old tokens are spent, so the new ones must not be lost for want of keys. An id token is optional
                // here (OIDC Core §12.2): one that nobody can check now has not come.
                Err(error) if error.is_temporary() => response.id_token = None,
                Err(error) => return Err(error),
            }
        }
        Ok(TokenSet { claims, ..tokens.clone().refreshed(response, now) })
    }

    /// What a token stands for (RFC 7662).
    ///
    /// # Errors
    /// [`ClientError`]: the refusal, or why there is no answer.
    pub async fn introspect(&self, token: &Secret, now: Timestamp) -> Result<Introspection, ClientError> {
        let provider = self.current(now).await?;
        let address = provider.introspection.as_ref().ok_or(ClientError::NotOffered("introspection"))?;
        let proof = self.proof(&provider, now);
        let request = requests::introspection(address, &proof, token)?;
        self.ask(request, &[token.expose()], Some(&proof), answers::introspection).await
    }

    /// Gives a token back (RFC 7009): dead from then on, and with a refresh token its whole grant.
    ///
    /// # Errors
    /// [`ClientError`]: the refusal, or why there is no answer.
    pub async fn revoke(&self, token: &Secret, now: Timestamp) -> Result<(), ClientError> {
        let provider = self.current(now).await?;
        let address = provider.revocation.as_ref().ok_or(ClientError::NotOffered("revocation"))?;
        let proof = self.proof(&provider, now);
        let request = requests::revocation(address, &proof, token)?;
        self.ask(request, &[token.expose()], Some(&proof), answers::revocation).await
    }

    async fn token(&self, asked: &TokenRequest, now: Timestamp) -> Result<TokenResponse, ClientError> {
        let provider = self.current(now).await?;
        let proof = self.proof(&provider, now);
        let request = requests::token(&provider.token, &proof, asked)?;
        let secrets = match asked {
            TokenRequest::ClientCredentials { .. } => Vec::new(),
            TokenRequest::AuthorizationCode { code, code_verifier, .. } => {
                std::iter::once(code.expose()).chain(code_verifier.as_ref().map(|v| v.as_str())).collect()
            }
            TokenRequest::RefreshToken { refresh_token, .. } => vec![refresh_token.expose()],
        };
        self.ask(request, &secrets, Some(&proof), answers::token).await
    }

    /// Sends a request that carries secrets, and reads the answer. An error repeats none of them.
    pub(crate) async fn ask<A>(
        &self,
        request: Request<Bytes>,
        sent: &[&str],
        proof: Option<&Proof>,
        read: impl Fn(&Response<Bytes>) -> Result<A, ClientError>,
    ) -> Result<A, ClientError> {
        let response = self.transport.send(request).await?;
        let own = proof.map(Proof::secrets).unwrap_or_default();
        let secrets: Vec<_> = own.into_iter().chain(sent.iter().copied()).collect();
        read(&response).map_err(|error| answers::unspoken(error, &response, &secrets))
    }
}
