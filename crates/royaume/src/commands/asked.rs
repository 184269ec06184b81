//! What options, environment and profile say together: which application, where, with which secret.
//!
//! An option goes before ROYAUME_*, that before the profile that is named, that before the profile in use, that before
//! what is usual. A profile's secret goes to the profile's own place, and nowhere else.

use std::path::{Path, PathBuf};

use royaume_client::shared::SharedKey;
use royaume_realm::Place;

use super::explain::place;
use crate::cli::{Kind, Who};
use crate::failure::Failure;
use crate::language::Language;
use crate::place::quoted;
use crate::profiles::{IN_THE_VAULT, Profile, Profiles};
use crate::vault;

/// The server that is usual: a rehearsal of this machine.
const REHEARSAL: &str = "http://127.0.0.1:8080";

/// Which provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Where {
    /// One that describes itself.
    Issuer(String),
    /// A realm of France Travail, at its own server or another.
    Server {
        /// Base URL, or `production`.
        server: String,
        /// Its name.
        realm: String,
    },
}

/// Where the secret of the application is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SecretPlace {
    /// In a file that was named.
    File(PathBuf),
    /// In ROYAUME_CLIENT_SECRET, if anywhere.
    Environment,
    /// In the vault.
    Vault(SharedKey),
    /// With a profile that is of another place or application: it is not sent here.
    Withheld(String),
}

/// Everything that was asked for.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) place: Where,
    pub(super) client_id: Option<String>,
    pub(super) secret: SecretPlace,
    pub(super) app: Option<Kind>,
    /// The option that says the same in another command.
    pub(super) option: String,
    /// The profile, if one says something.
    pub(super) profile: Option<Profile>,
}

impl Where {
    /// That of a profile.
    pub(super) fn of_profile(profile: &Profile) -> Self {
        match &profile.issuer {
            Some(issuer) => Self::Issuer(issuer.clone()),
            None => Self::Server {
                server: profile.server.clone().unwrap_or_else(|| REHEARSAL.to_owned()),
                realm: profile.realm.clone().unwrap_or_default(),
            },
        }
    }

    /// Whoever has a secret of one may send it to the other: it is the same provider's.
    fn is_at(&self, other: &Self) -> bool {
        self.host() == other.host()
    }

    /// What a secret is bound to: an issuer, or a server with all its realms.
    fn host(&self) -> String {
        match self {
            Self::Issuer(issuer) => issuer.trim_end_matches('/').to_owned(),
            Self::Server { server, .. } => match place(server) {
                Ok(Place::At(base)) => base.to_string(),
                Ok(Place::Production) | Err(_) => server.clone(),
            },
        }
    }
}

/// The name of a profile's secret in the vault. It is bound to where it goes: a profile that is changed to another place
/// has no secret there.
pub(super) fn kept_secret(place: &Where, profile: &Profile) -> SharedKey {
    vault::key_of(&["client secret", &place.host(), profile.client_id.as_deref().unwrap_or_default()])
}

impl Asked {
    /// Puts together what was said.
    pub(super) fn of(who: &Who) -> Result<Self, Failure> {
        Self::with(who, &Profiles::usable()?)
    }

    fn with(who: &Who, profiles: &Profiles) -> Result<Self, Failure> {
        let named = who.profile.as_deref().filter(|name| !name.is_empty());
        let (name, profile) = match (named, &profiles.in_use) {
            (Some(name), _) => (Some(name), Some(profiles.named(name)?)),
            (None, Some(in_use)) => {
                let profile = profiles.named(in_use)?;
                (None, Some(profile).filter(|profile| agrees(who, profile)))
            }
            (None, None) => (None, None),
        };
        let place = where_of(who, profile)?;
        let client_id = who.client_id.clone().or_else(|| profile?.client_id.clone());
        let same_application = profile.is_some_and(|profile| profile.client_id == client_id);
        let option = match (name, &place) {
            (Some(name), _) => format!("--profile {name}"),
            (None, Where::Issuer(issuer)) => format!("--issuer {}", quoted(Path::new(issuer))),
            (None, Where::Server { realm, .. }) => format!("--realm {realm}"),
        };
        Ok(Self {
            secret: secret_place(who, profile, &place, same_application),
            app: who.app.or_else(|| profile.filter(|_| same_application)?.app),
            place,
            client_id,
            option,
            profile: profile.cloned(),
        })
    }
}

