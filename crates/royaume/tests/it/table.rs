//! Every row of the table from the command line, against one rehearsal: tokens, sign-ins, and what is done with them.

use serde_json::Value;

use crate::command::User;
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

/// A rehearsal, and a user beside it.
struct Rehearsal {
    server: Server,
    user: User,
    data: tempfile::TempDir,
}

impl Rehearsal {
    fn begin() -> Self {
        let data = furnished();
        Self { server: Server::start(data.path(), None), user: User::new(), data }
    }

    /// The options that say where, which realm and which application, then some more.
    fn options<'a>(
        &'a self,
        command: &'a str,
        realm: &'a str,
        app: &'a str,
        more: &[&'a str],
    ) -> Vec<&'a str> {
        let data = self.data.path().to_str().unwrap();
        let where_and_who =
            [command, "--server", &self.server.base, "--data", data, "--realm", realm, "--app", app];
        [&where_and_who, more].concat().into_iter().filter(|word| !word.is_empty()).collect()
    }

    fn sign_in(
        &self,
        realm: &str,
        app: &str,
        person: &Person<'_>,
        more: &[&str],
    ) -> crate::command::Finished {
        let options = self.options("", realm, app, more);
        self.user.login(&options, |address| {
            Some(Caller::new(&self.server.base).arrive(address, person).expect("the server answers"))
        })
    }
}

/// Whether a command is asked for JSON.
const BOTH: [bool; 2] = [false, true];

fn flag(json: bool) -> &'static str {
    if json { "--json" } else { "" }
}

/// The access token in what a command printed.
fn access_token(printed: &str, json: bool) -> String {
    if !json {
        return printed.to_owned();
    }
    let value: Value = serde_json::from_str(printed).unwrap();
    assert_eq!(value["token_type"], "Bearer");
    assert!(value["expires_at"].as_str().unwrap().ends_with('Z'), "{value}");
    value["access_token"].as_str().unwrap().to_owned()
}

/// RFC 6749 §5.2: one scope spoils all, and the refusal need not say which.
#[test]
fn a_scope_that_is_refused_is_found_among_the_others() {
    let rehearsal = Rehearsal::begin();
    let asked = |scope: &str| {
        let options = rehearsal.options("token", "partenaire", "machine", &["--scope", scope]);
        rehearsal.user.run(&options).failed(3).to_owned()
    };
    let said = asked("o2dsoffre api_inconnuev1");
    assert!(said.contains("refuses \"api_inconnuev1\": leave it out"), "{said}");
    assert!(!said.contains("o2dsoffre"), "{said}");
    let said = asked("a_b api_offresdemploiv2 c_d");
    assert!(said.contains("refuses \"a_b\", \"c_d\": leave them out"), "{said}");
}

/// Row 1, and the programs of row 4.
#[test]
fn an_application_gets_a_token_and_gives_it_back() {
    let rehearsal = Rehearsal::begin();
    let run = |command, realm, more: &[&str]| {
        rehearsal.user.run(&rehearsal.options(command, realm, "machine", more))
    };
    for (realm, scope) in
        [("partenaire", "api_offresdemploiv2 o2dsoffre"), ("agent", "api_rechercher-usagerv2")]
    {
        for json in BOTH {
            let printed = run("token", realm, &["--scope", scope, flag(json)]);
            let token = access_token(printed.ok(), json);
            assert_eq!(token.len(), 27, "opaque, as long as theirs: {token}");
            if json {
                assert_eq!(printed.json()["scope"], scope);
            }
            let told = |command| {
                rehearsal.user.told(&rehearsal.options(command, realm, "machine", &[flag(json)]), &token)
            };
            let seen = told("introspect").json();
            assert_eq!((&seen["active"], &seen["scope"]), (&true.into(), &scope.into()));
            assert_eq!(run("introspect", realm, &[flag(json), &token]).json()["active"], true);
            let revoked = told("revoke");
            let machine = rehearsal.server.client(realm, "machine")["client_id"].as_str().unwrap();
            if json {
                let revoked = revoked.json();
                assert_eq!((&revoked["accepted"], &revoked["client_id"]), (&true.into(), &machine.into()));
                assert!(revoked["revoked"].is_null(), "the server answers alike whosever it was: {revoked}");
            } else {
                let said =
                    format!("The server accepted it: if the token was given to {machine}, it is dead.");
                assert_eq!(revoked.ok(), said);
            }
            assert_eq!(told("introspect").json()["active"], false);
        }
    }
    let without_scope = run("token", "partenaire", &[]);
    assert_eq!(without_scope.ok().len(), 27);
    let other_spelling = run("token", "/partenaire", &[]);
    assert_eq!(other_spelling.ok().len(), 27);
}

