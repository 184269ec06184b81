//! What a client says of itself (RFC 7591 §2, OIDC Registration §2, and the logout specifications): the document of
//! registration, in both directions.

use royaume_jose::Algorithm;
use serde::{Deserialize, Serialize};

use crate::{ClientAuthenticationMethod, GrantType, ResponseType};

/// Where an application runs (OIDC Registration §2 `application_type`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a server or in a browser: redirect URIs are https.
    #[default]
    Web,
    /// On a device: redirect URIs are loopback addresses or private schemes (RFC 8252 §7).
    Native,
}

/// Whether clients can tell between them that somebody is the same person (OIDC Core §8).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// One `sub` for everybody.
    #[default]
    Public,
    /// Another `sub` for each sector.
    Pairwise,
}

impl SubjectType {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Pairwise => "pairwise",
        }
    }
}

macro_rules! client_metadata {
    ($($(#[$doc:meta])* $field:ident: $kind:ty;)+) => {
        /// The document. A member that is absent has the standard's default; members that we do not know are passed
        /// over (RFC 7591 §2).
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        pub struct ClientMetadata {
            $(
                $(#[$doc])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<$kind>,
            )+
        }

        impl ClientMetadata {
            /// The names of all members.
            pub const MEMBERS: &'static [&'static str] = &[$(stringify!($field)),+];
        }
    };
}

client_metadata! {
    /// Where answers may be sent (RFC 7591 §2).
    redirect_uris: Vec<String>;
    /// How it authenticates. `client_secret_basic` when absent (RFC 7591 §2).
    token_endpoint_auth_method: ClientAuthenticationMethod;
    /// The algorithm of its assertions (OIDC Registration §2). Any that is supported when absent.
    token_endpoint_auth_signing_alg: String;
    /// Grant types. `authorization_code` when absent (RFC 7591 §2).
    grant_types: Vec<GrantType>;
    /// Response types. `code` when absent (RFC 7591 §2).
    response_types: Vec<ResponseType>;
    /// Where it runs. `web` when absent.
    application_type: ApplicationType;
    /// What people are told it is called.
    client_name: String;
    /// A page about it.
    client_uri: String;
    /// Its picture.
    logo_uri: String;
    /// What it does with what it learns.
    policy_uri: String;
    /// Its terms of service.
    tos_uri: String;
    /// How to reach its people.
    contacts: Vec<String>;
    /// The widest scope it may ask for.
    scope: String;
    /// Where its keys are.
    jwks_uri: String;
    /// Its keys. Judged apart, since a private one among them must be refused (RFC 7591 §2).
    jwks: serde_json::Value;
    /// Which software it is, whichever copy.
    software_id: String;
    /// Which edition of it.
    software_version: String;
    /// Where all its redirect URIs are listed, when they have several hosts (OIDC Registration §5).
    sector_identifier_uri: String;
    /// Which `sub` it is told. `public` when absent.
    subject_type: SubjectType;
    /// The algorithm of its id tokens. `RS256` when absent.
    id_token_signed_response_alg: Algorithm;
    /// How the keys of its encrypted id tokens are wrapped. Not encrypted when absent.
    id_token_encrypted_response_alg: String;
    /// How they are encrypted. `A128CBC-HS256` when absent.
    id_token_encrypted_response_enc: String;
    /// The algorithm of its userinfo. Plain JSON when absent.
    userinfo_signed_response_alg: Algorithm;
    /// How the keys of its encrypted userinfo are wrapped. Not encrypted when absent.
    userinfo_encrypted_response_alg: String;
    /// How it is encrypted. `A128CBC-HS256` when absent.
    userinfo_encrypted_response_enc: String;
    /// The algorithm of its request objects. Any that is supported when absent.
    request_object_signing_alg: String;
    /// Where its request objects may be fetched (OIDC Core §6.2).
    request_uris: Vec<String>;
    /// How long ago people may have signed in, unless the request says otherwise. Seconds.
    default_max_age: u32;
    /// Its id tokens always say when.
    require_auth_time: bool;
    /// Which levels of authentication it asks for, unless the request says otherwise.
    default_acr_values: Vec<String>;
    /// Where others send people who are to sign in to it (OIDC Core §4).
    initiate_login_uri: String;
    /// Where people may be sent after logout (RP-Initiated Logout 1.0 §3.1).
    post_logout_redirect_uris: Vec<String>;
    /// Where it is told of a logout (Back-Channel Logout 1.0 §2.2).
    backchannel_logout_uri: String;
    /// It must be told which session.
    backchannel_logout_session_required: bool;
    /// What the browser loads at a logout (Front-Channel Logout 1.0 §2).
    frontchannel_logout_uri: String;
    /// It must be told which session.
    frontchannel_logout_session_required: bool;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7591 §2: what is not known is passed over; what is known has its type.
    #[test]
    fn a_document_is_read_by_type_and_says_only_what_is_there() {
        let text = r#"{"redirect_uris":["https://a.test/cb"],"response_types":["id_token code"],"grant_types":["implicit","authorization_code"],
            "token_endpoint_auth_method":"private_key_jwt","something_else":{"a":1},"client_name#fr":"A"}"#;
        let read: ClientMetadata = serde_json::from_str(text).unwrap();
        assert_eq!(read.response_types, Some(vec![ResponseType::CodeIdToken]));
        let written = serde_json::to_value(&read).unwrap();
        assert_eq!(written.as_object().unwrap().len(), 4, "{written}");
        for text in [
            r#"{"redirect_uris":"https://a.test"}"#,
            r#"{"redirect_uris":[1]}"#,
            r#"{"response_types":["token"]}"#,
            r#"{"id_token_signed_response_alg":"none"}"#,
            r#"{"default_max_age":-1}"#,
            r#"{"subject_type":"Pairwise"}"#,
        ] {
            assert!(serde_json::from_str::<ClientMetadata>(text).is_err(), "{text}");
        }
    }
}
