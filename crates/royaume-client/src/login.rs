//! Signing a person in: begin, wait for the callback, finish (RFC 6749 §4.1, RFC 7636, OIDC Core §3.1).
//!
//! The code flow only: nothing that protects somebody passes through the browser's address but a code that is good once,
//! for whoever has the verifier.

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Entropy, SigningKey, base64url, random};
use royaume_protocol::authorization::ResponseExpectations;
use royaume_protocol::{
    AuthorizationRequest, AuthorizationResponse, ClaimsRequest, ClientId, CodeVerifier, Display, Parameters,
    Prompt, ResponseMode, Scope, Secret, TokenRequest, https_uri, parameters,
};
use serde::{Deserialize, Serialize};

use crate::provider::{Origin, Provider};
use crate::verification::Expected;
use crate::{ClientAuthentication, ClientError, request_object};

/// A login to begin: what a person is asked, and how. What is not set is not sent.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// Where the person comes back to: registered for the application.
    pub redirect_uri: String,
    /// What for.
    pub scope: Scope,
    /// What the person must be shown, or must not (`none` stands alone).
    pub prompt: Vec<Prompt>,
    /// How long ago the person may have signed in. The id token must then say when, and it must not be longer ago. Whole
    /// seconds.
    pub max_age: Option<Duration>,
    /// Levels of authentication, the best first: a wish. Ask for an essential `acr` in `claims` to insist.
    pub acr_values: Vec<String>,
    /// Claims by name (OIDC Core §5.5). Where the id token must have an essential `acr`, it is held to that.
    pub claims: Option<ClaimsRequest>,
    /// Languages of claims, the best first, blanks between them (BCP 47).
    pub claims_locales: Option<String>,
    /// Who is expected to sign in.
    pub login_hint: Option<String>,
    /// Who signed in before.
    pub id_token_hint: Option<Secret>,
    /// How pages should be shown.
    pub display: Option<Display>,
    /// Languages of the pages, the best first, blanks between them (BCP 47), such as `fr`.
    pub ui_locales: Option<String>,
    /// The browser brings the answer as a form that it posts (Form Post Response Mode). Such a post comes from another
    /// site, so without cookies that are `SameSite=Lax` or `Strict`: keep what is pending where it is found all the same.
    pub form_post: bool,
    /// Parameters that no standard has, each written out by the application: what a stranger sent never belongs here
    /// unread. None can replace what the standards define.
    pub extra: Vec<(String, String)>,
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
    /// In seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_age: Option<u64>,
    /// The levels that were insisted on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    acr_values: Vec<String>,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

/// Parameters that an authorization request has by the standards: no extra one can be called so.
const OF_THE_STANDARDS: [&str; 23] = [
    "acr_values",
    "claims",
    "claims_locales",
    "client_id",
    "client_secret",
    "code_challenge",
    "code_challenge_method",
    "display",
    "dpop_jkt",
    "id_token_hint",
    "login_hint",
    "max_age",
    "nonce",
    "prompt",
    "redirect_uri",
    "registration",
    "request",
    "request_uri",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
];

impl Login {
    /// A login for that, with nothing else asked.
    pub fn new(redirect_uri: impl Into<String>, scope: Scope) -> Self {
        Self { redirect_uri: redirect_uri.into(), scope, ..Self::default() }
    }

    /// The same, asking also for what the person has granted before: a grant that grows keeps what it had.
    #[must_use]
    pub fn including(self, had: &Scope) -> Self {
        Self { scope: had.union(&self.scope), ..self }
    }

    /// The address to send the person to, and what to keep until they come back. State, nonce and PKCE are always
    /// there, each with 256 bits of chance.
    ///
    /// # Errors
    /// [`ClientError::NotOffered`] when nobody signs in to this realm, [`ClientError::Login`] when it asks for what cannot
    /// be.
    pub fn begin(
        &self,
        provider: &Provider,
        application: &ClientAuthentication,
        entropy: &dyn Entropy,
    ) -> Result<(String, Pending), ClientError> {
        let address = authorization(provider)?;
        let (request, pending) = self.request(provider, application, entropy)?;
        Ok((parameters::append_query(address, &self.pairs(&request)), pending))
    }

