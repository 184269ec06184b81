//! Logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4) and the rules by which a client believes one (§2.6).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Audience, numeric_date};

/// The `typ` of a logout token: nothing else that the provider signs can be taken for one (RFC 8725 §3.11).
pub const TYP: &str = "logout+jwt";

/// The event that a logout token tells of.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a logout token says. Dates are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LogoutTokenClaims {
    /// Who says so.
    pub iss: String,
    /// Who signed out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// To whom it is said.
    pub aud: Audience,
    /// Said at.
    #[serde(deserialize_with = "numeric_date::required")]
    pub iat: i64,
    /// Not to be believed after.
    #[serde(deserialize_with = "numeric_date::required")]
    pub exp: i64,
    /// The name of the event: the same whenever it is told again.
    pub jti: String,
    /// What happened.
    pub events: Map<String, Value>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Never there: with it the token could pass for an id token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Value>,
}

/// The rule that a logout token breaks (Back-Channel Logout 1.0 §2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LogoutTokenError {
    /// Rule 4.
    #[error("iss is not the issuer of this client")]
    Issuer,
    /// Rule 4.
    #[error("aud does not name this client alone")]
    Audience,
    /// Rule 4.
    #[error("exp has passed")]
    Expired,
    /// Rule 4.
    #[error("iat lies in the future: do the two clocks agree?")]
    IssuedInFuture,
    /// §2.4: without a name nobody can tell whether it was told before.
    #[error("jti is empty")]
    Unnamed,
    /// Rule 5.
    #[error("neither sub nor sid says what has ended")]
    Nothing,
    /// Rule 6.
    #[error("events does not tell of a logout")]
    Event,
    /// Rule 7.
    #[error("nonce is there: this may be an id token")]
    Nonce,
}

impl LogoutTokenClaims {
    /// The claims that every logout token has.
    pub fn new(iss: &str, aud: &str, iat: i64, exp: i64, jti: &str) -> Self {
        Self {
            iss: iss.to_owned(),
            sub: None,
            aud: Audience::One(aud.to_owned()),
            iat,
            exp,
            jti: jti.to_owned(),
            events: Map::from_iter([(EVENT.to_owned(), json!({}))]),
            sid: None,
            nonce: None,
        }
    }

    /// Judges claims whose signature and type have been verified; the two clocks may differ by `leeway`.
    ///
    /// # Errors
    /// [`LogoutTokenError`]: the first rule that is broken.
    pub fn validate(
        &self,
        issuer: &str,
        client_id: &str,
        leeway: Duration,
        now: Timestamp,
    ) -> Result<(), LogoutTokenError> {
        use LogoutTokenError as E;
        let said = |name: &Option<String>| name.as_ref().is_some_and(|name| !name.is_empty());
        let leeway = i64::try_from(leeway.as_secs()).unwrap_or(i64::MAX);
        let now = now.as_second();
        for (kept, error) in [
            (self.iss == issuer, E::Issuer),
            (self.aud.contains(client_id) && self.aud.iter().count() == 1, E::Audience),
            (now < self.exp.saturating_add(leeway), E::Expired),
            (self.iat <= now.saturating_add(leeway), E::IssuedInFuture),
            (!self.jti.is_empty(), E::Unnamed),
            (said(&self.sub) || said(&self.sid), E::Nothing),
            (self.events.get(EVENT).is_some_and(Value::is_object), E::Event),
            (self.nonce.is_none(), E::Nonce),
        ] {
            if !kept {
                return Err(error);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn judged(change: impl FnOnce(&mut LogoutTokenClaims)) -> Result<(), LogoutTokenError> {
        let mut claims = LogoutTokenClaims::new("https://i.test", "app", NOW, NOW + 120, "j");
        claims.sub = Some("camille".to_owned());
        change(&mut claims);
        let now = Timestamp::from_second(NOW).unwrap();
        claims.validate("https://i.test", "app", Duration::from_secs(60), now)
    }

    #[test]
    fn each_rule_is_held() {
        use LogoutTokenError as E;
        assert_eq!(judged(|_| {}), Ok(()));
        assert_eq!(judged(|c| (c.sub, c.sid) = (None, Some("s".into()))), Ok(()));
        assert_eq!(judged(|c| c.iss = "https://i.test/".into()), Err(E::Issuer));
        assert_eq!(judged(|c| c.aud = Audience::One("other".into())), Err(E::Audience));
        assert_eq!(judged(|c| c.aud = serde_json::from_str(r#"["app","other"]"#).unwrap()), Err(E::Audience));
        assert_eq!(judged(|c| c.exp = NOW - 60), Err(E::Expired));
        assert_eq!(judged(|c| c.exp = NOW - 59), Ok(()));
        assert_eq!(judged(|c| c.iat = NOW + 61), Err(E::IssuedInFuture));
        assert_eq!(judged(|c| c.jti.clear()), Err(E::Unnamed));
        assert_eq!(judged(|c| c.sub = None), Err(E::Nothing));
        assert_eq!(judged(|c| c.sub = Some(String::new())), Err(E::Nothing));
        assert_eq!(judged(|c| c.events.clear()), Err(E::Event));
        assert_eq!(judged(|c| c.events[EVENT] = json!("x")), Err(E::Event));
        assert_eq!(judged(|c| c.nonce = Some(json!("n"))), Err(E::Nonce));
    }

    #[test]
    fn it_is_written_as_the_standard_shows_it() {
        let mut claims = LogoutTokenClaims::new("i", "a", 1, 2, "j");
        (claims.sub, claims.sid) = (Some("s".into()), Some("t".into()));
        let text = serde_json::to_string(&claims).unwrap();
        assert_eq!(
            text,
            r#"{"iss":"i","sub":"s","aud":"a","iat":1,"exp":2,"jti":"j","events":{"http://schemas.openid.net/event/backchannel-logout":{}},"sid":"t"}"#
        );
        assert_eq!(serde_json::from_str::<LogoutTokenClaims>(&text).unwrap(), claims);
    }
}
