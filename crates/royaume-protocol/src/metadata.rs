//! What a provider offers, as a document (RFC 8414 §2, OIDC Discovery §3, RFC 9207 §3, RP-Initiated Logout §2.1).

use serde::{Deserialize, Serialize};

macro_rules! metadata {
    ($($(#[$doc:meta])* $field:ident: $kind:ty, $unsaid:literal;)+) => {
        /// The document. Only registered members are written, and none that is empty (RFC 8414 §3.2); members that
        /// we do not know are passed over when it is read.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct ProviderMetadata {
            /// Who it is: the address below which the document lies.
            pub issuer: String,
            /// Response types offered. None where no person signs in.
            #[serde(default, skip_serializing_if = "Vec::is_empty")]
            pub response_types_supported: Vec<String>,
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = $unsaid)]
                pub $field: Option<$kind>,
            )+
        }
    };
}

metadata! {
    /// RFC 6749 §3.1.
    authorization_endpoint: String, "Option::is_none";
    /// RFC 6749 §3.2.
    token_endpoint: String, "Option::is_none";
    /// OIDC Core §5.3.
    userinfo_endpoint: String, "Option::is_none";
    /// RFC 7517 §5.
    jwks_uri: String, "Option::is_none";
    /// RFC 7591 §3.
    registration_endpoint: String, "Option::is_none";
    /// RFC 7662 §2.
    introspection_endpoint: String, "Option::is_none";
    /// RFC 7009 §2.
    revocation_endpoint: String, "Option::is_none";
    /// RP-Initiated Logout 1.0 §2.1.
    end_session_endpoint: String, "Option::is_none";
    /// Scopes that may be asked for.
    scopes_supported: Vec<String>, "nothing";
    /// Where answers may be put.
    response_modes_supported: Vec<String>, "nothing";
    /// Grant types offered.
    grant_types_supported: Vec<String>, "nothing";
    /// Levels of authentication (OIDC Core §2).
    acr_values_supported: Vec<String>, "nothing";
    /// OIDC Core §8.
    subject_types_supported: Vec<String>, "nothing";
    /// Algorithms of id tokens.
    id_token_signing_alg_values_supported: Vec<String>, "nothing";
    /// How the keys of encrypted id tokens can be sent (OIDC Core §10.2).
    id_token_encryption_alg_values_supported: Vec<String>, "nothing";
    /// What encrypted id tokens can be encrypted with.
    id_token_encryption_enc_values_supported: Vec<String>, "nothing";
    /// Algorithms of userinfo that is signed (OIDC Core §5.3.2).
    userinfo_signing_alg_values_supported: Vec<String>, "nothing";
    /// How the keys of encrypted userinfo can be sent (OIDC Core §5.3.2).
    userinfo_encryption_alg_values_supported: Vec<String>, "nothing";
    /// What encrypted userinfo can be encrypted with.
    userinfo_encryption_enc_values_supported: Vec<String>, "nothing";
    /// Algorithms of request objects (OIDC Core §6.1).
    request_object_signing_alg_values_supported: Vec<String>, "nothing";
    /// How clients authenticate at the token endpoint.
    token_endpoint_auth_methods_supported: Vec<String>, "nothing";
    /// Algorithms of client assertions at the token endpoint.
    token_endpoint_auth_signing_alg_values_supported: Vec<String>, "nothing";
    /// How clients authenticate at the introspection endpoint.
    introspection_endpoint_auth_methods_supported: Vec<String>, "nothing";
    /// How clients authenticate at the revocation endpoint.
    revocation_endpoint_auth_methods_supported: Vec<String>, "nothing";
    /// Algorithms of client assertions at the introspection endpoint.
    introspection_endpoint_auth_signing_alg_values_supported: Vec<String>, "nothing";
    /// Algorithms of client assertions at the revocation endpoint.
    revocation_endpoint_auth_signing_alg_values_supported: Vec<String>, "nothing";
    /// RFC 7636 §6.2.
    code_challenge_methods_supported: Vec<String>, "nothing";
    /// OIDC Core §3.1.2.1.
    display_values_supported: Vec<String>, "nothing";
    /// Claims that may be said.
    claims_supported: Vec<String>, "nothing";
    /// OIDC Core §5.6.
    claim_types_supported: Vec<String>, "nothing";
    /// Initiating User Registration 1.0 §2.
    prompt_values_supported: Vec<String>, "nothing";
    /// Languages of pages (BCP 47).
    ui_locales_supported: Vec<String>, "nothing";
    /// Languages of claims (BCP 47).
    claims_locales_supported: Vec<String>, "nothing";
    /// A page for developers.
    service_documentation: String, "Option::is_none";
    /// A page about what clients may do with what they learn.
    op_policy_uri: String, "Option::is_none";
    /// A page of terms.
    op_tos_uri: String, "Option::is_none";
    /// OIDC Core §5.5.
    claims_parameter_supported: bool, "Option::is_none";
    /// OIDC Core §6.1.
    request_parameter_supported: bool, "Option::is_none";
    /// OIDC Core §6.2. Read absent as true.
    request_uri_parameter_supported: bool, "Option::is_none";
    /// OIDC Discovery §3.
    require_request_uri_registration: bool, "Option::is_none";
    /// RFC 9207 §3.
    authorization_response_iss_parameter_supported: bool, "Option::is_none";
    /// Back-Channel Logout 1.0 §2.1.
    backchannel_logout_supported: bool, "Option::is_none";
    /// Back-Channel Logout 1.0 §2.1: logout tokens name the session.
    backchannel_logout_session_supported: bool, "Option::is_none";
    /// Front-Channel Logout 1.0 §3.
    frontchannel_logout_supported: bool, "Option::is_none";
    /// Front-Channel Logout 1.0 §3: the address names issuer and session.
    frontchannel_logout_session_supported: bool, "Option::is_none";
}

