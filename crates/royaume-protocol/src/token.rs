//! Token requests and responses (RFC 6749 §4.1.3, §4.4.2, §5.1, §6; OIDC Core §3.1.3.3).

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use crate::{CodeVerifier, GrantType, Scope};

/// What a client asks the token endpoint for, without saying who it is.
#[derive(Debug, Clone)]
pub enum TokenRequest {
    /// RFC 6749 §4.4.2.
    ClientCredentials {
        /// What for; the server's default when absent.
        scope: Option<Scope>,
    },
    /// RFC 6749 §4.1.3, RFC 7636 §4.5.
    AuthorizationCode {
        /// From the redirect.
        code: String,
        /// The same as in the authorization request.
        redirect_uri: String,
        /// What the challenge was made of.
        code_verifier: Option<CodeVerifier>,
    },
    /// RFC 6749 §6.
    RefreshToken {
        /// The token.
        refresh_token: String,
        /// Less than before, or absent.
        scope: Option<Scope>,
    },
}

impl TokenRequest {
    /// Its grant type.
    pub fn grant_type(&self) -> GrantType {
        match self {
            Self::ClientCredentials { .. } => GrantType::ClientCredentials,
            Self::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            Self::RefreshToken { .. } => GrantType::RefreshToken,
        }
    }

    /// Its parameters, `grant_type` first.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("grant_type", self.grant_type().as_str().to_owned())];
        match self {
            Self::ClientCredentials { scope } => {
                pairs.extend(scope.as_ref().map(|scope| ("scope", scope.to_string())));
            }
            Self::AuthorizationCode { code, redirect_uri, code_verifier } => {
                pairs.push(("code", code.clone()));
                pairs.push(("redirect_uri", redirect_uri.clone()));
                pairs.extend(
                    code_verifier.as_ref().map(|verifier| ("code_verifier", verifier.as_str().to_owned())),
                );
            }
            Self::RefreshToken { refresh_token, scope } => {
                pairs.push(("refresh_token", refresh_token.clone()));
                pairs.extend(scope.as_ref().map(|scope| ("scope", scope.to_string())));
            }
        }
        pairs
    }
}

/// A successful answer (RFC 6749 §5.1). Members that we do not know are left out when it is read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenResponse {
    /// The access token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Lifetime of the access token, in seconds. Absent when the server does not say, or says nonsense.
    #[serde(default, deserialize_with = "sensible_seconds", skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// What was granted. Servers that are deployed reorder it and add words of their own.
    #[serde(default, deserialize_with = "tolerant_scope", skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// RFC 6749 §6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// OIDC Core §3.1.3.3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// Not of any standard: France Travail repeats the request's nonce here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

impl TokenResponse {
    /// A bearer token with its lifetime and scope.
    pub fn bearer(access_token: String, lifetime: Duration, scope: Scope) -> Self {
        Self {
            access_token,
            token_type: "Bearer".to_owned(),
            expires_in: Some(lifetime.as_secs()),
            scope: Some(scope),
            refresh_token: None,
            id_token: None,
            nonce: None,
        }
    }

    /// Is it a bearer token (RFC 6749 §7.1: without case)?
    pub fn is_bearer(&self) -> bool {
        self.token_type.eq_ignore_ascii_case("Bearer")
    }
}

impl fmt::Debug for TokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenResponse")
            .field("token_type", &self.token_type)
            .field("expires_in", &self.expires_in)
            .field("scope", &self.scope)
            .field("refresh_token", &self.refresh_token.is_some())
            .field("id_token", &self.id_token.is_some())
            .finish_non_exhaustive()
    }
}

/// Numbers, and numbers as strings; anything else counts as not said.
fn sensible_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()))
}

/// A scope that does not read counts as not said.
fn tolerant_scope<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Scope>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(|text| Scope::parse(text).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strange_lifetimes_and_scopes_are_not_believed() {
        for (member, expected) in [
            ("1499", Some(1499)),
            ("\"1499\"", Some(1499)),
            ("-1", None),
            ("1e400", None),
            ("\"soon\"", None),
            ("null", None),
            ("1.5", None),
        ] {
            let text =
                format!(r#"{{"access_token":"a","token_type":"Bearer","expires_in":{member},"scope":"é"}}"#);
            match serde_json::from_str::<TokenResponse>(&text) {
                Ok(read) => assert_eq!((read.expires_in, read.scope), (expected, None), "{member}"),
                Err(error) => assert!(expected.is_none(), "{member}: {error}"),
            }
        }
        assert!(
            serde_json::from_str::<TokenResponse>(r#"{"access_token":"a"}"#).is_err(),
            "token_type is required"
        );
    }

    #[test]
    fn debug_shows_no_token() {
        let mut response = TokenResponse::bearer("secret-a".into(), Duration::from_secs(1), Scope::default());
        response.refresh_token = Some("secret-r".into());
        response.id_token = Some("secret-i".into());
        assert!(!format!("{response:?}").contains("secret"));
    }
}
