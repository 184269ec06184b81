//! The rules by which a client believes an id token, once its signature is verified (OIDC Core §3.1.3.7, §12.2).
//!
//! Rules 1 (decryption) and 6 to 8 (signature, algorithm) are those of the JWS; the others are here, one error each.

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Algorithm, half_hash};

use super::IdTokenClaims;

/// What a client expects of an id token.
#[derive(Debug, Clone, Copy)]
pub struct Expectations<'a> {
    /// The issuer, and other spellings of it that are known.
    pub issuers: &'a [&'a str],
    /// The client itself.
    pub client_id: &'a str,
    /// Whom else a token may be meant for (rule 3). Usually nobody.
    pub trusted_audiences: &'a [&'a str],
    /// What it sent, if it sent one. Not looked at when the token is a refreshed one.
    pub nonce: Option<&'a str>,
    /// The access token that came with it, and the algorithm of the id token's signature.
    pub access_token: Option<(&'a str, Algorithm)>,
    /// The levels of authentication that it insists on; none when empty (rule 12).
    pub acr_values: &'a [&'a str],
    /// How long ago the person may have signed in, if it asked for that.
    pub max_age: Option<Duration>,
    /// By how much the two clocks may differ.
    pub leeway: Duration,
    /// The first id token of the grant, when this one came with a refresh (§12.2).
    pub original: Option<&'a IdTokenClaims>,
}

impl<'a> Expectations<'a> {
    /// Of a token for that client from one of these issuers: no nonce was sent, nothing else was asked for, and the
    /// clocks may differ by a minute.
    pub fn new(issuers: &'a [&'a str], client_id: &'a str) -> Self {
        Self {
            issuers,
            client_id,
            trusted_audiences: &[],
            nonce: None,
            access_token: None,
            acr_values: &[],
            max_age: None,
            leeway: Duration::from_secs(60),
            original: None,
        }
    }
}

/// The rule that an id token breaks (OIDC Core §3.1.3.7, unless another section is named).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// Rule 2.
    #[error("iss is not the issuer that was asked")]
    Issuer,
    /// §2: at most 255 ASCII characters, not empty. It is shown to people, so none of them drives a terminal (CWE-150).
    #[error("sub is empty, too long or not visible ASCII")]
    Subject,
    /// Rule 3.
    #[error("aud does not name this client")]
    Audience,
    /// Rule 3: meant for somebody else too.
    #[error("aud names somebody whom this client does not trust")]
    AudienceUntrusted,
    /// Rule 4: several audiences, none marked.
    #[error("azp is missing although there are several audiences")]
    AuthorizedPartyMissing,
    /// Rule 5.
    #[error("azp names another client")]
    AuthorizedParty,
    /// Rule 9.
    #[error("exp has passed")]
    Expired,
    /// RFC 7519 §4.1.5.
    #[error("nbf has not come: do the two clocks agree?")]
    NotYet,
    /// Rule 10.
    #[error("iat lies in the future: do the two clocks agree?")]
    IssuedInFuture,
    /// Rule 11: one was sent, none came back.
    #[error("nonce is missing although one was sent")]
    NonceMissing,
    /// Rule 11.
    #[error("nonce is not the one that was sent")]
    Nonce,
    /// §2: none was sent, so this token belongs to another request.
    #[error("nonce is there although none was sent")]
    NonceUnexpected,
    /// Rule 12.
    #[error("acr is not a level that was insisted on")]
    AuthenticationLevel,
    /// Rule 13: it was asked for.
    #[error("auth_time is missing although max_age was asked for")]
    AuthTimeMissing,
    /// Rule 13.
    #[error("the person signed in too long ago")]
    AuthTime,
    /// §3.1.3.8.
    #[error("at_hash is not that of the access token")]
    AccessTokenHash,
    /// §12.2.
    #[error("the refreshed token has another iss than the first one")]
    RefreshedIssuer,
    /// §12.2.
    #[error("the refreshed token has another sub than the first one")]
    RefreshedSubject,
    /// §12.2.
    #[error("the refreshed token lacks an aud of the first one")]
    RefreshedAudience,
    /// §12.2.
    #[error("the refreshed token has another azp than the first one")]
    RefreshedAuthorizedParty,
    /// §12.2.
    #[error("the refreshed token has another auth_time than the first one")]
    RefreshedAuthTime,
    /// §12.2.
    #[error("the refreshed token has another nonce than the first one")]
    RefreshedNonce,
}

impl IdTokenClaims {
    /// Judges claims whose signature has been verified.
    ///
    /// # Errors
    /// [`IdTokenError`]: the first rule that is broken.
    pub fn validate(&self, expected: &Expectations<'_>, now: Timestamp) -> Result<(), IdTokenError> {
        self.judge_parties(expected)?;
        self.judge_times(seconds(expected.leeway), now.as_second())?;
        match expected.original {
            Some(original) => self.judge_refreshed(original)?,
            None => self.judge_nonce(expected.nonce)?,
        }
        self.judge_authentication(expected, now.as_second())?;
        if let (Some((access_token, algorithm)), Some(at_hash)) = (expected.access_token, &self.at_hash)
            && half_hash(algorithm, access_token) != *at_hash
        {
            return Err(IdTokenError::AccessTokenHash);
        }
        Ok(())
    }

