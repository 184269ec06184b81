//! The authorization request and its answer (RFC 6749 §4.1.1, §4.1.2; OIDC Core §3.1.2; RFC 7636 §4.3; RFC 9207).

use std::time::Duration;

use crate::pkce::{self, ChallengeError};
use crate::prompt::{self, Prompt, PromptError};
use crate::scope::ScopeError;
use crate::{
    ClaimsRequest, ClaimsRequestError, ClientId, CodeChallenge, Display, ErrorCode, ParameterError,
    Parameters, ResponseMode, ResponseType, Scope, Secret, parameters,
};

mod response;

pub use response::{AuthorizationResponse, AuthorizationResponseError, ResponseExpectations};

/// What a client sends a person's browser to ask for. Well-formed, not yet allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// Where the answer should go, as it was sent: whether it may go there, the registration says.
    pub redirect_uri: String,
    /// What is asked for.
    pub response_type: ResponseType,
    /// Where the answer's parameters should stand.
    pub response_mode: Option<ResponseMode>,
    /// What for.
    pub scope: Scope,
    /// Comes back untouched (RFC 6749 §10.12).
    pub state: Option<String>,
    /// Comes back in the id token.
    pub nonce: Option<String>,
    /// Binds the code to whoever asked for it.
    pub code_challenge: Option<CodeChallenge>,
    /// What the person must be shown, or must not.
    pub prompt: Vec<Prompt>,
    /// How long ago the person may have signed in. Whole seconds on the wire.
    pub max_age: Option<Duration>,
    /// Who is expected to sign in.
    pub login_hint: Option<String>,
    /// Who signed in before.
    pub id_token_hint: Option<Secret>,
    /// Languages, the best first, blanks between them (BCP 47).
    pub ui_locales: Option<String>,
    /// Levels of authentication, the best first, blanks between them.
    pub acr_values: Option<String>,
    /// Claims that are asked for by name (OIDC Core §5.5).
    pub claims: Option<ClaimsRequest>,
    /// Languages of claims, the best first, blanks between them (BCP 47).
    pub claims_locales: Option<String>,
    /// How pages should be shown.
    pub display: Option<Display>,
}

/// The rule that a request breaks by its form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizationRequestError {
    /// RFC 6749 §4.1.1, OIDC Core §3.1.2.1: one that is required is missing.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// RFC 6749 Appendix A.1.
    #[error("client_id is malformed")]
    ClientId,
    /// RFC 6749 §3.1.1.
    #[error("response_type is not one that is supported")]
    ResponseType,
    /// OAuth 2.0 Multiple Response Types §2.1.
    #[error("response_mode is not one that is supported")]
    ResponseMode,
    /// RFC 6749 §3.3.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// RFC 7636 §4.3.
    #[error(transparent)]
    CodeChallenge(#[from] ChallengeError),
    /// OIDC Core §3.1.2.1.
    #[error(transparent)]
    Prompt(#[from] PromptError),
    /// OIDC Core §3.1.2.1.
    #[error("max_age must be a number of seconds")]
    MaxAge,
    /// OIDC Core §5.5.
    #[error(transparent)]
    Claims(#[from] ClaimsRequestError),
}

impl AuthorizationRequestError {
    /// The code of the answer (RFC 6749 §4.1.2.1).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::ResponseType => ErrorCode::UnsupportedResponseType,
            Self::Scope(_) => ErrorCode::InvalidScope,
            Self::Parameter(_)
            | Self::ClientId
            | Self::ResponseMode
            | Self::CodeChallenge(_)
            | Self::Prompt(_)
            | Self::MaxAge
            | Self::Claims(_) => ErrorCode::InvalidRequest,
        }
    }
}

impl AuthorizationRequest {
    /// A request for a code, and nothing that need not be asked.
    pub fn new(client_id: ClientId, redirect_uri: &str, scope: Scope) -> Self {
        Self {
            client_id,
            redirect_uri: redirect_uri.to_owned(),
            response_type: ResponseType::Code,
            response_mode: None,
            scope,
            state: None,
            nonce: None,
            code_challenge: None,
            prompt: Vec::new(),
            max_age: None,
            login_hint: None,
            id_token_hint: None,
            ui_locales: None,
            acr_values: None,
            claims: None,
            claims_locales: None,
            display: None,
        }
    }

