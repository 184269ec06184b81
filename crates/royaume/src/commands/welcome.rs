//! What `royaume dev` says when it is ready: a page-sized welcome in the terminal, and the page at `/`.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use royaume_protocol::Parameters;
use royaume_realm::{Realm, Samples, Text, Topology};
use royaume_server::pages::{
    self, LanguageLink, WelcomeApplication, WelcomeCommand, WelcomePerson, WelcomeRealm,
};
use royaume_server::stored::client::Application;
use serde_json::Value;

use super::run::Extra;
use crate::language::Language;
use crate::output;
use crate::place::quoted;

/// Prints the welcome.
pub(super) fn print(topology: &Topology, description: &Value, data: &Path, named: bool) {
    let language = Language::of_environment();
    let say = |french, english| language.say(french, english);
    let base = description["base_url"].as_str().unwrap_or_default();
    output::line(&format!(
        "Royaume · {} · {base}\n",
        say("la connexion de France Travail, sur cette machine", "France Travail's sign-in, on this machine")
    ));
    for realm in &topology.realms {
        let (name, realm) = (realm.name.as_str(), &description["realms"][realm.name.as_str()]);
        output::line(&format!("  /{name:<12} issuer     {}", realm["issuer"].as_str().unwrap_or_default()));
        if let Some(authorize) = realm["authorize"].as_str() {
            output::line(&format!("  {:<13} authorize  {authorize}", ""));
        }
        output::line(&format!("  {:<13} token      {}", "", realm["token"].as_str().unwrap_or_default()));
    }
    let api = description["api_base_url"].as_str().unwrap_or_default();
    output::line(&format!("  {:<13} {api}", "API"));
    output::line(&format!("\n{}", say("Applications d'exemple :", "Sample applications:")));
    for client in description["clients"].as_array().into_iter().flatten() {
        output::line(&format!(
            "  /{:<12} {:<8} {}",
            client["realm"].as_str().unwrap_or_default(),
            client["kind"].as_str().unwrap_or_default(),
            client["client_id"].as_str().unwrap_or_default()
        ));
        if let Some(secret) = secret(client, say("changé", "changed")) {
            output::line(&format!("  {:<13} {:<8} {secret}", "", "secret"));
        }
    }
    output::line(&format!(
        "\n{}",
        say("Personnes d'exemple (nom / mot de passe) :", "Sample people (name / password):")
    ));
    for person in description["people"].as_array().into_iter().flatten() {
        output::line(&format!(
            "  /{:<12} {} / {}  ({})",
            person["realm"].as_str().unwrap_or_default(),
            person["username"].as_str().unwrap_or_default(),
            person["password"].as_str().unwrap_or_default(),
            person["persona"].as_str().unwrap_or_default()
        ));
    }
    output::line(&format!(
        "\n{}",
        say("À essayer, dans un autre terminal :", "To try, in another terminal:")
    ));
    for (_, command) in commands(base, data, named) {
        output::line(&format!("  {command}"));
    }
    output::line(&format!(
        "\n{} {}",
        say("Le même, pour vos programmes :", "The same, for your programs:"),
        data.join(super::dev::DEV_JSON).display()
    ));
    output::line(say("Ctrl-C arrête le serveur.", "Ctrl-C stops the server."));
}

/// The page at `/`.
pub(super) struct Page {
    topology: Topology,
    samples: Samples,
    description: Value,
    commands: [(Text, String); 3],
}

impl Page {
    pub(super) fn new(
        topology: &Topology,
        samples: &Samples,
        description: &Value,
        data: &Path,
        named: bool,
    ) -> Self {
        Self {
            topology: topology.clone(),
            samples: samples.clone(),
            description: description.clone(),
            commands: commands(description["base_url"].as_str().unwrap_or_default(), data, named),
        }
    }

    fn html(&self, language: pages::Language) -> String {
        let link =
            |language: pages::Language| LanguageLink { language, href: format!("/?lang={}", language.tag()) };
        let command = |(purpose, line): &(Text, String)| WelcomeCommand {
            purpose: say(language, purpose),
            line: line.clone(),
        };
        pages::Welcome {
            page: pages::Page {
                language,
                place: "Royaume",
                language_links: pages::Language::ALL.into_iter().map(link).collect(),
            },
            base: self.description["base_url"].as_str().unwrap_or_default(),
            commands: self.commands.iter().map(command).collect(),
            realms: self.topology.realms.iter().map(|realm| self.realm(realm, language)).collect(),
        }
        .render()
    }

