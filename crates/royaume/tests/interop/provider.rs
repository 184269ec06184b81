//! The server: `royaume serve`, set up from nothing with the commands that the guide shows.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::beside::Beside;
use crate::command::User;
use crate::guide;
use crate::http::{Answer, Caller, Person};

/// Where the realm's issuer lies below the server's address.
pub(crate) const ISSUER: &str = "/connexion/oauth2/realms/root/realms/individu";

/// The person whom the server knows.
pub(crate) const ZOE: Person<'static> =
    Person { username: "zoe", password: "a long password", at_login: "submit", at_consent: "allow" };

/// How the realms of the server speak, as its configuration names it.
pub(crate) type Dialect = &'static str;
pub(crate) const STANDARD: Dialect = "standard";
pub(crate) const AS_DEPLOYED: Dialect = "as_deployed";

/// A server with one person, and no applications.
pub(crate) struct Royaume {
    operator: User,
    serving: Beside,
    /// `http://127.0.0.1:port`.
    pub(crate) base: String,
}

/// An application that is registered.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) client_id: String,
    /// Empty for an application that cannot keep one.
    pub(crate) client_secret: String,
}

impl Royaume {
    /// A server that speaks as the standards say, or as France Travail does.
    pub(crate) fn start(dialect: Dialect) -> Self {
        Self::configured(dialect, "")
    }

    /// The same, that asks things of sites of this machine whose certificates are of that authority.
    pub(crate) fn believing(dialect: Dialect, authority: &Path) -> Self {
        let roots = authority.display();
        Self::configured(dialect, &format!("[fetch]\nallow = [\"127.0.0.1\"]\ntrust_roots = [\"{roots}\"]\n"))
    }

    fn configured(dialect: Dialect, more: &str) -> Self {
        let operator = User::new();
        let path = |name: &str| operator.home().join(name).to_str().unwrap().to_owned();
        operator.run(&["key", "new-server-key", &path("server.key")]).ok();
        let (serving, base) = loop {
            // The port is somebody else's if they were quicker: then another one is.
            let port = free_port();
            let base = format!("http://127.0.0.1:{port}");
            let configuration = format!(
                "base_url = \"{base}\"\nlisten = \"127.0.0.1:{port}\"\nserver_key_file = \"server.key\"\n\
                 preset = \"france-travail\"\ndialect = \"{dialect}\"\n[store]\nsqlite = \"royaume.db\"\n{more}"
            );
            fs::write(path("royaume.toml"), configuration).unwrap();
            let mut command = Command::new(env!("CARGO_BIN_EXE_royaume"));
            let mut serving =
                Beside::start(command.args(["serve", "--create", "--config", &path("royaume.toml")]));
            match serving.awaits(|line| line.contains("\"message\":\"serving\"")) {
                Ok(_) => break (serving, base),
                Err(said) => assert!(said.contains("in use"), "the server ended before it served: {said}"),
            }
        };
        let claims = r#"{"given_name":"Zoé","family_name":"Martin","email":"zoe@example.org"}"#;
        let add = ["account", "add", "--realm", "individu", ZOE.username, "--claims", claims, "--config"];
        operator.told(&[&add[..], &[&path("royaume.toml")]].concat(), &format!("{}\n", ZOE.password)).ok();
        Self { operator, serving, base }
    }

    pub(crate) fn issuer(&self) -> String {
        format!("{}{ISSUER}", self.base)
    }

    /// Keeps a file that a command of the guide names.
    pub(crate) fn keep(&self, name: &str, text: &str) {
        fs::write(self.operator.home().join(name), text).unwrap();
    }

    /// Registers an application at that address with the command that a section of the guide shows.
    pub(crate) fn register(&self, section: &str, site: &str) -> Registered {
        let words = guide::registration(section).into_iter().map(|word| {
            let file = self.operator.home().join(&word);
            if file.is_file() { file.to_str().unwrap().to_owned() } else { word.replace(guide::SITE, site) }
        });
        let words: Vec<_> = words.chain(["--json".to_owned()]).collect();
        assert_eq!(words[..3], ["royaume", "client", "add"]);
        let words: Vec<_> = words[1..].iter().map(String::as_str).collect();
        let client = self.operator.run(&words).json();
        let member = |name: &str| client[name].as_str().unwrap_or_default().to_owned();
        Registered { client_id: member("client_id"), client_secret: member("client_secret") }
    }

    /// What the token endpoint says to an application that brings a refresh token.
    pub(crate) fn refresh(&self, client: &Registered, refresh_token: &str) -> Answer {
        let discovery = format!("{}/.well-known/openid-configuration", self.issuer());
        let mut caller = Caller::new(&self.base);
        let endpoint = caller.get(&discovery).unwrap().member("token_endpoint");
        let mut pairs = vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
            ("client_id", &client.client_id),
        ];
        if !client.client_secret.is_empty() {
            pairs.push(("client_secret", &client.client_secret));
        }
        caller.post(&endpoint, &pairs).unwrap()
    }

    /// Ends when an application has taken word of a logout.
    #[track_caller]
    pub(crate) fn tells_of_logout(&mut self) {
        self.serving.awaits(|line| line.contains("word of a logout was taken")).unwrap();
    }

    /// RFC 6749 §5.2: the refresh token is dead.
    #[track_caller]
    pub(crate) fn no_longer_refreshes(&self, client: &Registered, refresh_token: &Value) {
        let answer = self.refresh(client, refresh_token.as_str().expect("there was a refresh token"));
        assert_eq!((answer.status, answer.member("error").as_str()), (400, "invalid_grant"), "{answer:?}");
    }
}

/// The claims are those of the person whom the server knows.
#[track_caller]
pub(crate) fn is_zoe(claims: &Value) {
    assert_eq!(claims["given_name"], "Zoé", "{claims}");
    assert_eq!(claims["email"], "zoe@example.org", "{claims}");
    assert!(claims["sub"].as_str().is_some_and(|subject| subject.len() > 20), "{claims}");
}

/// A port of this machine that is free at this moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
