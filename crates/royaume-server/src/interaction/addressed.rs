//! An authorization request whose client and redirect URI are proven: only such a one can answer by redirect.

use std::sync::Arc;
use std::time::Duration;

use royaume_protocol::authorization::AuthorizationRequestError;
use royaume_protocol::pkce::ChallengeError;
use royaume_protocol::prompt::PromptError;
use royaume_protocol::redirect_uri::with_parameters;
use royaume_protocol::scope::OFFLINE_ACCESS;
use royaume_protocol::{
    AuthorizationRequest, CodeChallenge, GrantType, ParameterError, Parameters, Prompt, RedirectUri,
    ResponseMode, ResponseType, Scope, parameters,
};

use super::asked;
use crate::answer::{self, Answer};
use crate::context::Context;
use crate::pages::{self, Language};
use crate::people;
use crate::refusal::{Failure, Fault, Refusal};
use crate::stored::asked_claims::AskedClaims;
use crate::stored::client::{Application, Client, Presentation};
use crate::tokens::InBrowser;

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
    /// Where the parameters of the answer stand, be it yes or no.
    mode: ResponseMode,
    /// Of the pages that the person sees meanwhile.
    pub(crate) language: Language,
}

impl Addressed {
    /// Refusals of this function are shown on a page: there is nowhere safe to send them (RFC 6749 §4.1.2.1).
    pub(crate) async fn prove(
        parameters: &Parameters,
        language: Language,
        cx: &Context<'_>,
    ) -> Result<Self, Failure> {
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
        let mode = mode(parameters, &client);
        let state = parameters
            .optional("state")
            .filter(|state| !parameters.was_repeated("state") && comes_back(state, mode))
            .map(str::to_owned);
        Ok(Self { client, redirect_uri, state, mode, language })
    }

    /// The success response (RFC 6749 §4.1.2, OIDC Core §3.2.2.5, §3.3.2.5, RFC 9207 §2).
    pub(crate) fn grant(
        &self,
        code: Option<&str>,
        in_browser: &InBrowser,
        wanted: &Wanted,
        cx: &Context<'_>,
    ) -> Result<Answer, Failure> {
        let mut pairs: Vec<_> = code.map(|code| ("code", code)).into_iter().collect();
        let lifetime = in_browser.access_token.as_ref().map(|token| token.lifetime.as_secs().to_string());
        if let (Some(token), Some(lifetime)) = (&in_browser.access_token, &lifetime) {
            pairs.extend([
                ("access_token", token.text.as_str()),
                ("token_type", "Bearer"),
                ("expires_in", lifetime),
            ]);
        }
        pairs.extend(in_browser.id_token.as_deref().map(|token| ("id_token", token)));
        let scope = wanted.granted.to_string();
        let dialect = &cx.realm.realm.dialect;
        // RFC 6749 §4.2.2: a token that opens less than was asked for says so.
        let narrowed = in_browser.access_token.is_some() && wanted.granted != wanted.asked_scope;
        if dialect.scope_on_redirect || narrowed {
            pairs.push(("scope", &scope));
        }
        if dialect.client_id_on_redirect {
            pairs.push(("client_id", &self.client.client_id));
        }
        self.deliver(&pairs, true, cx)
    }

    /// The error response (RFC 6749 §4.1.2.1, RFC 9207 §2).
    pub(crate) fn refuse(&self, refusal: &Refusal, cx: &Context<'_>) -> Result<Answer, Failure> {
        let dialect = &cx.realm.realm.dialect;
        if *refusal == Refusal::LoginCancelled && dialect.cancelled_login_sends_state_only {
            return self.deliver(&[], false, cx);
        }
        let (code, mut description) = (refusal.code(), refusal.description());
        if let Refusal::ScopeNotAllowed(scope) = refusal
            && dialect.scopes_in_error_descriptions
        {
            description = format!("{description}: {scope}");
        }
        self.deliver(&[("error", code.as_str()), ("error_description", &description)], true, cx)
    }

