//! Id tokens (OIDC Core §2) and the rules by which a client believes one (§3.1.3.7).

use jiff::Timestamp;
use royaume_jose::{Algorithm, half_hash};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The audience: one, or several (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One, as a string.
    One(String),
    /// A list.
    Several(Vec<String>),
}

impl Audience {
    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Several(several) => several.as_slice(),
        }
        .iter()
        .map(String::as_str)
    }

    /// The first.
    pub fn first(&self) -> Option<&str> {
        self.iter().next()
    }
}

/// What an id token says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// Who says so.
    pub iss: String,
    /// Who signed in.
    pub sub: String,
    /// To whom it is said.
    pub aud: Audience,
    /// Not to be believed after, in seconds since 1970.
    pub exp: i64,
    /// Said at, in seconds since 1970.
    pub iat: i64,
    /// When the person proved who they are, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// From the authorization request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Left half of the access token's digest (§3.1.3.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The client it was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// How strongly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By what means (RFC 8176). Some providers say `null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// In which session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What a client expects of an id token.
#[derive(Debug, Clone, Copy)]
pub struct Expectations<'a> {
    /// The issuer, and other spellings of it that are known.
    pub issuers: &'a [&'a str],
    /// The client itself.
    pub client_id: &'a str,
    /// What it sent, if it sent one.
    pub nonce: Option<&'a str>,
    /// The access token that came with it, and the algorithm of the signature.
    pub access_token: Option<(&'a str, Algorithm)>,
    /// What it asked for, in seconds.
    pub max_age: Option<i64>,
    /// By how many seconds the two clocks may differ.
    pub leeway: i64,
}

/// The rule that an id token breaks (OIDC Core §3.1.3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// Rule 2.
    #[error("iss is not the issuer that was asked")]
    Issuer,
    /// Rule 3.
    #[error("aud does not name this client")]
    Audience,
    /// Rule 4: several audiences, none marked.
    #[error("azp is missing although there are several audiences")]
    AuthorizedPartyMissing,
    /// Rule 5.
    #[error("azp names another client")]
    AuthorizedParty,
    /// Rule 9.
    #[error("exp has passed")]
    Expired,
    /// Rule 10.
    #[error("iat lies in the future: do the two clocks agree?")]
    IssuedInFuture,
    /// Rule 11: one was sent, none came back.
    #[error("nonce is missing although one was sent")]
    NonceMissing,
    /// Rule 11.
    #[error("nonce is not the one that was sent")]
    Nonce,
    /// Rule 13: it was asked for.
    #[error("auth_time is missing although max_age was asked for")]
    AuthTimeMissing,
    /// Rule 13.
    #[error("the person signed in too long ago")]
    AuthTime,
    /// §3.1.3.8.
    #[error("at_hash is not that of the access token")]
    AccessTokenHash,
    /// §2: at most 255 ASCII characters, not empty.
    #[error("sub is empty or too long")]
    Subject,
}

impl IdTokenClaims {
    /// The claims that every id token has.
    pub fn new(iss: &str, sub: &str, aud: &str, iat: i64, exp: i64) -> Self {
        Self {
            iss: iss.to_owned(),
            sub: sub.to_owned(),
            aud: Audience::One(aud.to_owned()),
            exp,
            iat,
            auth_time: None,
            nonce: None,
            at_hash: None,
            azp: None,
            acr: None,
            amr: None,
            sid: None,
            extra: Map::new(),
        }
    }