    fn judge_parties(&self, expected: &Expectations<'_>) -> Result<(), IdTokenError> {
        use IdTokenError as E;
        if !expected.issuers.contains(&self.iss.as_str()) {
            return Err(E::Issuer);
        }
        let visible = self.sub.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if self.sub.is_empty() || self.sub.len() > 255 || !visible {
            return Err(E::Subject);
        }
        if !self.aud.contains(expected.client_id) {
            return Err(E::Audience);
        }
        let trusted = |aud: &str| aud == expected.client_id || expected.trusted_audiences.contains(&aud);
        if !self.aud.iter().all(trusted) {
            return Err(E::AudienceUntrusted);
        }
        match &self.azp {
            None if self.aud.iter().count() > 1 => Err(E::AuthorizedPartyMissing),
            Some(azp) if azp != expected.client_id => Err(E::AuthorizedParty),
            None | Some(_) => Ok(()),
        }
    }

    fn judge_times(&self, leeway: i64, now: i64) -> Result<(), IdTokenError> {
        if now >= self.exp.saturating_add(leeway) {
            return Err(IdTokenError::Expired);
        }
        if self.nbf.is_some_and(|nbf| nbf > now.saturating_add(leeway)) {
            return Err(IdTokenError::NotYet);
        }
        if self.iat > now.saturating_add(leeway) {
            return Err(IdTokenError::IssuedInFuture);
        }
        Ok(())
    }

    fn judge_nonce(&self, sent: Option<&str>) -> Result<(), IdTokenError> {
        match (sent, &self.nonce) {
            (Some(_), None) => Err(IdTokenError::NonceMissing),
            (Some(sent), Some(received)) if sent != received => Err(IdTokenError::Nonce),
            (None, Some(_)) => Err(IdTokenError::NonceUnexpected),
            (Some(_), Some(_)) | (None, None) => Ok(()),
        }
    }

    fn judge_authentication(&self, expected: &Expectations<'_>, now: i64) -> Result<(), IdTokenError> {
        let reached = |acr: &str| expected.acr_values.contains(&acr);
        if !expected.acr_values.is_empty() && !self.acr.as_deref().is_some_and(reached) {
            return Err(IdTokenError::AuthenticationLevel);
        }
        let Some(max_age) = expected.max_age else { return Ok(()) };
        let auth_time = self.auth_time.ok_or(IdTokenError::AuthTimeMissing)?;
        if now.saturating_sub(auth_time) > seconds(max_age.saturating_add(expected.leeway)) {
            return Err(IdTokenError::AuthTime);
        }
        Ok(())
    }

    fn judge_refreshed(&self, original: &Self) -> Result<(), IdTokenError> {
        use IdTokenError as E;
        for (same, error) in [
            (self.iss == original.iss, E::RefreshedIssuer),
            (self.sub == original.sub, E::RefreshedSubject),
            (original.aud.iter().all(|aud| self.aud.contains(aud)), E::RefreshedAudience),
            (self.azp == original.azp, E::RefreshedAuthorizedParty),
            (self.auth_time.is_none() || self.auth_time == original.auth_time, E::RefreshedAuthTime),
            (self.nonce.is_none() || self.nonce == original.nonce, E::RefreshedNonce),
        ] {
            if !same {
                return Err(error);
            }
        }
        Ok(())
    }
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Audience;

    const NOW: i64 = 1_795_000_000;

