//! A `royaume dev` of one test: started, killed by id, started again on the same data.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// A server in a process of its own. Dropping it ends the process.
pub(crate) struct Server {
    child: Child,
    /// `dev.json`.
    pub(crate) description: Value,
    /// `http://127.0.0.1:port`.
    pub(crate) base: String,
}

impl Server {
    /// Starts on a data directory, and waits until it is ready: its welcome ends with a line about Ctrl-C.
    pub(crate) fn start(data: &Path, abort_at: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_royaume"));
        command
            .args(["dev", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("LC_ALL", "C")
            .env_remove("ROYAUME_ABORT_AT")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(point) = abort_at {
            command.env("ROYAUME_ABORT_AT", point);
        }
        let mut child = command.spawn().expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.any(|line| line.is_ok_and(|line| line.starts_with("Ctrl-C")));
        assert!(ready, "the server ended before it was ready");
        // The rest of the output is nobody's; the pipe stays open in a thread so that the server may still write.
        std::thread::spawn(move || lines.for_each(drop));
        let description: Value =
            serde_json::from_slice(&std::fs::read(data.join("dev.json")).unwrap()).unwrap();
        let base = description["base_url"].as_str().unwrap().to_owned();
        Self { child, description, base }
    }

    /// The sample application of that kind in that realm.
    pub(crate) fn client(&self, realm: &str, kind: &str) -> &Value {
        let clients = self.description["clients"].as_array().unwrap();
        let found = clients.iter().find(|client| client["realm"] == realm && client["kind"] == kind);
        found.unwrap_or_else(|| panic!("no {kind} application in {realm}"))
    }

    /// Ends the process as a power cut would.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Waits for a process that ends by itself.
    pub(crate) fn wait(&mut self) {
        let _ = self.child.wait();
    }

    /// Asks the process to end, and says whether it ended well.
    pub(crate) fn terminate(mut self) -> bool {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().is_ok_and(|status| status.success());
        sent && self.child.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An empty directory that only its owner enters, as a data directory must be.
pub(crate) fn empty() -> tempfile::TempDir {
    let private = std::fs::Permissions::from_mode(0o700);
    tempfile::Builder::new().permissions(private).tempdir().unwrap()
}

/// A data directory that has been furnished by a first start: a copy for each test.
pub(crate) fn furnished() -> tempfile::TempDir {
    static TEMPLATE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let template = empty();
        assert!(Server::start(template.path(), None).terminate(), "the first start ends well");
        template
    });
    let copy = empty();
    for entry in std::fs::read_dir(template.path()).unwrap() {
        let from: PathBuf = entry.unwrap().path();
        std::fs::copy(&from, copy.path().join(from.file_name().unwrap())).unwrap();
    }
    copy
}
