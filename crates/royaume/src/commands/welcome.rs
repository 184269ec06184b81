//! What `royaume dev` says when it is ready: a page-sized welcome in the terminal, and the page at `/`.

use std::path::Path;

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use royaume_protocol::Parameters;
use royaume_realm::Topology;
use royaume_server::pages::{self, LanguageLink, WelcomeApplication, WelcomePerson, WelcomeRealm};
use serde_json::Value;

use super::run::Extra;
use crate::language::Language;
use crate::output;

/// Prints the welcome.
pub(super) fn print(description: &Value, data: &Path, named: bool) {
    let language = Language::of_environment();
    let say = |french, english| language.say(french, english);
    let base = description["base_url"].as_str().unwrap_or_default();
    output::line(&format!(
        "Royaume · {} · {base}\n",
        say("la connexion de France Travail, sur cette machine", "France Travail's sign-in, on this machine")
    ));
    for (name, realm) in description["realms"].as_object().into_iter().flatten() {
        output::line(&format!("  /{name:<12} issuer     {}", realm["issuer"].as_str().unwrap_or_default()));
        if let Some(authorize) = realm["authorize"].as_str() {
            output::line(&format!("  {:<13} authorize  {authorize}", ""));
        }
        output::line(&format!("  {:<13} token      {}", "", realm["token"].as_str().unwrap_or_default()));
    }
    output::line(&format!("\n{}", say("Applications d'exemple :", "Sample applications:")));
    for client in description["clients"].as_array().into_iter().flatten() {
        output::line(&format!(
            "  /{:<12} {:<8} {}",
            client["realm"].as_str().unwrap_or_default(),
            client["kind"].as_str().unwrap_or_default(),
            client["client_id"].as_str().unwrap_or_default()
        ));
        if let Some(secret) = client["client_secret"].as_str() {
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
    let mut options = String::new();
    if base != "http://127.0.0.1:8080" {
        options.push_str(&format!(" --server {base}"));
    }
    if named {
        options.push_str(&format!(" --data {}", data.display()));
    }
    output::line(&format!(
        "\n{}",
        say("À essayer, dans un autre terminal :", "To try, in another terminal:")
    ));
    for command in commands(&options) {
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
    description: Value,
}

impl Page {
    pub(super) fn new(topology: &Topology, description: &Value) -> Self {
        Self { topology: topology.clone(), description: description.clone() }
    }

    fn html(&self, language: pages::Language) -> String {
        let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let list = |name: &str| self.description[name].as_array().cloned().unwrap_or_default();
        let link =
            |language: pages::Language| LanguageLink { language, href: format!("/?lang={}", language.tag()) };
        let realms = self.topology.realms.iter().map(|realm| {
            let addresses = &self.description["realms"][realm.name.as_str()];
            let named = [("GET", "authorize"), ("POST", "token")]
                .into_iter()
                .filter_map(|(method, name)| Some((method.to_owned(), addresses[name].as_str()?.to_owned())));
            WelcomeRealm {
                name: realm.name.to_string(),
                population: match language {
                    pages::Language::French => realm.population.fr.clone(),
                    pages::Language::English => realm.population.en.clone(),
                },
                addresses: named.collect(),
            }
        });
        let applications = list("clients").into_iter().map(|client| WelcomeApplication {
            realm: text(&client, "realm"),
            kind: text(&client, "kind"),
            client_id: text(&client, "client_id"),
            secret: text(&client, "client_secret"),
        });
        let people = list("people").into_iter().map(|person| WelcomePerson {
            realm: text(&person, "realm"),
            username: text(&person, "username"),
            password: text(&person, "password"),
            persona: text(&person, "persona"),
        });
        pages::Welcome {
            page: pages::Page {
                language,
                place: "Royaume",
                language_links: pages::Language::ALL.into_iter().map(link).collect(),
            },
            base: self.description["base_url"].as_str().unwrap_or_default(),
            realms: realms.collect(),
            applications: applications.collect(),
            people: people.collect(),
            commands: commands("").to_vec(),
        }
        .render()
    }
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

/// Three commands that work as they stand.
fn commands(options: &str) -> [String; 3] {
    [
        format!("royaume token --realm partenaire --scope \"api_offresdemploiv2 o2dsoffre\"{options}"),
        format!("royaume login --realm individu{options}"),
        "royaume explain individu --app public".to_owned(),
    ]
}