    /// `temporarily_unavailable` or `server_error` (RFC 6749 §4.1.2.1).
    pub(crate) fn unavailable(&self, fault: &Fault, cx: &Context<'_>) -> Result<Answer, Failure> {
        let code = answer::unavailable(fault);
        self.deliver(&[("error", code.as_str()), ("error_description", "try again in a moment")], true, cx)
    }

    /// Puts the answer where the client expects it (Multiple Response Types §2.1, Form Post Response Mode §2).
    fn deliver(&self, pairs: &[(&str, &str)], iss: bool, cx: &Context<'_>) -> Result<Answer, Failure> {
        let mut pairs = pairs.to_vec();
        if let Some(state) = &self.state {
            pairs.push(("state", state));
        }
        if iss {
            pairs.push(("iss", &cx.realm.issuer));
        }
        Ok(match self.mode {
            ResponseMode::Query => answer::see_other(&with_parameters(&self.redirect_uri, &pairs))?,
            // A registered URI has no fragment of its own.
            ResponseMode::Fragment => {
                answer::see_other(&format!("{}#{}", self.redirect_uri, parameters::encode(&pairs)))?
            }
            ResponseMode::FormPost => {
                let html = pages::FormPost {
                    page: cx.page(self.language, Vec::new()),
                    client_name: &self.client.name,
                    action: &self.redirect_uri,
                    pairs: &pairs,
                }
                .render();
                answer::form_post(html, self.origin().as_deref().unwrap_or_default())
            }
        })
    }

    /// Where forms of pages of this request may lead in the end: the origin of the proven redirect URI.
    pub(crate) fn origin(&self) -> Option<String> {
        let origin = RedirectUri::origin_of(&self.redirect_uri)?;
        // No source expression matches an IPv6 address (CSP 3 §2.3.1): the scheme must do.
        Some(if origin.starts_with("http://[") { "http:".to_owned() } else { origin })
    }

    /// The host that pages name beside the client: what a person could recognise.
    pub(crate) fn host(&self) -> String {
        let after =
            self.redirect_uri.split_once("://").map_or(self.redirect_uri.as_str(), |(_, after)| after);
        after.split(['/', '?']).next().unwrap_or_default().to_owned()
    }

    /// What pages show of the client.
    pub(crate) fn shown<'a>(&'a self, host: &'a str) -> pages::Client<'a> {
        let Presentation { logo_uri, policy_uri, tos_uri, .. } = &self.client.presentation;
        pages::Client {
            name: &self.client.name,
            host,
            logo_uri: logo_uri.as_deref(),
            policy_uri: policy_uri.as_deref(),
            tos_uri: tos_uri.as_deref(),
        }
    }

    /// Where the client's picture comes from.
    pub(crate) fn logo_origin(&self) -> Option<String> {
        self.client.presentation.logo_uri.as_deref().and_then(RedirectUri::origin_of)
    }

    /// A client that anybody on the person's device could pretend to be: a public one whose answers go to the
    /// loopback interface or to a private scheme (RFC 8252 §8.6).
    pub(crate) fn impersonable(&self) -> bool {
        self.client.application == Application::Public && !self.redirect_uri.starts_with("https://")
    }
}

/// Where the parameters of the answer stand: as asked, if that may be; else where the response type puts them, which is
/// where the refusal of another wish is found too.
fn mode(parameters: &Parameters, client: &Client) -> ResponseMode {
    let mut words = parameters.optional("response_type").unwrap_or_default().split(' ');
    let tokens = words.any(|word| matches!(word, "token" | "id_token"));
    let asked = parameters.optional("response_mode").and_then(ResponseMode::parse);
    let usual = if tokens { ResponseMode::Fragment } else { ResponseMode::Query };
    asked.filter(|mode| may_stand(*mode, tokens, client)).unwrap_or(usual)
}

/// Tokens do not stand in a query, which servers log (Multiple Response Types §5). A code stands in a fragment only for a
/// public client: the server of a confidential one would never see it there, and whoever asks for it is after the code.
fn may_stand(mode: ResponseMode, tokens: bool, client: &Client) -> bool {
    match mode {
        ResponseMode::Query => !tokens,
        ResponseMode::Fragment => tokens || !client.confidential(),
        ResponseMode::FormPost => true,
    }
}

