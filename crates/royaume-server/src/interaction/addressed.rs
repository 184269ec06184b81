//! An authorization request whose client and redirect URI are proven: only such a one can answer by redirect.

use std::sync::Arc;
use std::time::Duration;

use royaume_protocol::authorization::AuthorizationRequestError;
use royaume_protocol::pkce::ChallengeError;
use royaume_protocol::prompt::PromptError;
use royaume_protocol::redirect_uri::with_parameters;
use royaume_protocol::{
    AuthorizationRequest, CodeChallenge, GrantType, ParameterError, Parameters, Prompt, RedirectUri,
    ResponseMode, ResponseType, Scope,
};

use super::asked;
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::people;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::asked_claims::AskedClaims;
use crate::stored::client::{Application, Client};

/// The parameters that anything here reads: a request that waits is kept without the others, which strangers may have
/// made as large as they like (RFC 6749 §3.1: unrecognized parameters are ignored).
pub(crate) const READ: [&str; 20] = [
    "acr_values",
    "claims",
    "claims_locales",
    "client_id",
    "code_challenge",
    "code_challenge_method",
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

/// Who asks, and where the answer may go.
pub(crate) struct Addressed {
    pub(crate) client: Arc<Client>,
    /// As it was sent; it matched a registered one.
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
}

impl Addressed {
    /// Refusals of this function are shown on a page: there is nowhere safe to send them (RFC 6749 §4.1.2.1).
    pub(crate) async fn prove(parameters: &Parameters, cx: &Context<'_>) -> Result<Self, Failure> {
        // A repeated client_id or redirect_uri proves nothing: which of the two would be meant?
        for name in ["client_id", "redirect_uri"] {
            if parameters.was_repeated(name) {
                return Err(Refusal::Parameters(royaume_protocol::ParameterError::repeated(name)).into());
            }
        }
        let client_id = parameters.optional("client_id").ok_or(Refusal::ClientIdMissing)?;
        let client = cx.client(client_id).await?.ok_or(Refusal::ClientUnknown)?;
        if client.disabled {
            return Err(Refusal::ClientDisabled.into());
        }
        let redirect_uri = parameters.optional("redirect_uri").ok_or(Refusal::RedirectUriMissing)?.to_owned();
        if !client.redirects_to(&redirect_uri) {
            return Err(Refusal::RedirectUriUnregistered.into());
        }
        let state =
            parameters.optional("state").filter(|_| !parameters.was_repeated("state")).map(str::to_owned);
        Ok(Self { client, redirect_uri, state })
    }

    /// The success response (RFC 6749 §4.1.2, RFC 9207 §2).
    pub(crate) fn grant(&self, code: &str, wanted: &Wanted, cx: &Context<'_>) -> Result<Answer, Failure> {
        let mut pairs = vec![("code", code)];
        let scope = wanted.scope.to_string();
        let dialect = &cx.realm.realm.dialect;
        if dialect.scope_on_redirect {
            pairs.push(("scope", &scope));
        }
        if dialect.client_id_on_redirect {
            pairs.push(("client_id", &self.client.client_id));
        }
        self.redirect(&pairs, true, cx)
    }

    /// The error response (RFC 6749 §4.1.2.1, RFC 9207 §2).
    pub(crate) fn refuse(&self, refusal: &Refusal, cx: &Context<'_>) -> Result<Answer, Failure> {
        let dialect = &cx.realm.realm.dialect;
        if *refusal == Refusal::LoginCancelled && dialect.cancelled_login_sends_state_only {
            return self.redirect(&[], false, cx);
        }
        let (code, mut description) = (refusal.code(), refusal.description());
        if let Refusal::ScopeNotAllowed(scope) = refusal
            && dialect.scopes_in_error_descriptions
        {
            description = format!("{description}: {scope}");
        }
        self.redirect(&[("error", code.as_str()), ("error_description", &description)], true, cx)
    }

    /// `temporarily_unavailable` or `server_error` (RFC 6749 §4.1.2.1).
    pub(crate) fn unavailable(&self, fault: &Fault, cx: &Context<'_>) -> Result<Answer, Failure> {
        let code = answer::unavailable(fault);
        self.redirect(&[("error", code.as_str()), ("error_description", "try again in a moment")], true, cx)
    }

    fn redirect(&self, pairs: &[(&str, &str)], iss: bool, cx: &Context<'_>) -> Result<Answer, Failure> {
        let mut pairs = pairs.to_vec();
        if let Some(state) = &self.state {
            pairs.push(("state", state));
        }
        if iss {
            pairs.push(("iss", &cx.realm.issuer));
        }
        Ok(answer::see_other(&with_parameters(&self.redirect_uri, &pairs))?)
    }

    /// Where forms of pages of this request may lead in the end: the origin of the proven redirect URI.
    pub(crate) fn origin(&self) -> Option<String> {
        RedirectUri::origin_of(&self.redirect_uri)
    }

    /// The host that pages name beside the client: what a person could recognise.
    pub(crate) fn host(&self) -> String {
        let after =
            self.redirect_uri.split_once("://").map_or(self.redirect_uri.as_str(), |(_, after)| after);
        after.split(['/', '?']).next().unwrap_or_default().to_owned()
    }

    /// A client that anybody on the person's device could pretend to be: a public one whose answers go to the
    /// loopback interface or to a private scheme (RFC 8252 §8.6).
    pub(crate) fn impersonable(&self) -> bool {
        self.client.application == Application::Public && !self.redirect_uri.starts_with("https://")
    }
}

/// What is asked for, well-formed and within what the client may ask.
pub(crate) struct Wanted {
    pub(crate) scope: Scope,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) prompt: Vec<Prompt>,
    pub(crate) max_age: Option<Duration>,
    /// Claims by name.
    pub(crate) asked: AskedClaims,
    /// Whom the answer may be about, as the client knows them; anybody when absent.
    pub(crate) subjects: Option<Vec<String>>,
}

