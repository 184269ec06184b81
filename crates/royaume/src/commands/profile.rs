//! `royaume profile`: applications and their servers, by name.

use std::io::{IsTerminal as _, Read as _};

use royaume_client::shared::SharedKey;
use royaume_protocol::{Scope, Secret};
use royaume_realm::BaseUrl;
use serde_json::json;

use super::asked::{Where, kept_secret};
use super::explain::place;
use crate::cli::{Add, ProfileCommand};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;
use crate::place::LONGEST_SECRET;
use crate::profiles::{self, IN_THE_VAULT, Profile, Profiles};
use crate::vault::Vault;

/// The vault of secrets.
pub(super) const SECRETS: &str = "secrets";

pub(super) async fn run(command: ProfileCommand) -> Result<(), Failure> {
    match command {
        ProfileCommand::Add(asked) => add(asked).await,
        ProfileCommand::List { json } => list(json),
        ProfileCommand::Show { name, json } => show(&name, json),
        ProfileCommand::Use { name, none: _ } => switch(name.as_deref()),
        ProfileCommand::Remove { name } => remove(&name).await,
    }
}

async fn add(asked: Add) -> Result<(), Failure> {
    let language = Language::of_environment();
    let named = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if asked.name.is_empty() || asked.name.len() > 64 || !asked.name.chars().all(named) {
        return Err(Failure::usage(language.say(
            "le nom d'un profil a des lettres, des chiffres, - et _, 64 au plus",
            "the name of a profile has letters, digits, - and _, 64 at most",
        )));
    }
    let url = |option: &str, text: &str| {
        BaseUrl::parse(text).map(drop).map_err(|error| Failure::Usage(format!("{option}: {error}")))
    };
    asked.server.as_deref().map(place).transpose()?;
    asked.issuer.as_deref().map(|text| url("--issuer", text)).transpose()?;
    asked.api.as_deref().map(|text| url("--api", text)).transpose()?;
    asked.scope.as_deref().map(Scope::parse).transpose().map_err(Failure::usage)?;
    if asked.redirect_uri.as_ref().is_some_and(|uri| !uri.contains("://")) {
        return Err(Failure::usage(language.say(
            "--redirect-uri est une adresse entière, telle que https://app.example/retour",
            "--redirect-uri is a whole address, such as https://app.example/callback",
        )));
    }
    let secret_in_vault = asked.client_secret_file.as_deref() == Some(IN_THE_VAULT);
    let client_secret_file = match asked.client_secret_file {
        Some(file) if !secret_in_vault => {
            let absolute = std::path::absolute(&file).map_err(Failure::usage)?;
            Some(absolute.into_os_string().into_string().map_err(|_| {
                Failure::usage(language.say("ce chemin n'est pas de l'Unicode", "that path is not Unicode"))
            })?)
        }
        file => file,
    };
    let profile = Profile {
        server: asked.server,
        issuer: asked.issuer,
        realm: asked.realm.map(|realm| realm.trim_matches('/').to_owned()),
        client_id: asked.client_id,
        app: asked.app,
        scope: asked.scope,
        redirect_uri: asked.redirect_uri,
        client_secret_file,
        api: asked.api,
    };
    free(&Profiles::read()?, &asked.name, asked.replace)?;
    let kept = kept_secret(&Where::of_profile(&profile), &profile);
    if secret_in_vault {
        Vault::open(SECRETS)?.hold(kept).await?.write(new_secret()?.expose().as_bytes()).await?;
    }
    let name = &asked.name;
    let mut unused = None;
    Profiles::edit(|profiles, document| {
        free(profiles, name, asked.replace)?;
        unused = own_secret(profiles, name).filter(|old| !secret_in_vault || *old != kept);
        profiles::put(document, name, &profile)?;
        if asked.in_use {
            document.insert("use", toml_edit::value(name));
        }
        Ok(())
    })?;
    forget(unused).await?;
    output::line(&match language {
        Language::French => format!("Le profil {name} est dans {}.", profiles::path().display()),
        Language::English => format!("Profile {name} is in {}.", profiles::path().display()),
    });
    if !asked.in_use {
        output::remark(&match language {
            Language::French => format!("Pour l'employer sans le nommer : royaume profile use {name}"),
            Language::English => format!("To use it without naming it: royaume profile use {name}"),
        });
    }
    Ok(())
}

/// Nobody's profile is overwritten by mistake.
fn free(profiles: &Profiles, name: &str, replace: bool) -> Result<(), Failure> {
    if replace || !profiles.all.contains_key(name) {
        return Ok(());
    }
    Err(Failure::Usage(match Language::of_environment() {
        Language::French => format!("il y a déjà un profil {name} : --replace prend sa place"),
        Language::English => format!("there is a profile {name} already: --replace takes its place"),
    }))
}

