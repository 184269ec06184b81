//! Signed tokens as tests read them, and as an attacker would write them.

use royaume_jose::{Algorithm, JwkSet, VerifyingKey, base64url, jws};
use royaume_realm::Endpoint;
use serde_json::Value;

use crate::exchange::get;
use crate::world::World;

/// What a token says, believed without a look at its signature.
///
/// # Panics
/// When it is none.
pub fn claims(token: &str) -> Value {
    part(token, 1)
}

/// What the header of a token says.
///
/// # Panics
/// When it is none.
pub fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, position: usize) -> Value {
    let part = token.split('.').nth(position).unwrap_or_else(|| panic!("no signed token: {token}"));
    serde_json::from_slice(&base64url::decode(part).expect("base64url")).expect("JSON")
}

/// The text of a token with that header, those claims and that signature, whatever it is worth.
///
/// # Panics
/// Never: JSON is always written.
pub fn forged(header: &Value, claims: &Value, signature: &[u8]) -> String {
    let write = |part: &Value| base64url::encode(part.to_string().as_bytes());
    format!("{}.{}.{}", write(header), write(claims), base64url::encode(signature))
}

/// A token with its own header and signature around other claims.
pub fn tampered(token: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut said = claims(token);
    change(&mut said);
    let signature = token.rsplit('.').next().map(base64url::decode).expect("a signature").expect("base64url");
    forged(&header(token), &said, &signature)
}

impl World {
    /// The keys that a realm publishes (RFC 7517 §5).
    ///
    /// # Panics
    /// When they do not read.
    pub async fn keys(&self, realm: &str) -> Vec<VerifyingKey> {
        let published = self.send(get(&self.url(realm, Endpoint::Jwks))).await;
        let set: JwkSet = serde_json::from_str(&published.is_ok().body).expect("a key set");
        set.keys.iter().map(|key| VerifyingKey::from_jwk(key).expect("a key of ours")).collect()
    }

    /// What a token says, once its signature is that of a published key of the realm.
    ///
    /// # Panics
    /// When it is not.
    pub async fn verified(&self, realm: &str, token: &str) -> Value {
        let verified = jws::verify::<Value>(token, &self.keys(realm).await, &Algorithm::ALL);
        verified.unwrap_or_else(|error| panic!("{error}: {token}")).claims
    }

    /// A token that the realm's own key has signed, with whatever type and claims.
    ///
    /// # Panics
    /// When the realm has no such key.
    pub async fn signed(
        &self,
        realm: &str,
        algorithm: Algorithm,
        typ: Option<&str>,
        claims: &Value,
    ) -> String {
        let admin = self.admin(realm);
        let keys = admin.keys().await.expect("the store answers");
        let entry = keys.iter().find(|key| key.algorithm == algorithm).expect("a key of that algorithm");
        let name = royaume_store::RealmName::new(self.realm(realm).name.as_str()).expect("a realm name");
        jws::sign(&entry.open(&name, admin.server_key).expect("the key opens"), typ, claims)
    }
}
