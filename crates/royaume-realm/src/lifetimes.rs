//! How long what a realm hands out lasts.

use std::time::Duration;

use serde::{Deserialize, Serialize, Serializer};

/// The lifetimes of one realm. In a file each field is in whole seconds, its name ending in `_seconds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lifetimes {
    /// An access token (`expires_in`, RFC 6749 §5.1).
    #[serde(rename = "access_token_seconds", with = "seconds")]
    pub access_token: Duration,
    /// An authorization code, at most [`Lifetimes::LONGEST_CODE`] (RFC 6749 §4.1.2).
    #[serde(rename = "code_seconds", with = "seconds")]
    pub code: Duration,
    /// An ID token (`exp`, OpenID Connect Core 1.0 §2).
    #[serde(rename = "id_token_seconds", with = "seconds")]
    pub id_token: Duration,
    /// A refresh token, counted from its last use.
    #[serde(rename = "refresh_token_seconds", with = "seconds")]
    pub refresh_token: Duration,
    /// A line of refresh tokens, counted from the login, whatever the use.
    #[serde(rename = "refresh_absolute_seconds", with = "seconds")]
    pub refresh_absolute: Duration,
    /// How long a spent refresh token still gives the answer it already gave, for a client that lost it; zero: never.
    #[serde(rename = "refresh_retry_window_seconds", with = "seconds")]
    pub refresh_retry_window: Duration,
    /// A browser session that answers no application.
    #[serde(rename = "session_idle_seconds", with = "seconds")]
    pub session_idle: Duration,
    /// A browser session, counted from the login.
    #[serde(rename = "session_absolute_seconds", with = "seconds")]
    pub session_absolute: Duration,
    /// A person's way through login and consent.
    #[serde(rename = "interaction_seconds", with = "seconds")]
    pub interaction: Duration,
    /// The age at which a signing key is given a successor (OpenID Connect Core 1.0 §10.1.1); zero: never by itself.
    #[serde(rename = "key_rotation_seconds", with = "seconds")]
    pub key_rotation: Duration,
    /// How long that successor is published before it signs, more than [`Lifetimes::KEYS_CACHED`].
    #[serde(rename = "key_publication_seconds", with = "seconds")]
    pub key_publication: Duration,
}

impl Lifetimes {
    /// The longest life of a code that RFC 6749 §4.1.2 recommends.
    pub const LONGEST_CODE: Duration = Duration::from_secs(600);

    /// How long whoever verifies may keep the published keys (`max-age`, RFC 9111 §5.2.2.1).
    pub const KEYS_CACHED: Duration = Duration::from_secs(300);

    /// What a realm has when its file says nothing.
    pub const STANDARD: Lifetimes = Lifetimes {
        access_token: Duration::from_secs(600),
        code: Duration::from_secs(60),
        id_token: Duration::from_secs(3_600),
        refresh_token: Duration::from_secs(30 * 86_400),
        refresh_absolute: Duration::from_secs(180 * 86_400),
        refresh_retry_window: Duration::from_secs(10),
        session_idle: Duration::from_secs(1_800),
        session_absolute: Duration::from_secs(12 * 3_600),
        interaction: Duration::from_secs(900),
        key_rotation: Duration::from_secs(90 * 86_400),
        // A day, because many who verify fetch the keys once a day, whatever `max-age` says.
        key_publication: Duration::from_secs(86_400),
    };

    /// The lifetimes that may be zero: what they are of then never happens.
    pub(crate) const OPTIONAL: [&str; 2] = ["refresh_retry_window_seconds", "key_rotation_seconds"];

    /// Each lifetime with its name in a file.
    pub(crate) fn named(&self) -> [(&'static str, Duration); 11] {
        [
            ("access_token_seconds", self.access_token),
            ("code_seconds", self.code),
            ("id_token_seconds", self.id_token),
            ("refresh_token_seconds", self.refresh_token),
            ("refresh_absolute_seconds", self.refresh_absolute),
            ("refresh_retry_window_seconds", self.refresh_retry_window),
            ("session_idle_seconds", self.session_idle),
            ("session_absolute_seconds", self.session_absolute),
            ("interaction_seconds", self.interaction),
            ("key_rotation_seconds", self.key_rotation),
            ("key_publication_seconds", self.key_publication),
        ]
    }
}

impl Default for Lifetimes {
    fn default() -> Lifetimes {
        Lifetimes::STANDARD
    }
}

mod seconds {
    use super::{Deserialize, Duration, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(duration.as_secs())
    }

    pub(super) fn deserialize<'de, D: serde::Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_secs)
    }
}
