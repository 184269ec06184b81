//! Client authentication (RFC 6749 §2.3, RFC 8414 §2, OIDC Core §9).

use royaume_jose::base64;
use serde::{Deserialize, Serialize};

use crate::{Secret, parameters};

/// How a client proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthenticationMethod {
    /// Id and secret in the body (RFC 6749 §2.3.1).
    ClientSecretPost,
    /// Id and secret in the `Authorization` header (RFC 6749 §2.3.1).
    ClientSecretBasic,
    /// An assertion signed with the client's own key (RFC 7523 §2.2, OIDC Core §9).
    PrivateKeyJwt,
    /// An assertion under a MAC with the client's secret (OIDC Core §9).
    ClientSecretJwt,
    /// A public client only says its name.
    None,
}

impl ClientAuthenticationMethod {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ClientSecretPost,
        Self::ClientSecretBasic,
        Self::PrivateKeyJwt,
        Self::ClientSecretJwt,
        Self::None,
    ];

    /// The registered name (RFC 7591 §2).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::None => "none",
        }
    }

    /// Does it send a secret?
    pub const fn is_secret(self) -> bool {
        match self {
            Self::ClientSecretPost | Self::ClientSecretBasic => true,
            Self::PrivateKeyJwt | Self::ClientSecretJwt | Self::None => false,
        }
    }

    /// The method of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.as_str() == text)
    }
}

/// Id and secret as HTTP Basic carries them: each form-encoded first (RFC 6749 §2.3.1), then joined and in base64
/// (RFC 7617 §2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    /// The client.
    pub client_id: String,
    /// What proves it.
    pub secret: Secret,
}

/// A header that is no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not well-formed Basic credentials")]
pub struct MalformedBasic;

impl BasicCredentials {
    /// Reads the value of an `Authorization` header.
    ///
    /// # Errors
    /// [`MalformedBasic`] for another scheme or a broken encoding.
    pub fn parse(header: &str) -> Result<Self, MalformedBasic> {
        let (scheme, rest) = header.split_once(' ').ok_or(MalformedBasic)?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return Err(MalformedBasic);
        }
        let bytes = base64::decode(rest.trim_matches(' ')).map_err(|_| MalformedBasic)?;
        let at = bytes.iter().position(|byte| *byte == b':').ok_or(MalformedBasic)?;
        let part = |bytes| parameters::decode(bytes, parameters::LONGEST_VALUE).map_err(|_| MalformedBasic);
        let (client_id, secret) = (part(&bytes[..at])?, part(&bytes[at + 1..])?);
        if client_id.is_empty() {
            return Err(MalformedBasic);
        }
        Ok(Self { client_id, secret: Secret::from(secret) })
    }

    /// The value of the header.
    pub fn header(&self) -> Secret {
        let mut text = String::new();
        parameters::encode_into(&mut text, &self.client_id);
        text.push(':');
        parameters::encode_into(&mut text, self.secret.expose());
        Secret::from(format!("Basic {}", base64::encode(text.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn methods_have_one_name() {
        for method in ClientAuthenticationMethod::ALL {
            assert_eq!(ClientAuthenticationMethod::parse(method.as_str()), Some(method));
            assert_eq!(serde_json::to_string(&method).unwrap(), format!("\"{}\"", method.as_str()));
        }
        assert_eq!(ClientAuthenticationMethod::parse("tls_client_auth"), None);
    }

    /// RFC 6749 §2.3.1 with the form encoding of Appendix B: its own example of an encoded value.
    #[test]
    fn values_are_form_encoded_before_they_are_joined() {
        let credentials =
            BasicCredentials { client_id: " %&+\u{a3}\u{20ac}".to_owned(), secret: Secret::from(":") };
        let encoded = base64::encode(b"+%25%26%2B%C2%A3%E2%82%AC:%3A");
        assert_eq!(credentials.header().expose(), format!("Basic {encoded}"));
    }

    #[test]
    fn ids_and_secrets_with_colons_and_percents_survive() {
        let credentials =
            BasicCredentials { client_id: "PAR_x:y%é".to_owned(), secret: Secret::from("a:b +&=%") };
        assert_eq!(BasicCredentials::parse(credentials.header().expose()), Ok(credentials));
    }

    #[test]
    fn broken_headers_are_refused() {
        for header in
            ["", "Basic", "Basic !!!", "Bearer eDp5", "Basic eA==", "Basic OnNlY3JldA==", "Basic eDolenw="]
        {
            assert_eq!(BasicCredentials::parse(header), Err(MalformedBasic), "{header}");
        }
        assert!(BasicCredentials::parse("basic eDp5").is_ok());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(client_id in "[^\0]{1,40}", secret in "[^\0]{0,40}") {
            let credentials = BasicCredentials { client_id, secret: Secret::from(secret) };
            prop_assert_eq!(BasicCredentials::parse(credentials.header().expose()), Ok(credentials));
        }

        #[test]
        fn nothing_breaks_the_reader(header in "\\PC{0,100}", bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = BasicCredentials::parse(&header);
            let _ = BasicCredentials::parse(&format!("Basic {}", base64::encode(&bytes)));
        }
    }
}
