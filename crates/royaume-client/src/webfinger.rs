//! WebFinger: which issuer somebody's address belongs to (OIDC Discovery §2, RFC 7033).

use royaume_protocol::parameters;
use url::Url;

use crate::provider::is_safe;
use crate::{ClientError, Transport, answers, requests};

/// The relation that an issuer has to those who sign in with it (OIDC Discovery §2).
pub const ISSUER: &str = "http://openid.net/specs/connect/1.0/issuer";

/// What somebody typed to say who they are: an address of mail, or of a page (OIDC Discovery §2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// What is asked about: an `acct:` or `https:` URI.
    pub resource: String,
    /// Who is asked: scheme, host and port.
    origin: String,
}

impl Identifier {
    /// Reads what was typed (§2.1.2): `name@host` is an account, anything else a page, by https unless it says otherwise.
    ///
    /// # Errors
    /// [`ClientError::Metadata`] when it is neither.
    pub fn parse(text: &str) -> Result<Self, ClientError> {
        let unread =
            || ClientError::Metadata("an identifier is an address of mail or of a page by https".to_owned());
        let text = text.trim().split('#').next().unwrap_or_default();
        // §2.1.1: those are XRIs, which are of another time.
        if text.is_empty() || text.starts_with(['=', '@', '!', '+', '$', '(']) || text.len() > 2_048 {
            return Err(unread());
        }
        let account = match text.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("acct:")) {
            Some(_) => Some(&text[5..]),
            // A name before the host and nothing behind it.
            None => Some(text).filter(|text| text.contains('@') && !text.contains(['/', '?', ':'])),
        };
        if let Some(account) = account {
            let (name, host) = account.rsplit_once('@').ok_or_else(unread)?;
            let page = Url::parse(&format!("https://{host}")).map_err(|_| unread())?;
            let bare = page.path() == "/" && page.query().is_none() && page.username().is_empty();
            if name.is_empty() || !bare || host.contains(['/', '\\', '@']) {
                return Err(unread());
            }
            return Ok(Self {
                resource: format!("acct:{account}"),
                origin: origin(&page).ok_or_else(unread)?,
            });
        }
        let page = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let page = Url::parse(&page).ok().filter(|page| page.password().is_none()).ok_or_else(unread)?;
        let origin = origin(&page).ok_or_else(unread)?;
        Ok(Self { resource: page.to_string(), origin })
    }

    /// Where the answer is.
    pub fn url(&self) -> String {
        let address = format!("{}/.well-known/webfinger", self.origin);
        parameters::append_query(&address, &[("resource", self.resource.as_str()), ("rel", ISSUER)])
    }
}

/// Who serves a page, if that may be asked: https anywhere, http on this machine.
fn origin(page: &Url) -> Option<String> {
    let host = page.host_str().filter(|host| !host.is_empty())?;
    let port = page.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", page.scheme())).filter(|origin| is_safe(origin))
}

/// The issuer of whoever is called so. What it says of itself is judged as that of every issuer
/// ([`Client::discover`](crate::Client::discover)). Where strangers type the identifier they choose whom this machine asks,
/// and which issuer answers: use a transport that reaches public addresses only, and let in the issuers that are expected.
///
/// # Errors
/// [`ClientError`] when the identifier is none, nobody answers for it, or what is answered is no issuer.
pub async fn issuer_of(identifier: &str, transport: &impl Transport) -> Result<String, ClientError> {
    let request = requests::document(&Identifier::parse(identifier)?.url())?;
    answers::webfinger(&transport.send(request).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OIDC Discovery §2.1.2, §2.2: its own examples, and those of RFC 7565 §4.
    #[test]
    fn what_somebody_types_is_an_account_or_a_page() {
        for (typed, resource, origin) in [
            ("joe@example.com", "acct:joe@example.com", "https://example.com"),
            ("acct:joe@example.com", "acct:joe@example.com", "https://example.com"),
            ("ACCT:joe@example.com", "acct:joe@example.com", "https://example.com"),
            (" joe@example.com#x ", "acct:joe@example.com", "https://example.com"),
            (
                "acct:juliet%40capulet.example@shopping.example.com",
                "acct:juliet%40capulet.example@shopping.example.com",
                "https://shopping.example.com",
            ),
            ("https://example.com/joe", "https://example.com/joe", "https://example.com"),
            ("example.com", "https://example.com/", "https://example.com"),
            ("example.com:8080", "https://example.com:8080/", "https://example.com:8080"),
            ("joe@example.com:8080", "https://joe@example.com:8080/", "https://example.com:8080"),
            ("http://localhost:8080/joe", "http://localhost:8080/joe", "http://localhost:8080"),
        ] {
            let read = Identifier::parse(typed).unwrap();
            assert_eq!((read.resource.as_str(), read.origin.as_str()), (resource, origin), "{typed}");
        }
        assert_eq!(
            Identifier::parse("joe@example.com").unwrap().url(),
            "https://example.com/.well-known/webfinger?resource=acct%3Ajoe%40example.com\
             &rel=http%3A%2F%2Fopenid.net%2Fspecs%2Fconnect%2F1.0%2Fissuer"
        );
    }

    #[test]
    fn what_is_neither_is_refused() {
        for typed in [
            "",
            "@example",
            "=joe",
            "!x",
            "acct:joe",
            "acct:@example.com",
            "acct:joe@",
            "acct:joe@a.test/x",
            "joe@a.test\\x",
            "http://example.com/joe",
            "ftp://example.com",
            "javascript:alert(1)",
            "mailto:joe@example.com",
            "https://",
            "a b@c d",
        ] {
            assert!(Identifier::parse(typed).is_err(), "{typed}: {:?}", Identifier::parse(typed));
        }
    }
}
