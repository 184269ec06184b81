//! Registration: an application makes itself known to a provider (RFC 7591 §3, OIDC Registration §3), and manages what is
//! known of it (RFC 7592 §2).

use std::fmt;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use royaume_jose::{Algorithm, SigningKey};
use royaume_protocol::{ClientAuthenticationMethod, ClientId, ClientMetadata, Secret};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::provider::is_safe;
use crate::tokens::{in_clear, maybe_in_clear};
use crate::{ClientAuthentication, ClientError, Provider, Rules, Transport, answers, requests};

/// What an application is at one provider, as the provider answered. Serialised in clear: keep it where secrets are kept.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    /// Its name there.
    pub client_id: String,
    /// What proves it, if it authenticates by a secret.
    #[serde(default, serialize_with = "maybe_in_clear")]
    pub client_secret: Option<Secret>,
    /// When the secret ends, if it does: read the registration again before.
    #[serde(default)]
    pub client_secret_expires_at: Option<Timestamp>,
    /// Where it is managed, and what with; nothing where it is not.
    #[serde(default)]
    pub management: Option<Management>,
    /// What the provider knows of it: not always what was asked for (RFC 7591 §3.2.1).
    pub metadata: ClientMetadata,
    /// Members of the answer that are known by name and do not read here, as an algorithm that is not spoken.
    #[serde(default)]
    pub left_out: Vec<String>,
}

/// Where a registration is managed (RFC 7592 §3).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Management {
    /// `registration_client_uri`.
    pub uri: String,
    /// `registration_access_token`.
    #[serde(serialize_with = "in_clear")]
    pub token: Secret,
}

impl fmt::Debug for Management {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Management").finish_non_exhaustive()
    }
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("client_id", &self.client_id)
            .field("client_secret", &self.client_secret.is_some())
            .field("metadata", &self.metadata)
            .field("left_out", &self.left_out)
            .finish_non_exhaustive()
    }
}

impl Registration {
    /// Registers an application that says that of itself, with what the provider's operator gave for it, if anything.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the code of RFC 7591 §3.2.2 (`invalid_redirect_uri`, `invalid_client_metadata`, …),
    /// [`ClientError::TokenRefused`] for the initial access token, [`ClientError::NotOffered`] when nobody registers
    /// there, or why there is no answer.
    pub async fn register(
        provider: &Provider,
        metadata: &ClientMetadata,
        initial_access_token: Option<&Secret>,
        transport: &impl Transport,
    ) -> Result<Self, ClientError> {
        let address = provider.registration.as_ref().ok_or(ClientError::NotOffered("registration"))?;
        let document = serde_json::to_value(metadata).expect("metadata always serialises");
        let request = requests::registration(Method::POST, address, Some(&document), initial_access_token)?;
        ask(request, initial_access_token, transport, answers::registration).await
    }

    /// What the provider knows of the application now (RFC 7592 §2.1). Keep what is answered: token and secret may be new.
    ///
    /// # Errors
    /// [`ClientError::TokenRefused`] when the registration is gone, [`ClientError::NotOffered`] when it is not managed.
    pub async fn read(&self, transport: &impl Transport) -> Result<Self, ClientError> {
        self.manage(Method::GET, None, transport).await
    }

    /// Replaces all that is known of the application (RFC 7592 §2.2). Keep what is answered.
    ///
    /// # Errors
    /// As for [`Registration::register`] and [`Registration::read`].
    pub async fn update(
        &self,
        metadata: &ClientMetadata,
        transport: &impl Transport,
    ) -> Result<Self, ClientError> {
        let mut document = serde_json::to_value(metadata).expect("metadata always serialises");
        document["client_id"] = self.client_id.as_str().into();
        if let Some(secret) = &self.client_secret {
            document["client_secret"] = secret.expose().into();
        }
        self.manage(Method::PUT, Some(&document), transport).await
    }

    /// Ends the registration, and with it whatever the application was given (RFC 7592 §2.3).
    ///
    /// # Errors
    /// As for [`Registration::read`].
    pub async fn delete(&self, transport: &impl Transport) -> Result<(), ClientError> {
        let management = self.management()?;
        let request = requests::registration(Method::DELETE, &management.uri, None, Some(&management.token))?;
        let gone = |response: &Response<Bytes>| match response.status() {
            StatusCode::NO_CONTENT | StatusCode::OK => Ok(()),
            _ => Err(answers::refusal(response, "the end of a registration")),
        };
        ask(request, Some(&management.token), transport, gone).await
    }

    async fn manage(
        &self,
        method: Method,
        document: Option<&Value>,
        transport: &impl Transport,
    ) -> Result<Self, ClientError> {
        let Management { uri, token } = self.management()?;
        let request = requests::registration(method, uri, document, Some(token))?;
        let now = ask(request, Some(token), transport, answers::registration).await?;
        if now.client_id != self.client_id {
            return Err(ClientError::Registration("the answer is about another application"));
        }
        // RFC 7592 §3 has all of it in every answer; deployed servers leave out what has not changed.
        Ok(Self {
            client_secret: now.client_secret.or_else(|| self.client_secret.clone()),
            management: now.management.or_else(|| self.management.clone()),
            ..now
        })
    }

