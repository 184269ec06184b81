//! Profiles: a name for an application and its server, in a file without secrets.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::command::{Finished, User};
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

fn file(user: &User) -> std::path::PathBuf {
    user.home().join(".config/royaume/profiles.toml")
}

fn text(user: &User) -> String {
    fs::read_to_string(file(user)).unwrap()
}

/// A user with a profile `demo` of an application of a rehearsal, whose secret is kept by us.
fn with_secret(server: &Server, realm: &str, kind: &str) -> User {
    let user = User::new();
    let client = server.client(realm, kind);
    let (client_id, secret) =
        (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let add =
        ["profile", "add", "demo", "--server", &server.base, "--realm", realm, "--client-id", client_id];
    let add = [&add[..], &["--app", kind, "--client-secret-file", "keyring"]].concat();
    user.told(&add, &format!("{secret}\n")).ok();
    user
}

/// How many secrets are kept.
fn kept(user: &User) -> usize {
    let sealed = fs::read_dir(user.home().join(".local/share/royaume/secrets")).unwrap();
    let paths = sealed.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "tokens")).count()
}

/// A secret that two profiles have stays for the second; one that none has any more goes.
#[test]
fn a_secret_stays_as_long_as_a_profile_has_it() {
    let user = User::new();
    let add = |name: &str, client_id: &str, more: &[&str], secret: &str| {
        let profile = ["profile", "add", name, "--realm", "individu", "--client-id", client_id];
        user.told(&[&profile[..], more].concat(), secret).ok();
    };
    let keyring = ["--client-secret-file", "keyring"];
    add("one", "PAR_a", &keyring, "s");
    add("two", "PAR_a", &keyring, "s");
    add("three", "PAR_b", &keyring, "s");
    assert_eq!(kept(&user), 2);
    user.run(&["profile", "remove", "one"]).ok();
    assert_eq!(kept(&user), 2);
    add("three", "PAR_b", &["--replace", "--client-secret-file", "keyring"], "another");
    assert_eq!(kept(&user), 2);
    add("three", "PAR_b", &["--replace", "--client-secret-file", "a-file"], "");
    assert_eq!(kept(&user), 1);
    user.run(&["profile", "remove", "two"]).ok();
    assert_eq!(kept(&user), 0);
}

#[test]
fn a_profile_says_who_asks_and_where_and_its_secret_is_in_no_file_in_clear() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let user = with_secret(&server, "partenaire", "machine");
    let secret = server.client("partenaire", "machine")["client_secret"].as_str().unwrap();
    assert!(!text(&user).contains(secret), "{}", text(&user));
    assert_eq!(fs::metadata(file(&user)).unwrap().permissions().mode() & 0o777, 0o600);
    for entry in fs::read_dir(user.home().join(".local/share/royaume/secrets")).unwrap() {
        let kept = fs::read(entry.unwrap().path()).unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains(secret));
    }
    user.run(&["token"]).failed(2);
    assert_eq!(user.run(&["token", "--profile", "demo"]).ok().len(), 27);
    user.run(&["profile", "use", "demo"]).ok();
    user.run(&["token"]).ok();
    let shown = user.run(&["profile", "show", "demo"]);
    assert!(shown.ok().contains("partenaire") && !shown.ok().contains(secret), "{shown:?}");
    assert_eq!(user.run(&["profile", "list", "--json"]).json()["in_use"], "demo");
    assert!(user.run(&["profile", "list"]).ok().contains("*  demo"));
    user.run(&["profile", "use", "--none"]).ok();
    user.run(&["token"]).failed(2);
    let user = user.with("ROYAUME_PROFILE", "demo");
    user.run(&["token", "--fresh"]).ok();
    user.run(&["profile", "remove", "demo"]).ok();
    let sealed = fs::read_dir(user.home().join(".local/share/royaume/secrets")).unwrap();
    let left = sealed
        .filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|ending| ending == "tokens"));
    assert_eq!(left.count(), 0, "its secret is forgotten with it");
    assert!(user.run(&["token"]).failed(2).contains("no profile demo"));
}

/// RFC 9700 §4.9.1: whatever names another server, a profile's secret stays here.
#[test]
fn the_secret_of_a_profile_is_sent_to_no_other_server() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let user = with_secret(&server, "partenaire", "machine");
    for elsewhere in ["http://127.0.0.1:9", "http://localhost:9", "https://login.example.org", "production"] {
        let refused = user.run(&["token", "--profile", "demo", "--server", elsewhere]);
        assert!(refused.failed(2).contains("not sent elsewhere"), "{refused:?}");
    }
    let changed = text(&user).replace(&server.base, "http://127.0.0.1:9");
    fs::write(file(&user), changed).unwrap();
    let refused = user.run(&["token", "--profile", "demo"]);
    assert!(refused.failed(2).contains("not kept here for this server"), "{refused:?}");
    let user = user.with("ROYAUME_SERVER", "http://localhost:9");
    let refused = user.run(&["token", "--profile", "demo"]);
    assert!(refused.failed(2).contains("not sent elsewhere"), "{refused:?}");
}

