//! What a provider offers, as a document (RFC 8414 §2, OIDC Discovery §3, RFC 9207 §3, RP-Initiated Logout §2.1).

use serde::{Deserialize, Serialize};

macro_rules! metadata {
    ($($(#[$doc:meta])* $field:ident: $kind:ty,)+) => {
        /// The document. Only registered members; what a provider does not offer is left out.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct ProviderMetadata {
            /// Who it is: the address below which the document lies.
            pub issuer: String,
            /// Response types offered.
            #[serde(default)]
            pub response_types_supported: Vec<String>,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$kind>,
            )+
        }
    };
}

metadata! {
    /// RFC 6749 §3.1.
    authorization_endpoint: String,
    /// RFC 6749 §3.2.
    token_endpoint: String,
    /// OIDC Core §5.3.
    userinfo_endpoint: String,
    /// RFC 7517 §5.
    jwks_uri: String,
    /// RFC 7591 §3.
    registration_endpoint: String,
    /// RFC 7662 §2.
    introspection_endpoint: String,
    /// RFC 7009 §2.
    revocation_endpoint: String,
    /// RP-Initiated Logout 1.0 §2.1.
    end_session_endpoint: String,
    /// Scopes that may be asked for.
    scopes_supported: Vec<String>,
    /// Where answers may be put.
    response_modes_supported: Vec<String>,
    /// Grant types offered.
    grant_types_supported: Vec<String>,
    /// OIDC Core §8.
    subject_types_supported: Vec<String>,
    /// Algorithms of id tokens.
    id_token_signing_alg_values_supported: Vec<String>,
    /// How clients authenticate at the token endpoint.
    token_endpoint_auth_methods_supported: Vec<String>,
    /// How clients authenticate at the introspection endpoint.
    introspection_endpoint_auth_methods_supported: Vec<String>,
    /// How clients authenticate at the revocation endpoint.
    revocation_endpoint_auth_methods_supported: Vec<String>,
    /// RFC 7636 §6.2.
    code_challenge_methods_supported: Vec<String>,
    /// Claims that may be said.
    claims_supported: Vec<String>,
    /// OIDC Core §5.6.
    claim_types_supported: Vec<String>,
    /// Initiating User Registration 1.0 §2.
    prompt_values_supported: Vec<String>,
    /// Languages of pages (BCP 47).
    ui_locales_supported: Vec<String>,
    /// OIDC Core §5.5.
    claims_parameter_supported: bool,
    /// OIDC Core §6.1.
    request_parameter_supported: bool,
    /// OIDC Core §6.2.
    request_uri_parameter_supported: bool,
    /// RFC 9207 §3.
    authorization_response_iss_parameter_supported: bool,
}

impl ProviderMetadata {
    /// A document that says who it is, and nothing more yet.
    pub fn new(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), ..Self::default() }
    }
}
