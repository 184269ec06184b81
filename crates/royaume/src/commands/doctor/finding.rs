//! A finding: what one check saw, how it stands, and the next step, in both languages.

use royaume_client::ClientError;
use royaume_realm::Text;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::language::Language;

/// What is checked, from the ground up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// The name of the realm.
    Realm,
    /// The host is found (DNS).
    Names,
    /// Something listens there.
    Connection,
    /// It speaks TLS, with a certificate that is believed.
    Tls,
    /// It answers, and is not in trouble.
    Server,
    /// Its clock is ours.
    Clock,
    /// Its document says the same as we know.
    Discovery,
    /// Its keys can be read.
    Keys,
    /// The application is recognised.
    Credentials,
    /// The redirect URI is one by the rules.
    RedirectUri,
    /// The server knows the redirect URI.
    Authorization,
    /// The scopes are granted.
    Scopes,
    /// The APIs answer.
    Gateway,
}

impl Check {
    /// What needs a server that answers.
    pub(super) const BEHIND_THE_SERVER: [Self; 6] =
        [Self::Clock, Self::Discovery, Self::Keys, Self::Credentials, Self::Authorization, Self::Scopes];
    /// What needs a realm.
    pub(super) const BEHIND_THE_REALM: [Self; 11] = [
        Self::Names,
        Self::Connection,
        Self::Tls,
        Self::Server,
        Self::Clock,
        Self::Discovery,
        Self::Keys,
        Self::Credentials,
        Self::Authorization,
        Self::Scopes,
        Self::Gateway,
    ];
    /// What needs an application.
    pub(super) const OF_THE_APPLICATION: [Self; 3] = [Self::Credentials, Self::Authorization, Self::Scopes];

    /// Its name for programs.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Realm => "realm",
            Self::Names => "names",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Server => "server",
            Self::Clock => "clock",
            Self::Discovery => "discovery",
            Self::Keys => "keys",
            Self::Credentials => "credentials",
            Self::RedirectUri => "redirect_uri",
            Self::Authorization => "authorization",
            Self::Scopes => "scopes",
            Self::Gateway => "gateway",
        }
    }

    /// Its name for people.
    pub(super) fn label(self, language: Language) -> &'static str {
        let french = match self {
            Self::Realm => "royaume",
            Self::Names => "nom d'hôte",
            Self::Connection => "connexion",
            Self::Tls => "TLS",
            Self::Server => "serveur",
            Self::Clock => "horloge",
            Self::Discovery => "découverte",
            Self::Keys => "clés",
            Self::Credentials => "identifiants",
            Self::RedirectUri => "redirect_uri",
            Self::Authorization => "autorisation",
            Self::Scopes => "scopes",
            Self::Gateway => "passerelle",
        };
        match (language, self) {
            (Language::French, _) => french,
            (Language::English, Self::Names) => "host name",
            (Language::English, Self::Tls) => "TLS",
            (Language::English, other) => other.as_str(),
        }
    }
}

/// Which exit code a finding leads to: those of every command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// 1: an answer that nobody could foresee.
    Other,
    /// 2: the command line, a file or the environment of this machine.
    Usage,
    /// 3: a refusal.
    Refused,
    /// 5: not reachable, or in trouble.
    Unavailable,
}

impl Trouble {
    /// Of a request that did not succeed: the code that every other command would end with.
    pub(super) fn of(error: &ClientError) -> Self {
        Self::of_failure(&Failure::from(error.clone()))
    }

    fn of_failure(failure: &Failure) -> Self {
        match failure {
            Failure::Other(_) | Failure::Person(_) => Self::Other,
            Failure::Usage(_) => Self::Usage,
            Failure::Refused(_) => Self::Refused,
            Failure::Unavailable(_) => Self::Unavailable,
        }
    }

    /// The failure of a whole command.
    pub(super) fn failure(self, why: String) -> Failure {
        match self {
            Self::Other => Failure::Other(why),
            Self::Usage => Failure::Usage(why),
            Self::Refused => Failure::Refused(why),
            Self::Unavailable => Failure::Unavailable(why),
        }
    }
}

/// How a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// All well.
    Well,
    /// It works, and is worth a look.
    Remark,
    /// It does not work.
    Wrong(Trouble),
    /// It could not be made, or nobody asked for it.
    Skipped,
}

impl Standing {
    /// Its name for programs.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Well => "well",
            Self::Remark => "remark",
            Self::Wrong(_) => "wrong",
            Self::Skipped => "skipped",
        }
    }

    /// Its name for people.
    pub(super) fn label(self, language: Language) -> &'static str {
        match self {
            Self::Well => language.say("bien", "well"),
            Self::Remark => language.say("à voir", "look"),
            Self::Wrong(_) => language.say("FAUX", "WRONG"),
            Self::Skipped => language.say("non fait", "not made"),
        }
    }
}

/// What one check saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) check: Check,
    pub(super) standing: Standing,
    /// What was seen, without secrets.
    pub(super) seen: Text,
    /// What to do about it.
    pub(super) next: Option<Text>,
}

impl Finding {
    pub(super) fn well(check: Check, seen: Text) -> Self {
        Self { check, standing: Standing::Well, seen, next: None }
    }

    pub(super) fn remark(check: Check, seen: Text, next: Text) -> Self {
        Self { check, standing: Standing::Remark, seen, next: Some(next) }
    }

    pub(super) fn wrong(check: Check, trouble: Trouble, seen: Text, next: Text) -> Self {
        Self { check, standing: Standing::Wrong(trouble), seen, next: Some(next) }
    }

    /// A check that needed something that failed in words of its own, which say what to do next.
    pub(super) fn failed(check: Check, failure: &Failure) -> Self {
        let standing = Standing::Wrong(Trouble::of_failure(failure));
        Self { check, standing, seen: Text::same(&failure.to_string()), next: None }
    }

    /// A request of a check that did not succeed in a way that the check has no words for.
    pub(super) fn unforeseen(check: Check, error: &ClientError) -> Self {
        let (seen, next) = match error {
            ClientError::Unavailable { .. } | ClientError::TooManyRequests { .. } => (
                both(
                    format!("le serveur ne sert pas cette demande en ce moment : {error}"),
                    format!("the server does not serve this request now: {error}"),
                ),
                both(
                    "réessayez plus tard ; si cela dure, voyez si France Travail annonce une maintenance",
                    "try again later; if it goes on, see whether France Travail announces maintenance",
                ),
            ),
            error => (
                both(
                    format!("la réponse n'est pas celle qu'on attendait : {error}"),
                    format!("the answer is not what was expected: {error}"),
                ),
                both(
                    "vérifiez l'adresse du serveur ; royaume explain-error explique une réponse que l'on y colle",
                    "check the address of the server; royaume explain-error explains an answer that is pasted into it",
                ),
            ),
        };
        Self::wrong(check, Trouble::of(error), seen, next)
    }

    /// For programs.
    pub(super) fn described(&self) -> Value {
        json!({
            "check": self.check.as_str(),
            "standing": self.standing.as_str(),
            "seen": self.seen,
            "next": self.next,
        })
    }
}

/// The same thing said in French and in English.
pub(super) fn both(fr: impl Into<String>, en: impl Into<String>) -> Text {
    Text { fr: fr.into(), en: en.into() }
}
