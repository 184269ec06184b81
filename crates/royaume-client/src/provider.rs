//! The provider: where its endpoints are, and what it is called.

use bytes::Bytes;
use http::Response;
use royaume_protocol::{Algorithm, ClientAuthenticationMethod, ProviderMetadata, Secret, discovery};
use royaume_realm::{LogoutAddress, Method, ProviderAddresses};
use serde::{Deserialize, Serialize};

use crate::{ClientAuthentication, ClientError, Transport, answers, requests};

/// One provider: a realm of a preset, or an issuer that was discovered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// What `iss` must be.
    pub issuer: String,
    /// Other spellings of it that are accepted.
    pub issuer_aliases: Vec<String>,
    /// Where people are sent.
    pub authorization: Option<String>,
    /// Where tokens are asked for.
    pub token: String,
    /// Where claims are read.
    pub userinfo: Option<String>,
    /// Where keys are published.
    pub jwks: Option<String>,
    /// Where tokens are looked at.
    pub introspection: Option<String>,
    /// Where tokens are given back.
    pub revocation: Option<String>,
    /// Where applications register themselves.
    pub registration: Option<String>,
    /// Where people sign out, and how.
    pub logout: Option<LogoutAddress>,
    /// Algorithms of id tokens that are believed.
    pub id_token_algorithms: Vec<Algorithm>,
    /// How applications prove who they are, as far as this client can.
    pub authentication: Vec<ClientAuthenticationMethod>,
    /// It promises `iss` on every authorization response (RFC 9207 §3).
    pub iss_promised: bool,
}

impl From<ProviderAddresses> for Provider {
    fn from(addresses: ProviderAddresses) -> Self {
        Self {
            issuer: addresses.issuer,
            issuer_aliases: addresses.issuer_aliases,
            authorization: addresses.authorization,
            token: addresses.token,
            userinfo: addresses.userinfo,
            jwks: addresses.jwks,
            introspection: addresses.introspection,
            revocation: addresses.revocation,
            registration: None,
            logout: addresses.logout,
            id_token_algorithms: vec![addresses.id_token_algorithm],
            // Observed, not promised: checked whenever it is there.
            // The body is what France Travail's own pages show.
            authentication: vec![ClientAuthenticationMethod::ClientSecretPost],
            iss_promised: false,
        }
    }
}

impl Provider {
    /// An issuer that publishes its addresses (OIDC Discovery §4), as it is now. [`Client::discover`](crate::Client::discover)
    /// asks it again when that is old.
    ///
    /// # Errors
    /// [`ClientError`] when the document cannot be had or used.
    pub async fn discover(issuer: &str, transport: &impl Transport) -> Result<Self, ClientError> {
        let request = requests::document(&document_of(issuer)?)?;
        Self::of_document(issuer, &transport.send(request).await?)
    }

    /// An application that proves itself by a secret, in the way that the provider takes: in the body where both are
    /// taken.
    pub fn application(
        &self,
        client_id: impl Into<String>,
        secret: impl Into<Secret>,
    ) -> ClientAuthentication {
        let only_header = self.authentication.contains(&ClientAuthenticationMethod::ClientSecretBasic)
            && !self.authentication.contains(&ClientAuthenticationMethod::ClientSecretPost);
        if only_header {
            ClientAuthentication::basic(client_id, secret)
        } else {
            ClientAuthentication::post(client_id, secret)
        }
    }