/// Rows 2 to 4: a person signs in, through a private application and through a public one.
#[test]
fn a_person_signs_in_to_each_realm_through_each_kind_of_application() {
    let rehearsal = Rehearsal::begin();
    for (realm, person) in
        [("individu", "camille"), ("entreprise", "lea"), ("employeur", "hugo"), ("agent", "ines")]
    {
        for app in ["private", "public"] {
            for json in BOTH {
                walk_through(&rehearsal, realm, person, app, json);
            }
        }
    }
}

fn walk_through(rehearsal: &Rehearsal, realm: &str, person: &str, app: &str, json: bool) {
    let run = |command| rehearsal.user.run(&rehearsal.options(command, realm, app, &[flag(json)]));
    let told = |command, token: &str| {
        rehearsal.user.told(&rehearsal.options(command, realm, app, &[flag(json)]), token)
    };
    let signed_in = rehearsal.sign_in(realm, app, &Person::named(person), &[flag(json)]);
    let userinfo = run("userinfo").json();
    let subject = userinfo["sub"].as_str().unwrap();
    if json {
        let value = signed_in.json();
        assert_eq!(value["claims"]["sub"], subject);
        assert!(value["refresh_token"].is_string() && value["id_token"].is_string());
    } else {
        assert!(
            signed_in.ok().starts_with(&format!("Signed in: {subject}\nscope: openid ")),
            "{signed_in:?}"
        );
    }
    let name = userinfo["given_name"].as_str().unwrap().to_lowercase();
    assert_eq!(name.replace(['é', 'è'], "e"), person, "{userinfo}");

    let renewed = run("refresh");
    let token = access_token(renewed.ok(), json);
    match app {
        "private" => assert_eq!(told("introspect", &token).json()["sub"], subject),
        _ => assert!(told("introspect", &token).failed(3).contains("does not know this application")),
    }
    let revoked = told("revoke", &token);
    if json {
        assert_eq!(revoked.json()["revoked"], true);
    } else {
        assert_eq!(revoked.ok(), "The token is dead.");
    }
    run("userinfo").failed(3);
    access_token(run("refresh").ok(), json);
    run("userinfo").ok();

    let out = run("logout");
    let step =
        if json { out.json()["logout"]["url"].as_str().unwrap().to_owned() } else { out.ok().to_owned() };
    let place = if realm == "agent" { "/connexion/oauth2/deconnexion" } else { "/compte/deconnexion" };
    assert!(step.contains(place), "{step}");
    if json {
        assert_eq!(out.json()["revoked"], true);
    }
    for command in ["userinfo", "refresh", "logout"] {
        assert!(run(command).failed(2).contains("royaume login"), "nobody is signed in any more");
    }
}

