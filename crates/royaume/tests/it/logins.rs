//! Logins that are kept between commands: for their owner alone, and whole whatever runs at the same time.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::command::User;
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

/// Somebody at a rehearsal, who signs in.
struct Desk {
    server: Server,
    user: User,
    data: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let data = furnished();
        Self { server: Server::start(data.path(), None), user: User::new(), data }
    }

    fn options<'a>(&'a self, command: &'a str, realm: &'a str) -> Vec<&'a str> {
        let data = self.data.path().to_str().unwrap();
        let all = [command, "--server", &self.server.base, "--data", data, "--realm", realm];
        all.into_iter().filter(|word| !word.is_empty()).collect()
    }

    fn sign_in(&self, realm: &str, person: &str) {
        let arrive = |address: &str| {
            Some(Caller::new(&self.server.base).arrive(address, &Person::named(person)).unwrap())
        };
        self.user.login(&self.options("", realm), arrive).ok();
    }

    fn sign_in_for_json(&self, realm: &str, person: &str) -> serde_json::Value {
        let arrive = |address: &str| {
            Some(Caller::new(&self.server.base).arrive(address, &Person::named(person)).unwrap())
        };
        self.user.login(&[self.options("", realm), vec!["--json"]].concat(), arrive).json()
    }

    fn directory(&self) -> PathBuf {
        self.user.home().join(".local/share/royaume/logins")
    }

    /// The only login that is kept.
    fn kept(&self) -> PathBuf {
        let mut kept = self.all_kept();
        assert_eq!(kept.len(), 1, "{kept:?}");
        kept.remove(0)
    }

    fn all_kept(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.directory()).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|end| end == "tokens")).collect()
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn logins_are_kept_for_their_owner_alone() {
    let desk = Desk::new();
    desk.sign_in("individu", "camille");
    assert_eq!(mode(&desk.directory()), 0o700);
    for entry in fs::read_dir(desk.directory()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{path:?}");
    }
    fs::set_permissions(desk.directory(), fs::Permissions::from_mode(0o755)).unwrap();
    let refused = desk.user.run(&desk.options("userinfo", "individu"));
    assert!(refused.failed(2).contains("run chmod 700 "), "{refused:?}");
    fs::set_permissions(desk.directory(), fs::Permissions::from_mode(0o700)).unwrap();
    fs::set_permissions(desk.kept(), fs::Permissions::from_mode(0o644)).unwrap();
    let refused = desk.user.run(&desk.options("userinfo", "individu"));
    assert!(refused.failed(2).contains("run chmod 600 "), "{refused:?}");
}

/// A file that we did not write, or not whole, is somebody's all the same.
#[test]
fn a_login_that_does_not_read_is_left_as_it_is_and_named() {
    let desk = Desk::new();
    desk.sign_in("individu", "camille");
    let kept = desk.kept();
    desk.sign_in("agent", "ines");
    let of_another = desk.all_kept().into_iter().find(|path| *path != kept).unwrap();
    let (login, of_another) = (fs::read(&kept).unwrap(), fs::read(of_another).unwrap());
    let large = vec![b' '; 3 << 20];
    for spoilt in [&b"{ not sealed"[..], b"", &large, &of_another, &login[..login.len() - 1]] {
        fs::write(&kept, spoilt).unwrap();
        for command in ["userinfo", "whoami", "refresh", "logout"] {
            let refused = desk.user.run(&desk.options(command, "individu"));
            let named = refused.failed(2).contains(kept.to_str().unwrap());
            assert!(named && refused.err.contains("move it away"), "{refused:?}");
            assert!(fs::read(&kept).unwrap() == spoilt, "{command} changed it");
        }
    }
    fs::write(&kept, login).unwrap();
    desk.user.run(&desk.options("userinfo", "individu")).ok();
}

