//! The programs of `examples/`, built and run against a rehearsal as whoever copies them would.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::command::come_back;
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

/// Where the programs are, once they are built.
fn programs() -> &'static PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "royaume-examples", "--target-dir"])
            .arg(concat!(env!("CARGO_TARGET_TMPDIR"), "/.."))
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
            .status();
        assert!(built.is_ok_and(|status| status.success()), "the examples build");
        Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("debug")
    })
}

/// A program that runs. Dropping it ends it.
struct Program {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
}

impl Program {
    fn start(name: &str, environment: &[(&str, &str)]) -> Self {
        Self::with(name, &[], environment)
    }

    fn with(name: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new(programs().join(name))
            .args(arguments)
            .env_clear()
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the example starts");
        let said = BufReader::new(child.stderr.take().unwrap());
        Self { child, said }
    }

    /// The next line that is an address.
    fn address(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.said.read_line(&mut line).unwrap() > 0, "the example ended without an address");
            if line.starts_with("http") {
                return line.trim().to_owned();
            }
        }
    }

    /// What it printed, once it has ended well.
    fn ended(mut self) -> String {
        let mut out = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
        let mut complaints = String::new();
        self.said.read_to_string(&mut complaints).unwrap();
        assert!(self.child.wait().unwrap().success(), "{out}{complaints}");
        out
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A rehearsal with a person who wants in.
struct Rehearsal {
    server: Server,
    _data: tempfile::TempDir,
}

impl Rehearsal {
    fn start() -> Self {
        let data = furnished();
        Self { server: Server::start(data.path(), None), _data: data }
    }

    /// The environment of a program of the sample application of that kind in that realm.
    fn environment(&self, realm: &str, kind: &str) -> Vec<(&str, &str)> {
        let client = self.server.client(realm, kind);
        let named = [("CLIENT_ID", "client_id"), ("CLIENT_SECRET", "client_secret")];
        let of_the_client =
            named.iter().filter_map(|(name, member)| Some((*name, client[*member].as_str()?)));
        of_the_client.chain([("ROYAUME_SERVER", self.server.base.as_str())]).collect()
    }

    /// Signs somebody in at an authorization address, and says where they are sent back to.
    fn arrive(&self, address: &str, person: &Person<'_>) -> String {
        Caller::new(&self.server.base).arrive(address, person).unwrap()
    }
}

#[test]
fn the_command_line_application_greets_whoever_signs_in() {
    let rehearsal = Rehearsal::start();
    for (person, greeting) in [
        ("camille", "Bonjour CAMILLE (camille.durand@example.org)\n"),
        ("noe", "Bonjour NOÉ (pas d'adresse électronique validée)\n"),
    ] {
        let mut program = Program::start("command", &rehearsal.environment("individu", "public"));
        come_back(&rehearsal.arrive(&program.address(), &Person::named(person)));
        assert_eq!(program.ended(), greeting);
    }
}

#[test]
fn the_command_line_application_takes_no_for_an_answer() {
    let rehearsal = Rehearsal::start();
    let mut program = Program::start("command", &rehearsal.environment("individu", "public"));
    let person = Person { at_login: "cancel", ..Person::named("camille") };
    come_back(&rehearsal.arrive(&program.address(), &person));
    assert_eq!(program.ended(), "");
}

#[test]
fn the_web_application_signs_a_person_in_and_out() {
    let rehearsal = Rehearsal::start();
    for kind in ["private", "public"] {
        let mut program = Program::start("web", &rehearsal.environment("individu", kind));
        let site = program.address();
        let mut browser = Caller::new(site.trim_end_matches('/'));
        let nobody: [(&str, &str); 0] = [];
        assert!(browser.get("/").unwrap().body.contains("Se connecter"));
        let away = browser.post("/login", &nobody).unwrap().location;
        let callback = rehearsal.arrive(&away, &Person::named("camille"));
        assert_eq!(browser.clone().get(&callback).unwrap().location, "/");
        // A callback is good once, and in the browser that it belongs to.
        assert_eq!(Caller::new(site.trim_end_matches('/')).get(&callback).unwrap().status, 400);
        assert_eq!(browser.get(&callback).unwrap().status, 400);

        let away = browser.post("/login", &nobody).unwrap().location;
        let callback = rehearsal.arrive(&away, &Person::named("camille"));
        assert_eq!(browser.get(&callback).unwrap().location, "/");
        assert!(browser.get("/").unwrap().body.contains("Bonjour CAMILLE"));
        let out = browser.post("/logout", &nobody).unwrap().location;
        assert!(out.starts_with(&rehearsal.server.base), "{out}");
        assert!(browser.get("/").unwrap().body.contains("Se connecter"));
    }
}

#[test]
fn the_web_application_lets_people_change_their_mind() {
    let rehearsal = Rehearsal::start();
    let mut program = Program::start("web", &rehearsal.environment("individu", "private"));
    let site = program.address();
    let mut browser = Caller::new(site.trim_end_matches('/'));
    let nobody: [(&str, &str); 0] = [];
    for person in [
        Person { at_login: "cancel", ..Person::named("camille") },
        Person { at_consent: "deny", ..Person::named("camille") },
    ] {
        let away = browser.post("/login", &nobody).unwrap().location;
        let callback = rehearsal.arrive(&away, &person);
        assert_eq!(browser.get(&callback).unwrap().location, "/");
        assert!(browser.get("/").unwrap().body.contains("Se connecter"));
    }
}

#[test]
fn the_program_that_reads_offers_reads_all_pages() {
    let rehearsal = Rehearsal::start();
    let environment = rehearsal.environment("partenaire", "machine");
    let printed = Program::with("offers", &["--rome", "M1805"], &environment).ended();
    let offers: HashSet<_> = printed.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(offers.len() > 150, "more than a page: {}", offers.len());
    assert_eq!(offers.len(), printed.lines().count());
    let some = Program::with("offers", &["--rome", "M1805", "--departement", "44"], &environment).ended();
    assert!(some.lines().count() < offers.len() && some.lines().all(|line| printed.contains(line)), "{some}");
    assert_eq!(Program::with("offers", &["--rome", "Z9999"], &environment).ended(), "");
}

#[test]
fn the_program_of_an_agent_finds_a_person_and_asks_on() {
    let rehearsal = Rehearsal::start();
    let environment = rehearsal.environment("agent", "machine");
    let agent = ["--nom", "Müller", "--prenom", "Éloïse", "--identifiant", "A1234"];
    let ask = |number| Program::with("agent", &[&agent[..], &[number]].concat(), &environment).ended();
    assert!(ask("99000000001").contains("2030-01-20"));
    assert_eq!(ask("99999999999"), "personne\n");
}