/// A profile that nobody named changes nothing that was said: where it says otherwise, it is left out whole.
fn agrees(who: &Who, profile: &Profile) -> bool {
    let own = Where::of_profile(profile);
    if let Some(issuer) = &who.issuer {
        return own.is_at(&Where::Issuer(issuer.clone())) && profile.issuer.is_some();
    }
    let (server, realm) = (&who.server.server, &who.realm);
    let elsewhere = profile.issuer.is_some() && (server.is_some() || realm.is_some());
    let server_agrees = server
        .as_ref()
        .is_none_or(|server| own.is_at(&Where::Server { server: server.clone(), realm: String::new() }));
    let realm_agrees = realm
        .as_ref()
        .is_none_or(|realm| profile.realm.as_deref().is_none_or(|own| own == realm.trim_matches('/')));
    let application_agrees = match (&who.client_id, &profile.client_id) {
        (Some(asked), Some(own)) => asked == own,
        (None, _) | (_, None) => true,
    };
    !elsewhere && server_agrees && realm_agrees && application_agrees
}

fn where_of(who: &Who, profile: Option<&Profile>) -> Result<Where, Failure> {
    let of_profile = || profile.and_then(|profile| profile.issuer.clone());
    let nothing_said = who.realm.is_none() && who.server.server.is_none();
    let issuer = who.issuer.clone().or_else(|| of_profile().filter(|_| nothing_said));
    if let Some(issuer) = issuer {
        return Ok(Where::Issuer(issuer));
    }
    let realm = who.realm.clone().or_else(|| profile?.realm.clone()).ok_or_else(|| {
        Failure::usage(Language::of_environment().say(
            "quel royaume ? Donnez --realm ROYAUME, --issuer URL ou --profile NOM",
            "which realm? Say --realm REALM, --issuer URL or --profile NAME",
        ))
    })?;
    let server = who.server.server.clone().or_else(|| profile?.server.clone());
    Ok(Where::Server { server: server.unwrap_or_else(|| REHEARSAL.to_owned()), realm })
}