    /// Its parameters, those that are required first.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let challenge = self.code_challenge.as_ref();
        let optional = [
            ("scope", Some(self.scope.to_string())),
            ("state", self.state.clone()),
            ("response_mode", self.response_mode.map(|mode| mode.as_str().to_owned())),
            ("nonce", self.nonce.clone()),
            ("code_challenge", challenge.map(|challenge| challenge.as_str().to_owned())),
            ("code_challenge_method", challenge.map(|_| pkce::METHOD.to_owned())),
            ("prompt", Some(prompt::join(&self.prompt))),
            ("max_age", self.max_age.map(|age| age.as_secs().to_string())),
            ("login_hint", self.login_hint.clone()),
            ("id_token_hint", self.id_token_hint.as_ref().map(|hint| hint.expose().to_owned())),
            ("ui_locales", self.ui_locales.clone()),
            ("acr_values", self.acr_values.clone()),
            ("claims", self.claims.as_ref().map(ToString::to_string)),
            ("claims_locales", self.claims_locales.clone()),
            ("display", self.display.map(|display| display.as_str().to_owned())),
        ];
        let mut pairs = vec![
            ("response_type", self.response_type.as_str().to_owned()),
            ("client_id", self.client_id.to_string()),
            ("redirect_uri", self.redirect_uri.clone()),
        ];
        pairs.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        pairs.retain(|(_, value)| !value.is_empty());
        pairs
    }

    /// The address to send the browser to. What the endpoint's address has in its query already stays
    /// (RFC 6749 §3.1).
    pub fn url(&self, authorization_endpoint: &str) -> String {
        parameters::append_query(authorization_endpoint, &self.pairs())
    }

    /// Reads a request. Parameters that we do not know are passed over (RFC 6749 §3.1).
    ///
    /// # Errors
    /// [`AuthorizationRequestError`]: the first rule of form that is broken, `client_id` and `redirect_uri` first.
    pub fn parse(parameters: &Parameters) -> Result<Self, AuthorizationRequestError> {
        use AuthorizationRequestError as E;
        let text = |name| parameters.optional(name).map(str::to_owned);
        Ok(Self {
            client_id: ClientId::parse(parameters.required("client_id")?).map_err(|_| E::ClientId)?,
            redirect_uri: parameters.required("redirect_uri")?.to_owned(),
            response_type: ResponseType::parse(parameters.required("response_type")?)
                .ok_or(E::ResponseType)?,
            response_mode: match parameters.optional("response_mode") {
                None => None,
                Some(mode) => Some(ResponseMode::parse(mode).ok_or(E::ResponseMode)?),
            },
            scope: Scope::parse(parameters.optional("scope").unwrap_or_default())?,
            state: text("state"),
            nonce: text("nonce"),
            code_challenge: CodeChallenge::of_request(
                parameters.optional("code_challenge"),
                parameters.optional("code_challenge_method"),
            )?,
            prompt: prompt::parse(parameters.optional("prompt").unwrap_or_default())?,
            max_age: parameters.optional("max_age").map(max_age).transpose()?,
            login_hint: text("login_hint"),
            id_token_hint: parameters.optional("id_token_hint").map(Secret::from),
            ui_locales: text("ui_locales"),
            acr_values: text("acr_values"),
            claims: parameters.optional("claims").map(ClaimsRequest::parse).transpose()?,
            claims_locales: text("claims_locales"),
            display: parameters.optional("display").and_then(Display::parse),
        })
    }
}

