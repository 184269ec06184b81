//! The release server, as an operator runs it: `royaume serve` on a store of its own, with a log that is written to a
//! file, and clients and people that the command line has added.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use royaume_store::testing::PrivatePostgres;
use serde_json::Value;
use tempfile::TempDir;

use crate::options::{Options, Store};
use crate::process::{Process, free_address};
use crate::{Failure, http};

/// Where the applications of people live; nobody listens there.
pub(crate) const CALLBACK: &str = "https://bench.example/callback";
/// The person who signs in, in every realm with people.
pub(crate) const PERSON: &str = "camille";
/// Her password.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The realms with applications, with what they ask for, and those with people.
const APPLICATIONS: [(&str, &str); 4] = [
    ("es256", "read"),
    ("eddsa", "read"),
    ("rs256", "read"),
    ("partenaire", "api_offresdemploiv2 o2dsoffre"),
];
const PEOPLE: [&str; 2] = ["people", "individu"];

/// Settings of the private database: as durable as any, whatever the tests' own is.
const DURABLE: &str = "-c fsync=on -c full_page_writes=on -c synchronous_commit=on";

/// The program to measure.
pub(crate) fn program(options: &Options) -> Result<PathBuf, Failure> {
    if let Some(named) = &options.server {
        return Ok(named.clone());
    }
    let beside = std::env::current_exe()?.with_file_name("royaume");
    // Started by cargo, so that what is measured is what stands in the sources.
    if let Some(cargo) = std::env::var_os("CARGO") {
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--package", "royaume"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        if !build.status()?.success() {
            return Err("cargo does not build the server".into());
        }
    }
    if beside.exists() { Ok(beside) } else { Err(format!("{} is not there", beside.display()).into()) }
}

/// A place for a server: its configuration, its store, its key.
pub(crate) struct Place {
    program: PathBuf,
    directory: TempDir,
    pub(crate) address: SocketAddr,
    /// Where a floor beside this server keeps its rows: on the same disk, or the same database server.
    pub(crate) floor_store: Vec<String>,
    _postgres: Option<PrivatePostgres>,
}

/// Where the discovery document of a realm is.
pub(crate) fn discovery(realm: &str) -> String {
    let before = if ["partenaire", "individu"].contains(&realm) { "/connexion/oauth2" } else { "" };
    format!("{before}/{realm}/.well-known/openid-configuration")
}

/// An application as it was registered.
#[derive(Debug, Clone)]
pub(crate) struct Application {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

impl Place {
    /// An empty one.
    pub(crate) fn new(store: Store, program: &Path) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        let address = free_address()?;
        let (rows, floor_store, postgres) = match store {
            Store::Sqlite => {
                let floor = directory.path().join("floor.db").display().to_string();
                ("sqlite = \"royaume.db\"".to_owned(), vec!["--sqlite".to_owned(), floor], None)
            }
            Store::Postgres => {
                let server = PrivatePostgres::start(DURABLE);
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                let floor = runtime.block_on(server.fresh_database());
                let rows = format!("postgres = \"{}\"", server.address("postgres"));
                (rows, vec!["--postgres".to_owned(), floor], Some(server))
            }
        };
        let configuration = format!(
            "base_url = \"http://{address}\"\nlisten = \"{address}\"\ntopology = \"topology.toml\"\n\
             server_key_file = \"server.key\"\n[store]\n{rows}\n"
        );
        fs::write(directory.path().join("royaume.toml"), configuration)?;
        fs::write(directory.path().join("topology.toml"), include_str!("topology.toml"))?;
        let place =
            Self { program: program.to_owned(), directory, address, floor_store, _postgres: postgres };
        let key = place.file("server.key");
        place.command(&["key", "new-server-key"]).arg(key).status()?;
        Ok(place)
    }

    /// Starts the server; `first` makes the store. Says how long it took until it was ready.
    pub(crate) fn serve(&self, first: bool) -> Result<(Process, Duration), Failure> {
        let log = File::options().create(true).append(true).open(self.file("log"))?;
        let mut command = self.command(&["serve", "--config"]);
        command.arg(self.file("royaume.toml")).args(first.then_some("--create")).stderr(log);
        let (process, took) = Process::start(&mut command, self.address, "/health/ready")?;
        Ok((process, took))
    }

    /// Adds what the scenarios need, beside the running server.
    pub(crate) fn furnish(&self) -> Result<(), Failure> {
        for (realm, scope) in APPLICATIONS {
            self.add_client(realm, "machine", &["--scope", scope])?;
        }
        for realm in PEOPLE {
            self.add_client(realm, "private", &["--redirect-uri", CALLBACK])?;
            let mut add = self.command(&["account", "add", "--realm", realm, PERSON, "--config"]);
            let mut child = add.arg(self.file("royaume.toml")).stdin(Stdio::piped()).spawn()?;
            let mut input = child.stdin.take().ok_or("no way to say a password")?;
            writeln!(input, "{PASSWORD}")?;
            drop(input);
            if !child.wait()?.success() {
                return Err(format!("no person can be added to {realm}").into());
            }
        }
        Ok(())
    }

    /// The application of a realm.
    pub(crate) fn application(&self, realm: &str) -> Result<Application, Failure> {
        let kept = fs::read(self.file(&format!("{realm}.json")))?;
        let client: Value = serde_json::from_slice(&kept)?;
        let text =
            |name: &str| client[name].as_str().map(str::to_owned).ok_or("the application has no secret");
        Ok(Application { client_id: text("client_id")?, client_secret: text("client_secret")? })
    }

    /// Where an endpoint of a realm is, as its discovery document says: the path.
    pub(crate) fn path(&self, realm: &str, endpoint: &str) -> Result<String, Failure> {
        let request = http::get(self.address, &discovery(realm), "");
        let mut connection = http::Connection::open(self.address)?;
        let document: Value = serde_json::from_slice(connection.exchange(&request)?.body)?;
        let url = document[endpoint].as_str().ok_or_else(|| format!("{realm} has no {endpoint}"))?;
        Ok(url.trim_start_matches(&format!("http://{}", self.address)).to_owned())
    }

    fn add_client(&self, realm: &str, kind: &str, more: &[&str]) -> Result<(), Failure> {
        let mut add = self.command(&["client", "add", "--realm", realm, "--kind", kind, "--name", "Bench"]);
        add.args(more).args(["--json", "--config"]).arg(self.file("royaume.toml"));
        let added = add.stdout(Stdio::piped()).output()?;
        if !added.status.success() {
            return Err(format!("no application can be added to {realm}").into());
        }
        Ok(fs::write(self.file(&format!("{realm}.json")), added.stdout)?)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The program, untouched by what the environment says of other servers.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for name in ["ROYAUME_LOG", "ROYAUME_SERVER_KEY", "ROYAUME_DATABASE_URL"] {
            command.env_remove(name);
        }
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}