    /// Judges the document of an issuer (RFC 8414 §3.3, OIDC Discovery §4.3).
    ///
    /// # Errors
    /// [`ClientError::Metadata`] when it is another issuer's, or names an address that is neither https nor on this
    /// machine.
    pub fn of_metadata(issuer: &str, metadata: ProviderMetadata) -> Result<Self, ClientError> {
        if metadata.issuer != issuer {
            return Err(ClientError::Metadata(format!(
                "it is that of {}, not of {issuer}",
                crate::error::harmless(&metadata.issuer)
            )));
        }
        let safe = |address: Option<String>, what: &str| match address {
            Some(address) if !is_safe(&address) => {
                Err(ClientError::Metadata(format!("{what} is neither https nor on this machine")))
            }
            address => Ok(address),
        };
        let named =
            metadata.id_token_signing_alg_values_supported.unwrap_or_else(|| vec!["RS256".to_owned()]);
        // The header is what an issuer means that says nothing (RFC 8414 §2).
        let authentication = match metadata.token_endpoint_auth_methods_supported {
            Some(names) => names.iter().filter_map(|name| ClientAuthenticationMethod::parse(name)).collect(),
            None => vec![ClientAuthenticationMethod::ClientSecretBasic],
        };
        let logout = safe(metadata.end_session_endpoint, "end_session_endpoint")?.map(|url| LogoutAddress {
            url,
            method: Method::Get,
            redirect_parameter: "post_logout_redirect_uri".to_owned(),
        });
        Ok(Self {
            issuer: metadata.issuer,
            issuer_aliases: Vec::new(),
            authorization: safe(metadata.authorization_endpoint, "authorization_endpoint")?,
            token: safe(metadata.token_endpoint, "token_endpoint")?
                .ok_or_else(|| ClientError::Metadata("token_endpoint is missing".to_owned()))?,
            userinfo: safe(metadata.userinfo_endpoint, "userinfo_endpoint")?,
            jwks: safe(metadata.jwks_uri, "jwks_uri")?,
            introspection: safe(metadata.introspection_endpoint, "introspection_endpoint")?,
            revocation: safe(metadata.revocation_endpoint, "revocation_endpoint")?,
            registration: safe(metadata.registration_endpoint, "registration_endpoint")?,
            logout,
            id_token_algorithms: named.iter().filter_map(|name| name.parse().ok()).collect(),
            authentication,
            iss_promised: metadata.authorization_response_iss_parameter_supported.unwrap_or(false),
        })
    }

    /// The document of an issuer, as it was answered.
    pub(crate) fn of_document(issuer: &str, response: &Response<Bytes>) -> Result<Self, ClientError> {
        Self::of_metadata(issuer, answers::json(response, "a discovery document")?)
    }

    /// Where its keys are.
    pub(crate) fn keys(&self) -> Result<&str, ClientError> {
        self.jwks.as_deref().ok_or(ClientError::NotOffered("keys"))
    }

    /// Every spelling of the issuer.
    pub(crate) fn issuers(&self) -> Vec<&str> {
        std::iter::once(&self.issuer).chain(&self.issuer_aliases).map(String::as_str).collect()
    }
}

/// Where the document of an issuer is (OIDC Discovery §4.1). An issuer in the clear has none.
pub(crate) fn document_of(issuer: &str) -> Result<String, ClientError> {
    if !is_safe(issuer) {
        return Err(ClientError::Metadata("the issuer is neither https nor on this machine".to_owned()));
    }
    Ok(discovery::openid_configuration(issuer))
}

/// Addresses that may be called and shown: https anywhere, http on this machine, without credentials in them, and as
/// RFC 3986 §2 writes them. A parser would leave out a tab or a line's end that a terminal would not.
pub(crate) fn is_safe(address: &str) -> bool {
    safe(address).is_some()
}

/// The address, if it is a safe one.
pub(crate) fn safe(address: &str) -> Option<url::Url> {
    if !address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let url = url::Url::parse(address).ok()?;
    let local = match url.host()? {
        url::Host::Ipv4(ip) => ip.is_loopback(),
        url::Host::Ipv6(ip) => ip.is_loopback(),
        url::Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    (scheme && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Which provider a saved thing belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8414 §2: an issuer that says nothing of it takes the header.
    #[test]
    fn a_secret_goes_where_the_provider_takes_it() {
        for (methods, in_body) in [
            ("", false),
            (r#","token_endpoint_auth_methods_supported":["client_secret_basic"]"#, false),
            (r#","token_endpoint_auth_methods_supported":["private_key_jwt","client_secret_basic"]"#, false),
            (r#","token_endpoint_auth_methods_supported":["client_secret_post"]"#, true),
            (
                r#","token_endpoint_auth_methods_supported":["client_secret_basic","client_secret_post"]"#,
                true,
            ),
        ] {
            let text =
                format!(r#"{{"issuer":"https://a.test","token_endpoint":"https://a.test/token"{methods}}}"#);
            let metadata: ProviderMetadata = serde_json::from_str(&text).unwrap();
            let provider = Provider::of_metadata("https://a.test", metadata).unwrap();
            let application = provider.application("c", "s");
            assert_eq!(matches!(application, ClientAuthentication::Post { .. }), in_body, "{methods}");
        }
    }

    #[test]
    fn an_address_is_https_or_on_this_machine_and_visible() {
        for safe in ["https://a.test/x?y=%20", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost"]
        {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_one in [
            "http://a.test/",
            "https://user:word@a.test/",
            "ftp://a.test/",
            "javascript:alert(1)",
            "https://a.test/\u{1b}[2J",
            "https://a.\ntest/",
            "\thttps://a.test/",
            "https://a.test/\u{9b}",
            "https://a.test/a b",
        ] {
            assert!(!is_safe(unsafe_one), "{unsafe_one:?}");
        }
    }
}