/// RFC 7009 §2.1: a token is given back by the application that it was given to, and the last login says which that is.
#[test]
fn a_token_of_a_login_is_given_back_by_its_own_application() {
    let rehearsal = Rehearsal::begin();
    let data = rehearsal.data.path().to_str().unwrap();
    let options = ["--server", &rehearsal.server.base, "--data", data, "--realm", "individu"];
    for app in ["private", "public"] {
        let token = rehearsal.sign_in("individu", app, &Person::named("camille"), &["--json"]).json();
        let token = token["access_token"].as_str().unwrap();
        let revoked = rehearsal.user.told(&[&["revoke"], &options[..]].concat(), token);
        assert_eq!((revoked.ok(), revoked.err.as_str()), ("The token is dead.", ""));
        rehearsal.user.run(&rehearsal.options("userinfo", "individu", app, &[])).failed(3);
    }
}

/// RFC 7009 §2.2: success is no proof that the token was this application's, and nobody is told that it was.
#[test]
fn a_token_of_another_application_is_not_said_to_be_dead() {
    let rehearsal = Rehearsal::begin();
    let token = rehearsal.user.run(&rehearsal.options("token", "agent", "machine", &[])).ok().to_owned();
    let data = rehearsal.data.path().to_str().unwrap();
    let options = ["--server", &rehearsal.server.base, "--data", data, "--realm", "agent"];
    let guess = rehearsal.server.client("agent", "private")["client_id"].as_str().unwrap();
    for command in ["revoke", "introspect"] {
        let guessed = rehearsal.user.told(&[&[command], &options[..]].concat(), &token);
        assert!(guessed.err.contains(&format!("Asking as {guess}")), "{guessed:?}");
        let expected =
            if command == "revoke" { format!("given to {guess}, it is dead") } else { "false".into() };
        assert!(guessed.ok().contains(&expected), "{guessed:?}");
    }
    let seen = rehearsal.user.told(&rehearsal.options("introspect", "agent", "machine", &[]), &token);
    assert_eq!(seen.json()["active"], true, "it lives");
}

/// RP-Initiated Logout 1.0 §2: the address that logout prints ends the session of the browser that opens it.
#[test]
fn the_address_of_logout_ends_the_session_in_the_browser() {
    let rehearsal = Rehearsal::begin();
    let mut browser = Caller::new(&rehearsal.server.base);
    let options = rehearsal.options("", "individu", "private", &[]);
    let signed_in = rehearsal
        .user
        .login(&options, |address| Some(browser.arrive(address, &Person::named("camille")).unwrap()));
    signed_in.ok();
    let out = rehearsal.user.run(&rehearsal.options("logout", "individu", "private", &["--json"])).json();
    let answer = browser.get(out["logout"]["url"].as_str().unwrap()).unwrap();
    assert!(answer.location.ends_with("/logged-out"), "{answer:?}");
    let again = rehearsal.user.login(&options, |address| {
        let silent = browser.get(&format!("{address}&prompt=none")).unwrap();
        assert!(silent.location.contains("error=login_required"), "{silent:?}");
        Some(silent.location)
    });
    assert!(again.failed(3).contains("login_required"), "{again:?}");
}

/// Two logins side by side are two logins: of each realm and each application its own.
#[test]
fn logins_of_different_realms_and_applications_are_kept_apart() {
    let rehearsal = Rehearsal::begin();
    let run = |command, realm, app| rehearsal.user.run(&rehearsal.options(command, realm, app, &[]));
    rehearsal.sign_in("individu", "private", &Person::named("camille"), &[]).ok();
    rehearsal.sign_in("individu", "public", &Person::named("noe"), &[]).ok();
    rehearsal.sign_in("agent", "private", &Person::named("ines"), &[]).ok();
    assert_eq!(run("userinfo", "individu", "private").json()["given_name"], "CAMILLE");
    assert_eq!(run("userinfo", "individu", "public").json()["given_name"], "NOÉ");
    run("logout", "individu", "private").ok();
    assert_eq!(run("userinfo", "individu", "public").json()["given_name"], "NOÉ");
    assert_eq!(run("userinfo", "agent", "private").json()["given_name"], "INÈS");
    run("userinfo", "individu", "private").failed(2);
}