    /// The same, its parameters in a request object that is signed with a key of the application (RFC 9101 §5.1, OIDC
    /// Core §6.1): nobody between here and the provider can change them.
    ///
    /// # Errors
    /// As for [`Login::begin`].
    pub fn begin_signed(
        &self,
        provider: &Provider,
        application: &ClientAuthentication,
        key: &SigningKey,
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(String, Pending), ClientError> {
        let address = authorization(provider)?;
        let (request, pending) = self.request(provider, application, entropy)?;
        let object = request_object::sign(&self.pairs(&request), provider, key, now, entropy);
        Ok((request_object::address(address, &request, ("request", &object)), pending))
    }

    /// The same, the request object apart (RFC 9101 §5.2, OIDC Core §6.2): the second of the three is to be served at that
    /// address, as `application/oauth-authz-req+jwt`, until the person is back. The address is https, and registered with
    /// providers that want that.
    ///
    /// # Errors
    /// As for [`Login::begin`].
    pub fn begin_by_reference(
        &self,
        provider: &Provider,
        application: &ClientAuthentication,
        (request_uri, key): (&str, &SigningKey),
        now: Timestamp,
        entropy: &dyn Entropy,
    ) -> Result<(String, String, Pending), ClientError> {
        https_uri::check_with_fragment(request_uri)
            .map_err(|error| ClientError::Login(format!("the address of its request {error}")))?;
        let address = authorization(provider)?;
        let (request, pending) = self.request(provider, application, entropy)?;
        let object = request_object::sign(&self.pairs(&request), provider, key, now, entropy);
        Ok((request_object::address(address, &request, ("request_uri", request_uri)), object, pending))
    }

    fn pairs(&self, request: &AuthorizationRequest) -> Vec<(String, String)> {
        let standard = request.pairs().into_iter().map(|(name, value)| (name.to_owned(), value));
        standard.chain(self.extra.iter().cloned()).collect()
    }

    fn request(
        &self,
        provider: &Provider,
        application: &ClientAuthentication,
        entropy: &dyn Entropy,
    ) -> Result<(AuthorizationRequest, Pending), ClientError> {
        self.judge(provider)?;
        let client_id = ClientId::parse(application.client_id())
            .map_err(|error| ClientError::Metadata(error.to_string()))?;
        // OIDC Core §5.5.1.1: an essential acr must be one of the values.
        let acr = self.claims.as_ref().and_then(|claims| claims.id_token.get("acr"));
        let acr = acr.filter(|wish| wish.essential).map(|wish| &wish.values[..]).unwrap_or_default();
        let max_age = self.max_age.map(|age| age.as_secs());
        let pending = Pending {
            origin: Origin { issuer: provider.issuer.clone(), client_id: client_id.to_string() },
            state: base64url::encode(&random::<32>(entropy)),
            nonce: base64url::encode(&random::<32>(entropy)),
            code_verifier: CodeVerifier::generate(entropy),
            redirect_uri: self.redirect_uri.clone(),
            scope: self.scope.clone(),
            max_age,
            acr_values: acr.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect(),
        };
        let request = AuthorizationRequest {
            state: Some(pending.state.clone()),
            nonce: Some(pending.nonce.clone()),
            code_challenge: Some(pending.code_verifier.challenge()),
            response_mode: self.form_post.then_some(ResponseMode::FormPost),
            prompt: self.prompt.clone(),
            max_age: max_age.map(Duration::from_secs),
            login_hint: self.login_hint.clone(),
            id_token_hint: self.id_token_hint.clone(),
            ui_locales: self.ui_locales.clone(),
            acr_values: Some(self.acr_values.join(" ")).filter(|values| !values.is_empty()),
            claims: self.claims.clone(),
            claims_locales: self.claims_locales.clone(),
            display: self.display,
            ..AuthorizationRequest::new(client_id, &self.redirect_uri, self.scope.clone())
        };
        Ok((request, pending))
    }

    fn judge(&self, provider: &Provider) -> Result<(), ClientError> {
        let refused = |why: String| Err(ClientError::Login(why));
        // What the endpoint has in its address (RFC 6749 §3.1), as the realm of France Travail, is its own.
        let address = authorization(provider)?.split_once('?').map_or("", |(_, query)| query);
        let own = Parameters::parse(address.as_bytes()).unwrap_or_default();
        let taken = |name: &str| OF_THE_STANDARDS.contains(&name) || own.optional(name).is_some();
        if self.prompt.contains(&Prompt::None) && self.prompt.len() > 1 {
            return refused("prompt cannot be none and something else".to_owned());
        }
        if let Some((name, _)) = self.extra.iter().find(|(name, _)| taken(name)) {
            return refused(format!("{name} is no extra parameter: login or provider say it"));
        }
        let mut names: Vec<_> = self.extra.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        if names.windows(2).any(|two| two[0] == two[1]) {
            return refused("an extra parameter is there twice".to_owned());
        }
        Ok(())
    }
}

fn authorization(provider: &Provider) -> Result<&str, ClientError> {
    provider.authorization.as_deref().ok_or(ClientError::NotOffered("signing people in"))
}

impl Pending {
    /// Reads a callback: the whole address, its query, or the body of a form that was posted there. What it buys is the
    /// token request.
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

    /// What the id token must say.
    pub(crate) fn expected(&self) -> Expected<'_> {
        Expected {
            nonce: Some(&self.nonce),
            max_age: self.max_age.map(Duration::from_secs),
            acr_values: self.acr_values.iter().map(String::as_str).collect(),
            original: None,
        }
    }
}
