//! Secrets come from files, the environment or standard input; never from the command line, and never into an error.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::command::{User, come_back};
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

#[test]
fn a_secret_comes_from_the_environment_a_file_or_standard_input() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let client = server.client("partenaire", "machine");
    let (client_id, secret) =
        (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let arguments = ["token", "--realm", "partenaire", "--server", &server.base, "--client-id", client_id];

    User::new().with("ROYAUME_CLIENT_SECRET", secret).run(&arguments).ok();
    let user = User::new();
    user.run(&arguments).failed(2);
    let file = user.home().join("secret");
    fs::write(&file, format!("{secret}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    user.run(&[&arguments[..], &["--client-secret-file", file.to_str().unwrap()]].concat()).ok();
    user.told(&[&arguments[..], &["--client-secret-file", "-"]].concat(), &format!("{secret}\n")).ok();
    let everything = User::new()
        .with("ROYAUME_CLIENT_ID", client_id)
        .with("ROYAUME_CLIENT_SECRET", secret)
        .with("ROYAUME_SERVER", &server.base);
    everything.run(&["token", "--realm", "partenaire"]).ok();
}

#[test]
fn a_file_with_a_secret_that_others_can_read_is_refused() {
    let user = User::new();
    let file = user.home().join("secret");
    fs::write(&file, "hunter2").unwrap();
    for mode in [0o640, 0o604] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let file = file.to_str().unwrap();
        let refused =
            user.run(&["token", "--realm", "partenaire", "--client-id", "x", "--client-secret-file", file]);
        assert!(refused.failed(2).contains(&format!("run chmod 600 {file}")), "{refused:?}");
    }
}

#[test]
fn no_option_takes_a_secret() {
    let user = User::new();
    for option in ["--client-secret", "--secret", "--password"] {
        for arguments in [
            vec!["token", "--realm", "partenaire", option, "hunter2"],
            vec![
                "client", "add", "--realm", "individu", "--kind", "private", "--name", "x", option, "hunter2",
            ],
            vec!["account", "add", "--realm", "individu", "camille", option, "hunter2"],
        ] {
            let refused = user.run(&arguments);
            assert!(!refused.failed(2).contains("hunter2"), "{refused:?}");
        }
    }
}

#[test]
fn no_failure_shows_a_secret() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let user =
        User::new().with("ROYAUME_CLIENT_SECRET", "hunter2-of-the-client").with("ROYAUME_LOG", "trace");
    let place = ["--server", &server.base, "--realm", "individu", "--client-id", "somebody"];
    for command in ["token", "introspect", "revoke"] {
        let refused = user.told(&[&[command], &place[..]].concat(), "hunter2-the-token\n");
        let all = format!("{}{}", refused.out, refused.err);
        assert_ne!(refused.code, 0);
        assert!(!all.contains("hunter2"), "{command}: {all}");
    }
    let base = format!("http://hunter2:hunter2@{}", server.base.strip_prefix("http://").unwrap());
    let refused = user.run(&["token", "--realm", "individu", "--client-id", "x", "--server", &base]);
    assert!(!refused.failed(2).contains("hunter2"), "{refused:?}");
}

/// CWE-526: a browser and all that it starts would have what our environment holds. It is opened once somebody listens.
#[test]
fn the_browser_is_given_the_address_and_no_secret() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let client = server.client("individu", "private");
    let user = User::new();
    let (bin, seen) = (user.home().join("bin"), user.home().join("seen"));
    fs::create_dir(&bin).unwrap();
    let script = format!(
        "#!/bin/sh\nenv > {0}.new\nprintf 'address=%s\\n' \"$1\" >> {0}.new\nmv {0}.new {0}\n",
        seen.display()
    );
    for opener in ["xdg-open", "open"] {
        fs::write(bin.join(opener), &script).unwrap();
        fs::set_permissions(bin.join(opener), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let user = user
        .with("PATH", &path)
        .with("ROYAUME_CLIENT_ID", client["client_id"].as_str().unwrap())
        .with("ROYAUME_CLIENT_SECRET", client["client_secret"].as_str().unwrap())
        .with("ROYAUME_SERVER_KEY", "hunter2-the-key")
        .with("ROYAUME_PASSPHRASE", "hunter2-the-passphrase")
        .with("ROYAUME_DATABASE_URL", "postgresql://royaume:hunter2@localhost/x");
    let mut login =
        user.start(&["login", "--realm", "individu", "--server", &server.base, "--timeout", "60"]);
    // The person's part is done by whoever reads what the browser was given.
    let given = loop {
        if let Ok(given) = fs::read_to_string(&seen) {
            break given;
        }
        assert!(login.try_wait().unwrap().is_none(), "login ended without a browser");
        std::thread::yield_now();
    };
    for secret in [client["client_secret"].as_str().unwrap(), "hunter2"] {
        assert!(!given.contains(secret), "{given}");
    }
    assert!(given.contains("ROYAUME_CLIENT_ID="), "the rest is there: {given}");
    let address = given.lines().find_map(|line| line.strip_prefix("address=")).unwrap();
    come_back(&Caller::new(&server.base).arrive(address, &Person::named("camille")).unwrap());
    assert!(login.wait().unwrap().success());
}

/// RFC 9700 §4.9.1: the secrets of sample applications go to the rehearsal that made them, and to nobody else.
#[test]
fn sample_secrets_are_sent_to_their_own_rehearsal_only() {
    let data = furnished();
    let server = Server::start(data.path(), None);
    let data = data.path().to_str().unwrap();
    for elsewhere in ["http://127.0.0.1:9", "http://localhost:9", "https://login.example.org", "production"] {
        let refused =
            User::new().run(&["token", "--realm", "partenaire", "--data", data, "--server", elsewhere]);
        assert!(refused.failed(2).contains("which application?"), "{refused:?}");
    }
    User::new().run(&["token", "--realm", "partenaire", "--data", data, "--server", &server.base]).ok();
}

#[test]
fn a_server_key_is_made_once_and_for_its_owner_alone() {
    let user = User::new();
    let key = user.home().join("server.key");
    let path = key.to_str().unwrap();
    user.run(&["key", "new-server-key", path]).ok();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read_to_string(&key).unwrap();
    assert_eq!(fs::read_dir(user.home()).unwrap().count(), 1, "nothing is left beside it");
    assert!(user.run(&["key", "new-server-key", path]).failed(2).contains("never overwritten"));
    assert_eq!(fs::read_to_string(&key).unwrap(), before);
}

/// What an operator backs up is the key that the server uses: of several who make one at once, one does.
#[test]
fn of_several_server_keys_made_at_once_the_first_stays() {
    let user = User::new();
    let key = user.home().join("server.key");
    let make = vec!["key", "new-server-key", key.to_str().unwrap()];
    let made = user.at_once(&vec![make; 12]);
    assert_eq!(made.iter().filter(|one| one.code == 0).count(), 1, "{made:?}");
    for refused in made.iter().filter(|one| one.code != 0) {
        assert!(refused.failed(2).contains("never overwritten"), "{refused:?}");
    }
    assert_eq!(fs::read_dir(user.home()).unwrap().count(), 1, "nothing is left beside it");
}
