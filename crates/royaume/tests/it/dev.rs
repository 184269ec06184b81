//! `royaume dev`: what it says, what it writes down, and where it does not listen.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::command::User;
use crate::http::Caller;
use crate::process::{Server, empty, furnished};

fn members(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// `dev.json` is an interface: its members are these, and no others.
#[test]
fn the_description_has_exactly_its_shape() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let described = &server.description;
    assert_eq!(
        members(described),
        BTreeSet::from(["api_base_url", "base_url", "clients", "people", "realms"])
    );
    assert_eq!(described["base_url"], server.base.as_str());
    assert_eq!(described["api_base_url"], format!("{}/partenaire", server.base));
    assert_eq!(
        members(&described["realms"]),
        BTreeSet::from(["agent", "entreprise", "individu", "partenaire"])
    );
    for (name, realm) in described["realms"].as_object().unwrap() {
        assert_eq!(members(realm), BTreeSet::from(["authorize", "issuer", "token"]), "{name}");
        let issuer = format!("{}/connexion/oauth2/realms/root/realms/{name}", server.base);
        assert_eq!(realm["issuer"], issuer);
        assert_eq!(realm["token"], format!("{issuer}/access_token"));
        if name == "partenaire" {
            assert!(realm["authorize"].is_null(), "nobody signs in there");
        } else {
            assert_eq!(realm["authorize"], format!("{issuer}/authorize"));
        }
    }
    let clients = described["clients"].as_array().unwrap();
    let mut kinds = Vec::new();
    for client in clients {
        assert_eq!(
            members(client),
            BTreeSet::from(["client_id", "client_secret", "kind", "realm", "redirect_uris", "scope"])
        );
        let kind = client["kind"].as_str().unwrap();
        kinds.push((client["realm"].as_str().unwrap(), kind));
        assert_eq!(client["client_secret"].is_null(), kind == "public", "{client}");
        assert_eq!(client["redirect_uris"].as_array().unwrap().is_empty(), kind == "machine", "{client}");
        assert!(!client["scope"].as_str().unwrap().is_empty());
    }
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            ("agent", "machine"),
            ("agent", "private"),
            ("agent", "public"),
            ("entreprise", "private"),
            ("entreprise", "public"),
            ("individu", "private"),
            ("individu", "public"),
            ("partenaire", "machine"),
        ]
    );
    for person in described["people"].as_array().unwrap() {
        assert_eq!(members(person), BTreeSet::from(["password", "persona", "realm", "username"]));
    }
    let mode = fs::metadata(data.path().join("dev.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "it holds secrets");
}

/// The rehearsal has passwords that everybody knows.
#[test]
fn it_listens_on_loopback_only() {
    let user = User::new();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = user.run(&["dev", "--listen", address]);
        assert!(refused.failed(2).contains("beyond this machine"), "{refused:?}");
    }
    assert!(!user.home().join(".local").exists(), "nothing was made");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = furnished();
    let refused = User::new().run(&["dev", "--listen", &address, "--data", data.path().to_str().unwrap()]);
    assert!(refused.failed(2).contains(&address) && refused.err.contains("--listen"), "{refused:?}");
}

#[test]
fn health_is_asked_and_metrics_are_told() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let mut caller = Caller::new(&server.base);
    for (place, status) in [("/health/live", "live"), ("/health/ready", "ready")] {
        let answer = caller.get(place).unwrap();
        assert_eq!((answer.status, answer.member("status").as_str()), (200, status));
    }
    let metrics = caller.get("/metrics").unwrap();
    assert!(metrics.status == 200 && metrics.body.contains("# TYPE"), "{metrics:?}");
    for name in ["passwords_hashed", "passwords_shed", "logout_notices_taken", "logout_notices_given_up"] {
        assert!(metrics.body.contains(&format!("\nroyaume_{name}_total ")), "{name}: {metrics:?}");
    }
    assert_eq!(caller.get("/").unwrap().status, 200);
}

