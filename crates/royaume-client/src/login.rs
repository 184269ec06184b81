//! Signing a person in: begin, wait for the callback, finish (RFC 6749 §4.1, RFC 7636, OIDC Core §3.1).

use royaume_jose::{Entropy, base64url, random};
use royaume_protocol::authorization::ResponseExpectations;
use royaume_protocol::{
    AuthorizationRequest, AuthorizationResponse, ClientId, CodeVerifier, Parameters, Scope, Secret,
    TokenRequest,
};
use serde::{Deserialize, Serialize};

use crate::provider::{Origin, Provider};
use crate::{ClientAuthentication, ClientError};

/// A login to begin.
#[derive(Debug, Clone)]
pub struct Login<'a> {
    /// Where.
    pub provider: &'a Provider,
    /// By which application.
    pub application: &'a ClientAuthentication,
    /// Where the person comes back to: registered for the application.
    pub redirect_uri: &'a str,
    /// What for.
    pub scope: Scope,
    /// A language for the pages (BCP 47), such as `fr`.
    pub ui_locales: Option<String>,
}

/// A login that waits for its callback. Keep it in the person's session, and use it once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Pending {
    origin: Origin,
    state: String,
    nonce: String,
    code_verifier: CodeVerifier,
    redirect_uri: String,
    scope: Scope,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

impl Login<'_> {
    /// The address to send the person to, and what to keep until they come back. State, nonce and PKCE are always
    /// there, each with 256 bits of chance.
    ///
    /// # Errors
    /// [`ClientError::NotOffered`] when nobody signs in to this realm.
    pub fn begin(&self, entropy: &dyn Entropy) -> Result<(String, Pending), ClientError> {
        let address =
            self.provider.authorization.as_ref().ok_or(ClientError::NotOffered("signing people in"))?;
        let client_id = ClientId::parse(self.application.client_id())
            .map_err(|error| ClientError::Metadata(error.to_string()))?;
        let pending = Pending {
            origin: Origin { issuer: self.provider.issuer.clone(), client_id: client_id.to_string() },
            state: base64url::encode(&random::<32>(entropy)),
            nonce: base64url::encode(&random::<32>(entropy)),
            code_verifier: CodeVerifier::generate(entropy),
            redirect_uri: self.redirect_uri.to_owned(),
            scope: self.scope.clone(),
        };
        let request = AuthorizationRequest {
            state: Some(pending.state.clone()),
            nonce: Some(pending.nonce.clone()),
            code_challenge: Some(pending.code_verifier.challenge()),
            ui_locales: self.ui_locales.clone(),
            ..AuthorizationRequest::new(client_id, self.redirect_uri, self.scope.clone())
        };
        Ok((request.url(address), pending))
    }
}

impl Pending {
    /// Reads a callback: the whole address, or its query. What it buys is the token request.
    ///
    /// # Errors
    /// [`ClientError`]: the person cancelled or refused, or the callback is not the answer to this login.
    pub fn read(
        &self,
        callback: &str,
        provider: &Provider,
        client_id: &str,
    ) -> Result<TokenRequest, ClientError> {
        if self.origin.issuer != provider.issuer || self.origin.client_id != client_id {
            return Err(ClientError::MalformedCallback(
                "this login was begun with another provider or application".to_owned(),
            ));
        }
        let query = callback.split_once('?').map_or(callback, |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let parameters = Parameters::parse(query.as_bytes())
            .map_err(|error| ClientError::MalformedCallback(error.description()))?;
        let response = AuthorizationResponse::parse(&parameters).map_err(ClientError::Callback)?;
        let issuers = provider.issuers();
        response
            .judge(&ResponseExpectations {
                state: &self.state,
                issuers: &issuers,
                iss_promised: provider.iss_promised,
            })
            .map_err(ClientError::Callback)?;
        match response {
            AuthorizationResponse::Granted { code, .. } => Ok(TokenRequest::AuthorizationCode {
                code,
                redirect_uri: self.redirect_uri.clone(),
                code_verifier: Some(self.code_verifier.clone()),
            }),
            AuthorizationResponse::Refused { error, .. } => Err(ClientError::of(error)),
            AuthorizationResponse::Abandoned { .. } => Err(ClientError::LoginCancelled),
        }
    }

    /// What was sent as `nonce`.
    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// What was asked for.
    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }
}

/// A refresh (RFC 6749 §6).
pub(crate) fn refresh(refresh_token: Secret, scope: Option<Scope>) -> TokenRequest {
    TokenRequest::RefreshToken { refresh_token, scope }
}
