//! What an application says of itself, as an operator gives it: in a file with the member names of RFC 7591.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{Finished, User};
use crate::process::furnished;

/// The data of a rehearsal, and an operator.
struct Desk {
    operator: User,
    data: TempDir,
}

impl Desk {
    fn open() -> Self {
        Self { operator: User::new(), data: furnished() }
    }

    fn client(&self, arguments: &[&str], input: &str) -> Finished {
        let data = self.data.path().to_str().unwrap();
        self.operator
            .told(&[&["client"], arguments, &["--realm", "individu", "--data", data]].concat(), input)
    }

    fn add(&self, metadata: &Value) -> Value {
        let add = ["add", "--kind", "private", "--metadata", "-", "--json"];
        self.client(&add, &metadata.to_string()).json()
    }
}

fn site() -> Value {
    json!({
        "client_name": "Un site", "redirect_uris": ["https://site.example/cb"], "logo_uri": "https://site.example/l.png",
        "default_max_age": 300, "token_endpoint_auth_method": "client_secret_post",
    })
}

#[test]
fn a_client_is_added_as_its_file_says_and_a_flag_holds_against_it() {
    let desk = Desk::open();
    let file = desk.operator.home().join("site.json");
    fs::write(&file, site().to_string()).unwrap();
    let add = ["add", "--kind", "private", "--name", "Autre", "--json", "--metadata", file.to_str().unwrap()];
    let added = desk.client(&add, "").json();
    assert_eq!((&added["name"], &added["metadata"]["client_name"]), (&json!("Autre"), &json!("Autre")));
    assert_eq!(added["metadata"]["logo_uri"], "https://site.example/l.png");
    assert!(added["client_secret"].is_string());
    let shown = desk.client(&["show", added["client_id"].as_str().unwrap()], "");
    let lines: Vec<_> = shown.ok().lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    for line in
        [["logo_uri", "https://site.example/l.png"], ["default_max_age", "300"], ["self_registered", "false"]]
    {
        assert!(lines.contains(&line.to_vec()), "{shown:?}");
    }
}

#[test]
fn what_is_shown_of_a_client_can_be_changed_and_given_back() {
    let desk = Desk::open();
    let added = desk.add(&site());
    let client_id = added["client_id"].as_str().unwrap();
    let mut said = desk.client(&["show", "--json", client_id], "").json()["metadata"].clone();
    said["redirect_uris"] = json!(["https://site.example/new"]);
    let update = ["update", client_id, "--metadata", "-", "--json"];
    let updated = desk.client(&update, &said.to_string()).json();
    assert_eq!(updated["metadata"], said);
    assert_eq!(updated.get("client_secret"), None, "the secret stays");
    assert_eq!(updated["secrets"], added["secrets"]);

    said["token_endpoint_auth_method"] = json!("none");
    let public = desk.client(&update, &said.to_string()).json();
    assert_eq!((&public["kind"], &public["secrets"]), (&json!("public"), &json!([])));
}

#[test]
fn a_file_that_is_not_client_metadata_is_refused_with_the_reason() {
    let desk = Desk::open();
    for (text, reason) in [
        ("", "one JSON object"),
        ("[]", "one JSON object"),
        (r#"{"client_name":"a","client_name":"b"}"#, "without a member twice"),
        (r#"{"redirect_uris":"https://site.example/cb"}"#, "redirect_uris is not of the type"),
        (r#"{"redirect_uris":["https://site.example/cb"],"logo_uri":"http://site.example/"}"#, "logo_uri"),
        (r#"{"redirect_uris":["https://site.example/cb"],"scope":"inconnu"}"#, "realm individu has: "),
        (
            r#"{"redirect_uris":["https://site.example/cb"],"sector_identifier_uri":"https://127.0.0.1:1/"}"#,
            "sector_identifier_uri could not be fetched",
        ),
    ] {
        let refused = desk.client(&["add", "--kind", "private", "--metadata", "-"], text);
        assert!(refused.failed(2).contains(reason), "{text}: {refused:?}");
    }
    let missing = desk.client(&["add", "--kind", "private", "--metadata", "missing.json"], "");
    assert!(missing.failed(2).contains("missing.json cannot be read"), "{missing:?}");
}

#[test]
fn a_realm_that_registers_nobody_gives_no_leave_to_register() {
    let refused = Desk::open().client(&["registration-token"], "");
    assert!(refused.failed(2).contains("registration = \"closed\""), "{refused:?}");
}

/// What begins with a hyphen is a name all the same where a name has to be.
#[test]
fn a_client_whose_name_begins_with_a_hyphen_can_be_managed() {
    let desk = Desk::open();
    let add = ["add", "--kind", "private", "--client-id", "-Stray", "--metadata", "-", "--json"];
    assert_eq!(desk.client(&add, &site().to_string()).json()["client_id"], "-Stray");
    assert_eq!(desk.client(&["show", "--json", "-Stray"], "").json()["client_id"], "-Stray");
    desk.client(&["disable", "-Stray"], "").ok();
    assert_eq!(desk.client(&["show", "-Stray", "--jsom"], "").code, 2);
}
