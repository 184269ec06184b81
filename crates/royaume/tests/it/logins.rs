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

    fn directory(&self) -> PathBuf {
        self.user.home().join(".local/share/royaume/logins")
    }

    /// The only login that is kept.
    fn kept(&self) -> PathBuf {
        let files = fs::read_dir(self.directory()).unwrap().map(|entry| entry.unwrap().path());
        let mut kept: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
        assert_eq!(kept.len(), 1, "{kept:?}");
        kept.remove(0)
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
    let (kept, login) = (desk.kept(), fs::read_to_string(desk.kept()).unwrap());
    let large = " ".repeat(3 << 20);
    let of_another = login.replace("realms/individu", "realms/agent");
    assert_ne!(of_another, login);
    for spoilt in ["{ not JSON", "", &large, &of_another] {
        fs::write(&kept, spoilt).unwrap();
        for command in ["userinfo", "refresh", "logout"] {
            let refused = desk.user.run(&desk.options(command, "individu"));
            let named = refused.failed(2).contains(kept.to_str().unwrap());
            assert!(named && refused.err.contains("move it away"), "{refused:?}");
            assert!(fs::read_to_string(&kept).unwrap() == spoilt, "{command} changed it");
        }
    }
    fs::write(&kept, login).unwrap();
    desk.user.run(&desk.options("userinfo", "individu")).ok();
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
    desk.sign_in("individu", "camille");
    let login: serde_json::Value = serde_json::from_str(&fs::read_to_string(desk.kept()).unwrap()).unwrap();
    let last = login["tokens"]["refresh_token"].as_str().unwrap();
    desk.user.told(&desk.options("revoke", "individu"), last).ok();
    desk.user.run(&desk.options("refresh", "individu")).failed(3);
    assert!(desk.user.run(&desk.options("refresh", "individu")).failed(2).contains("royaume login"));
}
