//! What `royaume dev` says when it is ready: a page-sized welcome in the terminal, and the page at `/`.

use std::path::Path;

use bytes::Bytes;
use http::{Request, Response};
use royaume_realm::Topology;
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
    output::line(&format!(
        "  royaume token --realm partenaire --scope \"api_offresdemploiv2 o2dsoffre\"{options}"
    ));
    output::line(&format!("  royaume login --realm individu{options}"));
    output::line("  royaume explain individu --app public");
    output::line(&format!(
        "\n{} {}",
        say("Le même, pour vos programmes :", "The same, for your programs:"),
        data.join(super::dev::DEV_JSON).display()
    ));
    output::line(say("Ctrl-C arrête le serveur.", "Ctrl-C stops the server."));
}

/// The page at `/`.
pub(super) struct Page {
    _nothing: (),
}

impl Page {
    pub(super) fn new(_topology: &Topology, _description: &Value) -> Self {
        Self { _nothing: () }
    }
}

impl Extra for Page {
    fn answer(&self, _request: &Request<Bytes>) -> Option<Response<Bytes>> {
        None
    }
}
