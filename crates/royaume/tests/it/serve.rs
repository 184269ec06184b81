//! `royaume serve`: what it refuses and why, and that it serves people on SQLite and on PostgreSQL.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command};

use royaume_store::testing::fresh_database;

use crate::command::{Finished, User};
use crate::http::{Caller, Person};

/// A configuration that serves, for a test to spoil: its lines by what they set.
const SOUND: [(&str, &str); 5] = [
    ("base_url", r#"base_url = "http://127.0.0.1:8080""#),
    ("listen", r#"listen = "127.0.0.1:0""#),
    ("key", r#"server_key_file = "server.key""#),
    ("realms", r#"preset = "france-travail""#),
    ("store", "[store]\nsqlite = \"royaume.db\""),
];

/// An operator with a server key, and a configuration beside it.
pub(crate) struct Place {
    pub(crate) operator: User,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self { operator: User::new() };
        place.operator.run(&["key", "new-server-key", &place.path("server.key")]).ok();
        place
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.operator.home().join(name).to_str().unwrap().to_owned()
    }

    /// Writes the configuration with changed lines.
    fn write(&self, changes: &[(&str, &str)]) {
        let lines = SOUND.iter().map(|(name, line)| {
            changes.iter().find(|(changed, _)| changed == name).map_or(*line, |(_, line)| line)
        });
        fs::write(self.path("royaume.toml"), lines.collect::<Vec<_>>().join("\n")).unwrap();
    }

    /// Starts with changed lines, and expects that it does not serve.
    fn refused(&self, changes: &[(&str, &str)]) -> Finished {
        self.write(changes);
        self.operator.run(&["serve", "--create", "--config", &self.path("royaume.toml")])
    }
}

#[test]
fn each_unsafe_configuration_is_refused_with_the_reason() {
    let place = Place::new();
    let proxies = "base_url = \"https://login.example.org\"\ntrusted_proxies = [\"127.0.0.1\"]";
    for (changes, reason) in [
        (&[("base_url", r#"base_url = "http://login.example.org""#)][..], "tokens would travel in clear"),
        (&[("base_url", r#"base_url = "https://user:word@login.example.org""#)], "credentials"),
        (&[("base_url", "")], "base_url"),
        (&[("base_url", r#"base_url = "https://login.example.org""#)], "trusted_proxies does not name it"),
        (&[("listen", r#"listen = "0.0.0.0:0""#)], "listen goes beyond loopback without TLS"),
        (&[("listen", r#"listen = "[::]:0""#)], "listen goes beyond loopback without TLS"),
        (&[("key", "")], "there is no server key"),
        (&[("key", r#"server_key_file = "missing.key""#)], "royaume key new-server-key"),
        (&[("realms", "")], "name the realms"),
        (&[("realms", "preset = \"france-travail\"\ntopology = \"realms.toml\"")], "exclude each other"),
        (&[("realms", r#"preset = "nowhere""#)], "nowhere"),
        (&[("realms", r#"topology = "missing.toml""#)], "missing.toml"),
        (&[("store", "")], "exactly one of sqlite"),
        (
            &[("store", "[store]\nsqlite = \"a\"\npostgres = \"postgresql://localhost/a\"")],
            "exactly one of sqlite",
        ),
        (&[("store", "[store]\nsqlite = \"a\"\n[passwords]\nmemory_kib = 7167\npasses = 9")], "too cheap"),
        (&[("store", "[store]\nsqlite = \"a\"\n[passwords]\npasses = 0")], "too cheap"),
        (&[("store", "[store]\nsqlite = \"a\"\n[passwords]\nmemory_kib = 7168\npasses = 4")], "too cheap"),
        (&[("store", "[store]\nsqlite = \"a\"\n[limits]\nhead_seconds = 0")], "head_seconds is 0"),
        (&[("store", "[store]\nsqlite = \"a\"\n[limits]\nhead_second = 1")], "head_second"),
        (&[("store", "[store]\nsqlite = \"a\"\n[fetch]\nallows = []")], "allows"),
        (&[("store", "[store]\nsqlite = \"a\"\n[fetch]\nallow = [\"*.internal\"]")], "cannot be allowed"),
        (&[("store", "[store]\nsqlite = \"a\"\n[fetch]\nseconds = 0")], "seconds is 0"),
        (&[("store", "[store]\nsqlite = \"a\"\n[fetch]\ntrust_roots = [\"missing.pem\"]")], "missing.pem"),
        (&[("base_url", proxies), ("listen", "listen = \"nowhere\"")], "line 3"),
        (&[("store", "[store]\nsqlite = \"no/such/directory/royaume.db\"")], "no/such/directory"),
    ] {
        let refused = place.refused(changes);
        assert!(refused.failed(2).contains(reason), "{changes:?}: {refused:?}");
    }
    let missing = place.operator.run(&["serve", "--config", &place.path("missing.toml")]);
    assert!(missing.failed(2).contains("cannot be read"), "{missing:?}");
}

#[test]
fn a_server_key_that_others_can_read_or_that_is_damaged_is_refused() {
    let place = Place::new();
    let key = place.path("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    assert!(place.refused(&[]).failed(2).contains("chmod 600"));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&key, "too short").unwrap();
    assert!(place.refused(&[]).failed(2).contains("damaged"));
    let operator = Place { operator: User::new().with("ROYAUME_SERVER_KEY", "too-short-a-key") };
    let refused = operator.refused(&[]);
    assert!(refused.failed(2).contains("43 characters"), "{refused:?}");
    assert!(!refused.err.contains("too-short-a-key"), "{refused:?}");
}

/// CWE-532: a line that does not read is named by its number; it may hold the password of the database.
#[test]
fn a_misspelled_line_is_not_repeated() {
    let place = Place::new();
    let refused = place
        .refused(&[("store", "[store]\npostgress = \"postgresql://royaume:hunter2@localhost/royaume\"")]);
    assert!(refused.failed(2).contains("line 6") && refused.err.contains("postgress"), "{refused:?}");
    assert!(!refused.err.contains("hunter2"), "{refused:?}");
}

#[test]
fn a_database_is_made_only_when_that_is_asked_for() {
    let place = Place::new();
    place.write(&[]);
    let refused = place.operator.run(&["serve", "--config", &place.path("royaume.toml")]);
    assert!(refused.failed(2).contains("if this is the first start, create it"), "{refused:?}");
    assert!(!fs::exists(place.path("royaume.db")).unwrap());
}

/// A database beyond this machine that offers no TLS, or a server that is away, is trouble: trying again may help.
#[test]
fn a_database_that_is_away_is_trouble_and_its_password_is_not_shown() {
    let place = Place::new();
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let store = format!("[store]\npostgres = \"postgresql://royaume:hunter2@{away}/royaume\"");
    let refused = place.refused(&[("store", &store)]);
    assert!(!refused.failed(5).contains("hunter2"), "{refused:?}");
    let store = "[store]\npostgres_authorities = \"empty.pem\"\npostgres = \"postgresql://royaume:hunter2@db.example.org/royaume\"";
    fs::write(place.path("empty.pem"), "").unwrap();
    let refused = place.refused(&[("store", store)]);
    assert!(
        refused.failed(2).contains("names no authority"),
        "TLS is demanded beyond this machine: {refused:?}"
    );
    assert!(!refused.err.contains("hunter2"), "{refused:?}");
}

/// A server that runs.
pub(crate) struct Serving {
    child: Child,
    pub(crate) base: String,
}

impl Serving {
    /// Starts, and waits until the log says that it serves.
    pub(crate) fn start(place: &Place, create: bool, changes: &[(&str, &str)]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let base = format!("http://127.0.0.1:{port}");
        let (base_url, listen) = (format!("base_url = \"{base}\""), format!("listen = \"127.0.0.1:{port}\""));
        place.write(&[&[("base_url", base_url.as_str()), ("listen", &listen)], changes].concat());
        let config = place.path("royaume.toml");
        let mut arguments = vec!["serve", "--config", &config];
        if create {
            arguments.push("--create");
        }
        let mut child = place.operator.start(&arguments);
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let serves = log.any(|line| line.is_ok_and(|line| line.contains("\"message\":\"serving\"")));
        assert!(serves, "the server ended before it served");
        std::thread::spawn(move || log.for_each(drop));
        Self { child, base }
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// From nothing to a person who is signed in, over a restart.
fn serves_people(store: &str) {
    let place = Place::new();
    let store = [("store", store)];
    let server = Serving::start(&place, true, &store);
    let ready = Caller::new(&server.base).get("/health/ready").unwrap();
    assert_eq!(ready.status, 200, "{ready:?}");
    let config = place.path("royaume.toml");
    let clients =
        place.operator.run(&["client", "list", "--realm", "individu", "--config", &config, "--json"]);
    assert_eq!(clients.json().as_array().unwrap().len(), 0, "there are no samples");
    let accounts =
        place.operator.run(&["account", "list", "--realm", "individu", "--config", &config, "--json"]);
    assert_eq!(accounts.json().as_array().unwrap().len(), 0, "nobody is known");

    let add = [
        "client",
        "add",
        "--realm",
        "individu",
        "--kind",
        "private",
        "--name",
        "Un site",
        "--redirect-uri",
        "http://127.0.0.1/callback",
        "--config",
        &config,
        "--json",
    ];
    let client = place.operator.run(&add).json();
    let (client_id, secret) =
        (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap().to_owned());
    let add = ["account", "add", "--realm", "individu", "zoe", "--config", &config];
    place.operator.told(&add, "a long password\n").ok();
    assert_eq!(server.terminate(), Some(0), "it ends well");

    let server = Serving::start(&place, false, &store);
    let user = User::new().with("ROYAUME_CLIENT_SECRET", &secret);
    let options = ["--server", &server.base, "--realm", "individu", "--client-id", client_id];
    let login = [&options[..], &["--scope", "openid profile"]].concat();
    let person = Person { password: "a long password", ..Person::named("zoe") };
    let signed_in =
        user.login(&login, |address| Some(Caller::new(&server.base).arrive(address, &person).unwrap()));
    signed_in.ok();
    user.run(&[&["userinfo"], &options[..]].concat()).ok();
    let wrong = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "y")];
    let answer = Caller::new(&server.base).post("/connexion/oauth2/individu/access_token", &wrong).unwrap();
    assert_eq!(answer.status, 401, "it speaks as the standards say");
    assert_eq!(server.terminate(), Some(0));

    let deployed = [("realms", "preset = \"france-travail\"\ndialect = \"as_deployed\""), store[0]];
    let server = Serving::start(&place, false, &deployed);
    let answer = Caller::new(&server.base).post("/connexion/oauth2/individu/access_token", &wrong).unwrap();
    assert_eq!(answer.status, 400, "or as deployed, if that is wished");
}

/// Realms of one's own, and our own client at them: their issuers say the rest.
#[test]
fn realms_of_its_own_are_found_by_their_issuers() {
    let place = Place::new();
    let realms = r#"name = "example"

[[realm]]
name = "staff"
authenticates = "person"
grants = ["authorization_code", "refresh_token", "client_credentials"]

[[realm.scope]]
name = "openid"
description = { fr = "qui", en = "who" }
source = "OIDC Core §3.1.2.1"
"#;
    fs::write(place.path("realms.toml"), realms).unwrap();
    let server = Serving::start(&place, true, &[("realms", "topology = \"realms.toml\"")]);
    let config = place.path("royaume.toml");
    let register = |kind: &str, more: &[&str]| {
        let add = [
            "client", "add", "--realm", "staff", "--name", "x", "--config", &config, "--json", "--kind", kind,
        ];
        place.operator.run(&[&add[..], more].concat()).json()
    };
    let callback = ["--redirect-uri", "http://127.0.0.1/callback"];
    let (site, program) = (register("private", &callback), register("machine", &[]));
    let add = ["account", "add", "--realm", "staff", "zoe", "--config", &config];
    place.operator.told(&add, "a long password\n").ok();
    let listed = Caller::new(&server.base).get("/staff/.well-known/openid-configuration").unwrap().json();
    let issuer = listed["issuer"].as_str().unwrap();
    let user = |client: &serde_json::Value| {
        User::new()
            .with("ROYAUME_CLIENT_ID", client["client_id"].as_str().unwrap())
            .with("ROYAUME_CLIENT_SECRET", client["client_secret"].as_str().unwrap())
    };

    let machine = user(&program);
    let token = machine.run(&["token", "--issuer", issuer]).ok().to_owned();
    assert_eq!(machine.told(&["introspect", "--issuer", issuer], &token).json()["active"], true);
    machine.told(&["revoke", "--issuer", issuer], &token).ok();
    assert_eq!(machine.told(&["introspect", "--issuer", issuer], &token).json()["active"], false);

    let site = user(&site);
    let person = Person { password: "a long password", ..Person::named("zoe") };
    let arrive = |address: &str| Some(Caller::new(&server.base).arrive(address, &person).unwrap());
    site.login(&["--issuer", issuer], arrive).ok();
    let subject = site.run(&["userinfo", "--issuer", issuer]).json()["sub"].clone();
    let token = site.run(&["refresh", "--issuer", issuer]).ok().to_owned();
    assert_eq!(site.told(&["introspect", "--issuer", issuer], &token).json()["sub"], subject);
    let out = site.run(&["logout", "--issuer", issuer, "--json"]).json();
    assert_eq!(out["revoked"], true);
    assert!(out["logout"]["url"].as_str().unwrap().starts_with(issuer), "{out}");
}

#[test]
fn it_serves_people_on_sqlite() {
    serves_people("[store]\nsqlite = \"royaume.db\"");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_people_on_postgresql() {
    let address = fresh_database().await;
    let store = format!("[store]\npostgres = \"{address}\"");
    tokio::task::spawn_blocking(move || serves_people(&store)).await.unwrap();
}

/// `ROYAUME_DATABASE_URL` wins over both stores of the file, and without `--create` it makes nothing either.
#[tokio::test(flavor = "multi_thread")]
async fn the_environment_names_the_database() {
    let address = fresh_database().await;
    tokio::task::spawn_blocking(move || {
        let place = Place { operator: User::new().with("ROYAUME_DATABASE_URL", &address) };
        place.operator.run(&["key", "new-server-key", &place.path("server.key")]).ok();
        place.write(&[]);
        let refused = place.operator.run(&["serve", "--config", &place.path("royaume.toml")]);
        assert!(refused.failed(2).contains("schema royaume"), "{refused:?}");
        assert_eq!(Serving::start(&place, true, &[]).terminate(), Some(0));
        assert!(!fs::exists(place.path("royaume.db")).unwrap());
    })
    .await
    .unwrap();
}

/// A key that does not open what another key has sealed is no trouble that passes.
#[test]
fn another_server_key_than_that_of_the_database_is_refused() {
    let place = Place::new();
    assert_eq!(Serving::start(&place, true, &[]).terminate(), Some(0));
    fs::remove_file(place.path("server.key")).unwrap();
    place.operator.run(&["key", "new-server-key", &place.path("server.key")]).ok();
    let refused = place.operator.run(&["serve", "--config", &place.path("royaume.toml")]);
    assert!(refused.failed(2).contains("key"), "{refused:?}");
}

/// RFC 7591 §3: an operator lets somebody register an application, which is one from then on.
#[test]
fn whoever_has_a_registration_token_registers_an_application() {
    let place = Place::new();
    let realms = r#"name = "example"

[[realm]]
name = "staff"
authenticates = "person"
grants = ["authorization_code"]
registration = "initial_access_token"

[[realm.scope]]
name = "openid"
description = { fr = "qui", en = "who" }
source = "OIDC Core §3.1.2.1"
"#;
    fs::write(place.path("realms.toml"), realms).unwrap();
    let server = Serving::start(&place, true, &[("realms", "topology = \"realms.toml\"")]);
    let config = place.path("royaume.toml");
    let told =
        ["client", "registration-token", "--realm", "staff", "--expires-in", "60", "--config", &config];
    let token = place.operator.run(&told).ok().to_owned();
    let listed = Caller::new(&server.base).get("/staff/.well-known/openid-configuration").unwrap().json();
    let endpoint = listed["registration_endpoint"].as_str().unwrap();
    let (host, path) = endpoint.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let said = r#"{"redirect_uris":["https://app.example/cb"]}"#;
    let register = || {
        let mut connection = TcpStream::connect(server.base.strip_prefix("http://").unwrap()).unwrap();
        write!(
            connection,
            "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{said}",
            said.len()
        )
        .unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = register();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    assert!(register().starts_with("HTTP/1.1 401 "), "it was good for one");
    let list = ["client", "list", "--realm", "staff", "--config", &config, "--json"];
    assert_eq!(place.operator.run(&list).json()[0]["self_registered"], true);
}
