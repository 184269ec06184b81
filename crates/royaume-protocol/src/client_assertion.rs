//! Client assertions: what a client signs to say who it is (RFC 7521 §4.2, RFC 7523 §3, OIDC Core §9). One end builds them,
//! the other judges them.

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Entropy, base64url, random};
use serde::{Deserialize, Serialize};

use crate::{Audience, numeric_date};

/// `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What the header calls one (RFC 8725 §3.11).
pub const TYP: &str = "client-authentication+jwt";

/// How far two clocks may be apart.
pub const SKEW: Duration = Duration::from_secs(30);

/// How far ahead an assertion may end. Libraries in use write an hour; more would have to be remembered for longer.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// How long one that is built here is good for: it is used at once.
const LIFETIME: Duration = Duration::from_secs(60);

/// The claims (RFC 7523 §3). Members that we do not know are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientAssertion {
    /// Who signed: the client.
    pub iss: String,
    /// Who is meant: the same client.
    pub sub: String,
    /// For whom.
    pub aud: Audience,
    /// When it ends.
    #[serde(deserialize_with = "numeric_date::required")]
    pub exp: i64,
    /// When it was made.
    #[serde(default, deserialize_with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// When it begins.
    #[serde(default, deserialize_with = "numeric_date::optional", skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
    /// Its own name, good once.
    pub jti: String,
}

/// The rule that an assertion breaks. The text of each may be sent as a description.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientAssertionError {
    /// RFC 7523 §3, items 1 and 2.
    #[error("iss and sub of the client assertion must both be the client_id")]
    Subject,
    /// RFC 7523 §3, item 3.
    #[error("the client assertion is meant for somebody else: see its aud")]
    Audience,
    /// RFC 7523 §3, item 4.
    #[error("the client assertion has expired")]
    Expired,
    /// RFC 7523 §3, item 4: unreasonably far ahead.
    #[error("the client assertion must expire within an hour")]
    TooLong,
    /// RFC 7523 §3, items 5 and 6.
    #[error("the client assertion is of the future: see its nbf and iat, and the clock of the client")]
    Early,
    /// RFC 7523 §3, item 7.
    #[error("the client assertion needs a jti")]
    Unnamed,
}

impl ClientAssertion {
    /// One for that audience, good for a minute and once.
    pub fn new(client_id: &str, audience: &str, now: Timestamp, entropy: &dyn Entropy) -> Self {
        Self {
            iss: client_id.to_owned(),
            sub: client_id.to_owned(),
            aud: Audience::One(audience.to_owned()),
            exp: now.as_second().saturating_add(LIFETIME.as_secs() as i64),
            iat: Some(now.as_second()),
            nbf: None,
            jti: base64url::encode(&random::<16>(entropy)),
        }
    }

    /// Does the client of that id say here and now, to one of that names, who it is? Each name in `aud` must be ours:
    /// what is meant for others too could be used by them.
    ///
    /// # Errors
    /// [`ClientAssertionError`], the first rule that is broken.
    pub fn judge(
        &self,
        client_id: &str,
        audiences: &[&str],
        now: Timestamp,
    ) -> Result<(), ClientAssertionError> {
        use ClientAssertionError as E;
        let (now, skew, longest) = (now.as_second(), SKEW.as_secs() as i64, LONGEST.as_secs() as i64);
        let early = |moment: Option<i64>| moment.is_some_and(|moment| moment > now + skew);
        let ours = self.aud.first().is_some() && self.aud.iter().all(|name| audiences.contains(&name));
        let rules = [
            (self.iss == client_id && self.sub == client_id, E::Subject),
            (ours, E::Audience),
            (self.exp > now - skew, E::Expired),
            (self.exp <= now + longest + skew, E::TooLong),
            (!early(self.iat) && !early(self.nbf), E::Early),
            (!self.jti.is_empty(), E::Unnamed),
        ];
        rules.into_iter().find(|(held, _)| !held).map_or(Ok(()), |(_, error)| Err(error))
    }

    /// After that moment it is refused by its date, and its name need not be remembered any more.
    pub fn forgotten_at(&self) -> Timestamp {
        let end = Timestamp::from_second(self.exp).unwrap_or(Timestamp::MAX);
        end.saturating_add(SKEW).unwrap_or(Timestamp::MAX)
    }
}

/// Is that what a header may call a client assertion? Nothing, `JWT`, or its own name, without case (RFC 7515 §4.1.9).
pub fn is_typ(typ: Option<&str>) -> bool {
    typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT") || typ.eq_ignore_ascii_case(TYP))
}

#[cfg(test)]
mod tests {
    use royaume_jose::SeededEntropy;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    fn assertion() -> ClientAssertion {
        ClientAssertion::new("app", "https://i.test", now(), &SeededEntropy::new(1))
    }

    /// RFC 7523 §3.
    #[test]
    fn each_rule_has_its_error() {
        use ClientAssertionError as E;
        let second = now().as_second();
        let judged = |change: &dyn Fn(&mut ClientAssertion)| {
            let mut assertion = assertion();
            change(&mut assertion);
            assertion.judge("app", &["https://i.test", "https://i.test/token"], now())
        };
        let several =
            |names: &[&str]| Audience::Several(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(judged(&|_| ()), Ok(()));
        assert_eq!(judged(&|a| a.aud = several(&["https://i.test/token", "https://i.test"])), Ok(()));
        assert_eq!(judged(&|a| a.exp = second - 10), Ok(()));
        assert_eq!(judged(&|a| a.exp = second + 3600), Ok(()));
        assert_eq!(judged(&|a| a.iat = Some(second + 10)), Ok(()));
        assert_eq!(judged(&|a| a.nbf = Some(second + 10)), Ok(()));
        assert_eq!(judged(&|a| a.iss = "other".to_owned()), Err(E::Subject));
        assert_eq!(judged(&|a| a.sub = "other".to_owned()), Err(E::Subject));
        assert_eq!(judged(&|a| a.aud = several(&[])), Err(E::Audience));
        assert_eq!(judged(&|a| a.aud = several(&["https://i.test", "https://evil.test"])), Err(E::Audience));
        assert_eq!(judged(&|a| a.exp = second - 300), Err(E::Expired));
        assert_eq!(judged(&|a| a.exp = i64::MIN), Err(E::Expired));
        assert_eq!(judged(&|a| a.exp = second + 7200), Err(E::TooLong));
        assert_eq!(judged(&|a| a.exp = i64::MAX), Err(E::TooLong));
        assert_eq!(judged(&|a| a.iat = Some(second + 61)), Err(E::Early));
        assert_eq!(judged(&|a| a.nbf = Some(second + 61)), Err(E::Early));
        assert_eq!(judged(&|a| a.jti = String::new()), Err(E::Unnamed));
        for error in [E::Subject, E::Audience, E::Expired, E::TooLong, E::Early, E::Unnamed] {
            assert!(crate::error::is_safe_description(&error.to_string()), "{error}");
        }
    }

    #[test]
    fn its_kind_is_said_in_one_of_three_ways() {
        for typ in [None, Some("JWT"), Some("jwt"), Some("client-authentication+jwt")] {
            assert!(is_typ(typ), "{typ:?}");
        }
        for typ in ["at+jwt", "dpop+jwt", "oauth-authz-req+jwt", "logout+jwt", ""] {
            assert!(!is_typ(Some(typ)), "{typ}");
        }
    }
}