    fn management(&self) -> Result<&Management, ClientError> {
        self.management.as_ref().ok_or(ClientError::NotOffered("the management of this registration"))
    }

    /// How the application proves who it is, as it was registered: by the secret that it was given, or with this key.
    ///
    /// # Errors
    /// [`ClientError::Registration`] when what that takes is not there, or the method is not spoken here.
    pub fn authentication(&self, key: Option<SigningKey>) -> Result<ClientAuthentication, ClientError> {
        use ClientAuthenticationMethod as M;
        if self.left_out.iter().any(|name| name == "token_endpoint_auth_method") {
            return Err(ClientError::Registration(
                "token_endpoint_auth_method is one that is not spoken here",
            ));
        }
        let missing = ClientError::Registration("the provider gave no client_secret");
        let secret = self.client_secret.clone().ok_or(missing);
        let client_id = self.client_id.as_str();
        // RFC 7591 §2.
        Ok(match self.metadata.token_endpoint_auth_method.unwrap_or(M::ClientSecretBasic) {
            M::ClientSecretPost => ClientAuthentication::post(client_id, secret?),
            M::ClientSecretBasic => ClientAuthentication::basic(client_id, secret?),
            M::ClientSecretJwt => ClientAuthentication::client_secret_jwt(client_id, secret?)
                .map_err(|_| ClientError::Registration("client_secret is too short for client_secret_jwt"))?,
            M::PrivateKeyJwt => ClientAuthentication::private_key_jwt(
                client_id,
                key.ok_or(ClientError::Registration("private_key_jwt needs the key of the application"))?,
            ),
            M::None => ClientAuthentication::none(client_id),
        })
    }

    /// What is expected of tokens after such a registration (OIDC Registration §2): id tokens by RS256 unless it says
    /// otherwise, userinfo as it says, and either encrypted if it says so: then the application adds its keys to the rules.
    pub fn rules(&self) -> Rules {
        Rules {
            id_token_algorithm: Some(self.metadata.id_token_signed_response_alg.unwrap_or(Algorithm::Rs256)),
            userinfo_algorithm: self.metadata.userinfo_signed_response_alg,
            id_token_encrypted: self.metadata.id_token_encrypted_response_alg.is_some(),
            userinfo_encrypted: self.metadata.userinfo_encrypted_response_alg.is_some(),
            ..Rules::default()
        }
    }

    /// Reads the members of an answer.
    ///
    /// # Errors
    /// Without a `client_id`, with an address that is neither https nor on this machine, or with a secret that is no text.
    pub(crate) fn of(mut members: Map<String, Value>) -> Result<Self, ClientError> {
        let text = |name: &str| match members.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
                Err(ClientError::Registration("a member that should be a text is none"))
            }
        };
        let client_id = text("client_id")?.filter(|id| ClientId::parse(id).is_ok());
        let client_id = client_id.ok_or(ClientError::Registration("the answer has no client_id"))?;
        let client_secret = text("client_secret")?.map(Secret::from);
        // RFC 7591 §3.2.1: 0 is never.
        let ends = members.get("client_secret_expires_at").and_then(Value::as_i64).filter(|ends| *ends > 0);
        let management = match (text("registration_client_uri")?, text("registration_access_token")?) {
            (Some(uri), Some(token)) => Some(Management { uri, token: Secret::from(token) }),
            (Some(_), None) | (None, Some(_) | None) => None,
        };
        if management.as_ref().is_some_and(|management| !is_safe(&management.uri)) {
            return Err(ClientError::Registration(
                "registration_client_uri is neither https nor on this machine",
            ));
        }
        members.retain(|name, value| ClientMetadata::MEMBERS.contains(&name.as_str()) && !value.is_null());
        let reads = |name: &str, value: &Value| {
            let alone = Value::from(Map::from_iter([(name.to_owned(), value.clone())]));
            serde_json::from_value::<ClientMetadata>(alone).is_ok()
        };
        let mut left_out = Vec::new();
        members.retain(|name, value| {
            let reads = reads(name, value);
            left_out.extend((!reads).then(|| name.clone()));
            reads
        });
        let metadata = serde_json::from_value(members.into()).expect("each of its members reads");
        let client_secret_expires_at = ends.and_then(|ends| Timestamp::from_second(ends).ok());
        Ok(Self { client_id, client_secret, client_secret_expires_at, management, metadata, left_out })
    }
}

async fn ask<A>(
    request: Request<Bytes>,
    token: Option<&Secret>,
    transport: &impl Transport,
    read: impl Fn(&Response<Bytes>) -> Result<A, ClientError>,
) -> Result<A, ClientError> {
    let response = transport.send(request).await?;
    let secrets: Vec<_> = token.into_iter().map(Secret::expose).collect();
    read(&response).map_err(|error| answers::unspoken(error, &response, &secrets))
}
