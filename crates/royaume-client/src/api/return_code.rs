//! The business answer of France Travail's APIs for agents: a code in a success, and `"null"` for nothing.

use std::fmt;

use bytes::Bytes;
use http::Response;
use royaume_protocol::Secret;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::ApiError;

/// `codeRetour`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnCode {
    /// S001: one person was found.
    Found,
    /// S002: nobody was found.
    NotFound,
    /// S003: several people were found; nobody is named.
    Several,
    /// R001: the application or the agent may not.
    NotAuthorised,
    /// R997: what was sent is not valid.
    Invalid,
    /// R998: a system behind the API failed.
    UpstreamFailed,
    /// R999: the API is unavailable.
    Unavailable,
    /// Any other, as it was written.
    Other(String),
}

impl ReturnCode {
    /// The code that is written so.
    pub fn of(code: &str) -> Self {
        match code {
            "S001" => Self::Found,
            "S002" => Self::NotFound,
            "S003" => Self::Several,
            "R001" => Self::NotAuthorised,
            "R997" => Self::Invalid,
            "R998" => Self::UpstreamFailed,
            "R999" => Self::Unavailable,
            other => Self::Other(crate::error::harmless(other)),
        }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Found => "S001",
            Self::NotFound => "S002",
            Self::Several => "S003",
            Self::NotAuthorised => "R001",
            Self::Invalid => "R997",
            Self::UpstreamFailed => "R998",
            Self::Unavailable => "R999",
            Self::Other(code) => code,
        }
    }

    /// Will the same call perhaps succeed later?
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::UpstreamFailed | Self::Unavailable => true,
            Self::Found
            | Self::NotFound
            | Self::Several
            | Self::NotAuthorised
            | Self::Invalid
            | Self::Other(_) => false,
        }
    }
}

impl fmt::Display for ReturnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What such an API answered.
#[derive(Clone)]
pub struct AgentAnswer {
    /// The code.
    pub code: ReturnCode,
    /// The API's words.
    pub message: Option<String>,
    /// `topIdentiteCertifiee`: is it certain who the person is?
    pub certified: Option<bool>,
    /// `jetonUsager`, to be sent with the calls about this person ([`Call::about`](super::Call::about)).
    pub jeton_usager: Option<Secret>,
    /// Every other member, `"null"` read as nothing.
    pub members: Map<String, Value>,
}

/// Neither the token nor anything about the person is shown.
impl fmt::Debug for AgentAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentAnswer")
            .field("code", &self.code)
            .field("certified", &self.certified)
            .field("jeton_usager", &self.jeton_usager)
            .finish_non_exhaustive()
    }
}

impl AgentAnswer {
    /// Reads the body of a success.
    ///
    /// # Errors
    /// [`ApiError::Body`] when it has no `codeRetour`.
    pub fn read(response: &Response<Bytes>) -> Result<Self, ApiError> {
        let mut members: Map<String, Value> = super::call::read(response)?;
        members.values_mut().for_each(without_null_words);
        let mut text = |name: &str| match members.remove(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let code = text("codeRetour").ok_or_else(|| ApiError::Body {
            status: response.status().as_u16(),
            reason: "it has no `codeRetour`".to_owned(),
        })?;
        let certified = text("topIdentiteCertifiee").and_then(|top| match top.as_str() {
            "O" => Some(true),
            "N" => Some(false),
            _ => None,
        });
        let jeton_usager = text("jetonUsager").map(Secret::from);
        let message = text("message").map(|words| crate::error::harmless(&words));
        Ok(Self { code: ReturnCode::of(code.trim()), message, certified, jeton_usager, members })
    }

    /// The other members, as the program's own type.
    ///
    /// # Errors
    /// [`ApiError::Body`] when they are not that.
    pub fn members<D: DeserializeOwned>(&self) -> Result<D, ApiError> {
        serde_json::from_value(Value::Object(self.members.clone())).map_err(|_| ApiError::Body {
            status: 200,
            reason: "its members are not what the program expects".to_owned(),
        })
    }
}

/// For `#[serde(deserialize_with)]`: a value, or nothing for `null` and for the word `"null"`, as these APIs write it. With
/// `#[serde(default)]`, nothing for a member that is missing, too.
///
/// # Errors
/// Those of the value.
pub fn null_as_none<'de, D, V>(deserializer: D) -> Result<Option<V>, D::Error>
where
    D: Deserializer<'de>,
    V: DeserializeOwned,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) if text == "null" => Ok(None),
        value => serde_json::from_value(value).map(Some).map_err(serde::de::Error::custom),
    }
}

fn without_null_words(value: &mut Value) {
    match value {
        Value::String(text) if text == "null" => *value = Value::Null,
        Value::Array(items) => items.iter_mut().for_each(without_null_words),
        Value::Object(members) => members.values_mut().for_each(without_null_words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
