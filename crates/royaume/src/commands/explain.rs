//! `royaume explain`: the decision of the page "Utiliser les API", as a command, for a realm or for an API.

mod apis;

use royaume_realm::{Application, ExplainError, Explanation, Flow, Place};
use serde_json::{Value, json};

use self::apis::Apis;
use super::admin::known;
use super::walkthrough::Walkthrough;
use crate::cli::Explain;
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

pub(super) fn run(asked: &Explain) -> Result<(), Failure> {
    let language = Language::of_environment();
    let (topology, catalogue) = asked.realms.catalogue()?;
    let place = place(&asked.server)?;
    let apis = Apis { topology: &topology, catalogue: &catalogue, place: &place, language, json: asked.json };
    if asked.apis {
        apis.all();
        return Ok(());
    }
    let applications = match asked.app {
        Some(app) => vec![app.into()],
        None => vec![Application::Private, Application::Public],
    };
    let Some(name) = &asked.name else {
        let all = topology.realms.iter().flat_map(|realm| {
            applications
                .iter()
                .filter_map(|application| topology.explain(realm.name.as_str(), *application, &place).ok())
        });
        let all: Vec<_> = all.collect();
        if asked.json {
            output::json(&all.iter().map(described).collect::<Vec<_>>());
        } else {
            whole_table(&all, language);
        }
        return Ok(());
    };
    if topology.realm(name).is_none() {
        match catalogue.api(name) {
            // Near to a realm's name, it is a realm that was meant.
            Err(_) if topology.nearest_realm(name).is_some() => {}
            Ok(_) | Err(_) => return apis.one(name, asked.app.map(Into::into)),
        }
    }
    let realm = known(&topology, name)?;
    let explained: Vec<_> = applications
        .iter()
        .map(|application| topology.explain(realm.name.as_str(), *application, &place))
        .collect();
    // Asked for both kinds, the one that makes no sense is left out; asked for by name, it is explained away.
    let wanted = match asked.app {
        Some(_) => explained
            .into_iter()
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Failure::Usage(why_not(&error, language)))?,
        None => explained.into_iter().filter_map(Result::ok).collect(),
    };
    if asked.json {
        let shown: Vec<_> = wanted.iter().map(described).collect();
        match shown.as_slice() {
            [one] => output::json(one),
            several => output::json(&several),
        }
    } else {
        for explanation in &wanted {
            one(explanation, language);
        }
    }
    Ok(())
}

fn why_not(error: &ExplainError, language: Language) -> String {
    match (error, language) {
        (ExplainError::PublicApplication { realm }, Language::French) => format!(
            "le royaume {realm} authentifie des applications, et une application publique n'a pas de secret qui la \
             prouve : appelez depuis un serveur à vous, ou authentifiez des personnes dans un autre royaume"
        ),
        (error, _) => error.to_string(),
    }
}

/// The place that `--server` names.
pub(super) fn place(server: &str) -> Result<Place, Failure> {
    if server == "production" {
        return Ok(Place::Production);
    }
    let base = royaume_realm::BaseUrl::parse(server)
        .map_err(|error| Failure::usage(format!("--server: {error}, or the word production")))?;
    Ok(Place::At(base))
}

