//! `royaume explain`: the decision of the page "Utiliser les API", as a command.

use royaume_realm::{Application, ExplainError, Explanation, Flow, Place, Topology};
use serde_json::{Value, json};

use super::admin::known;
use crate::cli::Explain;
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

pub(super) fn run(asked: &Explain) -> Result<(), Failure> {
    let language = Language::of_environment();
    let topology = Topology::preset(Topology::FRANCE_TRAVAIL).map_err(Failure::usage)?;
    let place = place(&asked.server)?;
    let applications = match asked.app {
        Some(app) => vec![app.into()],
        None => vec![Application::Private, Application::Public],
    };
    let Some(realm) = &asked.realm else {
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
    let realm = known(&topology, realm)?;
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

fn whole_table(all: &[Explanation<'_>], language: Language) {
    let rows = all.iter().map(|explanation| {
        vec![
            explanation.realm.slashed(),
            language.of(&explanation.realm.population).to_owned(),
            kind(explanation.application, language).to_owned(),
            explanation.flow.to_string(),
            explanation.addresses.authorization.clone().unwrap_or_else(|| "-".to_owned()),
            explanation.addresses.token.clone(),
        ]
    });
    let headings = [
        language.say("ROYAUME", "REALM"),
        language.say("VOUS AUTHENTIFIEZ", "YOU AUTHENTICATE"),
        "APPLICATION",
        language.say("CINÉMATIQUE", "FLOW"),
        language.say("AUTHENTIFICATION (GET)", "AUTHORIZATION (GET)"),
        language.say("TOKEN (POST)", "TOKEN (POST)"),
    ];
    output::table(&headings, &rows.collect::<Vec<_>>());
}

fn one(explanation: &Explanation<'_>, language: Language) {
    let pkce = match explanation.flow {
        Flow::ClientCredentials => language.say("sans objet", "does not apply"),
        Flow::AuthorizationCode => language.say("conseillé (S256)", "recommended (S256)"),
        Flow::AuthorizationCodeWithPkce => language.say("obligatoire (S256)", "mandatory (S256)"),
    };
    output::line(&format!(
        "{} · {} · application {}",
        explanation.realm.slashed(),
        language.of(&explanation.realm.population),
        kind(explanation.application, language)
    ));
    let mut lines =
        vec![(language.say("Cinématique", "Flow"), explanation.flow.to_string()), ("PKCE", pkce.to_owned())];
    if let Some(authorization) = &explanation.addresses.authorization {
        lines.push((language.say("Authentification", "Authorization"), format!("GET  {authorization}")));
    }
    lines.push(("Token", format!("POST {}", explanation.addresses.token)));
    lines.extend(explanation.documentation.map(|page| ("Documentation", page.to_owned())));
    for (name, text) in lines {
        output::line(&format!("  {name:<17} {text}"));
    }
    output::line(&format!("  {}", language.say("Scopes", "Scopes")));
    for scope in &explanation.realm.scopes {
        output::line(&format!("    {:<44} {}", scope.name, language.of(&scope.description)));
    }
    output::line("");
    output::line(&curl(explanation));
    output::line("");
}

fn kind(application: Application, language: Language) -> &'static str {
    match application {
        Application::Private => language.say("privée", "private"),
        Application::Public => language.say("publique", "public"),
    }
}

/// A command to paste: what it needs from the reader is in capitals.
fn curl(explanation: &Explanation<'_>) -> String {
    let scope = explanation
        .realm
        .scopes
        .iter()
        .map(|scope| scope.name.as_str())
        .take(2)
        .collect::<Vec<_>>()
        .join(" ");
    let token = &explanation.addresses.token;
    let secret = match explanation.application {
        Application::Private => " \\\n       --data-urlencode client_secret=\"$CLIENT_SECRET\"",
        Application::Public => "",
    };
    match explanation.flow {
        Flow::ClientCredentials => format!(
            "  curl --request POST '{token}' \\\n       --data grant_type=client_credentials \\\n       \
             --data-urlencode client_id=\"$CLIENT_ID\"{secret} \\\n       --data-urlencode scope='{scope}'"
        ),
        Flow::AuthorizationCode | Flow::AuthorizationCodeWithPkce => format!(
            "  curl --request POST '{token}' \\\n       --data grant_type=authorization_code \\\n       \
             --data-urlencode client_id=\"$CLIENT_ID\"{secret} \\\n       --data-urlencode redirect_uri=\"$REDIRECT_URI\" \
             \\\n       --data-urlencode code=\"$CODE\" \\\n       --data-urlencode code_verifier=\"$CODE_VERIFIER\""
        ),
    }
}

fn described(explanation: &Explanation<'_>) -> Value {
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
        "curl": curl(explanation),
    })
}