    /// Judges claims whose signature has been verified.
    ///
    /// # Errors
    /// [`IdTokenError`]: the first rule that is broken.
    pub fn validate(&self, expected: &Expectations<'_>, now: Timestamp) -> Result<(), IdTokenError> {
        use IdTokenError as E;
        let now = now.as_second();
        if !expected.issuers.contains(&self.iss.as_str()) {
            return Err(E::Issuer);
        }
        if self.sub.is_empty() || self.sub.len() > 255 {
            return Err(E::Subject);
        }
        if !self.aud.iter().any(|aud| aud == expected.client_id) {
            return Err(E::Audience);
        }
        match &self.azp {
            None if self.aud.iter().count() > 1 => return Err(E::AuthorizedPartyMissing),
            Some(azp) if azp != expected.client_id => return Err(E::AuthorizedParty),
            _ => {}
        }
        if now >= self.exp.saturating_add(expected.leeway) {
            return Err(E::Expired);
        }
        if self.iat > now.saturating_add(expected.leeway) {
            return Err(E::IssuedInFuture);
        }
        match (expected.nonce, &self.nonce) {
            (Some(_), None) => return Err(E::NonceMissing),
            (Some(sent), Some(received)) if sent != received => return Err(E::Nonce),
            _ => {}
        }
        if let Some(max_age) = expected.max_age {
            let auth_time = self.auth_time.ok_or(E::AuthTimeMissing)?;
            if now.saturating_sub(auth_time) > max_age.saturating_add(expected.leeway) {
                return Err(E::AuthTime);
            }
        }
        if let (Some((access_token, algorithm)), Some(at_hash)) = (expected.access_token, &self.at_hash)
            && half_hash(algorithm, access_token) != *at_hash
        {
            return Err(E::AccessTokenHash);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn expected() -> Expectations<'static> {
        Expectations {
            issuers: &["https://issuer.test"],
            client_id: "app",
            nonce: Some("n-1"),
            access_token: Some(("token", Algorithm::Rs256)),
            max_age: None,
            leeway: 60,
        }
    }

    fn claims() -> IdTokenClaims {
        let mut claims = IdTokenClaims::new("https://issuer.test", "camille", "app", NOW, NOW + 600);
        claims.nonce = Some("n-1".to_owned());
        claims.at_hash = Some(half_hash(Algorithm::Rs256, "token"));
        claims
    }

    fn judged(
        change: impl FnOnce(&mut IdTokenClaims),
        expected: Expectations<'_>,
    ) -> Result<(), IdTokenError> {
        let mut claims = claims();
        change(&mut claims);
        claims.validate(&expected, Timestamp::from_second(NOW).unwrap())
    }

    #[test]
    fn each_rule_is_held_on_its_own() {
        use IdTokenError as E;
        assert_eq!(judged(|_| {}, expected()), Ok(()));
        assert_eq!(judged(|c| c.iss = "https://issuer.test/".into(), expected()), Err(E::Issuer));
        assert_eq!(judged(|c| c.sub = String::new(), expected()), Err(E::Subject));
        assert_eq!(judged(|c| c.aud = Audience::One("other".into()), expected()), Err(E::Audience));
        let several = Audience::Several(vec!["app".into(), "other".into()]);
        assert_eq!(judged(|c| c.aud = several.clone(), expected()), Err(E::AuthorizedPartyMissing));
        assert_eq!(judged(|c| c.azp = Some("other".into()), expected()), Err(E::AuthorizedParty));
        assert_eq!(judged(|c| c.exp = NOW - 60, expected()), Err(E::Expired));
        assert_eq!(judged(|c| c.exp = NOW - 59, expected()), Ok(()));
        assert_eq!(judged(|c| c.iat = NOW + 61, expected()), Err(E::IssuedInFuture));
        assert_eq!(judged(|c| c.nonce = None, expected()), Err(E::NonceMissing));
        assert_eq!(judged(|c| c.nonce = Some("n-2".into()), expected()), Err(E::Nonce));
        assert_eq!(judged(|c| c.at_hash = Some("x".into()), expected()), Err(E::AccessTokenHash));
        let fresh = Expectations { max_age: Some(10), ..expected() };
        assert_eq!(judged(|_| {}, fresh), Err(E::AuthTimeMissing));
        assert_eq!(judged(|c| c.auth_time = Some(NOW - 100), fresh), Err(E::AuthTime));
        assert_eq!(judged(|c| c.auth_time = Some(NOW - 5), fresh), Ok(()));
    }

    #[test]
    fn deployed_oddities_are_read() {
        let text = r#"{"iss":"i","sub":"s","aud":["a"],"exp":1,"iat":1,"amr":null,"realm":"/individu"}"#;
        let claims: IdTokenClaims = serde_json::from_str(text).unwrap();
        assert_eq!(
            (claims.aud.first(), claims.amr, claims.extra["realm"].as_str()),
            (Some("a"), None, Some("/individu"))
        );
    }
}