/// Every row, narrow enough for a terminal of 80 columns but for the addresses, which nobody can shorten.
fn whole_table(all: &[Explanation<'_>], language: Language) {
    for (at, explanation) in all.iter().enumerate() {
        if at == 0 || all[at - 1].realm.name != explanation.realm.name {
            let gap = if at == 0 { "" } else { "\n" };
            let population = language.of(&explanation.realm.population);
            output::line(&format!("{gap}{} · {population}", explanation.realm.slashed()));
        }
        let row = |flow: &str| {
            let kind = named(explanation.application, language);
            output::line(&format!("  {kind:<20} {flow}"));
        };
        row(explanation.flow.as_str());
        if let Some(authorization) = &explanation.addresses.authorization
            && explanation.flow != Flow::ClientCredentials
        {
            output::line(&format!("    GET  {authorization}"));
        }
        let token = format!("    POST {}", explanation.addresses.token);
        output::line(&token);
        if explanation.also.contains(&Flow::ClientCredentials) {
            row(Flow::ClientCredentials.as_str());
            output::line(&token);
        }
    }
    output::remark(language.say(
        "\nTout sur l'un d'eux, avec les commandes à coller : royaume explain individu --app public",
        "\nAll about one of them, with the commands to paste: royaume explain individu --app public",
    ));
}

fn one(explanation: &Explanation<'_>, language: Language) {
    let pkce = match explanation.flow {
        Flow::ClientCredentials => language.say("sans objet", "does not apply"),
        Flow::AuthorizationCode => language.say("conseillé (S256)", "recommended (S256)"),
        Flow::AuthorizationCodeWithPkce => language.say("obligatoire (S256)", "mandatory (S256)"),
    };
    output::line(&format!(
        "{} · {} · {}",
        explanation.realm.slashed(),
        language.of(&explanation.realm.population),
        named(explanation.application, language)
    ));
    let by_itself = explanation.also.contains(&Flow::ClientCredentials);
    let mut lines =
        vec![(language.say("Cinématique", "Flow"), explanation.flow.to_string()), ("PKCE", pkce.to_owned())];
    if let Some(authorization) = &explanation.addresses.authorization {
        lines.push((language.say("Authentification", "Authorization"), format!("GET  {authorization}")));
    }
    lines.push(("Token", format!("POST {}", explanation.addresses.token)));
    if by_itself {
        let also = language.say(
            "Client credentials, pour l'application elle-même",
            "Client credentials, for the application itself",
        );
        lines.push((language.say("Ou bien", "Or else"), also.to_owned()));
    }
    lines.extend(explanation.documentation.map(|page| ("Documentation", page.to_owned())));
    for (name, text) in lines {
        output::line(&format!("  {name:<17} {text}"));
    }
    output::line("  Scopes");
    for scope in &explanation.realm.scopes {
        output::line(&format!("    {:<44} {}", scope.name, language.of(&scope.description)));
    }
    walk(&Walkthrough::of(explanation), explanation.application, language);
    if by_itself {
        let alone = language
            .say("\nOu bien, pour l'application elle-même :", "\nOr else, for the application itself:");
        output::line(alone);
        indented(&Walkthrough::of_the_application(explanation).curl);
    }
    output::line("");
}

/// The flow in the shell, step by step.
fn walk(walkthrough: &Walkthrough, application: Application, language: Language) {
    let say = |french, english| output::line(language.say(french, english));
    say("\nDans un terminal, avec ce qui est à vous :", "\nIn a terminal, with what is yours:");
    indented("CLIENT_ID='...'");
    if walkthrough.authorization.is_some() {
        indented("REDIRECT_URI='...'");
    }
    if application == Application::Private {
        indented("read -rs CLIENT_SECRET");
    }
    if let Some(authorization) = &walkthrough.authorization {
        say("Ce qui est nouveau à chaque fois :", "What is new each time:");
        walkthrough.variables.iter().for_each(|line| indented(line));
        say(
            "L'adresse que la personne ouvre dans son navigateur :",
            "The address that the person opens in a browser:",
        );
        indented(&format!("echo \"{authorization}\""));
        say(
            "Elle revient à REDIRECT_URI avec le même state, et un code, bon une fois et une minute :",
            "They come back to REDIRECT_URI with the same state, and a code, good once and for a minute:",
        );
        indented("CODE='...'");
    }
    say("Le token :", "The token:");
    indented(&walkthrough.curl);
}

fn indented(text: &str) {
    text.lines().for_each(|line| output::line(&format!("  {line}")));
}

fn named(application: Application, language: Language) -> &'static str {
    match application {
        Application::Private => language.say("application privée", "private application"),
        Application::Public => language.say("application publique", "public application"),
    }
}

fn described(explanation: &Explanation<'_>) -> Value {
    let walkthrough = Walkthrough::of(explanation);
    json!({
        "realm": explanation.realm.slashed(),
        "population": explanation.realm.population,
        "application": explanation.application,
        "flow": explanation.flow,
        "pkce": match explanation.flow {
            Flow::ClientCredentials => "none",
            Flow::AuthorizationCode => "recommended",
            Flow::AuthorizationCodeWithPkce => "required",
        },
        "also": explanation.also,
        "documentation": explanation.documentation,
        "authorization": explanation.addresses.authorization,
        "token": explanation.addresses.token,
        "issuer": explanation.addresses.issuer,
        "published": explanation.published,
        "scopes": explanation.realm.scopes,
        "variables": walkthrough.variables,
        "authorization_request": walkthrough.authorization,
        "curl": walkthrough.curl,
    })
}