/// Reads `max_age`. Digits only: no sign, no fraction, no more than a century of seconds needs.
///
/// # Errors
/// [`AuthorizationRequestError::MaxAge`] for anything else.
pub fn max_age(text: &str) -> Result<Duration, AuthorizationRequestError> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse::<u32>().ok().filter(|_| digits).ok_or(AuthorizationRequestError::MaxAge)?;
    Ok(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use royaume_jose::SeededEntropy;

    use super::*;
    use crate::CodeVerifier;
    use crate::claims_request::Wish;

    fn request() -> AuthorizationRequest {
        let scope = Scope::parse("openid individu").unwrap();
        AuthorizationRequest::new(ClientId::parse("PAR_app").unwrap(), "https://app.test/cb", scope)
    }

    fn read(url: &str) -> Result<AuthorizationRequest, AuthorizationRequestError> {
        let (_, query) = url.split_once('?').unwrap();
        AuthorizationRequest::parse(&Parameters::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn a_request_is_an_address_that_keeps_its_realm() {
        let mut request = request();
        request.state = Some("s".to_owned());
        request.code_challenge = CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM").ok();
        assert_eq!(
            request.url("https://a.test/authorize?realm=%2Findividu"),
            "https://a.test/authorize?realm=%2Findividu&response_type=code&client_id=PAR_app\
             &redirect_uri=https%3A%2F%2Fapp.test%2Fcb&scope=openid+individu&state=s\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
    }

    #[test]
    fn each_rule_of_form_has_its_error() {
        use AuthorizationRequestError as E;
        let good = request().url("https://a.test");
        assert_eq!(read(&good), Ok(request()));
        assert_eq!(read(&format!("{good}&realm=%2Findividu&display=cinema")), Ok(request()));
        for (from, to, error) in [
            ("client_id=PAR_app", "", E::Parameter(ParameterError::missing("client_id"))),
            ("PAR_app", "%C3%A9", E::ClientId),
            ("redirect_uri=", "redirect=", E::Parameter(ParameterError::missing("redirect_uri"))),
            ("response_type=code", "", E::Parameter(ParameterError::missing("response_type"))),
            ("type=code", "type=token", E::ResponseType),
            ("scope=openid", "scope=%22", E::Scope(ScopeError::Character)),
        ] {
            assert_eq!(read(&good.replace(from, to)), Err(error), "{from} -> {to}");
        }
        for (more, error) in [
            ("response_mode=web_message", E::ResponseMode),
            ("code_challenge_method=S256", E::CodeChallenge(ChallengeError::Missing)),
            ("code_challenge=x", E::CodeChallenge(ChallengeError::Method)),
            ("prompt=none+login", E::Prompt(PromptError::NoneCombined)),
            ("max_age=-1", E::MaxAge),
            ("max_age=%2B1", E::MaxAge),
            ("max_age=1e30", E::MaxAge),
            ("max_age=99999999999", E::MaxAge),
            ("claims=name", E::Claims(ClaimsRequestError::Json)),
        ] {
            assert_eq!(read(&format!("{good}&{more}")), Err(error.clone()), "{more}");
            assert!(crate::error::is_safe_description(&error.to_string()), "{error}");
        }
        assert_eq!(E::ResponseType.code(), ErrorCode::UnsupportedResponseType);
        assert_eq!(E::Scope(ScopeError::TooLong).code(), ErrorCode::InvalidScope);
    }

    proptest! {
        #[test]
        fn what_the_client_writes_the_server_reads(
            state in proptest::option::of("[^\0]{1,60}"),
            nonce in proptest::option::of("[ -~]{1,43}"),
            hint in proptest::option::of("[^\0]{1,30}"),
            seed in proptest::option::of(any::<u64>()),
            max_age in proptest::option::of(any::<u32>()),
            prompt in proptest::sample::subsequence(vec![Prompt::Login, Prompt::Consent, Prompt::SelectAccount], 0..=3),
            mode in proptest::option::of(proptest::sample::select(&ResponseMode::ALL[..])),
            response_type in proptest::sample::select(&ResponseType::ALL[..]),
            claim in proptest::option::of("[a-z_]{1,12}"),
            display in proptest::option::of(proptest::sample::select(&Display::ALL[..])),
            redirect_uri in "https://app\\.test/[a-z?&=%]{0,20}",
        ) {
            let request = AuthorizationRequest {
                redirect_uri,
                state,
                nonce,
                prompt,
                response_mode: mode,
                response_type,
                code_challenge: seed.map(|seed| CodeVerifier::generate(&SeededEntropy::new(seed)).challenge()),
                max_age: max_age.map(|seconds| Duration::from_secs(seconds.into())),
                login_hint: hint.clone(),
                id_token_hint: hint.as_deref().map(Secret::from),
                ui_locales: hint.clone(),
                acr_values: hint.clone(),
                claims: claim.map(|name| ClaimsRequest {
                    userinfo: [(name, Wish { essential: true, values: Vec::new() })].into(),
                    ..ClaimsRequest::default()
                }),
                claims_locales: hint,
                display,
                ..request()
            };
            prop_assert_eq!(read(&request.url("https://a.test")), Ok(request));
        }
    }
}
