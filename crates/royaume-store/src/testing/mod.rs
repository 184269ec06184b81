//! A PostgreSQL server of its own for each test process, from the machine's packages, ended with the process.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{self, Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio_postgres::NoTls;

use crate::{Missing, PostgresOptions};

/// A running server in a directory of its own, reached through a socket there. Dropped, it is stopped and removed; if
/// the process ends otherwise, that happens too.
#[derive(Debug)]
pub struct PrivatePostgres {
    keeper: Child,
    directory: PathBuf,
}

impl PrivatePostgres {
    /// Starts one, in about a second. `settings` are server options, as `-c fsync=off`.
    ///
    /// # Panics
    /// If the machine has no PostgreSQL 15 or later or it does not start.
    pub fn start(settings: &str) -> Self {
        let script = concat!(include_str!("postgres.sh"), "\n");
        // The server refuses to run as root.
        let mut command = if fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0) {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let mut keeper = command
            .args(["-c", script, "postgres.sh", &programs(), settings])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh, and as root setpriv, can be started");
        let mut said = String::new();
        let output = keeper.stdout.take().expect("its output was asked for");
        BufReader::new(output).read_line(&mut said).expect("its output can be read");
        let said = said.trim_end();
        assert!(
            said.starts_with('/'),
            "PostgreSQL did not start ({said}): install version 15 or later, or set {ELSEWHERE}"
        );
        Self { keeper, directory: said.into() }
    }

    /// The one that all tests of this process share. Its data are not synced to disk.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<PrivatePostgres> = OnceLock::new();
        SHARED.get_or_init(|| Self::start("-c fsync=off"))
    }

    /// Where a database of it is.
    pub fn address(&self, database: &str) -> String {
        let directory = self.directory.display().to_string().replace('/', "%2F");
        format!("postgresql://royaume@{directory}/{database}")
    }

    /// The directory of its socket, `.s.PGSQL.5432`.
    pub fn directory(&self) -> &std::path::Path {
        &self.directory
    }

    /// An empty database on it, for one test.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn fresh_database(&self) -> String {
        let name = fresh_name();
        create(&self.address("postgres"), &name).await;
        self.address(&name)
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It ends by itself now.
        let _ = self.keeper.wait();
    }
}

/// How tests use a database: they make what is missing, and wait longer than a server would, because a machine that runs
/// all of them at once is slow without fault.
pub fn unhurried() -> PostgresOptions {
    let patience = Duration::from_secs(30);
    PostgresOptions {
        missing: Missing::Create,
        patience,
        connect: patience,
        statement: patience,
        lock: patience,
        answer: patience,
        ..PostgresOptions::default()
    }
}

/// Names a server to use instead of a private one: `postgresql://…/…`, by a role that may create databases. They are
/// left there: let it be a server that is thrown away.
const ELSEWHERE: &str = "ROYAUME_TEST_DATABASE_URL";

/// An empty database for one test: on the server that the environment names, or on the one that this process shares.
///
/// # Panics
/// If it cannot be made.
pub async fn fresh_database() -> String {
    let Ok(address) = std::env::var(ELSEWHERE) else {
        return PrivatePostgres::shared().fresh_database().await;
    };
    let name = fresh_name();
    create(&address, &name).await;
    let (server, query) =
        address.split_once('?').map_or((&*address, None), |(server, query)| (server, Some(query)));
    let (server, _) = server.rsplit_once('/').expect("an address ends with a database");
    query.map_or_else(|| format!("{server}/{name}"), |query| format!("{server}/{name}?{query}"))
}

fn fresh_name() -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    format!("royaume_test_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

async fn create(address: &str, name: &str) {
    let (client, connection) = tokio_postgres::connect(address, NoTls).await.expect("the server is there");
    let connection = tokio::spawn(connection);
    // One statement at a time: neither may run inside a transaction.
    client
        .batch_execute(&format!("DROP DATABASE IF EXISTS {name}"))
        .await
        .expect("an old one can be removed");
    client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database can be created");
    drop(client);
    let _ = connection.await;
}

/// Where Debian's packages put the server's programs: the newest of them; elsewhere they are in the path.
fn programs() -> String {
    let version = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.join("bin/initdb").exists())
        .max_by_key(version)
        .map_or_else(String::new, |path| format!("{}/bin/", path.display()))
}
