//! Signing keys as an operator has them: listed, revoked, rotated by the server itself, and whole whenever a command dies
//! (OIDC Core §10.1.1).

use std::sync::mpsc;
use std::time::Duration;

use jiff::SignedDuration;
use royaume_server::stored::keyring::Keyring;
use royaume_store::{Expect, Missing, Outcome, RealmName, Sqlite, SqliteOptions, Store as _, Write};
use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Finished, User};
use crate::http::Caller;
use crate::process::{Server, furnished};
use crate::serve::{Place, Serving};

/// Longer than a server takes that looks after its keys as soon as it serves.
const PATIENCE: Duration = Duration::from_secs(60);

/// The names of the keys that a server publishes for a realm.
fn published(base: &str, realm: &str) -> Vec<String> {
    let target = format!("/connexion/oauth2/connect/jwk_uri?realm={realm}");
    let set = Caller::new(base).get(&target).unwrap().json();
    set["keys"].as_array().unwrap().iter().map(|key| text(key, "kid")).collect()
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_else(|| panic!("no {member} in {value}")).to_owned()
}

/// An operator of /individu, on the data of a rehearsal.
struct Operator<'a> {
    user: User,
    data: &'a TempDir,
}

impl<'a> Operator<'a> {
    fn of(data: &'a TempDir) -> Self {
        Self { user: User::new(), data }
    }

    /// One whose commands die at that point.
    fn who_dies_at(point: &str, data: &'a TempDir) -> Self {
        Self { user: User::new().with("ROYAUME_ABORT_AT", point), data }
    }

