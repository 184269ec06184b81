//! Token requests and responses (RFC 6749 §4.1.3, §4.4.2, §5.1, §6; OIDC Core §3.1.3.3).

use std::fmt;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{CodeVerifier, GrantType, Scope, Secret, TokenType, scope};

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
        code: Secret,
        /// The same as in the authorization request.
        redirect_uri: String,
        /// What the challenge was made of.
        code_verifier: Option<CodeVerifier>,
    },
    /// RFC 6749 §6.
    RefreshToken {
        /// The token.
        refresh_token: Secret,
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

    /// Its parameters, `grant_type` first. They hold secrets: for a body, never for an address or a log.
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("grant_type", self.grant_type().as_str().to_owned())];
        match self {
            Self::ClientCredentials { scope } => {
                pairs.extend(scope.as_ref().map(|scope| ("scope", scope.to_string())));
            }
            Self::AuthorizationCode { code, redirect_uri, code_verifier } => {
                pairs.push(("code", code.expose().to_owned()));
                pairs.push(("redirect_uri", redirect_uri.clone()));
                pairs.extend(
                    code_verifier.as_ref().map(|verifier| ("code_verifier", verifier.as_str().to_owned())),
                );
            }
            Self::RefreshToken { refresh_token, scope } => {
                pairs.push(("refresh_token", refresh_token.expose().to_owned()));
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
    #[serde(deserialize_with = "present")]
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// Lifetime of the access token, in seconds. Absent when the server does not say, or says nonsense.
    #[serde(default, deserialize_with = "sensible_seconds", skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
    /// What was granted. Servers that are deployed reorder it and add words of their own.
    #[serde(default, deserialize_with = "tolerant_scope", skip_serializing_if = "scope::is_unsaid")]
    pub scope: Option<Scope>,
    /// RFC 6749 §6.
    #[serde(default, deserialize_with = "optional_token", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// OIDC Core §3.1.3.3.
    #[serde(default, deserialize_with = "optional_token", skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// Not of any standard: France Travail repeats the request's nonce here.
    #[serde(default, deserialize_with = "non_empty", skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
}

impl TokenResponse {
    /// A bearer token with its lifetime and scope.
    pub fn bearer(access_token: String, lifetime: Duration, scope: Scope) -> Self {
        Self {
            access_token,
            token_type: TokenType::Bearer.as_str().to_owned(),
            expires_in: Some(lifetime.as_secs()),
            scope: Some(scope),
            refresh_token: None,
            id_token: None,
            nonce: None,
        }
    }

    /// Is it a bearer token (RFC 6749 §7.1: without case)?
    pub fn is_bearer(&self) -> bool {
        TokenType::parse(&self.token_type) == Some(TokenType::Bearer)
    }

    /// For how long the access token is good, when the server says so. More than a year is read as a year, so that
    /// no sum with a time overflows.
    pub fn lifetime(&self) -> Option<Duration> {
        self.expires_in.map(|seconds| Duration::from_secs(seconds).min(YEAR))
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

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A token that is there.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_token(deserializer)?.ok_or_else(|| D::Error::custom("the access token is empty"))
}

/// Visible ASCII (RFC 6749 Appendix A.12 and A.17; an id token has fewer characters still): a token is printed, and
/// nothing in it may drive a terminal. An empty one counts as not said.
fn optional_token<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let token = non_empty(deserializer)?;
    let visible = |token: &String| token.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match token {
        Some(token) if !visible(&token) => Err(D::Error::custom("a token has characters that no token has")),
        token => Ok(token),
    }
}

/// An empty text counts as not said.
fn non_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty()))
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
    use crate::{Parameters, parameters};

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
    fn each_grant_sends_its_own_parameters_and_nothing_empty() {
        let verifier = CodeVerifier::parse(&"v".repeat(43)).unwrap();
        let scope = Scope::parse("a b").ok();
        let code = TokenRequest::AuthorizationCode {
            code: "c&=".into(),
            redirect_uri: "https://app.test/cb".to_owned(),
            code_verifier: Some(verifier.clone()),
        };
        let refresh = TokenRequest::RefreshToken { refresh_token: "r".into(), scope: None };
        let application = TokenRequest::ClientCredentials { scope };
        for (request, expected) in [
            (
                &code,
                &[
                    ("grant_type", "authorization_code"),
                    ("code", "c&="),
                    ("redirect_uri", "https://app.test/cb"),
                    ("code_verifier", verifier.as_str()),
                ][..],
            ),
            (&refresh, &[("grant_type", "refresh_token"), ("refresh_token", "r")]),
            (&application, &[("grant_type", "client_credentials"), ("scope", "a b")]),
        ] {
            let sent = parameters::encode(&request.pairs());
            let received = Parameters::parse(sent.as_bytes()).unwrap();
            assert_eq!(received.iter().collect::<Vec<_>>(), expected);
        }
        assert!(!format!("{code:?}{refresh:?}").contains("c&="));
    }

    #[test]
    fn what_one_end_writes_the_other_reads() {
        let mut response =
            TokenResponse::bearer("a".into(), Duration::from_secs(1499), Scope::parse("b a").unwrap());
        response.id_token = Some("i".into());
        let text = serde_json::to_string(&response).unwrap();
        assert_eq!(
            text,
            r#"{"access_token":"a","token_type":"Bearer","expires_in":1499,"scope":"b a","id_token":"i"}"#
        );
        assert_eq!(serde_json::from_str::<TokenResponse>(&text).unwrap(), response);
        response.scope = Some(Scope::default());
        assert!(!serde_json::to_string(&response).unwrap().contains("scope"), "an empty scope has no form");
    }

    #[test]
    fn deployed_oddities_are_read() {
        let text = r#"{"scope":"individu application_PAR_x openid","expires_in":59,"token_type":"bearer",
            "access_token":"a","nonce":"n","refresh_token":"","id_token":null,"realm":"/individu"}"#;
        let response: TokenResponse = serde_json::from_str(text).unwrap();
        assert!(response.is_bearer());
        assert_eq!(response.nonce.as_deref(), Some("n"));
        assert_eq!((response.refresh_token.as_ref(), response.id_token.as_ref()), (None, None));
        assert_eq!(response.lifetime(), Some(Duration::from_secs(59)));
        assert!(response.scope.as_ref().is_some_and(|scope| scope.covers(&Scope::parse("openid").unwrap())));
        let endless = text.replace("59", "18446744073709551615");
        assert_eq!(serde_json::from_str::<TokenResponse>(&endless).unwrap().lifetime(), Some(YEAR));
        let empty = text.replace("\"access_token\":\"a\"", "\"access_token\":\"\"");
        assert!(serde_json::from_str::<TokenResponse>(&empty).is_err());
    }

    /// RFC 6749 Appendix A.12, A.17: VSCHAR.
    #[test]
    fn a_token_with_characters_that_no_token_has_is_not_read() {
        for name in ["access_token", "refresh_token", "id_token"] {
            let whole = |token: &str| {
                let mut members = serde_json::json!({"access_token": "a", "token_type": "Bearer"});
                members[name] = token.into();
                serde_json::from_value::<TokenResponse>(members)
            };
            assert!(whole("!~ aZ9").is_ok(), "{name}");
            for strange in ["a\u{1b}[2J", "a\nb", "\u{7f}", "\u{9b}", "é", "\0"] {
                assert!(whole(strange).is_err(), "{name}: {strange:?}");
            }
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let mut response = TokenResponse::bearer("secret-a".into(), Duration::from_secs(1), Scope::default());
        response.refresh_token = Some("secret-r".into());
        response.id_token = Some("secret-i".into());
        assert!(!format!("{response:?}").contains("secret"));
    }
}