/// An empty database never takes the place of one that was lost, and never a new key that of a lost one.
#[test]
fn what_was_lost_is_not_made_anew() {
    let data = furnished();
    let dev = |data: &std::path::Path| {
        User::new().run(&["dev", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()])
    };
    fs::remove_file(data.path().join("server.key")).unwrap();
    assert!(dev(data.path()).failed(2).contains("put the key back"));
    let data = furnished();
    for entry in fs::read_dir(data.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("royaume.db") {
            fs::remove_file(path).unwrap();
        }
    }
    assert!(dev(data.path()).failed(2).contains("there is no database"));
    let data = furnished();
    let key = data.path().join("server.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(dev(data.path()).failed(2).contains("chmod 600"));
}

/// A first start that was cut short is taken up where it ended.
#[test]
fn a_first_start_that_made_its_key_only_goes_on_from_there() {
    let data = empty();
    let key = data.path().join("server.key");
    User::new().run(&["key", "new-server-key", key.to_str().unwrap()]).ok();
    let before = fs::read_to_string(&key).unwrap();
    assert!(Server::start(data.path(), None).terminate());
    assert_eq!(fs::read_to_string(&key).unwrap(), before);
}

/// Of several first starts on one place each serves, with the key and the samples of whichever was faster.
#[test]
fn first_starts_at_once_agree_on_everything() {
    let data = empty();
    let starts: Vec<_> = (0..4)
        .map(|_| {
            let data = data.path().to_owned();
            std::thread::spawn(move || Server::start(&data, None))
        })
        .collect();
    let servers: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    let user = User::new();
    let client = servers[0].client("partenaire", "machine");
    let user = user.with("ROYAUME_CLIENT_SECRET", client["client_secret"].as_str().unwrap());
    for server in &servers {
        assert_eq!(server.description["clients"], servers[0].description["clients"]);
        let client_id = client["client_id"].as_str().unwrap();
        user.run(&["token", "--realm", "partenaire", "--server", &server.base, "--client-id", client_id])
            .ok();
    }
}

/// The key and the database of a server are its own to make: looking at what is not there leaves it so.
#[test]
fn administration_makes_nothing() {
    let data = empty();
    let place = data.path().to_str().unwrap();
    for command in [&["client", "list", "--realm", "individu"][..], &["key", "rotate", "--realm", "individu"]]
    {
        let refused = User::new().run(&[command, &["--data", place]].concat());
        assert!(refused.failed(2).contains("start royaume dev once"), "{refused:?}");
        assert_eq!(fs::read_dir(place).unwrap().count(), 0);
    }
}

/// A directory with secrets that others can enter is refused, and what to do is said.
#[test]
fn a_data_directory_that_others_can_enter_is_refused() {
    let data = furnished();
    fs::set_permissions(data.path(), fs::Permissions::from_mode(0o750)).unwrap();
    let place = data.path().to_str().unwrap();
    let refused = User::new().run(&["dev", "--listen", "127.0.0.1:0", "--data", place]);
    assert!(refused.failed(2).contains(&format!("run chmod 700 {place}")), "{refused:?}");
}

/// Started without `--data`, it keeps its data where the user keeps theirs, for them alone.
#[test]
fn the_first_start_keeps_its_data_in_the_user_s_own_place() {
    for (user, below) in [
        (User::new(), ".local/share/royaume/dev"),
        (User::new().with("XDG_DATA_HOME", "relative/is/ignored"), ".local/share/royaume/dev"),
    ] {
        let mut child = user.start(&["dev", "--listen", "127.0.0.1:0"]);
        let out = child.stdout.take().unwrap();
        let mut welcome = String::new();
        for line in std::io::BufRead::lines(std::io::BufReader::new(out)) {
            let line = line.unwrap();
            welcome.push_str(&line);
            welcome.push('\n');
            if line.starts_with("Ctrl-C") {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let place = user.home().join(below);
        assert!(place.join("dev.json").exists(), "{welcome}");
        assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
        let program = env!("CARGO_BIN_EXE_royaume");
        for words in [
            &format!("  {program} token --realm partenaire"),
            &format!("  {program} login --realm individu"),
            "camille / camille",
            "  API           http://127.0.0.1:",
        ] {
            assert!(welcome.contains(words), "{words} is not in {welcome}");
        }
        let realms =
            welcome.lines().filter_map(|line| line.split_once(" issuer ").map(|(realm, _)| realm.trim()));
        assert_eq!(realms.collect::<Vec<_>>(), ["/partenaire", "/individu", "/entreprise", "/agent"]);
        assert!(welcome.lines().count() < 60, "a page, not more: {welcome}");
    }
}

/// A secret that an operator has ended is not shown as if it were good, and one that is still good is.
#[test]
fn a_sample_secret_that_was_changed_is_not_shown() {
    let data = furnished();
    let place = data.path().to_str().unwrap();
    let user = User::new();
    let server = Server::start(data.path(), None);
    let (ended, kept) =
        (server.client("partenaire", "machine").clone(), server.client("agent", "machine").clone());
    let rotate = |client: &Value, more: &[&str]| {
        let (realm, client_id) = (client["realm"].as_str().unwrap(), client["client_id"].as_str().unwrap());
        let rotate = ["client", "rotate-secret", "--data", place, "--realm", realm, client_id];
        user.run(&[&rotate[..], more].concat()).ok().to_owned()
    };
    let new = rotate(&ended, &["--only"]);
    rotate(&kept, &[]);
    assert!(server.terminate());
    let server = Server::start(data.path(), None);
    assert!(server.client("partenaire", "machine")["client_secret"].is_null());
    assert_eq!(server.client("agent", "machine")["client_secret"], kept["client_secret"]);
    let page = Caller::new(&server.base).get("/?lang=en").unwrap().body;
    assert!(page.contains("changed") && !page.contains(ended["client_secret"].as_str().unwrap()), "{page}");
    let token = ["token", "--data", place, "--server", &server.base, "--realm", "partenaire"];
    assert!(user.run(&token).failed(2).contains("was changed"), "not sent as a public application");
    let client_id = ended["client_id"].as_str().unwrap();
    let named = User::new().with("ROYAUME_CLIENT_ID", client_id).with("ROYAUME_CLIENT_SECRET", &new);
    named.run(&token).ok();
}

/// `--standard` speaks as the standards say; without it, as deployed.
#[test]
fn it_speaks_as_deployed_unless_told_otherwise() {
    for (standard, status) in [(false, 400), (true, 401)] {
        let data = furnished();
        let user = User::new();
        let mut arguments = vec!["dev", "--listen", "127.0.0.1:0", "--data", data.path().to_str().unwrap()];
        if standard {
            arguments.push("--standard");
        }
        let mut child = user.start(&arguments);
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
        assert!(lines.any(|line| line.unwrap().starts_with("Ctrl-C")));
        let described: Value =
            serde_json::from_slice(&fs::read(data.path().join("dev.json")).unwrap()).unwrap();
        let mut caller = Caller::new(described["base_url"].as_str().unwrap());
        let wrong = [("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "y")];
        let answer = caller.post("/connexion/oauth2/partenaire/access_token", &wrong).unwrap();
        assert_eq!(answer.status, status, "{answer:?}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
