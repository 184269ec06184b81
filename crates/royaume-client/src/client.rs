//! The client: one application at one provider, over one transport.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use royaume_jose::{Algorithm, Entropy, VerifyingKey, jws};
use royaume_protocol::{
    Expectations, IdTokenClaims, Introspection, LogoutRequest, Scope, Secret, TokenRequest, TokenResponse,
    UserInfo,
};
use royaume_realm::Method;

use crate::keys::Keys;
use crate::login::refresh;
use crate::{
    ClientAuthentication, ClientError, Login, Pending, Provider, TokenSet, Transport, answers, requests,
};

/// One application at one provider.
#[derive(Clone)]
pub struct Client<T> {
    /// Where.
    pub provider: Provider,
    /// Who.
    pub application: ClientAuthentication,
    pub(crate) transport: T,
    keys: Arc<Keys>,
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("provider", &self.provider)
            .field("application", &self.application)
            .finish_non_exhaustive()
    }
}

/// What an id token must repeat: the nonce of its login, or after a refresh what the first one said.
struct Expected<'a> {
    nonce: Option<&'a str>,
    original: Option<&'a IdTokenClaims>,
}

/// How a person is signed out: an address to open, or a form to post. Both carry the ID token.
#[derive(Clone)]
pub struct LogoutStep {
    /// The address; with the parameters in its query for GET.
    pub url: String,
    /// The fields of the form, for POST.
    pub form: Vec<(String, String)>,
}

impl fmt::Debug for LogoutStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("LogoutStep").field("address", &address).finish_non_exhaustive()
    }
}

impl<T: Transport> Client<T> {
    /// An application at a provider that is known.
    pub fn new(provider: Provider, application: ClientAuthentication, transport: T) -> Self {
        Self { provider, application, transport, keys: Arc::default() }
    }

    /// An application at an issuer that publishes its addresses (OIDC Discovery §4).
    ///
    /// # Errors
    /// [`ClientError`] when the document cannot be had or used.
    pub async fn discover(
        issuer: &str,
        application: ClientAuthentication,
        transport: T,
    ) -> Result<Self, ClientError> {
        Ok(Self::new(Provider::discover(issuer, &transport).await?, application, transport))
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
        let response = self.token(&TokenRequest::ClientCredentials { scope }).await?;
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
        Login { provider: &self.provider, application: &self.application, redirect_uri, scope, ui_locales }
            .begin(entropy)
    }