    fn expected() -> Expectations<'static> {
        Expectations {
            nonce: Some("n-1"),
            access_token: Some(("token", Algorithm::Rs256)),
            ..Expectations::new(&["https://issuer.test", "https://issuer.test:443"], "app")
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

    fn several(names: &[&str]) -> Audience {
        Audience::Several(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn only_the_parties_of_this_conversation_are_named() {
        use IdTokenError as E;
        assert_eq!(judged(|_| {}, expected()), Ok(()));
        assert_eq!(judged(|c| c.iss = "https://issuer.test:443".into(), expected()), Ok(()));
        assert_eq!(judged(|c| c.iss = "https://issuer.test/".into(), expected()), Err(E::Issuer));
        for sub in [String::new(), "x".repeat(256), "é".to_owned(), "a\u{1b}[2J".into(), "\u{7f}".into()] {
            assert_eq!(judged(|c| c.sub = sub, expected()), Err(E::Subject));
        }
        for aud in [Audience::One("other".into()), Audience::One("App".into()), several(&[])] {
            assert_eq!(judged(|c| c.aud = aud, expected()), Err(E::Audience));
        }
        assert_eq!(judged(|c| c.aud = several(&["app"]), expected()), Ok(()));
        let two = || several(&["app", "other"]);
        assert_eq!(judged(|c| c.aud = two(), expected()), Err(E::AudienceUntrusted));
        let trusting = Expectations { trusted_audiences: &["other"], ..expected() };
        assert_eq!(judged(|c| c.aud = two(), trusting), Err(E::AuthorizedPartyMissing));
        let both = |c: &mut IdTokenClaims| (c.aud, c.azp) = (two(), Some("app".into()));
        assert_eq!(judged(both, trusting), Ok(()));
        assert_eq!(judged(|c| c.azp = Some("other".into()), trusting), Err(E::AuthorizedParty));
    }

    #[test]
    fn times_hold_to_the_second_of_the_leeway() {
        use IdTokenError as E;
        assert_eq!(judged(|c| c.exp = NOW - 60, expected()), Err(E::Expired));
        assert_eq!(judged(|c| c.exp = NOW - 59, expected()), Ok(()));
        assert_eq!(judged(|c| c.iat = NOW + 61, expected()), Err(E::IssuedInFuture));
        assert_eq!(judged(|c| c.iat = NOW + 60, expected()), Ok(()));
        assert_eq!(judged(|c| c.nbf = Some(NOW + 61), expected()), Err(E::NotYet));
        assert_eq!(judged(|c| c.nbf = Some(NOW + 60), expected()), Ok(()));
        for (exp, iat) in [(i64::MAX, i64::MIN), (i64::MAX, NOW)] {
            assert_eq!(judged(|c| (c.exp, c.iat) = (exp, iat), expected()), Ok(()));
        }
        assert_eq!(judged(|c| c.exp = i64::MIN, expected()), Err(E::Expired));
    }

    #[test]
    fn a_nonce_comes_back_if_one_was_sent_and_only_then() {
        use IdTokenError as E;
        assert_eq!(judged(|c| c.nonce = None, expected()), Err(E::NonceMissing));
        assert_eq!(judged(|c| c.nonce = Some("n-2".into()), expected()), Err(E::Nonce));
        let unsent = Expectations { nonce: None, ..expected() };
        assert_eq!(judged(|_| {}, unsent), Err(E::NonceUnexpected));
        assert_eq!(judged(|c| c.nonce = None, unsent), Ok(()));
    }

    #[test]
    fn the_person_signed_in_as_was_asked() {
        use IdTokenError as E;
        let fresh = Expectations { max_age: Some(Duration::from_secs(10)), ..expected() };
        assert_eq!(judged(|_| {}, fresh), Err(E::AuthTimeMissing));
        assert_eq!(judged(|c| c.auth_time = Some(NOW - 71), fresh), Err(E::AuthTime));
        assert_eq!(judged(|c| c.auth_time = Some(NOW - 70), fresh), Ok(()));
        let forever = Expectations { max_age: Some(Duration::MAX), ..expected() };
        assert_eq!(judged(|c| c.auth_time = Some(i64::MIN), forever), Ok(()));
        let strong = Expectations { acr_values: &["eidas2", "eidas3"], ..expected() };
        assert_eq!(judged(|_| {}, strong), Err(E::AuthenticationLevel));
        assert_eq!(judged(|c| c.acr = Some("eidas1".into()), strong), Err(E::AuthenticationLevel));
        assert_eq!(judged(|c| c.acr = Some("eidas3".into()), strong), Ok(()));
    }

    #[test]
    fn at_hash_is_optional_and_binding() {
        assert_eq!(judged(|c| c.at_hash = Some("x".into()), expected()), Err(IdTokenError::AccessTokenHash));
        assert_eq!(judged(|c| c.at_hash = None, expected()), Ok(()));
        let alone = Expectations { access_token: None, ..expected() };
        assert_eq!(judged(|_| {}, alone), Ok(()));
    }

    #[test]
    fn a_refreshed_token_speaks_of_the_same_person_and_the_same_login() {
        use IdTokenError as E;
        let mut original = claims();
        original.auth_time = Some(NOW - 5_000);
        let refreshed = Expectations { original: Some(&original), nonce: None, ..expected() };
        assert_eq!(judged(|_| {}, refreshed), Ok(()));
        assert_eq!(judged(|c| c.nonce = None, refreshed), Ok(()));
        assert_eq!(judged(|c| c.auth_time = Some(NOW - 5_000), refreshed), Ok(()));
        assert_eq!(judged(|c| c.iss = "https://issuer.test:443".into(), refreshed), Err(E::RefreshedIssuer));
        assert_eq!(judged(|c| c.sub = "dominique".into(), refreshed), Err(E::RefreshedSubject));
        assert_eq!(judged(|c| c.azp = Some("app".into()), refreshed), Err(E::RefreshedAuthorizedParty));
        assert_eq!(judged(|c| c.auth_time = Some(NOW), refreshed), Err(E::RefreshedAuthTime));
        assert_eq!(judged(|c| c.nonce = Some("n-2".into()), refreshed), Err(E::RefreshedNonce));
        let mut wider = original.clone();
        wider.aud = several(&["app", "other"]);
        let narrowed = Expectations { original: Some(&wider), ..refreshed };
        assert_eq!(judged(|_| {}, narrowed), Err(E::RefreshedAudience));
    }
}
