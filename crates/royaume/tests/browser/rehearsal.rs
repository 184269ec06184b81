//! A rehearsal in a process of its own, and the logins that the command line begins at it.

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// `royaume dev` on a free port, with its own data. Dropping it ends the process.
pub(crate) struct Rehearsal {
    server: Child,
    data: TempDir,
    /// `http://127.0.0.1:port`.
    pub(crate) base: String,
}

impl Rehearsal {
    /// Starts, and waits until it is ready: its welcome ends with a line about Ctrl-C.
    pub(crate) fn start() -> Self {
        let private = std::fs::Permissions::from_mode(0o700);
        let data = tempfile::Builder::new().permissions(private).tempdir().unwrap();
        let mut command = royaume(&data);
        command.args(["dev", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.starts_with("Ctrl-C")));
        assert!(ready, "the rehearsal ended before it was ready");
        std::thread::spawn(move || lines.for_each(drop));
        let description: Value =
            serde_json::from_slice(&std::fs::read(data.path().join("dev.json")).unwrap()).unwrap();
        let base = description["base_url"].as_str().unwrap().to_owned();
        Self { server, data, base }
    }

    /// What a command must be told to find this rehearsal.
    pub(crate) fn options(&self) -> String {
        format!("--server {} --data {}", self.base, self.data.path().display())
    }

    /// Begins `royaume login` for a sample application, which prints the address to open.
    pub(crate) fn login(&self, realm: &str, app: &str) -> Login {
        let mut command = royaume(&self.data);
        command
            .args(["login", "--no-browser", "--json", "--realm", realm, "--app", app])
            .args(["--server", &self.base, "--data"])
            .arg(self.data.path());
        let mut command = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut remarks = BufReader::new(command.stderr.take().unwrap());
        let mut said = String::new();
        let address = loop {
            let mut line = String::new();
            let read = remarks.read_line(&mut line).unwrap();
            assert!(read > 0, "royaume login ended without an address: {said}");
            if let Some(address) = line.trim().strip_prefix("http").map(|_| line.trim().to_owned()) {
                break address;
            }
            said.push_str(&line);
        };
        Login { command, remarks, address }
    }
}

impl Drop for Rehearsal {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// The binary, in French, with nothing of the environment that could lead it elsewhere.
fn royaume(data: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_royaume"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ROYAUME_") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "fr_FR.UTF-8").env("XDG_DATA_HOME", data.path()).stdin(Stdio::null());
    command
}

/// A `royaume login` that waits for the person.
pub(crate) struct Login {
    command: Child,
    remarks: BufReader<ChildStderr>,
    /// The address to open in the browser.
    pub(crate) address: String,
}

/// What became of a login.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit code.
    pub(crate) code: Option<i32>,
    /// What was printed for programs: the tokens.
    pub(crate) tokens: Value,
    /// What was said to the person.
    pub(crate) said: String,
}

impl Login {
    /// Waits until the command ends, which it does once the browser has come back.
    pub(crate) fn end(mut self) -> Ended {
        let mut said = String::new();
        self.remarks.read_to_string(&mut said).unwrap();
        let mut printed = String::new();
        self.command.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
        let code = self.command.wait().unwrap().code();
        Ended { code, tokens: serde_json::from_str(&printed).unwrap_or_default(), said }
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        let _ = self.command.kill();
        let _ = self.command.wait();
    }
}