/// CWE-312: no token lies about in clear, wherever this user's files are.
#[test]
fn no_file_of_a_user_holds_a_token_in_clear() {
    let desk = Desk::new();
    let tokens = desk.sign_in_for_json("individu", "camille");
    let secrets = ["access_token", "refresh_token", "id_token"].map(|name| tokens[name].as_str().unwrap());
    let machine = desk.user.run(&desk.options("token", "partenaire"));
    let mut seen = 0;
    let mut directories = vec![desk.user.home().to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            for secret in secrets.iter().copied().chain([machine.ok()]) {
                assert!(!text.contains(secret), "{path:?} holds a token");
            }
            assert_eq!(mode(&path), 0o600, "{path:?}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "a login, a token, their locks, and the key");
}

/// What an earlier version left in clear is sealed by the first command that uses a login, also those of others.
#[test]
fn logins_in_clear_are_sealed_and_removed_at_first_use() {
    let desk = Desk::new();
    let people = [("individu", "camille"), ("agent", "ines")];
    let logins = people.map(|(realm, person)| {
        let tokens = desk.sign_in_for_json(realm, person);
        let client_id = &desk.server.client(realm, "private")["client_id"];
        let issuer = &tokens["claims"]["iss"];
        (realm, serde_json::json!({ "issuer": issuer, "client_id": client_id, "tokens": tokens }))
    });
    let first = desk.all_kept();
    first.iter().for_each(|path| fs::remove_file(path).unwrap());
    let in_clear = logins.map(|(realm, login)| {
        desk.user.run(&desk.options("whoami", realm)).failed(2);
        // The earlier name of a login: a digest of whose it is.
        let owner =
            format!("{}\n{}", login["issuer"].as_str().unwrap(), login["client_id"].as_str().unwrap());
        let digest = royaume_jose::sha256(owner.as_bytes());
        let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        (desk.directory().join(format!("{name}.json")), login.to_string())
    });
    for (path, login) in &in_clear {
        fs::write(path, login).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let [(mine, _), (other, _)] = in_clear;
    let strange = desk.directory().join(format!("{}.json", "0".repeat(64)));
    fs::write(&strange, "mine").unwrap();
    desk.user.run(&desk.options("whoami", "individu")).ok();
    assert!(!mine.exists() && !other.exists() && strange.exists());
    desk.user.run(&desk.options("refresh", "individu")).ok();
    desk.user.run(&desk.options("userinfo", "agent")).ok();
    for renewed in desk.user.at_once(&vec![desk.options("refresh", "agent"); 4]) {
        renewed.ok();
    }
}

/// Commands that begin at once make one key between them.
#[test]
fn the_first_commands_at_once_make_one_key() {
    let desk = Desk::new();
    let all: Vec<_> =
        ["partenaire", "agent"].iter().cycle().take(8).map(|realm| desk.options("token", realm)).collect();
    let tokens: std::collections::BTreeSet<_> =
        desk.user.at_once(&all).iter().map(|one| one.ok().to_owned()).collect();
    assert_eq!(tokens.len(), 2, "each realm was asked once");
}

#[test]
fn a_passphrase_seals_and_without_it_nothing_opens() {
    let desk = Desk::new();
    let desk = Desk { user: User::new().with("ROYAUME_PASSPHRASE", "correct horse"), ..desk };
    desk.sign_in("individu", "camille");
    desk.user.run(&desk.options("whoami", "individu")).ok();
    assert!(!desk.directory().with_file_name("sealing.key").exists());
    let desk = Desk { user: desk.user.with("ROYAUME_PASSPHRASE", "correct house"), ..desk };
    let refused = desk.user.run(&desk.options("whoami", "individu"));
    assert!(
        refused.failed(2).contains("ROYAUME_PASSPHRASE") && !refused.err.contains("horse"),
        "{refused:?}"
    );
    let file = desk.user.home().join("passphrase");
    fs::write(&file, "correct horse\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let user =
        desk.user.with("ROYAUME_PASSPHRASE", "").with("ROYAUME_PASSPHRASE_FILE", file.to_str().unwrap());
    let desk = Desk { user, ..desk };
    desk.user.run(&desk.options("whoami", "individu")).ok();
}

/// A keyring that does not answer holds nobody up, and is asked for by name only where that is wanted.
#[test]
fn a_keyring_that_is_not_there_is_done_without_unless_it_is_asked_for() {
    let desk = Desk::new();
    let nowhere = "unix:path=/nowhere/at/all";
    let desk = Desk { user: User::new().with("DBUS_SESSION_BUS_ADDRESS", nowhere), ..desk };
    desk.sign_in("individu", "camille");
    desk.user.run(&desk.options("whoami", "individu")).ok();
    let desk = Desk { user: desk.user.with("ROYAUME_KEYRING", "on"), ..desk };
    let refused = desk.user.run(&desk.options("whoami", "individu"));
    assert!(refused.failed(5).contains("ROYAUME_KEYRING=off"), "{refused:?}");
    let token = desk.user.run(&desk.options("token", "partenaire"));
    assert!(token.ok().len() == 27 && token.err.contains("not kept"), "{token:?}");
    let desk = Desk { user: desk.user.with("ROYAUME_KEYRING", "maybe"), ..desk };
    assert!(desk.user.run(&desk.options("whoami", "individu")).failed(2).contains("auto, on or off"));
}

/// RFC 9700 §4.14.2: a refresh token is good once. Commands that renew the same login at once take turns, and each
/// sends what the one before it was given.
#[test]
fn refreshes_at_once_all_succeed_and_the_login_lives() {
    let desk = Desk::new();
    desk.sign_in("individu", "camille");
    let renewed = desk.user.at_once(&vec![desk.options("refresh", "individu"); 8]);
    let mut tokens: Vec<_> = renewed.iter().map(|one| one.ok().to_owned()).collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 8, "each was given its own");
    desk.user.run(&desk.options("refresh", "individu")).ok();
    desk.user.run(&desk.options("userinfo", "individu")).ok();
}

#[test]
fn refreshes_of_different_realms_lose_nothing_of_each_other() {
    let desk = Desk::new();
    let people = [("individu", "camille"), ("entreprise", "lea"), ("agent", "ines")];
    for (realm, person) in people {
        desk.sign_in(realm, person);
    }
    for _ in 0..3 {
        let all: Vec<_> = people.iter().map(|(realm, _)| desk.options("refresh", realm)).collect();
        for renewed in desk.user.at_once(&all) {
            renewed.ok();
        }
    }
    for (realm, _) in people {
        desk.user.run(&desk.options("refresh", realm)).ok();
        desk.user.run(&desk.options("userinfo", realm)).ok();
    }
}

/// A grant that is dead is forgotten: the person has to sign in again, and is told so at once from then on.
#[test]
fn a_login_that_the_server_refuses_to_renew_is_forgotten() {
    let desk = Desk::new();
    let tokens = desk.sign_in_for_json("individu", "camille");
    let last = tokens["refresh_token"].as_str().unwrap();
    desk.user.told(&desk.options("revoke", "individu"), last).ok();
    desk.user.run(&desk.options("refresh", "individu")).failed(3);
    assert!(desk.user.run(&desk.options("refresh", "individu")).failed(2).contains("royaume login"));
}
