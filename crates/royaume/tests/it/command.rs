//! A user of the command line: a home of their own, an environment of their own, and the binary.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::http::Caller;

/// The user. Their environment has nothing that is not given here, so that nothing of whoever runs the tests is used.
pub(crate) struct User {
    home: TempDir,
    environment: Vec<(String, String)>,
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Longer than any command takes: one that still runs is ended, so that a test fails rather than waits.
const PATIENCE: Duration = Duration::from_secs(60);

impl Finished {
    /// Waits for the end of a command.
    fn waited(child: Child) -> Self {
        let id = child.id().to_string();
        let (ended, end) = mpsc::channel::<()>();
        let watch = std::thread::spawn(move || {
            if end.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = Command::new("kill").args(["-KILL", &id]).status();
            }
        });
        let output = child.wait_with_output().expect("the command is ours to wait for");
        drop(ended);
        watch.join().expect("the watch ends");
        Self::of(output)
    }

    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the command line writes text");
        Self {
            code: output.status.code().expect("the command ends by itself"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    /// Asserts success, and returns what was printed, without the last line's end.
    #[track_caller]
    pub(crate) fn ok(&self) -> &str {
        assert_eq!(self.code, 0, "{self:?}");
        self.out.trim_end()
    }

    /// Asserts success, and reads what was printed.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.ok()).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Asserts a failure with that exit code that printed no result, and returns the complaint.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32) -> &str {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{self:?}");
        assert!(!self.err.is_empty(), "a failure says why");
        &self.err
    }
}

impl User {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    /// With one more variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where their own files are.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_royaume"));
        command.args(arguments).env_clear().env("HOME", self.home()).env("LC_ALL", "C");
        for name in ["PATH", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        Finished::waited(self.start(arguments))
    }

    /// Runs a command with something on its standard input.
    pub(crate) fn told(&self, arguments: &[&str], input: &str) -> Finished {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the binary starts");
        // A command that refuses before it reads has closed its end.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Finished::waited(child)
    }

    /// Runs commands that are all started before the first is waited for.
    pub(crate) fn at_once(&self, commands: &[Vec<&str>]) -> Vec<Finished> {
        let started: Vec<_> = commands.iter().map(|arguments| self.start(arguments)).collect();
        started.into_iter().map(Finished::waited).collect()
    }

    /// Starts a command that goes on until it is told to stop.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().expect("the binary starts")
    }

    /// Runs `royaume login`, with a person who does something with the address that it prints, and who is sent back to
    /// where that ends, if anywhere.
    pub(crate) fn login(&self, arguments: &[&str], person: impl FnOnce(&str) -> Option<String>) -> Finished {
        let arguments = [&["login", "--no-browser"], arguments].concat();
        let mut child = self.start(&arguments);
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let (address, mut err) = until_address(&mut said);
        if let Some(callback) = address.and_then(|address| person(&address)) {
            come_back(&callback);
        }
        let mut finished = Finished::waited(child);
        said.read_to_string(&mut err).unwrap();
        finished.err = err;
        finished
    }

    /// Runs `royaume login`, with a person who pastes what they make of the address that it prints.
    pub(crate) fn pasted(&self, arguments: &[&str], person: impl FnOnce(&str) -> String) -> Finished {
        let arguments = [&["login", "--no-browser"], arguments].concat();
        let mut child = self.command(&arguments).stdin(Stdio::piped()).spawn().expect("the binary starts");
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let (address, mut err) = until_address(&mut said);
        let mut input = child.stdin.take().unwrap();
        if let Some(address) = address {
            let _ = input.write_all(person(&address).as_bytes());
        }
        drop(input);
        let mut finished = Finished::waited(child);
        said.read_to_string(&mut err).unwrap();
        finished.err = err;
        finished
    }
}

/// Reads what `royaume login` says until it has said an address.
fn until_address(said: &mut impl BufRead) -> (Option<String>, String) {
    let mut err = String::new();
    loop {
        let from = err.len();
        if said.read_line(&mut err).unwrap() == 0 {
            return (None, err);
        }
        let line = err[from..].trim();
        if line.starts_with("http") {
            return (Some(line.to_owned()), err.clone());
        }
    }
}

/// Opens a callback on this machine, as the browser does when the server sends it there.
pub(crate) fn come_back(callback: &str) -> crate::http::Answer {
    let rest = callback.strip_prefix("http://").expect("a callback on this machine");
    let (host, target) = rest.split_once('/').unwrap();
    Caller::new(&format!("http://{host}")).get(&format!("/{target}")).expect("the command line listens")
}