fn new_secret() -> Result<Secret, Failure> {
    let language = Language::of_environment();
    let secret = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(language.say("Secret de l'application : ", "Secret of the application: "))
            .map_err(Failure::usage)?
    } else {
        let mut text = String::new();
        std::io::stdin().take(LONGEST_SECRET).read_to_string(&mut text).map_err(Failure::usage)?;
        text
    };
    if secret.trim().is_empty() {
        return Err(Failure::usage(language.say(
            "aucun secret n'a été donné sur l'entrée standard",
            "no secret was given on standard input",
        )));
    }
    Ok(Secret::from(secret.trim()))
}

fn list(json: bool) -> Result<(), Failure> {
    let (language, profiles) = (Language::of_environment(), Profiles::read()?);
    if json {
        output::json(&json!({ "in_use": profiles.in_use, "profiles": profiles.all }));
        return Ok(());
    }
    if profiles.all.is_empty() {
        output::remark(language.say(
            "Il n'y a pas encore de profil : royaume profile add NOM --realm ROYAUME …",
            "There are no profiles yet: royaume profile add NAME --realm REALM …",
        ));
        return Ok(());
    }
    let rows = profiles.all.iter().map(|(name, profile)| {
        let used = if profiles.in_use.as_ref() == Some(name) { "*" } else { "" };
        let place = match Where::of_profile(profile) {
            Where::Issuer(issuer) => issuer,
            Where::Server { server, realm } => format!("{server} {realm}"),
        };
        vec![used.to_owned(), name.clone(), place, profile.client_id.clone().unwrap_or_default()]
    });
    let headings = ["", language.say("NOM", "NAME"), language.say("OÙ", "WHERE"), "CLIENT_ID"];
    output::table(&headings, &rows.collect::<Vec<_>>());
    Ok(())
}

fn show(name: &str, json: bool) -> Result<(), Failure> {
    let profiles = Profiles::read()?;
    let profile = profiles.named(name)?;
    if json {
        output::json(profile);
        return Ok(());
    }
    for (field, value) in profiles::fields(profile) {
        output::line(&format!("{field:<18}  {}", output::harmless(&value)));
    }
    if profiles.in_use.as_deref() == Some(name) {
        output::remark(
            Language::of_environment().say("C'est le profil employé.", "It is the profile in use."),
        );
    }
    Ok(())
}

fn switch(name: Option<&str>) -> Result<(), Failure> {
    let language = Language::of_environment();
    Profiles::edit(|profiles, document| {
        match name {
            Some(name) => {
                profiles.named(name)?;
                // The value alone is replaced: what is written beside it stays.
                match document.get_mut("use").and_then(toml_edit::Item::as_value_mut) {
                    Some(old) => {
                        let decor = old.decor().clone();
                        *old = name.into();
                        *old.decor_mut() = decor;
                    }
                    None => {
                        document.insert("use", toml_edit::value(name));
                    }
                }
            }
            None => profiles::use_none(document),
        }
        Ok(())
    })?;
    output::line(&match (name, language) {
        (Some(name), Language::French) => format!("Le profil {name} est employé où aucun autre n'est nommé."),
        (Some(name), Language::English) => format!("Profile {name} is used where no other is named."),
        (None, Language::French) => "Aucun profil n'est employé.".to_owned(),
        (None, Language::English) => "No profile is in use.".to_owned(),
    });
    Ok(())
}

async fn remove(name: &str) -> Result<(), Failure> {
    let mut unused = None;
    Profiles::edit(|profiles, document| {
        unused = own_secret(profiles, name);
        profiles.named(name)?;
        let all = document.get_mut("profile").and_then(toml_edit::Item::as_table_like_mut);
        all.and_then(|all| all.remove(name));
        if profiles.in_use.as_deref() == Some(name) {
            profiles::use_none(document);
        }
        Ok(())
    })?;
    forget(unused).await?;
    output::line(&match Language::of_environment() {
        Language::French => format!("Le profil {name} est oublié."),
        Language::English => format!("Profile {name} is forgotten."),
    });
    Ok(())
}

/// The secret that is kept for this profile, and for no other.
fn own_secret(profiles: &Profiles, name: &str) -> Option<SharedKey> {
    let kept = |profile: &Profile| {
        let in_vault = profile.client_secret_file.as_deref() == Some(IN_THE_VAULT);
        in_vault.then(|| kept_secret(&Where::of_profile(profile), profile))
    };
    let own = kept(profiles.all.get(name)?)?;
    let mut others = profiles.all.iter().filter(|(other, _)| *other != name);
    (!others.any(|(_, profile)| kept(profile) == Some(own))).then_some(own)
}

async fn forget(secret: Option<SharedKey>) -> Result<(), Failure> {
    match secret {
        Some(key) => Vault::open(SECRETS)?.hold(key).await?.remove().await,
        None => Ok(()),
    }
}
