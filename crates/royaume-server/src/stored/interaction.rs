//! Interactions: an authorization request that waits while a person signs in or consents.

use jiff::Timestamp;
use royaume_jose::{Entropy, MacKey, base64url, random};
use royaume_store::{Kind, RealmName, RowId};
use serde::{Deserialize, Serialize};

use super::Storable;

/// The waiting request. Its id stands in the address of the pages; what proves that a browser is the one that began
/// it is the binding, a secret in a cookie of which only a digest is here.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Interaction {
    /// The authorization request as it came: it is judged again at each return, never trusted as judged before.
    pub(crate) request: Vec<(String, String)>,
    /// Digest of the cookie's secret.
    pub(crate) binding: String,
    pub(crate) began_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    /// The session that was signed in to during this interaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) signed_in: Option<String>,
    /// The session in which somebody who was asked to choose an account chose to go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chosen: Option<String>,
    /// The session in which the consent page of this interaction was answered with yes: another person who signs in
    /// to the same browser has not agreed to anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) consented: Option<String>,
}

impl Storable for Interaction {
    const KIND: Kind = Kind::new("interaction");
}

/// The name of an interaction: public, stands in page addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InteractionId([u8; 12]);

impl InteractionId {
    /// Begins with the moment of its making, so that ids sort by age.
    pub(crate) fn new(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut id = random::<12>(entropy);
        id[..5].copy_from_slice(&crate::handle::moment(now));
        Self(id)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() != 24 || !text.is_ascii() {
            return None;
        }
        let mut id = [0; 12];
        for (byte, digits) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(id)).filter(|id| id.text() == text)
    }

    /// Hexadecimal, which sorts as the bytes do.
    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn row_id(&self, realm: &RealmName) -> RowId {
        RowId::new(realm, Interaction::KIND, self.0)
    }
}

/// The digest under which a binding secret is remembered.
pub(crate) fn binding_digest(key: &MacKey, id: &InteractionId, secret: &str) -> String {
    base64url::encode(&key.mac(&[b"binding", &id.0, secret.as_bytes()]))
}

/// What the consent form carries beside: whom the page asked, so that nobody agrees in the name of who came after.
pub(crate) fn asked_token(key: &MacKey, id: &InteractionId, sid: &str) -> String {
    base64url::encode(&key.mac(&[b"asked", &id.0, sid.as_bytes()])[..18])
}

/// What a form must carry back: proof that the page was served to the browser that holds the binding
/// (synchroniser token, one per interaction).
pub(crate) fn form_token(key: &MacKey, id: &InteractionId, secret: &str) -> String {
    base64url::encode(&key.mac(&[b"form", &id.0, secret.as_bytes()])[..18])
}
