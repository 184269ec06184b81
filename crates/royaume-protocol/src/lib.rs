//! The words of OAuth 2.0 and OpenID Connect: one module per concept, no I/O, no clock, no async.
//!
//! Server, client and guard all speak through these types, so that they cannot disagree.

pub mod access_token;
pub mod audience;
pub mod authorization;
pub mod bearer;
pub mod claims_request;
pub mod client_assertion;
pub mod client_authentication;
pub mod client_id;
pub mod client_metadata;
pub mod discovery;
pub mod display;
pub mod error;
pub mod grant_type;
pub mod https_uri;
pub mod id_token;
pub mod introspection;
pub mod logout;
pub mod logout_token;
pub mod metadata;
pub mod parameters;
pub mod pkce;
pub mod presented_token;
pub mod prompt;
pub mod redirect_uri;
pub mod request_object;
pub mod response_mode;
pub mod response_type;
pub mod scope;
pub mod secret;
pub mod standard_claims;
pub mod token;
pub mod token_type;
pub mod userinfo;

mod numeric_date;

pub use audience::Audience;
pub use authorization::{AuthorizationRequest, AuthorizationResponse};
pub use claims_request::{ClaimsRequest, ClaimsRequestError};
pub use client_assertion::{ClientAssertion, ClientAssertionError};
pub use client_authentication::{BasicCredentials, ClientAuthenticationMethod};
pub use client_id::ClientId;
pub use client_metadata::{ApplicationType, ClientMetadata, SubjectType};
pub use display::Display;
pub use error::{ErrorCode, ErrorResponse};
pub use grant_type::GrantType;
pub use id_token::{Expectations, IdTokenClaims, IdTokenError};
pub use introspection::Introspection;
pub use logout::LogoutRequest;
pub use logout_token::{LogoutTokenClaims, LogoutTokenError};
pub use metadata::ProviderMetadata;
pub use parameters::{ParameterError, Parameters};
pub use pkce::{CodeChallenge, CodeVerifier};
pub use presented_token::PresentedToken;
pub use prompt::Prompt;
pub use redirect_uri::RedirectUri;
pub use request_object::RequestObjectError;
pub use response_mode::ResponseMode;
pub use response_type::ResponseType;
pub use royaume_jose::Algorithm;
pub use scope::Scope;
pub use secret::Secret;
pub use token::{TokenRequest, TokenResponse};
pub use token_type::{TokenType, TokenTypeHint};
pub use userinfo::UserInfo;
