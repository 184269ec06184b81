//! Keys of what is shared: a digest of whose tokens they are and what for, with no secret in it.

use std::fmt;

use royaume_jose::sha256;
use royaume_protocol::Scope;

use crate::{ClientAuthentication, Provider};

/// The name of one value in a shared place. The same provider (issuer and token endpoint, and with them the realm),
/// application and scopes have the same key in every process; whatever differs in one of them has another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SharedKey([u8; 32]);

impl SharedKey {
    /// Of the tokens of an application for itself (RFC 6749 §4.4), with these scopes in whatever order.
    pub fn of_application(provider: &Provider, application: &ClientAuthentication, scope: &Scope) -> Self {
        let mut words: Vec<_> = scope.iter().collect();
        words.sort_unstable();
        words.dedup();
        Self::of("application", provider, application, &words)
    }

    /// Of the tokens of a person, by the name that the application has for their login: of a session, say.
    pub fn of_person(provider: &Provider, application: &ClientAuthentication, login: &str) -> Self {
        Self::of("person", provider, application, &[login])
    }

    /// A digest, as somebody else computes it.
    pub fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Each part is preceded by its length, so that no two lists of parts read the same.
    fn of(kind: &str, provider: &Provider, application: &ClientAuthentication, parts: &[&str]) -> Self {
        let whose = ["royaume shared v1", kind, &provider.issuer, &provider.token, application.client_id()];
        let mut text = String::new();
        for part in whose.iter().chain(parts) {
            text.push_str(&format!("{}:{part}", part.len()));
        }
        Self(sha256(text.as_bytes()))
    }
}

/// 64 hexadecimal digits: a name that every file system takes.
impl fmt::Display for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use royaume_realm::{Place, Topology};

    use super::*;

    fn key(realm: &str, client_id: &str, scope: &str) -> SharedKey {
        let topology = Topology::preset(Topology::FRANCE_TRAVAIL).unwrap();
        let provider = Provider::from(topology.provider(realm, &Place::Production).unwrap());
        let application = ClientAuthentication::post(client_id, "a secret");
        SharedKey::of_application(&provider, &application, &Scope::parse(scope).unwrap())
    }

    #[test]
    fn a_key_is_of_realm_application_and_scopes_in_whatever_order() {
        let one = key("partenaire", "PAR_a", "api_a o2dsoffre");
        assert_eq!(one, key("partenaire", "PAR_a", "o2dsoffre api_a"));
        for other in [
            key("individu", "PAR_a", "api_a o2dsoffre"),
            key("partenaire", "PAR_b", "api_a o2dsoffre"),
            key("partenaire", "PAR_a", "api_a"),
        ] {
            assert_ne!(one, other);
        }
        assert_eq!(one.to_string().len(), 64);
    }

    #[test]
    fn a_person_is_never_taken_for_an_application_nor_for_another_login() {
        let topology = Topology::preset(Topology::FRANCE_TRAVAIL).unwrap();
        let provider = Provider::from(topology.provider("individu", &Place::Production).unwrap());
        let application = ClientAuthentication::post("PAR_a", "a secret");
        let person = |login: &str| SharedKey::of_person(&provider, &application, login);
        let scope = Scope::parse("openid").unwrap();
        assert_ne!(person("openid"), SharedKey::of_application(&provider, &application, &scope));
        assert_ne!(person("a"), person("b"));
        let rotated = ClientAuthentication::post("PAR_a", "another secret");
        assert_eq!(person("a"), SharedKey::of_person(&provider, &rotated, "a"), "a new secret is no new key");
    }
}
