//! JWT access tokens (RFC 9068).

use std::time::Duration;

use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Audience, Scope, numeric_date};

/// The type in the header (§2.1).
pub const TYP: &str = "at+jwt";

/// Is that the type of an access token (§4)? A media type, so in whatever case, with or without `application/`.
pub fn is_typ(typ: &str) -> bool {
    let subtype = match typ.split_once('/') {
        Some((kind, subtype)) if kind.eq_ignore_ascii_case("application") => subtype,
        Some(_) => return false,
        None => typ,
    };
    subtype.eq_ignore_ascii_case(TYP)
}

/// The claims (§2.2). Dates are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// Whom it speaks for: a person, or the client itself.
    pub sub: String,
    /// Whom it is for. Ours are for one; a token for several is not read.
    #[serde(deserialize_with = "one_audience")]
    pub aud: String,
    /// Who may present it.
    pub client_id: String,
    /// What it is good for (§2.2.3). Left out when it is empty.
    #[serde(default, skip_serializing_if = "Scope::is_empty")]
    pub scope: Scope,
    /// Issued at.
    #[serde(deserialize_with = "numeric_date::required")]
    pub iat: i64,
    /// Dead after.
    #[serde(deserialize_with = "numeric_date::required")]
    pub exp: i64,
    /// Its own name.
    pub jti: String,
    /// The session it came from, when a person granted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// The rule that an access token breaks (§4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// Another authorization server.
    #[error("iss is not the issuer that is trusted here")]
    Issuer,
    /// Another resource server.
    #[error("aud does not name this resource")]
    Audience,
    /// Its time is over.
    #[error("exp has passed")]
    Expired,
    /// Its time has not begun.
    #[error("iat lies in the future: do the two clocks agree?")]
    IssuedInFuture,
}

impl AccessTokenClaims {
    /// Judges claims whose signature and [`TYP`] have been verified (§4): is it from that issuer, for that audience,
    /// and alive, give or take what the two clocks may differ?
    ///
    /// # Errors
    /// [`AccessTokenError`]: the first rule that is broken.
    pub fn validate(
        &self,
        issuer: &str,
        audience: &str,
        leeway: Duration,
        now: Timestamp,
    ) -> Result<(), AccessTokenError> {
        let (leeway, now) = (i64::try_from(leeway.as_secs()).unwrap_or(i64::MAX), now.as_second());
        if self.iss != issuer {
            return Err(AccessTokenError::Issuer);
        }
        if self.aud != audience {
            return Err(AccessTokenError::Audience);
        }
        if now >= self.exp.saturating_add(leeway) {
            return Err(AccessTokenError::Expired);
        }
        if self.iat > now.saturating_add(leeway) {
            return Err(AccessTokenError::IssuedInFuture);
        }
        Ok(())
    }
}

fn one_audience<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match Audience::deserialize(deserializer)? {
        Audience::One(one) => Ok(one),
        Audience::Several(several) => <[String; 1]>::try_from(several)
            .map(|[one]| one)
            .map_err(|_| D::Error::custom("aud is not one audience")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn claims() -> AccessTokenClaims {
        AccessTokenClaims {
            iss: "https://i.test".to_owned(),
            sub: "camille".to_owned(),
            aud: "https://api.test".to_owned(),
            client_id: "app".to_owned(),
            scope: Scope::parse("openid").unwrap(),
            iat: NOW,
            exp: NOW + 60,
            jti: "j".to_owned(),
            sid: None,
        }
    }

    #[test]
    fn the_type_is_a_media_type() {
        for typ in ["at+jwt", "application/at+jwt", "AT+JWT", "Application/at+JWT"] {
            assert!(is_typ(typ), "{typ}");
        }
        for typ in ["", "JWT", "at+jwt ", "text/at+jwt", "application/", "logout+jwt"] {
            assert!(!is_typ(typ), "{typ}");
        }
    }

    #[test]
    fn claims_are_read_as_they_are_written_and_nothing_less() {
        let text = serde_json::to_string(&claims()).unwrap();
        assert_eq!(serde_json::from_str::<AccessTokenClaims>(&text).unwrap(), claims());
        let listed = text.replace("\"https://api.test\"", "[\"https://api.test\"]");
        assert_eq!(serde_json::from_str::<AccessTokenClaims>(&listed).unwrap(), claims());
        let bare = AccessTokenClaims { scope: Scope::default(), ..claims() };
        let bare_text = serde_json::to_string(&bare).unwrap();
        assert!(!bare_text.contains("scope"));
        assert_eq!(serde_json::from_str::<AccessTokenClaims>(&bare_text).unwrap(), bare);
        for (from, to) in [
            ("\"https://api.test\"", "[\"https://api.test\",\"b\"]"),
            ("\"https://api.test\"", "[]"),
            ("\"https://api.test\"", "{}"),
            ("1795000060", "\"1795000060\""),
            ("\"openid\"", "[\"openid\"]"),
            ("\"jti\"", "\"other\""),
        ] {
            assert!(serde_json::from_str::<AccessTokenClaims>(&text.replace(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn a_token_is_for_one_place_and_one_time() {
        use AccessTokenError as E;
        let judge = |issuer, audience, seconds| {
            let now = Timestamp::from_second(NOW + seconds).unwrap();
            claims().validate(issuer, audience, Duration::from_secs(10), now)
        };
        assert_eq!(judge("https://i.test", "https://api.test", 0), Ok(()));
        assert_eq!(judge("https://i.test/", "https://api.test", 0), Err(E::Issuer));
        assert_eq!(judge("https://i.test", "https://api.test/", 0), Err(E::Audience));
        assert_eq!(judge("https://i.test", "https://api.test", 69), Ok(()));
        assert_eq!(judge("https://i.test", "https://api.test", 70), Err(E::Expired));
        assert_eq!(judge("https://i.test", "https://api.test", -10), Ok(()));
        assert_eq!(judge("https://i.test", "https://api.test", -11), Err(E::IssuedInFuture));
    }
}
