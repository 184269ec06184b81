//! Logins that somebody else begins: another site sends a person to the application, which then sends them to their
//! provider (OIDC Core §4).

use royaume_protocol::{Parameters, Scope};
use url::Url;

use crate::Login;
use crate::provider::is_safe;

/// What another site asks for: nothing of it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitiatedLogin {
    /// With whom the person is to sign in: one of the issuers that the application knows.
    pub iss: String,
    /// Who is expected to sign in.
    pub login_hint: Option<String>,
    /// Where in the application the person wants to go afterwards: below one of the places that it allows, and written as
    /// browsers read it.
    pub target_link_uri: Option<String>,
}

/// Why nobody is sent to sign in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InitiatedLoginError {
    /// Parameters that do not read.
    #[error("the request to sign in is malformed: {0}")]
    Malformed(String),
    /// OIDC Core §4: it is required.
    #[error("iss is missing: with whom should the person sign in?")]
    IssuerMissing,
    /// Whoever could name any issuer could have people sign in at their own.
    #[error("iss is none of the issuers of this application")]
    Issuer,
    /// OIDC Core §4: the application must not be an open redirector.
    #[error("target_link_uri is none of the places of this application")]
    Target,
}

impl InitiatedLogin {
    /// Reads a request: the whole address, its query, or the body of a form. `issuers` are those that the application knows,
    /// `targets` the places where it lets people go: an address, or with `/` at its end all that is below it.
    ///
    /// # Errors
    /// [`InitiatedLoginError`]: the first rule that is broken.
    pub fn parse(text: &str, issuers: &[&str], targets: &[&str]) -> Result<Self, InitiatedLoginError> {
        use InitiatedLoginError as E;
        let query = text.split_once('?').map_or(text, |(_, query)| query);
        let parameters = Parameters::parse(query.split('#').next().unwrap_or_default().as_bytes())
            .map_err(|error| E::Malformed(error.description()))?;
        let iss = parameters.optional("iss").ok_or(E::IssuerMissing)?;
        if !issuers.contains(&iss) {
            return Err(E::Issuer);
        }
        let target = match parameters.optional("target_link_uri") {
            Some(target) => Some(allowed(target, targets).ok_or(E::Target)?),
            None => None,
        };
        Ok(Self {
            iss: iss.to_owned(),
            login_hint: parameters.optional("login_hint").map(str::to_owned),
            target_link_uri: target,
        })
    }

    /// The login that it asks for. It is the person who is signed in, not whoever sent them: state and nonce are those of
    /// a login that the application begins.
    pub fn login(&self, redirect_uri: impl Into<String>, scope: Scope) -> Login {
        Login { login_hint: self.login_hint.clone(), ..Login::new(redirect_uri, scope) }
    }
}

/// The target as a browser reads it, if it is one of those places or below one.
fn allowed(target: &str, places: &[&str]) -> Option<String> {
    let url = Url::parse(target).ok().filter(|_| is_safe(target))?;
    let within = |text: &&&str| {
        let Ok(place) = Url::parse(text) else { return false };
        let same =
            (url.scheme(), url.host_str(), url.port()) == (place.scheme(), place.host_str(), place.port());
        let whole = text.ends_with('/') && place.query().is_none() && place.fragment().is_none();
        let below = whole && url.path().starts_with(place.path());
        same && (below || (url.path(), url.query()) == (place.path(), place.query()))
    };
    places.iter().find(within)?;
    Some(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUERS: [&str; 2] = ["https://i.test", "https://j.test/x"];
    const TARGETS: [&str; 2] = ["https://app.test/offres/", "https://app.test/moi?a=1"];

    fn read(text: &str) -> Result<InitiatedLogin, InitiatedLoginError> {
        InitiatedLogin::parse(text, &ISSUERS, &TARGETS)
    }

    /// OIDC Core §4.
    #[test]
    fn a_login_is_begun_with_a_known_issuer() {
        let asked =
            read("https://app.test/login?iss=https%3A%2F%2Fi.test&login_hint=camille&more=1#x").unwrap();
        assert_eq!((asked.iss.as_str(), asked.target_link_uri.as_deref()), ("https://i.test", None));
        let login = asked.login("https://app.test/cb", Scope::parse("openid").unwrap());
        assert_eq!(login.login_hint.as_deref(), Some("camille"));
        use InitiatedLoginError as E;
        for (text, error) in [
            ("", E::IssuerMissing),
            ("iss=", E::IssuerMissing),
            ("login_hint=x", E::IssuerMissing),
            ("iss=https://i.test/", E::Issuer),
            ("iss=https://I.test", E::Issuer),
            ("iss=https://evil.test", E::Issuer),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
        assert!(matches!(read("iss=https://i.test&iss=https://j.test/x"), Err(E::Malformed(_))));
        assert!(matches!(read("iss=%zz"), Err(E::Malformed(_))));
    }

    #[test]
    fn a_place_without_a_slash_at_its_end_is_one_address() {
        let query = |target: &str| {
            royaume_protocol::parameters::encode(&[("iss", ISSUERS[0]), ("target_link_uri", target)])
        };
        for place in ["https://app.test", "https://app.test/?q=/", "https://app.test/#/"] {
            let read = InitiatedLogin::parse(&query("https://app.test/x"), &ISSUERS, &[place]);
            assert_eq!(read, Err(InitiatedLoginError::Target), "{place}");
        }
        let read = InitiatedLogin::parse(&query("https://app.test"), &ISSUERS, &["https://app.test"]);
        assert_eq!(read.unwrap().target_link_uri.as_deref(), Some("https://app.test/"));
    }

    /// OIDC Core §4, CWE-601.
    #[test]
    fn a_target_is_a_place_of_the_application() {
        for (target, place) in [
            ("https://app.test/offres/", "https://app.test/offres/"),
            ("https://app.test/offres/1?b=2", "https://app.test/offres/1?b=2"),
            ("https://app.test/offres/a/../b", "https://app.test/offres/b"),
            ("https://app.test/moi?a=1", "https://app.test/moi?a=1"),
        ] {
            let query =
                royaume_protocol::parameters::encode(&[("iss", ISSUERS[0]), ("target_link_uri", target)]);
            assert_eq!(read(&query).unwrap().target_link_uri.as_deref(), Some(place), "{target}");
        }
        for target in [
            "https://app.test/",
            "https://app.test/offres",
            "https://app.test/offres/../moi",
            "https://app.test/offres/%2e%2e/moi",
            "https://app.test/moi",
            "https://app.test/moi?a=2",
            "http://app.test/offres/",
            "https://app.test:8443/offres/",
            "https://app.test@evil.test/offres/",
            "https://app.test.evil.test/offres/",
            "//app.test/offres/",
            "/offres/",
            "javascript:alert(1)",
            "https://app.test/offres/\u{7}",
            "https:\\\\app.test\\offres\\..\\moi",
        ] {
            let query =
                royaume_protocol::parameters::encode(&[("iss", ISSUERS[0]), ("target_link_uri", target)]);
            assert_eq!(read(&query), Err(InitiatedLoginError::Target), "{target}");
        }
    }
}