/// Does the state come back as it was sent? A form brings line breaks back otherwise (HTML §4.10.21.8), and the grammar
/// has none (RFC 6749 §A.5).
fn comes_back(state: &str, mode: ResponseMode) -> bool {
    mode != ResponseMode::FormPost || !state.chars().any(char::is_control)
}

/// What is asked for, well-formed and within what the client may ask.
pub(crate) struct Wanted {
    pub(crate) response_type: ResponseType,
    /// Word for word as it was asked for.
    pub(crate) asked_scope: Scope,
    /// Within what the client may ask, without what is passed over.
    pub(crate) scope: Scope,
    /// What of it the person has allowed, once they have.
    pub(crate) granted: Scope,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<CodeChallenge>,
    pub(crate) prompt: Vec<Prompt>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) login_hint: Option<String>,
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
        if request.prompt.contains(&Prompt::Create) && !cx.realm.realm.account_creation {
            return Err(Refusal::PromptUnknown);
        }
        if request.state.as_ref().is_some_and(|state| !comes_back(state, addressed.mode)) {
            return Err(Refusal::StateMalformed);
        }
        let response_type = request.response_type;
        if !cx.realm.realm.response_types.contains(&response_type) {
            return Err(Refusal::ResponseTypeUnsupported);
        }
        if !response_type.grants().iter().all(|grant| client.may_use(*grant)) {
            return Err(Refusal::GrantNotAllowed);
        }
        if !client.response_types.contains(&response_type) {
            return Err(Refusal::ResponseTypeNotAllowed);
        }
        let tokens = response_type != ResponseType::Code;
        if request.response_mode.is_some_and(|mode| !may_stand(mode, tokens, client)) {
            return Err(Refusal::ResponseModeUnsupported);
        }
        // RFC 9700 §2.1.1: from every public client.
        if response_type.has_code() && request.code_challenge.is_none() && !client.confidential() {
            return Err(Refusal::PkceMissing);
        }
        // OIDC Core §3.2.2.1, §3.3.2.11: an id token that comes by way of the browser is tied to who asked for it.
        if response_type.has_id_token() && request.nonce.is_none() {
            return Err(Refusal::NonceMissing);
        }
        let asked = asked::claims(&request, client, &cx.realm.realm)?;
        let subjects = asked::subjects(&request);
        let scope = cx.realm.asked(request.scope, &client.client_id).ok_or(Refusal::ScopeMissing)?;
        if !client.scope.covers(&scope) {
            return Err(Refusal::ScopeNotAllowed(scope.minus(&client.scope)));
        }
        let asked_scope = scope.clone();
        let scope =
            honoured(scope, response_type, &request.prompt, client, cx).ok_or(Refusal::ScopeMissing)?;
        // OIDC Core §3.1.2.1: without openid it is no OpenID request, and there are no id tokens.
        if response_type.has_id_token() && !scope.contains("openid") {
            return Err(Refusal::OpenidMissing);
        }
        let default_max_age = client.requests.default_max_age.map(|age| Duration::from_secs(age.into()));
        Ok(Self {
            response_type,
            asked,
            subjects,
            asked_scope,
            granted: scope.clone(),
            scope,
            nonce: request.nonce,
            code_challenge: request.code_challenge,
            prompt: request.prompt,
            max_age: request.max_age.or(default_max_age),
            login_hint: request.login_hint,
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

/// The scope without `offline_access` where that must be passed over (OIDC Core §11): no code would come of the request, no
/// refresh token of the code, or nobody would be asked. Nothing when nothing else was asked for.
fn honoured(
    scope: Scope,
    response_type: ResponseType,
    prompt: &[Prompt],
    client: &Client,
    cx: &Context<'_>,
) -> Option<Scope> {
    let somebody_is_asked = !people::never_asked(client, cx) || prompt.contains(&Prompt::Consent);
    if response_type.has_code() && client.may_use(GrantType::RefreshToken) && somebody_is_asked {
        return Some(scope);
    }
    Some(scope.only(|word| word != OFFLINE_ACCESS)).filter(|scope| !scope.is_empty())
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