#[test]
fn logins_work_by_profile_from_beginning_to_end() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let user = with_secret(&server, "individu", "private");
    user.run(&["profile", "use", "demo"]).ok();
    assert!(user.run(&["whoami"]).failed(2).contains("royaume login --realm individu"));
    let arrive =
        |address: &str| Some(Caller::new(&server.base).arrive(address, &Person::named("camille")).unwrap());
    user.login(&["--profile", "demo", "--scope", "openid profile email"], arrive).ok();
    let whoami = user.run(&["whoami", "--json"]).json();
    assert_eq!((&whoami["realm"], &whoami["expired"]), (&"individu".into(), &false.into()), "{whoami}");
    assert!(whoami["sub"].is_string() && whoami["expires_at"].is_string() && whoami["renewable"] == true);
    let online = user.run(&["whoami", "--online", "--json"]).json();
    assert_eq!(online["sub"], whoami["sub"]);
    assert!(online["name"].as_str().unwrap().starts_with("CAMILLE"), "{online}");
    let said = user.run(&["whoami", "--online"]);
    for words in ["name ", "CAMILLE", "realm ", "individu", "until "] {
        assert!(said.ok().contains(words), "{said:?}");
    }
    let all = user.run(&["whoami", "--all", "--json"]).json();
    assert_eq!((&all[0]["sub"], &all[1]), (&whoami["sub"], &serde_json::Value::Null));
    assert!(user.run(&["whoami", "--all"]).ok().contains(whoami["client_id"].as_str().unwrap()));
    user.run(&["refresh"]).ok();
    user.run(&["logout"]).ok();
    assert_eq!(user.run(&["whoami", "--all", "--json"]).json(), serde_json::json!([]));
    user.run(&["whoami"]).failed(2);
    let french = user.with("LC_ALL", "fr_FR.UTF-8");
    assert!(french.run(&["whoami"]).failed(2).contains("personne n'est connecté"));
}

#[test]
fn a_file_that_is_changed_keeps_what_its_author_wrote() {
    let user = User::new();
    let add = |name: &str, more: &[&str]| -> Finished {
        user.run(&[&["profile", "add", name, "--realm", "individu"], more].concat())
    };
    add("one", &["--client-id", "PAR_one"]).ok();
    let written = format!("# mine\nuse = \"one\" # for now\n\n{}", text(&user));
    fs::write(file(&user), &written).unwrap();
    add("two", &["--scope", "openid", "--api", "https://api.example.org"]).ok();
    assert!(text(&user).starts_with(&written), "{}", text(&user));
    user.run(&["profile", "use", "two"]).ok();
    assert!(text(&user).contains("# mine\nuse = \"two\" # for now"), "{}", text(&user));
    assert!(add("two", &[]).failed(2).contains("--replace"));
    add("two", &["--replace"]).ok();
    assert!(!text(&user).contains("api.example.org"));
    user.run(&["profile", "remove", "two"]).ok();
    assert!(text(&user).contains("# mine") && !text(&user).contains("use ="), "{}", text(&user));
    for (name, more) in [
        ("a b", &[][..]),
        ("", &[]),
        ("x", &["--server", "http://login.example.org"]),
        ("x", &["--scope", "\u{e9}"]),
        ("x", &["--redirect-uri", "callback"]),
        ("x", &["--client-secret-file", "keyring"]),
        ("x", &["--client-id", "x", "--client-secret-file", "keyring"]),
    ] {
        add(name, more).failed(2);
    }
}

/// Of several commands that change the file at once, none loses what another wrote.
#[test]
fn profiles_added_at_once_are_all_there() {
    let user = User::new();
    let names: Vec<_> = (0..12).map(|number| format!("p{number}")).collect();
    let commands: Vec<Vec<_>> =
        names.iter().map(|name| vec!["profile", "add", name, "--realm", "individu"]).collect();
    for added in user.at_once(&commands) {
        added.ok();
    }
    let all = user.run(&["profile", "list", "--json"]).json();
    assert_eq!(all["profiles"].as_object().unwrap().len(), 12, "{all}");
}

#[test]
fn a_broken_file_is_named_with_its_line_and_a_link_stays_one() {
    let user = User::new();
    let elsewhere = user.home().join("dotfiles.toml");
    let user = user.with("ROYAUME_PROFILES", elsewhere.to_str().unwrap());
    fs::write(&elsewhere, "[profile.a]\nrealm = \"individu\"\nclient_secret = \"hunter2\"\n").unwrap();
    for arguments in [&["profile", "list"][..], &["token", "--realm", "partenaire"], &["profile", "use", "a"]]
    {
        let refused = user.run(arguments);
        assert!(refused.failed(2).contains("line 3") && refused.err.contains("client_secret"), "{refused:?}");
        assert!(!refused.err.contains("hunter2"), "{refused:?}");
    }
    fs::write(&elsewhere, "use = \"b\"\n[profile.a]\nrealm = \"individu\"\n").unwrap();
    assert!(user.run(&["token", "--realm", "partenaire"]).failed(2).contains("line 1"));
    user.run(&["profile", "list"]).ok();
    user.run(&["profile", "use", "a"]).ok();
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(user.run(&["profile", "list"]).failed(2).contains("chmod 600"));
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
    let link = user.home().join("link.toml");
    std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
    let user = user.with("ROYAUME_PROFILES", link.to_str().unwrap());
    user.run(&["profile", "use", "a"]).ok();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&elsewhere).unwrap().contains("use = \"a\""));
}