fn secret_place(who: &Who, profile: Option<&Profile>, place: &Where, same_application: bool) -> SecretPlace {
    if let Some(file) = &who.client_secret_file {
        return SecretPlace::File(file.clone());
    }
    let said = std::env::var_os("ROYAUME_CLIENT_SECRET").is_some();
    let kept = profile.and_then(|profile| Some((profile, profile.client_secret_file.as_deref()?)));
    match kept {
        Some((profile, file)) if !said => {
            let own = Where::of_profile(profile);
            if !own.is_at(place) || !same_application {
                SecretPlace::Withheld(own.host())
            } else if file == IN_THE_VAULT {
                SecretPlace::Vault(kept_secret(&own, profile))
            } else {
                SecretPlace::File(PathBuf::from(file))
            }
        }
        Some(_) | None => SecretPlace::Environment,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    const FILE: &str = r#"
use = "used"
[profile.used]
server = "https://one.example.org"
realm = "individu"
client_id = "PAR_used"
app = "public"
client_secret_file = "/etc/one"
[profile.other]
server = "https://two.example.org/"
realm = "agent"
client_id = "PAR_other"
client_secret_file = "keyring"
[profile.issuer]
issuer = "https://three.example.org"
client_id = "three"
client_secret_file = "/etc/three"
"#;

    fn asked(options: &[&str]) -> Result<Asked, Failure> {
        let cli = Cli::try_parse_from([&["royaume", "userinfo"], options].concat()).unwrap();
        let Command::Userinfo(saved) = cli.command else { unreachable!("it was asked for") };
        Asked::with(&saved.who, &toml::from_str(FILE).unwrap())
    }

    fn at(server: &str, realm: &str) -> Where {
        Where::Server { server: server.to_owned(), realm: realm.to_owned() }
    }

    #[test]
    fn an_option_goes_before_the_named_profile_and_that_before_the_one_in_use() {
        let used = asked(&[]).unwrap();
        assert_eq!(used.place, at("https://one.example.org", "individu"));
        assert_eq!((used.client_id.as_deref(), used.app), (Some("PAR_used"), Some(Kind::Public)));
        assert_eq!(used.secret, SecretPlace::File("/etc/one".into()));
        let other = asked(&["--profile", "other"]).unwrap();
        assert_eq!(other.place, at("https://two.example.org/", "agent"));
        assert!(matches!(other.secret, SecretPlace::Vault(_)));
        assert_eq!(other.option, "--profile other");
        let option = asked(&["--profile", "other", "--realm", "entreprise", "--app", "machine"]).unwrap();
        assert_eq!(option.place, at("https://two.example.org/", "entreprise"));
        assert_eq!((option.client_id.as_deref(), option.app), (Some("PAR_other"), Some(Kind::Machine)));
        assert_eq!(
            asked(&["--profile", "issuer"]).unwrap().place,
            Where::Issuer("https://three.example.org".into())
        );
        assert!(asked(&["--profile", "nobody"]).is_err_and(|error| error.to_string().contains("used")));
    }

    /// Whoever says where something goes is never sent elsewhere by a profile that is merely in use.
    #[test]
    fn a_profile_in_use_that_says_otherwise_is_left_out_whole() {
        for options in [
            &["--server", "https://evil.example.org", "--realm", "individu"][..],
            &["--realm", "agent"],
            &["--client-id", "another", "--realm", "individu"],
            &["--issuer", "https://one.example.org"],
        ] {
            let asked = asked(options).unwrap();
            assert_eq!((asked.profile, &asked.secret), (None, &SecretPlace::Environment), "{options:?}");
            assert_ne!(asked.client_id.as_deref(), Some("PAR_used"), "{options:?}");
        }
        assert!(asked(&["--server", "https://evil.example.org"]).is_err(), "not even its realm");
        let same = asked(&["--server", "https://one.example.org/", "--realm", "/individu"]).unwrap();
        assert_eq!(same.client_id.as_deref(), Some("PAR_used"));
    }

    /// RFC 9700 §4.9.1: a secret is sent to whom it is shared with.
    #[test]
    fn the_secret_of_a_profile_is_for_its_own_place_and_application() {
        for options in [
            &["--profile", "other", "--server", "https://evil.example.org"][..],
            &["--profile", "other", "--server", "http://two.example.org"],
            &["--profile", "other", "--server", "https://two.example.org:8443"],
            &["--profile", "other", "--server", "production"],
            &["--profile", "other", "--client-id", "another"],
            &["--profile", "issuer", "--issuer", "https://evil.example.org"],
            &["--profile", "issuer", "--server", "https://three.example.org"],
            &["--profile", "issuer", "--server", "https://evil.example.org", "--realm", "individu"],
        ] {
            match asked(options) {
                Ok(asked) => {
                    assert!(matches!(asked.secret, SecretPlace::Withheld(_)), "{options:?}: {asked:?}");
                }
                Err(error) => assert!(error.to_string().contains("--realm"), "{options:?}: {error}"),
            }
        }
        let realm = asked(&["--profile", "other", "--realm", "individu"]).unwrap();
        assert!(matches!(realm.secret, SecretPlace::Vault(_)), "the same server knows it");
        let file = asked(&["--profile", "other", "--client-secret-file", "f", "--client-id", "a"]).unwrap();
        assert_eq!(file.secret, SecretPlace::File("f".into()));
    }

    #[test]
    fn what_nobody_says_is_usual() {
        let profiles = Profiles::default();
        let cli = Cli::try_parse_from(["royaume", "userinfo", "--realm", "individu"]).unwrap();
        let Command::Userinfo(saved) = cli.command else { unreachable!("it was asked for") };
        let asked = Asked::with(&saved.who, &profiles).unwrap();
        assert_eq!((asked.place, asked.secret), (at(REHEARSAL, "individu"), SecretPlace::Environment));
    }
}
