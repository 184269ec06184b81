//! Tokens that processes share, with real processes: each is this test program, started again to play one of them.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use royaume_client::shared::{FileCache, PostgresCache, PostgresCacheOptions, SharedCache};
use royaume_client::{
    BaseUrl, Client, ClientAuthentication, Clock as _, Machine, Place, Provider, ReqwestTransport, Scope,
    Secret, Session, SystemClock, TokenSet, Topology,
};
use royaume_jose::SystemEntropy;
use serde_json::Value;

use crate::http::{Caller, Person};
use crate::process::{Server, empty, furnished};

const LOGIN: &str = "a login";
/// What a process is told to do, by the environment.
const ROLE: &str = "ROYAUME_TEST_ROLE";
const BASE: &str = "ROYAUME_TEST_BASE";
const SHARED: &str = "ROYAUME_TEST_SHARED";
const CLIENT: &str = "ROYAUME_TEST_CLIENT";
const ABORT_AT: &str = "ROYAUME_ABORT_AT";

/// Every point of a renewal at which a process may die, in order.
const POINTS: [&str; 7] = [
    // Nothing is said yet, or it is said that this one renews. Those of the directory a table does not have.
    "shared.before_rename@1",
    "shared.after_rename@1",
    "session.before_request@1",
    // The server has spent the old refresh token, and nobody has the new one.
    "session.before_save@1",
    "shared.before_rename@2",
    "shared.after_rename@2",
    "session.after_save@1",
];

fn wait<A>(future: impl Future<Output = A>) -> A {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

fn client(base: &str, realm: &str, credentials: &Value) -> Client<ReqwestTransport> {
    let place = Place::At(BaseUrl::parse(base).unwrap());
    let topology = Topology::preset(Topology::FRANCE_TRAVAIL).unwrap();
    let provider = Provider::from(topology.provider(realm, &place).unwrap());
    let word = |name: &str| credentials[name].as_str().unwrap().to_owned();
    let application = ClientAuthentication::post(word("client_id"), word("client_secret"));
    Client::new(provider, application, ReqwestTransport::new().unwrap())
}

async fn place(shared: &str) -> Arc<dyn SharedCache> {
    if shared.starts_with('/') {
        return Arc::new(FileCache::open(shared).unwrap());
    }
    let unhurried = std::time::Duration::from_secs(30);
    let options = PostgresCacheOptions { create: true, answer: unhurried, ..PostgresCacheOptions::default() };
    Arc::new(PostgresCache::open(shared, options).await.unwrap())
}

/// A server, a place that processes share, and an application.
struct Stage {
    server: Server,
    _data: tempfile::TempDir,
    /// A directory, or the address of a database.
    shared: String,
    _directory: tempfile::TempDir,
    realm: &'static str,
    credentials: Value,
}

impl Stage {
    fn new(realm: &'static str, kind: &str) -> Self {
        let data = furnished();
        let server = Server::start(data.path(), None);
        let credentials = server.client(realm, kind).clone();
        let directory = empty();
        let shared = directory.path().join("tokens").to_str().unwrap().to_owned();
        Self { server, _data: data, shared, _directory: directory, realm, credentials }
    }

    /// The same, with a table in the place of the directory.
    fn with_database(self) -> Self {
        Self { shared: wait(royaume_store::testing::fresh_database()), ..self }
    }

    /// Where this stage has points at which a process may die.
    fn points(&self) -> impl Iterator<Item = &'static str> {
        let is_directory = self.shared.starts_with('/');
        POINTS.into_iter().filter(move |point| is_directory || point.starts_with("session."))
    }

    fn client(&self) -> Client<ReqwestTransport> {
        client(&self.server.base, self.realm, &self.credentials)
    }

    /// Starts a process that plays a role: the test of that name finds it in its environment.
    fn start(&self, test: &str, role: &str, abort_at: Option<&str>) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "--nocapture", "--test-threads=1", test])
            .env(ROLE, format!("{} {role}", self.realm))
            .env(BASE, &self.server.base)
            .env(SHARED, &self.shared)
            .env(CLIENT, self.credentials.to_string())
            .env_remove(ABORT_AT)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(point) = abort_at {
            command.env(ABORT_AT, point);
        }
        command.spawn().expect("this program starts again")
    }

    /// A person signs in, and the application shares it.
    async fn sign_in(&self) -> TokenSet {
        let client = self.client();
        let scope = Scope::parse("openid profile").unwrap();
        let (address, pending) =
            client.begin("http://127.0.0.1/callback", scope, None, &SystemEntropy).unwrap();
        let callback = Caller::new(&self.server.base).arrive(&address, &Person::named("camille")).unwrap();
        let tokens = client.finish(&pending, &callback, SystemClock.now()).await.unwrap();
        let place = place(&self.shared).await;
        Session::begin(client, tokens.clone(), place, LOGIN, SystemClock.now()).await.unwrap();
        tokens
    }

    async fn is_active(&self, token: &Secret) -> bool {
        self.client().introspect(token, SystemClock.now()).await.unwrap().active
    }

    /// The person is signed in with one family: what is shared lives, and each of these is spent.
    async fn one_family_lives(&self, spent: &[Secret], context: &str) -> TokenSet {
        let place = place(&self.shared).await;
        let session = Session::resume(self.client(), place, LOGIN).await.unwrap().expect("a login");
        let tokens = session.token(SystemClock.now()).await.unwrap();
        let newest = tokens.refresh_token.clone().unwrap();
        assert!(self.is_active(&newest).await, "{context}: the login is lost");
        assert!(self.is_active(&tokens.access_token).await, "{context}: the person is signed in");
        for old in spent.iter().filter(|old| **old != newest) {
            assert!(!self.is_active(old).await, "{context}: a second refresh token lives");
        }
        TokenSet::clone(&tokens)
    }
}

