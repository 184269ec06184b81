//! Signing out: asked for by the application (RP-Initiated Logout 1.0), told by the provider (Back-Channel Logout 1.0), or
//! by the browser (Front-Channel Logout 1.0).

use std::fmt;

use bytes::Bytes;
use http::{Response, StatusCode, header};
use jiff::Timestamp;
use royaume_jose::{Entropy, base64url, constant_time_eq, random};
use royaume_protocol::{
    IdTokenClaims, LogoutRequest, LogoutTokenClaims, LogoutTokenError, Parameters, logout_token, parameters,
};
use royaume_realm::Method;
use serde::{Deserialize, Serialize};

use crate::provider::Origin;
use crate::verification::Doubt;
use crate::{Client, ClientError, TokenSet, Transport};

/// Why a logout is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoutError {
    /// Parameters that do not read.
    #[error("it is malformed: {0}")]
    Malformed(String),
    /// RP-Initiated Logout 1.0 §3: one was sent, none came back.
    #[error("state is missing although one was sent")]
    StateMissing,
    /// RP-Initiated Logout 1.0 §3.
    #[error("state is not that of this browser's logout")]
    State,
    /// It was begun with another provider or application.
    #[error("it was begun with another provider or application")]
    Origin,
    /// Back-Channel Logout 1.0 §2.6: not signed by the provider, or unsigned.
    #[error("the logout token is not signed by a key of the provider: {0}")]
    Signature(String),
    /// RFC 8725 §3.11: a token of another kind.
    #[error("the token is of another kind than a logout token")]
    Kind,
    /// A rule of Back-Channel Logout 1.0 §2.6.
    #[error(transparent)]
    Token(#[from] LogoutTokenError),
    /// Front-Channel Logout 1.0 §2.
    #[error("iss is not the issuer of this application")]
    Issuer,
    /// Front-Channel Logout 1.0 §2: one without the other, or neither although the session has a name.
    #[error("iss and sid must both say which session has ended")]
    Session,
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

/// A logout that waits for the person to come back. Keep it in the browser's session, and use it once.
#[derive(Clone, Serialize, Deserialize)]
pub struct PendingLogout {
    origin: Origin,
    state: String,
}

impl fmt::Debug for PendingLogout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingLogout").field("origin", &self.origin).finish_non_exhaustive()
    }
}

impl<T> Client<T> {
    /// How to sign the person out at the provider, in their browser.
    ///
    /// # Errors
    /// [`ClientError::NotOffered`] when the provider has no such address.
    pub fn logout(&self, tokens: &TokenSet, back_to: Option<&str>) -> Result<LogoutStep, ClientError> {
        self.logout_step(tokens, back_to, None)
    }

    /// The same, with a `state` that the provider sends back with the person, so that [`Client::finish_logout`] can tell
    /// their return from an address that somebody else made. France Travail sends none back: there, use
    /// [`Client::logout`].
    ///
    /// # Errors
    /// [`ClientError::NotOffered`] when the provider has no such address.
    pub fn begin_logout(
        &self,
        tokens: &TokenSet,
        back_to: &str,
        entropy: &dyn Entropy,
    ) -> Result<(LogoutStep, PendingLogout), ClientError> {
        let state = base64url::encode(&random::<32>(entropy));
        let step = self.logout_step(tokens, Some(back_to), Some(state.clone()))?;
        Ok((step, PendingLogout { origin: self.origin(), state }))
    }

    /// Has the person come back from this logout? `callback` is the whole address that the browser opened, or its query.
    ///
    /// # Errors
    /// [`ClientError::Logout`] when it is no answer to it (RP-Initiated Logout 1.0 §3): nothing is known about the
    /// provider's session then.
    pub fn finish_logout(&self, pending: &PendingLogout, callback: &str) -> Result<(), ClientError> {
        if pending.origin != self.origin() {
            return Err(LogoutError::Origin.into());
        }
        let query = callback.split_once('?').map_or(callback, |(_, query)| query);
        let parameters = read(query.split('#').next().unwrap_or_default().as_bytes())?;
        let state = parameters.optional("state").ok_or(LogoutError::StateMissing)?;
        let same = constant_time_eq(state.as_bytes(), pending.state.as_bytes());
        if same { Ok(()) } else { Err(LogoutError::State.into()) }
    }

    fn logout_step(
        &self,
        tokens: &TokenSet,
        back_to: Option<&str>,
        state: Option<String>,
    ) -> Result<LogoutStep, ClientError> {
        let provider = self.known();
        let address = provider.logout.as_ref().ok_or(ClientError::NotOffered("logout"))?;
        let request = LogoutRequest {
            id_token_hint: tokens.id_token.clone(),
            post_logout_redirect_uri: back_to.map(str::to_owned),
            state,
            ..LogoutRequest::default()
        };
        let named = |name: &'static str| match name {
            "post_logout_redirect_uri" => address.redirect_parameter.clone(),
            other => other.to_owned(),
        };
        let pairs: Vec<_> = request.pairs().into_iter().map(|(name, value)| (named(name), value)).collect();
        Ok(match address.method {
            Method::Post => LogoutStep { url: address.url.clone(), form: pairs },
            Method::Get => {
                LogoutStep { url: parameters::append_query(&address.url, &pairs), form: Vec::new() }
            }
        })
    }

    fn origin(&self) -> Origin {
        Origin { issuer: self.provider.issuer.clone(), client_id: self.application.client_id().to_owned() }
    }
}

