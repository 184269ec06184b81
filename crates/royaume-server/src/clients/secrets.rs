//! Secrets of clients: made here, kept as digests, and sealed for those whose secret is the key of a MAC.

use jiff::Timestamp;
use royaume_jose::{Entropy, MacKey, ServerKey, base64url, constant_time_eq, random};
use royaume_protocol::{ClientAuthenticationMethod, Secret};
use royaume_store::{Kind, RealmName};

use super::unfit::{Unfit, Why};
use crate::handle::{Handle, Size};
use crate::stored::client::{Client, Management, SecretDigest};

/// The length of an HMAC-SHA-256 key, in bytes (RFC 7518 §3.2).
const SHORTEST_KEY: usize = 32;
/// Part of the digest of registration access tokens, so that no other handle reads as one.
const MANAGES: Kind = Kind::new("registration-access-token");

/// What secrets are made and kept with.
pub(crate) struct Secrets<'a> {
    pub(crate) realm: &'a RealmName,
    pub(crate) server_key: &'a ServerKey,
    pub(crate) entropy: &'a dyn Entropy,
    pub(crate) now: Timestamp,
}

impl Secrets<'_> {
    /// A new secret of 256 bits.
    pub(crate) fn fresh(&self) -> Secret {
        Secret::from(base64url::encode(&random::<32>(self.entropy)))
    }

    /// A secret as that client keeps it.
    pub(crate) fn digest(&self, secret: &Secret, client: &Client) -> SecretDigest {
        let key = self.server_key.mac_key("client-secrets");
        let digest = SecretDigest::of(secret.expose(), &key, self.now);
        if client.authenticates_with(ClientAuthenticationMethod::ClientSecretJwt) {
            digest.with_secret(secret, self.realm, &client.client_id, self.server_key, self.entropy)
        } else {
            digest
        }
    }

    /// Gives the client the secret that it needs, if it needs one and has none that serves: `chosen`, or a new one, which
    /// is answered. Takes those away that it no longer needs.
    pub(crate) fn provide(
        &self,
        client: &mut Client,
        chosen: Option<Secret>,
    ) -> Result<Option<Secret>, Unfit> {
        use ClientAuthenticationMethod as Method;
        let by_mac = client.authenticates_with(Method::ClientSecretJwt);
        let by_secret = [Method::ClientSecretBasic, Method::ClientSecretPost].iter();
        if !by_mac && !by_secret.clone().any(|method| client.authenticates_with(*method)) {
            client.secrets.clear();
            return Ok(None);
        }
        if !by_mac {
            client.secrets.iter_mut().for_each(SecretDigest::forget_secret);
        }
        let serves = |kept: &SecretDigest| !by_mac || kept.has_secret();
        client.secrets.retain(serves);
        if !client.secrets.is_empty() {
            return Ok(None);
        }
        let secret = chosen.unwrap_or_else(|| self.fresh());
        if by_mac && secret.expose().len() < SHORTEST_KEY {
            return Err(Unfit::of("client_secret", Why::ShortSecret));
        }
        client.secrets = vec![self.digest(&secret, client)];
        Ok(Some(secret))
    }

    /// A new registration access token for that client (RFC 7592 §3), and what is kept of it.
    pub(crate) fn management(&self, client_id: &str, invited: bool) -> (String, Management) {
        let handle = Handle::new(Size::Long, self.now, self.entropy);
        let key = self.server_key.mac_key("handles");
        (handle.text(), Management { token: managing(&handle, client_id, self.realm, &key), invited })
    }
}

/// Is that the registration access token of that client?
pub(crate) fn manages(presented: &str, client: &Client, realm: &RealmName, key: &MacKey) -> bool {
    let (Some(handle), Some(kept)) = (Handle::parse(presented, Size::Long), &client.management) else {
        return false;
    };
    constant_time_eq(managing(&handle, &client.client_id, realm, key).as_bytes(), kept.token.as_bytes())
}

/// The digest under the client's id: of another client it is another.
fn managing(handle: &Handle, client_id: &str, realm: &RealmName, key: &MacKey) -> String {
    let found = handle.row_id(realm, MANAGES, key);
    base64url::encode(&key.mac(&[MANAGES.as_str().as_bytes(), client_id.as_bytes(), found.key()]))
}