fn ended(child: Child) -> (bool, String) {
    let output = child.wait_with_output().unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

/// The role of this process, if it has one; then it plays it, and that is all.
fn has_played() -> bool {
    let Ok(role) = std::env::var(ROLE) else { return false };
    arm();
    let (realm, role) = role.split_once(' ').unwrap();
    let said = |name: &str| std::env::var(name).unwrap();
    let client = client(&said(BASE), realm, &serde_json::from_str(&said(CLIENT)).unwrap());
    wait(async {
        let place = place(&said(SHARED)).await;
        match role.strip_prefix("renew ") {
            Some(times) => {
                let session = Session::resume(client, place, LOGIN).await.unwrap().expect("a login");
                for _ in 0..times.parse().unwrap() {
                    session.forget(&session.tokens().expect("the session goes on"));
                    session.token(SystemClock.now()).await.unwrap();
                }
            }
            None => {
                let scope = Scope::parse(role.strip_prefix("token ").unwrap()).unwrap();
                let token = Machine::new(client).sharing(place).token(&scope, SystemClock.now()).await;
                let line = format!("token:{}:\n", token.unwrap().access_token.expose());
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        }
    });
    true
}

/// At the named hit of the named point this process ends as if its power were cut.
fn arm() {
    let Ok(point) = std::env::var(ABORT_AT) else { return };
    let (name, hit) = point.split_once('@').unwrap();
    let left = Arc::new(AtomicUsize::new(hit.parse().unwrap()));
    let abort = move || {
        if left.fetch_sub(1, Ordering::SeqCst) == 1 {
            std::process::abort();
        }
    };
    fail::cfg_callback(name, abort).unwrap();
}

/// RFC 9700 §4.14.2: a process that is killed at any point of a renewal leaves one family, which the next one takes over.
#[test]
fn a_process_that_dies_in_a_renewal_costs_no_login_and_makes_no_second_family() {
    const TEST: &str = "sessions::a_process_that_dies_in_a_renewal_costs_no_login_and_makes_no_second_family";
    if has_played() {
        return;
    }
    let stage = || Stage::new("individu", "private");
    for stage in [stage(), stage().with_database()] {
        let mut spent = vec![wait(stage.sign_in()).refresh_token.unwrap()];
        for point in stage.points() {
            let (well, said) = ended(stage.start(TEST, "renew 1", Some(point)));
            assert!(!well, "{point} was not met: {said}");
            let (well, said) = ended(stage.start(TEST, "renew 1", None));
            assert!(well, "after {point}: {said}");
            let tokens = wait(stage.one_family_lives(&spent, point));
            spent.push(tokens.refresh_token.unwrap());
        }
    }
}

/// RFC 9700 §4.14.2: whoever only wants a token after such a death is given one that lives.
#[test]
fn whoever_comes_after_a_death_finds_the_session_alive() {
    const TEST: &str = "sessions::whoever_comes_after_a_death_finds_the_session_alive";
    if has_played() {
        return;
    }
    let stage = || Stage::new("individu", "private");
    for stage in [stage(), stage().with_database()] {
        let mut spent = vec![wait(stage.sign_in()).refresh_token.unwrap()];
        for point in stage.points() {
            let (well, said) = ended(stage.start(TEST, "renew 1", Some(point)));
            assert!(!well, "{point} was not met: {said}");
            let tokens = wait(stage.one_family_lives(&spent, point));
            spent.push(tokens.refresh_token.unwrap());
        }
    }
}

/// RFC 9700 §4.14.2: processes that renew at the same time, again and again, all succeed.
#[test]
fn processes_that_renew_at_once_all_succeed_and_one_family_lives() {
    const TEST: &str = "sessions::processes_that_renew_at_once_all_succeed_and_one_family_lives";
    if has_played() {
        return;
    }
    let stage = || Stage::new("individu", "private");
    for stage in [stage(), stage().with_database()] {
        let first = wait(stage.sign_in()).refresh_token.unwrap();
        let started: Vec<_> = (0..8).map(|_| stage.start(TEST, "renew 5", None)).collect();
        for (well, said) in started.into_iter().map(ended) {
            assert!(well, "{said}");
        }
        wait(stage.one_family_lives(&[first], "eight processes"));
    }
}

/// RFC 6749 §4.4: of processes that want the same token, one asks, and all have what it was given.
#[test]
fn processes_share_one_token_of_their_application() {
    const TEST: &str = "sessions::processes_share_one_token_of_their_application";
    if has_played() {
        return;
    }
    let stage = || Stage::new("partenaire", "machine");
    for stage in [stage(), stage().with_database()] {
        let role = format!("token {}", stage.credentials["scope"].as_str().unwrap());
        let started: Vec<_> = (0..8).map(|_| stage.start(TEST, &role, None)).collect();
        let tokens: Vec<_> = started
            .into_iter()
            .map(|child| {
                let (well, said) = ended(child);
                assert!(well, "{said}");
                said.split(':')
                    .skip_while(|word| !word.ends_with("token"))
                    .nth(1)
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect();
        assert!(tokens.iter().all(|token| !token.is_empty() && *token == tokens[0]), "{tokens:?}");
    }
}
