//! Token introspection (RFC 7662).

use serde::{Deserialize, Serialize};

use crate::{Audience, Scope, numeric_date, scope};

/// What is known about a token (§2.2). Dates are seconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introspection {
    /// Is it good now? Nothing else is said when it is not.
    pub active: bool,
    /// What it is good for.
    #[serde(default, skip_serializing_if = "scope::is_unsaid")]
    pub scope: Option<Scope>,
    /// Who may present it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Whom it speaks for, as people call them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `Bearer`, of an access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_type: Option<String>,
    /// Dead after.
    #[serde(default, deserialize_with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub exp: Option<i64>,
    /// Issued at.
    #[serde(default, deserialize_with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Not good before.
    #[serde(default, deserialize_with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Whom it speaks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aud: Option<Audience>,
    /// Who issued it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iss: Option<String>,
    /// Its own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
}

impl Introspection {
    /// Not good, or not the caller's business.
    pub fn inactive() -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inactive_token_has_nothing_else_to_say() {
        assert_eq!(serde_json::to_string(&Introspection::inactive()).unwrap(), r#"{"active":false}"#);
    }

    #[test]
    fn what_the_server_answers_the_resource_reads() {
        let known = Introspection {
            active: true,
            scope: Scope::parse("b a").ok(),
            aud: Some(Audience::One("api".to_owned())),
            exp: Some(2),
            ..Introspection::inactive()
        };
        let text = serde_json::to_string(&known).unwrap();
        assert_eq!(text, r#"{"active":true,"scope":"b a","exp":2,"aud":"api"}"#);
        assert_eq!(serde_json::from_str::<Introspection>(&text).unwrap(), known);
        let more = r#"{"active":true,"scope":"b a","exp":2.5,"aud":"api","realm":"/individu","sub":null}"#;
        assert_eq!(serde_json::from_str::<Introspection>(more).unwrap(), known);
        for text in [
            "{}",
            r#"{"active":"true"}"#,
            r#"{"active":true,"exp":"2"}"#,
            r#"{"active":true,"scope":"\u00e9"}"#,
        ] {
            assert!(serde_json::from_str::<Introspection>(text).is_err(), "{text}");
        }
    }
}
