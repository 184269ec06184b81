//! `royaume api`, against the APIs of a rehearsal: the token that fits the path, all pages, and how answers are shown.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::command::{Finished, User};
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

const SEARCH: &str = "offresdemploi/v2/offres/search";

struct Rehearsal {
    user: User,
    server: Server,
    data: tempfile::TempDir,
}

impl Rehearsal {
    fn start() -> Self {
        let data = furnished();
        Self { user: User::new(), server: Server::start(data.path(), None), data }
    }

    fn at(&self) -> [&str; 4] {
        ["--server", &self.server.base, "--data", self.data.path().to_str().unwrap()]
    }

    fn api(&self, arguments: &[&str]) -> Finished {
        self.user.run(&[&["api"], arguments, &self.at()].concat())
    }
}

#[test]
fn the_path_says_which_token_and_the_answer_is_json_where_programs_read() {
    let rehearsal = Rehearsal::start();
    let printed = rehearsal.api(&["get", SEARCH, "-q", "codeROME=M1805", "-q", "range=0-4"]);
    let answer = printed.json();
    assert_eq!(answer["resultats"].as_array().unwrap().len(), 5);
    assert!(printed.err.contains("offres 0-4/") && printed.err.contains("--all"), "{printed:?}");
    // The address of the APIs may be said before it, as documentation does.
    let printed = rehearsal.api(&["GET", "/partenaire/offresdemploi/v2/offres/search", "-q", "range=0-0"]);
    assert_eq!(printed.json()["resultats"].as_array().unwrap().len(), 1);
}

#[test]
fn all_pages_are_one_list_for_programs_and_lines_for_spreadsheets() {
    let rehearsal = Rehearsal::start();
    let all =
        |more: &[&str]| rehearsal.api(&[&["get", SEARCH, "-q", "codeROME=M1805", "--all"], more].concat());
    let list = all(&[]).json();
    let offers = list.as_array().unwrap();
    assert!(offers.len() > 150, "more than a page: {}", offers.len());
    let printed = all(&["--format", "csv", "--columns", "id,lieuTravail.libelle,intitule"]);
    let mut lines = printed.ok().lines();
    assert_eq!(lines.next(), Some("id,lieuTravail.libelle,intitule"));
    let first = lines.next().unwrap();
    assert!(first.starts_with(offers[0]["id"].as_str().unwrap()), "{first}");
    assert_eq!(lines.count() + 1, offers.len());
    let printed = rehearsal.api(&["get", SEARCH, "-q", "codeROME=M1805", "--format", "table"]);
    let heading = printed.ok().lines().next().unwrap();
    assert!(heading.starts_with("id ") && heading.contains("intitule"), "{heading}");
    assert!(printed.err.contains("more columns"), "{printed:?}");
}

#[test]
fn results_out_of_reach_are_said_after_all_that_can_be_read() {
    let rehearsal = Rehearsal::start();
    let printed = rehearsal.api(&["get", SEARCH, "--all", "--timeout", "120"]);
    assert_eq!(printed.code, 1, "{}", printed.err);
    assert!(printed.err.contains("split the query"), "{}", printed.err);
    let list: Value = serde_json::from_str(&printed.out).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 3150);
}

#[test]
fn nothing_is_no_error_and_a_refusal_says_what_to_do() {
    let rehearsal = Rehearsal::start();
    let printed = rehearsal.api(&["get", SEARCH, "-q", "motsCles=licorne"]);
    assert_eq!((printed.ok(), printed.err.contains("HTTP 204")), ("", true), "{printed:?}");
    let printed = rehearsal.api(&["get", SEARCH, "-q", "motsCles=licorne", "--all"]);
    assert_eq!(printed.json(), Value::Array(Vec::new()));
    let printed = rehearsal.api(&["get", SEARCH, "-q", "publieeDepuis=2"]);
    assert!(printed.failed(3).contains("HTTP 400"), "{printed:?}");
    let printed = rehearsal.api(&["get", SEARCH, "--scope", "api_offresdemploiv2"]);
    assert!(printed.failed(3).contains("business scope"), "{printed:?}");
    let printed = rehearsal.api(&["get", "nulle-part/v1/x"]);
    assert!(printed.failed(2).contains("royaume explain --apis"), "{printed:?}");
    let printed = rehearsal.api(&[
        "get",
        "https://elsewhere.example/x",
        "--realm",
        "partenaire",
        "--scope",
        "o2dsoffre",
    ]);
    assert!(printed.failed(2).contains("cannot be sent"), "{printed:?}");
    for arguments in [["get", SEARCH, "-q", "x"], ["get", SEARCH, "-H", "x"], ["post", SEARCH, "-b", "{"]] {
        rehearsal.api(&arguments).failed(2);
    }
}

#[test]
fn an_agent_stands_behind_the_call_and_headers_come_from_a_file_that_nobody_reads() {
    let rehearsal = Rehearsal::start();
    let path = "rechercher-usager/v2/usagers/par-numero-francetravail";
    let wanted = r#"{"numeroFranceTravail":"00000000000"}"#;
    let printed = rehearsal.api(&["post", path, "--agent", "Dupont,Alix,A1234", "--body", wanted]);
    assert!(printed.json()["codeRetour"].is_string(), "{printed:?}");
    let printed = rehearsal.api(&["post", path, "--body", wanted]);
    assert!(printed.failed(3).contains("pa-*"), "{printed:?}");
    rehearsal.api(&["post", path, "--agent", "Dupont|,Alix,A1234", "--body", wanted]).failed(2);
    let file = rehearsal.data.path().join("headers");
    std::fs::write(&file, "pa-nom-agent: Dupont\npa-prenom-agent: Alix\n\npa-identifiant-agent: A1234\n")
        .unwrap();
    let named = format!("@{}", file.display());
    let call = ["post", path, "-H", &named, "--body", wanted];
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(rehearsal.api(&call).failed(2).contains("chmod 600"));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    assert!(rehearsal.api(&call).json()["codeRetour"].is_string());
}

#[test]
fn an_api_about_a_person_is_called_with_the_tokens_of_whoever_signed_in() {
    let rehearsal = Rehearsal::start();
    let path = "peconnect-coordonnees/v1/coordonnees";
    let printed = rehearsal.api(&["get", path]);
    assert!(printed.failed(2).contains("login"), "{printed:?}");
    let base = rehearsal.server.base.clone();
    let sign_in = |address: &str| Caller::new(&base).arrive(address, &Person::named("camille")).ok();
    rehearsal.user.login(&[&["--realm", "individu"], &rehearsal.at()[..]].concat(), sign_in).ok();
    assert!(rehearsal.api(&["get", path]).json()["codePostal"].is_string());
}