    fn arguments<'b>(&'b self, command: &[&'b str]) -> Vec<&'b str> {
        let data = ["--realm", "individu", "--data", self.data.path().to_str().unwrap()];
        [&["key"], command, &data].concat()
    }

    fn run(&self, command: &[&str]) -> Finished {
        self.user.run(&self.arguments(command))
    }

    /// Runs a command that does not end by itself.
    fn dies(&self, command: &[&str]) {
        let status = self.user.start(&self.arguments(command)).wait().unwrap();
        assert_eq!(status.code(), None, "{command:?} met no such point");
    }

    fn list(&self) -> Vec<Value> {
        self.run(&["list", "--json"]).json().as_array().unwrap().clone()
    }

    /// Where a key is in its life.
    fn state(&self, kid: &str) -> String {
        let keys = self.list();
        let key = keys.iter().find(|key| key["kid"] == kid);
        text(key.unwrap_or_else(|| panic!("no {kid} in {keys:?}")), "state")
    }

    /// The key that signs with RS256.
    fn signing(&self) -> String {
        let keys = self.list();
        let mut signing = keys.iter().filter(|key| key["alg"] == "RS256" && key["state"] == "signing");
        let key = text(signing.next().expect("one key signs"), "kid");
        assert_eq!(signing.next(), None, "and one only");
        key
    }
}

/// §10.1.1: `key list` says where each key is, in words and in JSON, while it is announced, signs, retires and is revoked;
/// what is revoked is published no longer, and a key that is not there is not revoked.
#[test]
fn the_list_says_where_each_key_is_in_its_life() {
    let data = furnished();
    let (server, operator) = (Server::start(data.path(), None), Operator::of(&data));
    let first = operator.signing();
    let announced = text(&operator.run(&["rotate", "--json"]).json(), "kid");
    assert_eq!((operator.state(&announced), operator.state(&first)), ("announced".into(), "signing".into()));
    let urgent = text(&operator.run(&["rotate", "--publish-seconds", "0", "--json"]).json(), "kid");
    assert_eq!((operator.state(&urgent), operator.state(&first)), ("signing".into(), "published".into()));

    let revoked = operator.run(&["revoke", &urgent, "--json"]).json();
    assert_eq!(text(&revoked, "revoked"), urgent);
    assert_eq!(text(&revoked, "signing"), operator.signing(), "another signs at once");
    assert_eq!(operator.state(&urgent), "revoked");
    let shown = published(&server.base, "individu");
    assert!(!shown.contains(&urgent) && shown.contains(&first) && shown.contains(&operator.signing()));
    operator.run(&["revoke", &first]).ok();
    assert!(!published(&server.base, "individu").contains(&first));

    let words = operator.run(&["list"]);
    let line = |kid: &str| words.ok().lines().find(|line| line.contains(kid)).unwrap().to_owned();
    assert!(line(&first).contains("revoked") && line(&urgent).contains("revoked"), "{words:?}");
    assert!(line(&operator.signing()).contains("signing"), "{words:?}");
    let unknown = operator.run(&["revoke", "unknown"]);
    assert!(unknown.failed(2).contains(&operator.signing()), "{unknown:?}");
}

/// §10.1.1: a command that dies at its commit leaves the keys as they were, or as they were to be: verifiers see no third
/// thing, and the command can be given again.
#[test]
fn a_command_that_dies_at_its_commit_leaves_whole_keys() {
    for (point, done) in [("store.before_commit", false), ("store.after_commit", true)] {
        let data = furnished();
        let (server, operator) = (Server::start(data.path(), None), Operator::of(&data));
        let dying = Operator::who_dies_at(point, &data);
        let (first, before) = (operator.signing(), published(&server.base, "individu"));

        dying.dies(&["rotate"]);
        assert_eq!(published(&server.base, "individu").len(), before.len() + usize::from(done), "{point}");
        assert_eq!(operator.signing(), first, "{point}: nothing signs before its time");
        let announced = text(&operator.run(&["rotate", "--json"]).json(), "kid");
        assert_eq!(operator.state(&announced), "announced");

        dying.dies(&["revoke", &first]);
        let is_believed = published(&server.base, "individu").contains(&first);
        assert_eq!((is_believed, operator.state(&first) == "revoked"), (!done, done), "{point}");
        operator.run(&["revoke", &first]).ok();
        assert!(!published(&server.base, "individu").contains(&first));
        assert_ne!(operator.signing(), first);
    }
}

/// The keys of a realm in that file, as they would be had they been made so many days earlier.
async fn grow_old(database: &str, realm: &str, days: i64) {
    let options = SqliteOptions { missing: Missing::Refuse, ..SqliteOptions::default() };
    let store = Sqlite::open(database, options).unwrap();
    let id = Keyring::id(&RealmName::new(realm).unwrap());
    let stored = store.get(&id).await.unwrap().expect("the keys were made at the first start");
    let mut ring: Keyring = serde_json::from_slice(&stored.row.body).unwrap();
    for key in &mut ring.keys {
        key.created_at -= SignedDuration::from_hours(24 * days);
        key.signs_from -= SignedDuration::from_hours(24 * days);
    }
    let mut row = stored.row;
    row.body = serde_json::to_vec(&ring).unwrap();
    let write = Write::Put { row, expect: Expect::Version(stored.version) };
    assert_eq!(store.write(vec![write]).await.unwrap(), Outcome::Done);
}

/// §10.1.1: a server that finds keys of 91 days publishes a successor of each, by itself; those of 89 days stay alone.
#[test]
fn a_server_rotates_keys_that_are_old_by_itself() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let place = Place::new();
    let first = Serving::start(&place, true, &[]);
    let old = ["agent", "entreprise", "partenaire"].map(|realm| (realm, published(&first.base, realm)));
    let young = published(&first.base, "individu");
    assert_eq!(first.terminate(), Some(0));

    for (realm, _) in &old {
        runtime.block_on(grow_old(&place.path("royaume.db"), realm, 91));
    }
    runtime.block_on(grow_old(&place.path("royaume.db"), "individu", 89));
    let server = Serving::start(&place, false, &[]);
    let (base, (done, waits)) = (server.base.clone(), mpsc::channel());
    std::thread::spawn(move || {
        for (realm, before) in &old {
            let mut after = published(&base, realm);
            while after.len() < 2 * before.len() {
                after = published(&base, realm);
            }
            assert!(before.iter().all(|kid| after.contains(kid)), "what they signed lives");
        }
        done.send(()).unwrap();
    });
    waits.recv_timeout(PATIENCE).expect("successors of all that are old, beside them");
    assert_eq!(published(&server.base, "individu"), young);
    assert_eq!(server.terminate(), Some(0));
}
