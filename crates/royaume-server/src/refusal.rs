//! Why we say no, and why we cannot say anything: one variant per rule, one table from rule to wire.
//!
//! A [`Refusal`] is the standard's answer to a request that breaks a rule. A [`Fault`] is our own trouble; it is
//! never dressed up as a refusal, because a client that reads `invalid_grant` throws its tokens away.

use http::StatusCode;
use royaume_protocol::{
    ClaimsRequestError, ClientAssertionError, ErrorCode, ParameterError, RequestObjectError, Scope,
};
use royaume_store::StoreError;

use crate::clients::Unfit;

/// A rule that the request breaks. The section of the rule stands with each variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    // Any endpoint.
    /// RFC 6749 §3.1, §3.2: malformed, repeated, missing or too long parameters.
    Parameters(ParameterError),
    /// RFC 9110 §15.5.6: the endpoint does not answer to this method.
    MethodNotAllowed {
        /// The methods it answers to, as in `Allow`.
        allowed: &'static str,
    },
    /// RFC 6749 §3.2: bodies are `application/x-www-form-urlencoded`.
    MediaType,
    /// RFC 9700 §4.3.2, RFC 6749 §2.3.1: parameters belong in the body.
    ParametersInQuery,
    /// RFC 6819 §4.3.5, §5.1.4.2.3: too many failures from there.
    TooManyAttempts,

    // Authorization endpoint, before the redirect URI is proven: a page, never a redirect (RFC 6749 §4.1.2.1).
    /// RFC 6749 §4.1.1: `client_id` is required.
    ClientIdMissing,
    /// RFC 6749 §4.1.2.1: no such client in this realm.
    ClientUnknown,
    /// The operator has disabled this client.
    ClientDisabled,
    /// OIDC Core §3.1.2.1: `redirect_uri` is required in each request.
    RedirectUriMissing,
    /// RFC 9700 §2.1: not one of the registered ones, compared exactly.
    RedirectUriUnregistered,
    /// The waiting request has expired, was answered already, or was begun in another browser.
    InteractionUnknown,
    /// OWASP ASVS 3.5.1: a form that was not served to this browser.
    ForgedForm,

    // Authorization endpoint, answered by redirect.
    /// RFC 6749 §3.1.1: `response_type` is required.
    ResponseTypeMissing,
    /// RFC 6749 §4.1.2.1: the realm does not offer it.
    ResponseTypeUnsupported,
    /// RFC 6749 §4.1.2.1: this client is not registered for it.
    ResponseTypeNotAllowed,
    /// RFC 6749 §A.5: characters that do not come back as they were.
    StateMalformed,
    /// OIDC Core §3.2.2.1, §3.3.2.11: an id token in the browser needs a nonce.
    NonceMissing,
    /// OIDC Core §3.1.2.1: an id token is asked for, and `openid` is not.
    OpenidMissing,
    /// OAuth 2.0 Multiple Response Types §2.1.
    ResponseModeUnsupported,
    /// RFC 6749 §4.1.2.1: this client may not use that grant.
    GrantNotAllowed,
    /// RFC 6749 §3.3: characters or size.
    ScopeMalformed,
    /// RFC 6749 §3.3: nothing was asked for and there is no default.
    ScopeMissing,
    /// RFC 6749 §3.3: outside what this client may be given. The scopes are named in the as-deployed dialect only.
    ScopeNotAllowed(Scope),
    /// RFC 7636 §4.4.1, RFC 9700 §2.1.1: a public client must send a challenge.
    PkceMissing,
    /// RFC 7636 §4.3, RFC 9700 §2.1.1: only `S256`.
    PkceMethod,
    /// RFC 7636 §4.2.
    PkceMalformed,
    /// OIDC Core §3.1.2.1: not a value we know.
    PromptUnknown,
    /// OIDC Core §3.1.2.1: `none` stands alone.
    PromptNoneCombined,
    /// OIDC Core §3.1.2.1: seconds, not negative.
    MaxAgeMalformed,
    /// OIDC Core §5.5: not JSON of that form.
    ClaimsMalformed(ClaimsRequestError),
    /// OIDC Core §5.5.1.1, Unmet Authentication Requirements 1.0 §2: a level is essential that nobody can reach here.
    LevelUnreachable,
    /// OIDC Core §3.1.2.6: nobody is signed in and no page may be shown.
    LoginRequired,
    /// OIDC Core §3.1.2.2: somebody else is signed in than the hint names.
    AnotherPerson,
    /// OIDC Core §3.1.2.6: consent is needed and no page may be shown.
    ConsentRequired,
    /// OIDC Core §6.1: request objects are not supported.
    RequestNotSupported,
    /// OIDC Core §6.2.
    RequestUriNotSupported,
    /// RFC 9101 §5: `request` or `request_uri`, not both.
    RequestTwice,
    /// RFC 9101 §6: the rule that the request object breaks.
    RequestObject(RequestObjectError),
    /// RFC 9101 §6.2: the keys of the client cannot be had, so that nothing it signs can be believed.
    RequestObjectKeys,
    /// OIDC Core §6.2: not one of those that the client is registered with.
    RequestUriUnregistered,
    /// RFC 9101 §5.2.3: no request object is to be had there.
    RequestUriUnanswered,
    /// OIDC Core §7.2.1.
    RegistrationNotSupported,
    /// RFC 6749 §4.1.2.1: the person said no.
    ConsentDenied,
    /// RFC 6749 §4.1.2.1: the person went away from the login page.
    LoginCancelled,

    // Client authentication.
    /// RFC 6749 §2.3: nothing says who is calling.
    ClientAuthenticationMissing,
    /// RFC 6749 §2.3: one method per request.
    ClientAuthenticationTwice,
    /// RFC 6749 §3.2.1: header and body name different clients.
    ClientIdsDiffer,
    /// RFC 6749 §2.3.1: an `Authorization` header that is not Basic as specified.
    BasicMalformed,
    /// RFC 6749 §5.2: unknown client, wrong secret, or no secret where one is due. One answer for all three.
    ClientAuthenticationFailed {
        /// The client used the `Authorization` header: 401 with a challenge.
        by_header: bool,
    },
    /// RFC 6749 §2.3: not the method this client is registered for.
    ClientAuthenticationMethod {
        /// As above.
        by_header: bool,
    },

    /// RFC 7521 §4.2: another kind of assertion than a JWT.
    ClientAssertionType,
    /// RFC 7523 §3: no signed token that names its subject.
    ClientAssertionMalformed,
    /// RFC 7521 §4.2: `client_id` beside it is another.
    ClientAssertionOfAnother,
    /// RFC 8725 §3.11: a token of another kind.
    ClientAssertionKind,
    /// RFC 7523 §3: a claim is missing, or of another type.
    ClientAssertionClaims,
    /// RFC 7523 §3: the rule that it breaks.
    ClientAssertion(ClientAssertionError),
    /// RFC 7523 §3, item 7: used before.
    ClientAssertionUsed,
    /// RFC 7523 §3, item 9: the keys of the client cannot be had, so that nothing it signs can be believed.
    ClientKeysUnusable,
    /// OIDC Core §10.2: the answer is to be encrypted, and the client has no key for that, or its keys cannot be had.
    EncryptionKeyMissing,

    // Token endpoint.
    /// RFC 6749 §5.2.
    GrantTypeUnsupported,
    /// RFC 6749 §5.2: this client may not use that grant type.
    GrantTypeNotAllowed,
    /// RFC 6749 §4.4: client credentials are for clients that can keep a secret.
    ClientCredentialsByPublicClient,
    /// RFC 6749 §5.2: never issued, or swept long ago.
    CodeUnknown,
    /// RFC 6749 §4.1.2: used before; what it bought is revoked.
    CodeUsed,
    /// RFC 6749 §4.1.2.
    CodeExpired,
    /// RFC 6749 §5.2: issued to another client.
    CodeOfAnotherClient,
    /// RFC 6749 §4.1.3: not the one of the authorization request.
    RedirectUriDiffers {
        /// It is one of the client's registered ones nevertheless.
        registered: bool,
    },
    /// RFC 7636 §4.5.
    PkceVerifierMissing,
    /// RFC 7636 §4.1.
    PkceVerifierMalformed,
    /// RFC 7636 §4.6.
    PkceVerifierWrong,
    /// RFC 9700 §4.8.2: a verifier without a challenge is a downgrade.
    PkceVerifierUnexpected,
    /// RFC 6749 §5.2: the grant was revoked, by the person, by logout or by reuse.
    GrantRevoked,
    /// The person's account is disabled, gone, or has a new password.
    PersonUnavailable,
    /// RFC 6749 §6: not a live refresh token.
    RefreshTokenUnknown,
    /// RFC 9700 §4.14.2: used before; the family is revoked.
    RefreshTokenReused,
    /// RFC 6749 §6.
    RefreshTokenExpired,
    /// RFC 6749 §6: issued to another client.
    RefreshTokenOfAnotherClient,
    /// RFC 6749 §6: more than was granted.
    ScopeWidened,

    // Protected resources and other endpoints.
    /// RFC 6750 §3: no token was presented.
    TokenMissing,
    /// RFC 6750 §2: one way of presenting a token per request, and not in the address (RFC 9700 §4.3.2).
    TokenPresentedTwice,
    /// RFC 6750 §3.1: unknown, expired, revoked, of another realm.
    TokenInvalid,
    /// RFC 6750 §3.1: valid, but not for this.
    ScopeInsufficient {
        /// What would be needed.
        needed: &'static str,
    },
    /// RFC 7662 §2.1, RFC 7009 §2: the caller must authenticate, and public clients cannot.
    IntrospectionByPublicClient,
    /// RP-Initiated Logout 1.0 §2: a hint that is no id token of this realm.
    IdTokenHintInvalid,
    /// RP-Initiated Logout 1.0 §4: a hint that only the client can decrypt.
    IdTokenHintEncrypted,
    /// RP-Initiated Logout 1.0 §3: not registered for that client.
    PostLogoutRedirectUriUnregistered,
    /// RP-Initiated Logout 1.0 §2 beside the deployed parameter: two names of one thing must say the same.
    PostLogoutRedirectUrisDiffer,
    // Registration of clients.
    /// RFC 7591 §3.1: the body is `application/json`.
    RegistrationMediaType,
    /// RFC 7591 §5: what strangers can send has a bound.
    RegistrationTooLong,
    /// RFC 7591 §3.1: not one JSON object that is read in one way only.
    RegistrationMalformed,
    /// RFC 7591 §3.2.2: a member that cannot be registered.
    RegistrationUnfit(Unfit),
    /// RFC 7591 §5: too many from there.
    RegistrationsTooMany,
    /// RFC 7591 §5: too many that nobody uses.
    RegistrationsFull,
    /// RFC 7591 §3, RFC 7592 §3: no token was presented.
    RegistrationTokenMissing,
    /// RFC 7591 §3: unknown, used up, expired, of another realm.
    InitialAccessTokenInvalid,
    /// RFC 7592 §2: not the registration access token of that client, or there is no such client.
    RegistrationTokenInvalid,
    /// No realm of that name.
    RealmUnknown,
    /// The address is that of several realms and names none.
    RealmMissing,
    /// The address names two different realms.
    RealmContradictory,
    /// The realm does not offer that: it has no such endpoint.
    NotOffered,
    /// Nothing is served there.
    NotFound,
}