impl Wanted {
    /// The rules of the request itself, in the order in which the standards give them.
    pub(crate) fn judge(
        addressed: &Addressed,
        parameters: &Parameters,
        cx: &Context<'_>,
    ) -> Result<Self, Refusal> {
        let client = &addressed.client;
        for (name, refusal) in [
            ("request", Refusal::RequestNotSupported),
            ("request_uri", Refusal::RequestUriNotSupported),
            ("registration", Refusal::RegistrationNotSupported),
        ] {
            if parameters.optional(name).is_some() {
                return Err(refusal);
            }
        }
        let request = AuthorizationRequest::parse(parameters).map_err(of_form)?;
        if !client.may_use(GrantType::AuthorizationCode) {
            return Err(Refusal::GrantNotAllowed);
        }
        if request.response_type != ResponseType::Code {
            return Err(Refusal::ResponseTypeUnsupported);
        }
        if !matches!(request.response_mode, None | Some(ResponseMode::Query)) {
            return Err(Refusal::ResponseModeUnsupported);
        }
        // RFC 9700 §2.1.1: from every public client.
        if request.code_challenge.is_none() && !client.confidential() {
            return Err(Refusal::PkceMissing);
        }
        let asked = asked::claims(&request, client, &cx.realm.realm)?;
        let subjects = asked::subjects(&request);
        let scope = cx.realm.asked(request.scope, &client.client_id).ok_or(Refusal::ScopeMissing)?;
        if !client.scope.covers(&scope) {
            return Err(Refusal::ScopeNotAllowed(scope.minus(&client.scope)));
        }
        let default_max_age = client.requests.default_max_age.map(|age| Duration::from_secs(age.into()));
        Ok(Self {
            asked,
            subjects,
            scope,
            nonce: request.nonce,
            code_challenge: request.code_challenge,
            prompt: request.prompt,
            max_age: request.max_age.or(default_max_age),
        })
    }
}

impl Wanted {
    /// May the answer be about that person (OIDC Core §3.1.2.2, §5.5.1)?
    pub(crate) fn may_be_about(&self, subject: &str, client: &Client, cx: &Context<'_>) -> bool {
        let told = || people::told_subject(client, subject, cx);
        self.subjects.as_ref().is_none_or(|subjects| subjects.contains(&told()))
    }
}

/// The rule of form that a request breaks, as a refusal.
fn of_form(error: AuthorizationRequestError) -> Refusal {
    use AuthorizationRequestError as E;
    match error {
        E::Parameter(error) if error == ParameterError::missing("response_type") => {
            Refusal::ResponseTypeMissing
        }
        E::Parameter(error) => Refusal::Parameters(error),
        E::ClientId => Refusal::ClientUnknown,
        E::ResponseType => Refusal::ResponseTypeUnsupported,
        E::ResponseMode => Refusal::ResponseModeUnsupported,
        E::Scope(_) => Refusal::ScopeMalformed,
        E::CodeChallenge(ChallengeError::Method) => Refusal::PkceMethod,
        E::CodeChallenge(_) => Refusal::PkceMalformed,
        E::Prompt(PromptError::Unknown) => Refusal::PromptUnknown,
        E::Prompt(PromptError::NoneCombined) => Refusal::PromptNoneCombined,
        E::MaxAge => Refusal::MaxAgeMalformed,
        E::Claims(error) => Refusal::ClaimsMalformed(error),
    }
}