    fn realm(&self, realm: &Realm, language: pages::Language) -> WelcomeRealm {
        let addresses = ["authorize", "token", "userinfo", "discovery"].into_iter().filter_map(|name| {
            let address = self.description["realms"][realm.name.as_str()][name].as_str()?;
            Some((name.to_owned(), address.to_owned()))
        });
        let people = self.samples.people.iter().filter(|person| person.realm == realm.name);
        let applications = self.samples.applications.iter().filter(|sample| sample.realm == realm.name);
        WelcomeRealm {
            name: realm.name.to_string(),
            population: say(language, &realm.population),
            addresses: addresses.collect(),
            people: people
                .map(|person| WelcomePerson {
                    username: person.username.clone(),
                    password: person.password.clone(),
                    description: say(language, &person.description),
                })
                .collect(),
            applications: applications
                .map(|sample| {
                    let client = self.client(&sample.client_id);
                    WelcomeApplication {
                        name: say(language, &sample.name),
                        kind: client["kind"].as_str().unwrap_or_default().to_owned(),
                        client_id: sample.client_id.clone(),
                        secret: secret(client, language.choose("changé", "changed")).map(str::to_owned),
                    }
                })
                .collect(),
        }
    }

    /// What the description says of an application.
    fn client(&self, client_id: &str) -> &Value {
        let mut clients = self.description["clients"].as_array().into_iter().flatten();
        clients.find(|client| client["client_id"] == client_id).unwrap_or(&Value::Null)
    }
}

/// What is shown as an application's secret; of one that an operator has ended, that it was.
fn secret<'a>(client: &'a Value, changed: &'a str) -> Option<&'a str> {
    let public = client["kind"] == Application::Public.as_str();
    client["client_secret"].as_str().or_else(|| (!public).then_some(changed))
}

/// A text in the language of a page.
fn say(language: pages::Language, text: &Text) -> String {
    language.choose(&text.fr, &text.en).clone()
}

impl Extra for Page {
    fn answer(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        if request.uri().path() != "/" {
            return None;
        }
        let query =
            Parameters::parse(request.uri().query().unwrap_or_default().as_bytes()).unwrap_or_default();
        let preferred = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let language = pages::Language::negotiate(query.optional("lang"), preferred);
        Some(royaume_server::page(StatusCode::OK, self.html(language)))
    }
}

/// Three commands that work as they stand, and what each does.
fn commands(base: &str, data: &Path, named: bool) -> [(Text, String); 3] {
    let program = program(std::env::args_os().next().as_deref());
    let mut options = String::new();
    if base != "http://127.0.0.1:8080" {
        options.push_str(&format!(" --server {base}"));
    }
    if named {
        options.push_str(&format!(" --data {}", quoted(data)));
    }
    let text = |fr: &str, en: &str| Text { fr: fr.to_owned(), en: en.to_owned() };
    [
        (
            text("Un programme obtient un jeton.", "A program gets a token."),
            format!("{program} token --realm partenaire --scope \"api_offresdemploiv2 o2dsoffre\"{options}"),
        ),
        (
            text(
                "Une personne se connecte : ouvrez l’adresse affichée, puis entrez camille et camille.",
                "A person signs in: open the address that is shown, then enter camille and camille.",
            ),
            format!("{program} login --realm individu{options}"),
        ),
        (
            text(
                "Quelle authentification pour une API ? La réponse, avec ses adresses.",
                "Which authentication does an API need? The answer, with its addresses.",
            ),
            format!("{program} explain individu --app public"),
        ),
    ]
}

/// The program as its user called it: by its path where they had to, as cargo has.
fn program(called: Option<&OsStr>) -> String {
    match called {
        Some(called) if called.as_bytes().contains(&b'/') => quoted(Path::new(called)),
        Some(_) | None => "royaume".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_called_by_its_path_is_named_by_it() {
        for (called, shown) in [
            (Some("target/release/royaume"), "target/release/royaume"),
            (Some("./royaume"), "./royaume"),
            (Some("/opt/my tools/royaume"), "'/opt/my tools/royaume'"),
            (Some("royaume"), "royaume"),
            (None, "royaume"),
        ] {
            assert_eq!(program(called.map(OsStr::new)), shown);
        }
    }
}