    /// Finishes: redeems the code of a callback, and believes the id token only once every rule is met. The provider's
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
        let request = pending.read(callback, &self.provider, self.application.client_id())?;
        let signed = pending.scope().contains("openid");
        if signed {
            self.keys(now).await?;
        }
        let response = self.token(&request).await?;
        // France Travail repeats the nonce beside the id token (of no standard): then it must be ours too.
        if response.nonce.as_deref().is_some_and(|nonce| nonce != pending.nonce()) {
            return Err(ClientError::Nonce);
        }
        let claims = match &response.id_token {
            Some(id_token) => {
                let expected = Expected { nonce: Some(pending.nonce()), original: None };
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
        let refresh_token = tokens.refresh_token.clone().ok_or(ClientError::NoRefreshToken)?;
        let mut response = self.token(&refresh(refresh_token, None)).await?;
        let mut claims = tokens.claims.clone();
        if let Some(id_token) = &response.id_token {
            let expected = Expected { nonce: None, original: tokens.claims.as_ref() };
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

    /// What the person allowed the application to know. It must speak of the person of the id token (OIDC Core
    /// §5.3.2).
    ///
    /// # Errors
    /// [`ClientError`]: the refusal, or why there is no answer.
    pub async fn userinfo(&self, tokens: &TokenSet) -> Result<UserInfo, ClientError> {
        let address = self.provider.userinfo.as_ref().ok_or(ClientError::NotOffered("userinfo"))?;
        let request = requests::bearer(address, &tokens.access_token)?;
        let userinfo = self.ask(request, &[tokens.access_token.expose()], answers::userinfo).await?;
        match &tokens.claims {
            Some(claims) if !userinfo.is_about(claims) => Err(ClientError::OtherPerson),
            _ => Ok(userinfo),
        }
    }

    /// What a token stands for (RFC 7662).
    ///
    /// # Errors
    /// [`ClientError`]: the refusal, or why there is no answer.
    pub async fn introspect(&self, token: &Secret) -> Result<Introspection, ClientError> {
        let address = self.provider.introspection.as_ref().ok_or(ClientError::NotOffered("introspection"))?;
        let request = requests::introspection(address, &self.application, token)?;
        self.ask(request, &[token.expose()], answers::introspection).await
    }

    /// Gives a token back (RFC 7009): dead from then on, and with a refresh token its whole grant.
    ///
    /// # Errors
    /// [`ClientError`]: the refusal, or why there is no answer.
    pub async fn revoke(&self, token: &Secret) -> Result<(), ClientError> {
        let address = self.provider.revocation.as_ref().ok_or(ClientError::NotOffered("revocation"))?;
        let request = requests::revocation(address, &self.application, token)?;
        self.ask(request, &[token.expose()], answers::revocation).await
    }

    /// How to sign the person out at the provider, in their browser.
    ///
    /// # Errors
    /// [`ClientError::NotOffered`] when the provider has no such address.
    pub fn logout(&self, tokens: &TokenSet, back_to: Option<&str>) -> Result<LogoutStep, ClientError> {
        let address = self.provider.logout.as_ref().ok_or(ClientError::NotOffered("logout"))?;
        let request = LogoutRequest {
            id_token_hint: tokens.id_token.clone(),
            post_logout_redirect_uri: back_to.map(str::to_owned),
            ..LogoutRequest::default()
        };
        let named = |name: &'static str| match name {
            "post_logout_redirect_uri" => address.redirect_parameter.clone(),
            other => other.to_owned(),
        };
        let pairs: Vec<_> = request.pairs().into_iter().map(|(name, value)| (named(name), value)).collect();
        match address.method {
            Method::Post => Ok(LogoutStep { url: address.url.clone(), form: pairs }),
            Method::Get => {
                let separator = if address.url.contains('?') { '&' } else { '?' };
                let query = royaume_protocol::parameters::encode(&pairs);
                Ok(LogoutStep { url: format!("{}{separator}{query}", address.url), form: Vec::new() })
            }
        }
    }

    async fn token(&self, asked: &TokenRequest) -> Result<TokenResponse, ClientError> {
        let request = requests::token(&self.provider.token, &self.application, asked)?;
        let secrets = match asked {
            TokenRequest::ClientCredentials { .. } => Vec::new(),
            TokenRequest::AuthorizationCode { code, code_verifier, .. } => {
                std::iter::once(code.expose()).chain(code_verifier.as_ref().map(|v| v.as_str())).collect()
            }
            TokenRequest::RefreshToken { refresh_token, .. } => vec![refresh_token.expose()],
        };
        self.ask(request, &secrets, answers::token).await
    }

    /// Sends a request that carries secrets. A server that repeats one of them in its answer does not make us repeat it
    /// in an error (CWE-209).
    async fn ask<A>(
        &self,
        request: Request<Bytes>,
        sent: &[&str],
        read: impl Fn(&Response<Bytes>) -> Result<A, ClientError>,
    ) -> Result<A, ClientError> {
        let response = self.transport.send(request).await?;
        read(&response).map_err(|error| {
            let (body, words) = (String::from_utf8_lossy(response.body()), error.to_string());
            let own = self.application.secrets();
            let mut secrets = own.iter().map(Secret::expose).chain(sent.iter().copied());
            let repeated =
                secrets.any(|secret| !secret.is_empty() && (body.contains(secret) || words.contains(secret)));
            if repeated { error.without_words() } else { error }
        })
    }

    /// Verifies an id token (OIDC Core §3.1.3.7, after a refresh §12.2). A key that is not known may be new (§10.1.1).
    async fn believe(
        &self,
        id_token: &str,
        access_token: &str,
        expected: &Expected<'_>,
        now: Timestamp,
    ) -> Result<IdTokenClaims, ClientError> {
        let keys = self.keys(now).await?;
        let unsigned = |error: jws::JwsError| ClientError::IdTokenSignature(error.to_string());
        let header = jws::header(id_token).map_err(unsigned)?;
        let algorithm: Algorithm = header.alg.parse().map_err(|_| unsigned(jws::JwsError::Algorithm))?;
        let verify = |keys: &[VerifyingKey]| {
            jws::verify::<IdTokenClaims>(id_token, keys, &self.provider.id_token_algorithms)
        };
        let verified = match verify(&keys) {
            Err(jws::JwsError::UnknownKey) => {
                verify(&self.keys.looked_for(&self.transport, self.jwks()?, now).await?)
            }
            verified => verified,
        }
        .map_err(unsigned)?;
        let issuers = self.provider.issuers();
        let expected = Expectations {
            nonce: expected.nonce,
            access_token: Some((access_token, algorithm)),
            original: expected.original,
            ..Expectations::new(&issuers, self.application.client_id())
        };
        verified.claims.validate(&expected, now)?;
        Ok(verified.claims)
    }

    async fn keys(&self, now: Timestamp) -> Result<Vec<VerifyingKey>, ClientError> {
        self.keys.known(&self.transport, self.jwks()?, now).await
    }

    fn jwks(&self) -> Result<&str, ClientError> {
        self.provider.jwks.as_deref().ok_or(ClientError::NotOffered("keys"))
    }
}