impl<T: Transport> Client<T> {
    /// Judges a logout that the provider has posted to the application (Back-Channel Logout 1.0 §2.5, §2.6), from the body
    /// of its form: end every session of `sub`, or the one called `sid`, and answer with [`told`].
    ///
    /// The same token may come twice, from a provider that got no answer or from somebody who saw it. Ending a session
    /// that has ended does no harm; an application to which it would do some remembers `iss` and `jti` until `exp` and the
    /// leeway of [`Rules`](crate::Rules) have passed, and takes what it remembers for done.
    ///
    /// # Errors
    /// [`ClientError::Logout`] when it is not to be believed, or what keeps the keys away.
    pub async fn backchannel_logout(
        &self,
        form: &str,
        now: Timestamp,
    ) -> Result<LogoutTokenClaims, ClientError> {
        let parameters = read(form.as_bytes())?;
        let token = parameters.required("logout_token").map_err(|error| malformed(&error))?;
        let provider = self.current(now).await?;
        let verified =
            match self.signed::<LogoutTokenClaims>(token, &self.rules.accepted(&provider), now).await {
                Ok(verified) => verified,
                Err(Doubt::Trouble(error)) => return Err(error),
                Err(Doubt::Signature(error)) => return Err(LogoutError::Signature(error.to_string()).into()),
            };
        if !is_kind(verified.header.typ.as_deref()) {
            return Err(LogoutError::Kind.into());
        }
        let claims = verified.claims;
        let issuer = provider.issuers().into_iter().find(|issuer| *issuer == claims.iss);
        let (issuer, client_id) = (issuer.unwrap_or(&provider.issuer), self.application.client_id());
        claims.validate(issuer, client_id, self.rules.leeway, now).map_err(LogoutError::Token)?;
        Ok(claims)
    }
}

/// The kinds that a logout token may say it is: its own, or none in particular as from before there was one (§2.4).
fn is_kind(typ: Option<&str>) -> bool {
    let named = |typ: &str| {
        let own = [logout_token::TYP, "application/logout+jwt", "JWT"];
        own.iter().any(|name| typ.eq_ignore_ascii_case(name))
    };
    typ.is_none_or(named)
}

/// The answer to a logout that was judged (Back-Channel Logout 1.0 §2.8): 200 when the sessions have ended, 400 when it was
/// not believed, 503 when it may be told again later. None of them is kept by anybody.
pub fn told<A>(judged: &Result<A, ClientError>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = match judged {
        Ok(_) => StatusCode::OK,
        Err(error) if error.is_temporary() => StatusCode::SERVICE_UNAVAILABLE,
        Err(_) => StatusCode::BAD_REQUEST,
    };
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// What a frame in the browser says when somebody has signed out (Front-Channel Logout 1.0 §2): of which session, if the
/// provider says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontchannelLogout {
    session: Option<(String, String)>,
}

impl FrontchannelLogout {
    /// Reads the address of the frame, or its query.
    ///
    /// # Errors
    /// [`LogoutError`] when it does not read, or has one of `iss` and `sid` without the other.
    pub fn parse(address: &str) -> Result<Self, LogoutError> {
        let query = address.split_once('?').map_or(address, |(_, query)| query);
        let parameters = read(query.split('#').next().unwrap_or_default().as_bytes())?;
        let text = |name| parameters.optional(name).map(str::to_owned);
        match (text("iss"), text("sid")) {
            (Some(iss), Some(sid)) => Ok(Self { session: Some((iss, sid)) }),
            (None, None) => Ok(Self { session: None }),
            (Some(_), None) | (None, Some(_)) => Err(LogoutError::Session),
        }
    }

    /// Does it end the session of this id token? A session that has a name ends only by it: any site can open a frame.
    ///
    /// # Errors
    /// [`LogoutError::Issuer`] when another provider is named, [`LogoutError::Session`] when no session is although that of
    /// the id token has a name.
    pub fn ends(&self, id_token: &IdTokenClaims) -> Result<bool, LogoutError> {
        match (&self.session, &id_token.sid) {
            (Some((iss, _)), _) if *iss != id_token.iss => Err(LogoutError::Issuer),
            (Some((_, sid)), Some(own)) => Ok(sid == own),
            (Some(_), None) => Ok(false),
            (None, Some(_)) => Err(LogoutError::Session),
            (None, None) => Ok(true),
        }
    }
}

fn read(text: &[u8]) -> Result<Parameters, LogoutError> {
    Parameters::parse(text).map_err(|error| malformed(&error))
}

fn malformed(error: &royaume_protocol::ParameterError) -> LogoutError {
    LogoutError::Malformed(error.description())
}
