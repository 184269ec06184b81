//! `royaume whoami`: who is signed in, where, for what and until when.

use royaume_client::TokenSet;
use royaume_protocol::{IdTokenClaims, UserInfo};
use royaume_server::{Clock as _, SystemClock};
use serde_json::{Map, Value, json};

use super::logins::Logins;
use super::who::Speaker;
use crate::cli::{Kind, Whoami};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

/// What is known of the person.
struct Person {
    sub: Option<String>,
    name: Option<String>,
    email: Option<String>,
}

pub(super) async fn run(asked: Whoami) -> Result<(), Failure> {
    if asked.all {
        return everybody(asked.who.json).await;
    }
    let speaker = Speaker::of(&asked.who, &[Kind::Private, Kind::Public]).await?;
    let tokens = Logins::open()?.of(&speaker).await?;
    let userinfo = match asked.online {
        true => Some(speaker.client.userinfo(&tokens, SystemClock.now()).await?),
        false => None,
    };
    let person = Person::of(tokens.claims.as_ref(), userinfo.as_ref());
    let ended = tokens.expires_at.is_some_and(|until| until <= SystemClock.now());
    if asked.who.json {
        output::json(&json!({
            "sub": person.sub,
            "name": person.name,
            "email": person.email,
            "issuer": speaker.client.provider.issuer,
            "realm": speaker.realm,
            "client_id": speaker.client.application.client_id(),
            "scope": tokens.scope.as_ref().map(ToString::to_string),
            "expires_at": tokens.expires_at.map(|at| at.to_string()),
            "expired": ended,
            "renewable": tokens.refresh_token.is_some(),
        }));
        return Ok(());
    }
    show(&person, &speaker, &tokens, ended);
    Ok(())
}

/// Everybody, as their logins say.
async fn everybody(json: bool) -> Result<(), Failure> {
    let (all, now) = (Logins::open()?.all().await?, SystemClock.now());
    if json {
        let described = all.iter().map(|(issuer, client_id, tokens)| {
            let person = Person::of(tokens.claims.as_ref(), None);
            json!({
                "sub": person.sub,
                "name": person.name,
                "email": person.email,
                "issuer": issuer,
                "client_id": client_id,
                "scope": tokens.scope.as_ref().map(ToString::to_string),
                "expires_at": tokens.expires_at.map(|at| at.to_string()),
                "expired": tokens.expires_at.is_some_and(|until| until <= now),
                "renewable": tokens.refresh_token.is_some(),
            })
        });
        output::json(&described.collect::<Vec<_>>());
        return Ok(());
    }
    let language = Language::of_environment();
    if all.is_empty() {
        output::remark(language.say("Personne n'est connecté.", "Nobody is signed in."));
        return Ok(());
    }
    let rows = all.into_iter().map(|(issuer, client_id, tokens)| {
        let person = Person::of(tokens.claims.as_ref(), None);
        let who = person.name.or(person.email).or(person.sub).unwrap_or_default();
        let until = tokens.expires_at.map(|at| at.to_string()).unwrap_or_default();
        vec![who, until, client_id, issuer]
    });
    let headings = [
        language.say("QUI", "WHO"),
        language.say("JUSQU'AU", "UNTIL"),
        "APPLICATION",
        language.say("FOURNISSEUR", "PROVIDER"),
    ];
    output::table(&headings, &rows.collect::<Vec<_>>());
    Ok(())
}

impl Person {
    /// Userinfo is asked now, so it goes before what the id token said then.
    fn of(claims: Option<&IdTokenClaims>, userinfo: Option<&UserInfo>) -> Self {
        let nothing = Map::new();
        let told = claims.map_or(&nothing, |claims| &claims.extra);
        let now = userinfo.map_or(&nothing, |userinfo| &userinfo.claims);
        let text = |name: &str| {
            let said = |from: &Map<String, Value>| Some(from.get(name)?.as_str()?.to_owned());
            said(now).or_else(|| said(told)).filter(|text| !text.is_empty())
        };
        let names = [text("given_name"), text("family_name")];
        let joined = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let sub = userinfo.map(|userinfo| userinfo.sub.clone());
        Self {
            sub: sub.or_else(|| Some(claims?.sub.clone())),
            name: text("name").or(Some(joined).filter(|name| !name.is_empty())),
            email: text("email"),
        }
    }
}

fn show(person: &Person, speaker: &Speaker, tokens: &TokenSet, ended: bool) {
    let language = Language::of_environment();
    let until = tokens.expires_at.map(|at| match (ended, tokens.refresh_token.is_some()) {
        (false, _) => at.to_string(),
        (true, true) => format!(
            "{at} ({} {})",
            language.say("passé : royaume refresh", "past: royaume refresh"),
            speaker.option
        ),
        (true, false) => format!(
            "{at} ({} {})",
            language.say("passé : royaume login", "past: royaume login"),
            speaker.option
        ),
    });
    let rows = [
        (language.say("nom", "name"), person.name.clone()),
        ("email", person.email.clone()),
        ("sub", person.sub.clone()),
        (language.say("royaume", "realm"), speaker.realm.clone()),
        (language.say("fournisseur", "provider"), Some(speaker.client.provider.issuer.clone())),
        ("application", Some(speaker.client.application.client_id().to_owned())),
        ("scope", tokens.scope.as_ref().map(ToString::to_string)),
        (language.say("jusqu'au", "until"), until),
    ];
    for (name, value) in rows.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        output::line(&format!("{name:<12} {}", output::harmless(&value)));
    }
}