fn nothing(list: &Option<Vec<String>>) -> bool {
    list.as_ref().is_none_or(Vec::is_empty)
}

impl ProviderMetadata {
    /// A document that says who it is, and nothing more yet.
    pub fn new(issuer: &str) -> Self {
        Self { issuer: issuer.to_owned(), ..Self::default() }
    }

    /// Is it the document of that issuer, character by character? What another says of itself must not be used
    /// (RFC 8414 §3.3, OIDC Discovery §4.3).
    pub fn is_of(&self, issuer: &str) -> bool {
        self.issuer == issuer
    }

    /// Does every answer of the authorization endpoint carry `iss` (RFC 9207 §3)?
    pub fn promises_iss(&self) -> bool {
        self.authorization_response_iss_parameter_supported == Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_offered_is_not_mentioned() {
        let mut metadata = ProviderMetadata::new("https://i.test");
        metadata.scopes_supported = Some(Vec::new());
        assert_eq!(serde_json::to_string(&metadata).unwrap(), r#"{"issuer":"https://i.test"}"#);
        metadata.response_types_supported = vec!["code".to_owned()];
        metadata.claims_parameter_supported = Some(false);
        let text = serde_json::to_string(&metadata).unwrap();
        assert_eq!(
            text,
            r#"{"issuer":"https://i.test","response_types_supported":["code"],"claims_parameter_supported":false}"#
        );
        metadata.scopes_supported = None;
        assert_eq!(serde_json::from_str::<ProviderMetadata>(&text).unwrap(), metadata);
    }

    #[test]
    fn documents_of_others_are_read_and_held_to_their_issuer() {
        let text = r#"{"issuer":"https://i.test:443/x","mtls_endpoint_aliases":{"a":1},"acr_values_supported":["0"],
            "scopes_supported":null,"authorization_response_iss_parameter_supported":true}"#;
        let metadata: ProviderMetadata = serde_json::from_str(text).unwrap();
        assert!(metadata.is_of("https://i.test:443/x") && metadata.promises_iss());
        for issuer in ["https://i.test/x", "https://i.test:443/x/", "https://I.test:443/x", ""] {
            assert!(!metadata.is_of(issuer), "{issuer}");
        }
        for text in ["{}", r#"{"issuer":1}"#, r#"{"issuer":"i","scopes_supported":"openid"}"#, "[]"] {
            assert!(serde_json::from_str::<ProviderMetadata>(text).is_err(), "{text}");
        }
    }
}
