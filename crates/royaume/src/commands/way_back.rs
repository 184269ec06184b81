//! The way back of a person who signs in: a port of this machine (RFC 8252 §7.3), or an address elsewhere.

use std::net::SocketAddr;

use royaume_listen::{Limits, Listener};

use super::who::Speaker;
use crate::cli::Login;
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

/// How the person comes back: to a port of this machine, or to an address elsewhere from where the callback is pasted.
pub(super) struct WayBack {
    /// The address as it is registered, where it is not made up from the port.
    registered: Option<String>,
    port: Option<u16>,
    pub(super) path: String,
}

impl WayBack {
    /// By options, then the profile, then what is usual.
    pub(super) fn of(asked: &Login, speaker: &Speaker, language: Language) -> Result<Self, Failure> {
        let named = asked.port.is_some() || asked.callback_path.is_some();
        let of_profile = || speaker.profile.as_ref()?.redirect_uri.clone();
        let registered = asked.redirect_uri.clone().or_else(|| of_profile().filter(|_| !named));
        if let Some(registered) = registered {
            if !registered.contains("://") || registered.contains(char::is_whitespace) {
                return Err(Failure::usage(language.say(
                    "--redirect-uri est une adresse entière, telle que https://app.example/retour",
                    "--redirect-uri is a whole address, such as https://app.example/callback",
                )));
            }
            let (port, path) = match on_this_machine(&registered) {
                Some((port, path)) => (Some(port), path),
                None => (None, String::new()),
            };
            return Ok(Self { registered: Some(registered), port, path });
        }
        let path = asked.callback_path.clone().unwrap_or_else(|| "/callback".to_owned());
        if !path.starts_with('/') {
            return Err(Failure::usage("--callback-path begins with a slash, such as /callback"));
        }
        Ok(Self { registered: None, port: Some(asked.port.unwrap_or(0)), path })
    }

    /// Whoever listens there; nobody, where the person comes back elsewhere.
    pub(super) async fn listener(&self, language: Language) -> Result<Option<Listener>, Failure> {
        let Some(port) = self.port else { return Ok(None) };
        match Listener::bind(SocketAddr::from(([127, 0, 0, 1], port)), Limits::default()).await {
            Ok(listener) => Ok(Some(listener)),
            // The address is registered as it is: its port cannot be another, but what arrives there can be pasted.
            Err(error) if self.registered.is_some() => {
                output::remark(&match language {
                    Language::French => format!("Le port {port} ne peut être écouté ({error})."),
                    Language::English => format!("Port {port} cannot be listened on ({error})."),
                });
                Ok(None)
            }
            Err(error) => Err(Failure::usage(format!("port {port} cannot be listened on: {error}"))),
        }
    }

    /// The address that the request says.
    pub(super) fn redirect_uri(&self, listener: Option<&Listener>) -> String {
        match (&self.registered, listener) {
            (Some(registered), _) => registered.clone(),
            (None, Some(listener)) => format!("http://{}{}", listener.local_addr(), self.path),
            (None, None) => String::new(),
        }
    }
}

/// Port and path of an address of this machine (RFC 8252 §7.3). One with a query is taken for one elsewhere.
fn on_this_machine(address: &str) -> Option<(u16, String)> {
    let rest = address.strip_prefix("http://")?;
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = authority.split_once(':').unwrap_or((authority, "80"));
    let here = matches!(host, "127.0.0.1" | "localhost") && !path.contains(['?', '#']);
    Some((port.parse().ok().filter(|_| here)?, format!("/{path}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_machine_is_listened_on_and_no_other_is() {
        for (address, port, path) in [
            ("http://127.0.0.1:9001/", 9001, "/"),
            ("http://localhost:8080/auth/auth.html", 8080, "/auth/auth.html"),
            ("http://localhost/cb", 80, "/cb"),
            ("http://127.0.0.1", 80, "/"),
        ] {
            assert_eq!(on_this_machine(address), Some((port, path.to_owned())), "{address}");
        }
        for address in [
            "https://localhost/cb",
            "https://app.example/cb",
            "http://localhost.example.org/cb",
            "http://localhost@example.org/cb",
            "http://localhost:99999/cb",
            "http://127.0.0.1:80/cb?a=b",
            "com.example.app:/cb",
        ] {
            assert_eq!(on_this_machine(address), None, "{address}");
        }
    }
}