impl Refusal {
    /// The HTTP status of the rule, where the answer is not a redirect (RFC 6749 §5.2, RFC 6750 §3.1, RFC 9110).
    pub fn status(&self) -> StatusCode {
        self.entry().0
    }

    /// The registered error code.
    pub fn code(&self) -> ErrorCode {
        self.entry().1
    }

    /// A sentence for a developer: ASCII, no quotes, no secrets, nothing that the caller sent (RFC 6749 §5.2).
    pub fn description(&self) -> String {
        match self {
            Self::Parameters(error) => error.description(),
            Self::ClientAssertion(error) => error.to_string(),
            Self::RequestObject(error) => error.to_string(),
            Self::ClaimsMalformed(error) => error.to_string(),
            Self::RegistrationUnfit(unfit) => unfit.to_string(),
            _ => self.entry().2.to_owned(),
        }
    }

    /// The one table from rule to wire.
    fn entry(&self) -> (StatusCode, ErrorCode, &'static str) {
        use ErrorCode as E;
        use StatusCode as S;
        const BAD: StatusCode = StatusCode::BAD_REQUEST;
        match self {
            Self::Parameters(_) => (BAD, E::InvalidRequest, "the parameters are malformed"),
            Self::MethodNotAllowed { .. } => (
                S::METHOD_NOT_ALLOWED,
                E::InvalidRequest,
                "this endpoint does not answer to that HTTP method",
            ),
            Self::MediaType => (
                S::UNSUPPORTED_MEDIA_TYPE,
                E::InvalidRequest,
                "the body must be application/x-www-form-urlencoded",
            ),
            Self::ParametersInQuery => (
                BAD,
                E::InvalidRequest,
                "parameters belong in the body, not in the address; only realm may stand there",
            ),
            Self::TooManyAttempts => {
                (S::TOO_MANY_REQUESTS, E::InvalidRequest, "too many failed attempts; wait, then try again")
            }
            Self::ClientIdMissing => (BAD, E::InvalidRequest, "client_id is missing"),
            Self::ClientUnknown => (BAD, E::InvalidClient, "no client of this realm has that client_id"),
            Self::ClientDisabled => (BAD, E::UnauthorizedClient, "this client has been disabled"),
            Self::RedirectUriMissing => (BAD, E::InvalidRequest, "redirect_uri is missing"),
            Self::RedirectUriUnregistered => (
                BAD,
                E::InvalidRequest,
                "redirect_uri is not registered for this client; it must match exactly",
            ),
            Self::InteractionUnknown => (
                BAD,
                E::InvalidRequest,
                "this sign-in has expired or was begun elsewhere; start again from the application",
            ),
            Self::ForgedForm => (S::FORBIDDEN, E::InvalidRequest, "this form was not served to this browser"),
            Self::ResponseTypeMissing => (BAD, E::InvalidRequest, "response_type is missing"),
            Self::ResponseTypeUnsupported => {
                (BAD, E::UnsupportedResponseType, "this realm does not offer that response_type")
            }
            Self::ResponseTypeNotAllowed => {
                (BAD, E::UnauthorizedClient, "this client is not registered for that response_type")
            }
            Self::StateMalformed => (BAD, E::InvalidRequest, "state has control characters"),
            Self::NonceMissing => {
                (BAD, E::InvalidRequest, "nonce is missing: an id token in the browser needs one")
            }
            Self::OpenidMissing => (BAD, E::InvalidScope, "an id token needs the scope openid"),
            Self::ResponseModeUnsupported => {
                (BAD, E::InvalidRequest, "response_mode is not one that this answer can be given in")
            }
            Self::GrantNotAllowed => {
                (BAD, E::UnauthorizedClient, "this client may not use the grant that the response_type needs")
            }
            Self::ScopeMalformed => (BAD, E::InvalidScope, "scope is malformed or too long"),
            Self::ScopeMissing => (BAD, E::InvalidScope, "scope is missing"),
            Self::ScopeNotAllowed(_) => {
                (BAD, E::InvalidScope, "at least one scope is unknown or not granted to this client")
            }
            Self::PkceMissing => (BAD, E::InvalidRequest, "a public client must send code_challenge"),
            Self::PkceMethod => (BAD, E::InvalidRequest, "code_challenge_method must be S256"),
            Self::PkceMalformed => {
                (BAD, E::InvalidRequest, "code_challenge must be 43 characters of unpadded base64url")
            }
            Self::PromptUnknown => (BAD, E::InvalidRequest, "prompt has a value that is not supported"),
            Self::PromptNoneCombined => (BAD, E::InvalidRequest, "prompt none cannot be combined"),
            Self::ClaimsMalformed(_) => (BAD, E::InvalidRequest, "claims is malformed"),
            Self::MaxAgeMalformed => (BAD, E::InvalidRequest, "max_age must be a number of seconds"),
            Self::LevelUnreachable => (
                BAD,
                E::UnmetAuthenticationRequirements,
                "an acr value is essential that this realm cannot reach",
            ),
            Self::LoginRequired => (BAD, E::LoginRequired, "nobody is signed in"),
            Self::AnotherPerson => {
                (BAD, E::LoginRequired, "somebody else is signed in than the request expects")
            }
            Self::ConsentRequired => (BAD, E::ConsentRequired, "the person has not consented yet"),
            Self::RequestNotSupported => (BAD, E::RequestNotSupported, "request objects are not supported"),
            Self::RequestUriNotSupported => (BAD, E::RequestUriNotSupported, "request_uri is not supported"),
            Self::RequestTwice => (BAD, E::InvalidRequest, "use request or request_uri, not both"),
            Self::RequestObject(_) => (BAD, E::InvalidRequestObject, "the request object breaks a rule"),
            Self::RequestObjectKeys => {
                (BAD, E::InvalidRequestObject, "no usable keys can be had from the jwks_uri of this client")
            }
            Self::RequestUriUnregistered => {
                (BAD, E::InvalidRequestUri, "request_uri is not registered for this client, or is not https")
            }
            Self::RequestUriUnanswered => {
                (BAD, E::InvalidRequestUri, "no request object can be had from request_uri")
            }
            Self::RegistrationNotSupported => {
                (BAD, E::RegistrationNotSupported, "the registration parameter is not supported")
            }
            Self::ConsentDenied => (BAD, E::AccessDenied, "the person refused"),
            Self::LoginCancelled => (BAD, E::AccessDenied, "the person cancelled the login"),
            Self::ClientAuthenticationMissing => {
                (S::UNAUTHORIZED, E::InvalidClient, "the client must authenticate: client_id is missing")
            }
            Self::ClientAuthenticationTwice => {
                (BAD, E::InvalidRequest, "use one client authentication method, not two")
            }
            Self::ClientIdsDiffer => {
                (BAD, E::InvalidRequest, "the header and the body name different clients")
            }
            Self::BasicMalformed => (
                S::UNAUTHORIZED,
                E::InvalidClient,
                "the authorization header is not well-formed Basic credentials",
            ),
            Self::ClientAuthenticationFailed { .. } => {
                (S::UNAUTHORIZED, E::InvalidClient, "client authentication failed")
            }
            Self::ClientAuthenticationMethod { .. } => (
                S::UNAUTHORIZED,
                E::InvalidClient,
                "this client is not registered for that authentication method",
            ),
            Self::ClientAssertionType => (
                S::UNAUTHORIZED,
                E::InvalidClient,
                "client_assertion_type must be urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            Self::ClientAssertionMalformed => (
                S::UNAUTHORIZED,
                E::InvalidClient,
                "the client assertion is no signed token that names its sub",
            ),
            Self::ClientAssertionOfAnother => {
                (S::UNAUTHORIZED, E::InvalidClient, "client_id is not the sub of the client assertion")
            }
            Self::ClientAssertionKind => (
                S::UNAUTHORIZED,
                E::InvalidClient,
                "the typ of the client assertion is that of another token",
            ),
            Self::ClientAssertionClaims => (
                S::UNAUTHORIZED,
                E::InvalidClient,
                "the client assertion must have iss, sub, aud, exp and jti of the right types",
            ),
            Self::ClientAssertion(_) => {
                (S::UNAUTHORIZED, E::InvalidClient, "the client assertion breaks a rule")
            }
            Self::ClientAssertionUsed => (
                S::UNAUTHORIZED,
                E::InvalidClient,
                "the client assertion was used before; make a new one each time",
            ),
            Self::ClientKeysUnusable => (
                S::UNAUTHORIZED,
                E::InvalidClient,
                "no usable keys can be had from the jwks_uri of this client",
            ),
            // No word of RFC 6749 §5.2 says it better: with invalid_client a client would throw its secret away, with
            // invalid_grant its tokens.
            Self::EncryptionKeyMissing => (
                BAD,
                E::InvalidRequest,
                "no key can be had from jwks or jwks_uri of this client that its answers could be encrypted to",
            ),
            Self::GrantTypeUnsupported => {
                (BAD, E::UnsupportedGrantType, "this realm does not support that grant_type")
            }
            Self::GrantTypeNotAllowed => {
                (BAD, E::UnauthorizedClient, "this client may not use that grant_type")
            }
            Self::ClientCredentialsByPublicClient => {
                (BAD, E::UnauthorizedClient, "a public client cannot use client_credentials")
            }
            Self::CodeUnknown => (BAD, E::InvalidGrant, "the code is unknown"),
            Self::CodeUsed => (BAD, E::InvalidGrant, "the code was used before; its tokens are revoked"),
            Self::CodeExpired => (BAD, E::InvalidGrant, "the code has expired"),
            Self::CodeOfAnotherClient => (BAD, E::InvalidGrant, "the code was issued to another client"),
            Self::RedirectUriDiffers { .. } => {
                (BAD, E::InvalidGrant, "redirect_uri is not the one of the authorization request")
            }
            Self::PkceVerifierMissing => (BAD, E::InvalidGrant, "code_verifier is missing"),
            Self::PkceVerifierMalformed => {
                (BAD, E::InvalidGrant, "code_verifier must be 43 to 128 unreserved characters")
            }
            Self::PkceVerifierWrong => (BAD, E::InvalidGrant, "code_verifier does not match code_challenge"),
            Self::PkceVerifierUnexpected => (
                BAD,
                E::InvalidGrant,
                "code_verifier was sent but the authorization request had no code_challenge",
            ),
            Self::GrantRevoked => (BAD, E::InvalidGrant, "the grant has been revoked"),
            Self::PersonUnavailable => {
                (BAD, E::InvalidGrant, "the person can no longer sign in with this grant")
            }
            Self::RefreshTokenUnknown => (BAD, E::InvalidGrant, "the refresh token is unknown"),
            Self::RefreshTokenReused => {
                (BAD, E::InvalidGrant, "the refresh token was used before; its family is revoked")
            }
            Self::RefreshTokenExpired => (BAD, E::InvalidGrant, "the refresh token has expired"),
            Self::RefreshTokenOfAnotherClient => {
                (BAD, E::InvalidGrant, "the refresh token was issued to another client")
            }
            Self::ScopeWidened => (BAD, E::InvalidScope, "scope exceeds what was granted"),
            Self::TokenMissing => (S::UNAUTHORIZED, E::InvalidToken, "an access token is required"),
            Self::TokenPresentedTwice => (
                BAD,
                E::InvalidRequest,
                "present the access token once, in the authorization header or in the form",
            ),
            Self::TokenInvalid => {
                (S::UNAUTHORIZED, E::InvalidToken, "the access token is unknown, expired or revoked")
            }
            Self::ScopeInsufficient { .. } => {
                (S::FORBIDDEN, E::InsufficientScope, "the access token does not carry the scope needed")
            }
            Self::IntrospectionByPublicClient => {
                (S::UNAUTHORIZED, E::InvalidClient, "a public client cannot introspect tokens")
            }
            Self::IdTokenHintInvalid => {
                (BAD, E::InvalidRequest, "id_token_hint is not an id token of this realm")
            }
            Self::IdTokenHintEncrypted => {
                (BAD, E::InvalidRequest, "id_token_hint is encrypted; send the signed id token that is in it")
            }
            Self::PostLogoutRedirectUriUnregistered => {
                (BAD, E::InvalidRequest, "post_logout_redirect_uri is not registered for this client")
            }
            Self::PostLogoutRedirectUrisDiffer => {
                (BAD, E::InvalidRequest, "post_logout_redirect_uri and redirect_uri name different places")
            }
            Self::RegistrationMediaType => {
                (S::UNSUPPORTED_MEDIA_TYPE, E::InvalidRequest, "the body must be application/json")
            }
            Self::RegistrationTooLong => {
                (S::PAYLOAD_TOO_LARGE, E::InvalidRequest, "the body must not be longer than 64 KiB")
            }
            Self::RegistrationMalformed => (
                BAD,
                E::InvalidClientMetadata,
                "the body must be one JSON object, without a member twice and without deep nesting",
            ),
            Self::RegistrationUnfit(unfit) => (BAD, unfit.code(), "the client metadata cannot be registered"),
            Self::RegistrationsTooMany => {
                (S::TOO_MANY_REQUESTS, E::InvalidRequest, "too many registrations; wait, then try again")
            }
            Self::RegistrationsFull => (
                S::TOO_MANY_REQUESTS,
                E::InvalidRequest,
                "too many clients are registered here that nobody has used yet; try again later",
            ),
            Self::RegistrationTokenMissing => (
                S::UNAUTHORIZED,
                E::InvalidToken,
                "present the token as a bearer, once, in the authorization header",
            ),
            Self::InitialAccessTokenInvalid => {
                (S::UNAUTHORIZED, E::InvalidToken, "the initial access token is unknown, used up or expired")
            }
            Self::RegistrationTokenInvalid => {
                (S::UNAUTHORIZED, E::InvalidToken, "the registration access token is not that of this client")
            }
            Self::RealmUnknown => (BAD, E::InvalidRequest, "there is no realm of that name"),
            Self::RealmMissing => (
                BAD,
                E::InvalidRequest,
                "the address names no realm; add the realm parameter, as in ?realm=%2Findividu",
            ),
            Self::RealmContradictory => (BAD, E::InvalidRequest, "the address names more than one realm"),
            Self::NotOffered => (S::NOT_FOUND, E::InvalidRequest, "this realm does not offer that endpoint"),
            Self::NotFound => (S::NOT_FOUND, E::InvalidRequest, "nothing is served at this address"),
        }
    }
}

