//! `royaume token` in scripts: one token however often it is asked for, in the form that each program takes.

use std::process::{Command, Stdio};

use crate::command::User;
use crate::process::{Server, furnished};

#[test]
fn a_token_is_asked_for_once_and_kept_until_it_is_given_back() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let user = User::new();
    let place = ["--server", &server.base, "--data", data.path().to_str().unwrap(), "--realm", "partenaire"];
    let token = |more: &[&str]| user.run(&[&["token"], &place[..], more].concat()).ok().to_owned();
    let first = token(&["--scope", "api_offresdemploiv2 o2dsoffre"]);
    assert_eq!(token(&["--scope", "o2dsoffre api_offresdemploiv2"]), first, "a scope is a set");
    assert_ne!(token(&["--scope", "api_offresdemploiv2"]), first, "another scope is another token");
    assert_ne!(token(&[]), first);
    let options = [&["token"], &place[..], &["--scope", "o2dsoffre api_offresdemploiv2"]].concat();
    for one in user.at_once(&vec![options; 8]) {
        assert_eq!(one.ok(), first);
    }
    let fresh = token(&["--scope", "api_offresdemploiv2 o2dsoffre", "--fresh"]);
    assert_ne!(fresh, first);
    assert_eq!(token(&["--scope", "api_offresdemploiv2 o2dsoffre"]), fresh);
    user.told(&[&["revoke"], &place[..]].concat(), &fresh).ok();
    assert_ne!(token(&["--scope", "api_offresdemploiv2 o2dsoffre"]), fresh, "a dead token is not kept");
}

/// Whoever tries a secret hears what the server says of it, not what it said of another.
#[test]
fn a_kept_token_hides_no_wrong_secret() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let client = server.client("partenaire", "machine");
    let user = User::new().with("ROYAUME_CLIENT_ID", client["client_id"].as_str().unwrap());
    let options = ["token", "--server", &server.base, "--realm", "partenaire"];
    let user = user.with("ROYAUME_CLIENT_SECRET", client["client_secret"].as_str().unwrap());
    user.run(&options).ok();
    let user = user.with("ROYAUME_CLIENT_SECRET", "a-wrong-one");
    user.run(&options).failed(3);
}

/// A place that cannot be written to costs the keeping, and not the token.
#[test]
fn a_token_is_had_where_nothing_can_be_kept() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let user = User::new();
    let file = user.home().join("a-file");
    std::fs::write(&file, "").unwrap();
    let user = user.with("XDG_DATA_HOME", file.to_str().unwrap());
    let place = ["--server", &server.base, "--data", data.path().to_str().unwrap(), "--realm", "partenaire"];
    let token = user.run(&[&["token"], &place[..]].concat());
    assert!(token.ok().len() == 27 && token.err.contains("not kept"), "{token:?}");
}

#[test]
fn a_token_is_printed_as_each_program_takes_it() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let user = User::new();
    let place = ["--server", &server.base, "--data", data.path().to_str().unwrap(), "--realm", "partenaire"];
    let run = |more: &[&str]| user.run(&[&["token"], &place[..], more].concat());
    let token = run(&[]).ok().to_owned();
    let header = format!("Authorization: Bearer {token}");
    for (options, said) in [
        (&["--format", "token"][..], token.clone()),
        (&["--header"], header.clone()),
        (&["--format", "header"], header.clone()),
        (&["--format", "curl"], format!("header = \"{header}\"")),
        (
            &["--format", "netrc", "--api", "https://api.example.org:8443/a"],
            format!("machine api.example.org login oauth2 password {token}"),
        ),
    ] {
        assert_eq!(run(options).ok(), said);
    }
    assert_eq!(run(&["--format", "json"]).json()["access_token"], token.as_str());
    assert!(
        run(&["--format", "dotenv"])
            .ok()
            .starts_with(&format!("ACCESS_TOKEN={token}\nACCESS_TOKEN_EXPIRES_AT=2"))
    );
    assert!(run(&["--format", "netrc"]).failed(2).contains("--api"));
    let env = run(&["--format", "env"]);
    let script = format!("{}\nprintf %s \"$ACCESS_TOKEN\"", env.ok());
    let shell = Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).output().unwrap();
    assert_eq!(String::from_utf8(shell.stdout).unwrap(), token);
    for options in
        [&["--json", "--header"][..], &["--json", "--format", "env"], &["--header", "--format", "env"]]
    {
        run(options).failed(2);
    }
}