/// Our own breakage. On the wire: 503 with `Retry-After`, or 500 when trying again cannot help.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Fault {
    /// The store did not answer, or its answer to a commit was lost.
    #[error("the store is unavailable: {0}")]
    Store(String),
    /// A stored row does not read.
    #[error("a stored {kind} does not read: {reason}")]
    Corrupt {
        /// The kind of row.
        kind: &'static str,
        /// What the reader said.
        reason: String,
    },
    /// Signing keys cannot be made or opened.
    #[error("{0}")]
    Keys(String),
    /// What was configured cannot be served.
    #[error("the configuration cannot be served: {0}")]
    Configuration(String),
    /// Too much work is waiting already.
    #[error("overloaded: {0}")]
    Busy(&'static str),
}

impl Fault {
    /// 503 when trying again may help, 500 when it cannot.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Store(_) | Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Corrupt { .. } | Self::Keys(_) | Self::Configuration(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<crate::passwords::Busy> for Fault {
    fn from(_: crate::passwords::Busy) -> Self {
        Self::Busy("password hashing")
    }
}

/// A request that gets no success: refused, or failed by us.
#[derive(Debug, Clone)]
pub(crate) enum Failure {
    Refused(Refusal),
    Failed(Fault),
}

impl Failure {
    /// Is it 401, which carries a challenge (RFC 9110 §15.5.2)?
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused(refusal) if refusal.status() == StatusCode::UNAUTHORIZED)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ParameterError> for Failure {
    fn from(error: ParameterError) -> Self {
        Self::Refused(Refusal::Parameters(error))
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        Self::Refused(Refusal::RegistrationUnfit(unfit))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<crate::passwords::Busy> for Failure {
    fn from(busy: crate::passwords::Busy) -> Self {
        Self::Failed(busy.into())
    }
}
