//! A process beside the test: what it says is awaited, and dropping it ends it.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// Longer than any of them takes to start, to say something or to end, on a machine that is busy with something else.
const PATIENCE: Duration = Duration::from_secs(60);

/// The process, with the lines of both its outputs.
pub(crate) struct Beside {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
    /// What it has said so far, for when a test fails.
    said: Vec<String>,
}

impl Beside {
    /// Starts a process that knows nothing of whoever runs the tests but where programs are.
    pub(crate) fn start(command: &mut Command) -> Self {
        command.env_clear().envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "TMPDIR"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, lines) = channel();
        hear(child.stdout.take().unwrap(), sender.clone());
        hear(child.stderr.take().unwrap(), sender);
        let input = child.stdin.take().unwrap();
        Self { child, input, lines, said: Vec::new() }
    }

    /// Waits for a line, or says that the process ended without it.
    #[track_caller]
    pub(crate) fn awaits(&mut self, wanted: impl Fn(&str) -> bool) -> Result<String, String> {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if wanted(&line) => return Ok(line),
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Timeout) => panic!("nothing more in {PATIENCE:?}: {:#?}", self.said),
                Err(RecvTimeoutError::Disconnected) => return Err(self.said.join("\n")),
            }
        }
    }

    /// Writes a line to its standard input.
    pub(crate) fn tell(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("the process listens");
    }
}

/// Passes on what is written, as long as somebody writes.
fn hear(output: impl Read + Send + 'static, to: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            // Nobody listens any more once the test is over; the pipe is emptied all the same.
            let _ = to.send(line);
        }
    });
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Asked first, so that it can end what it started itself: its outputs close with the last of them.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        while self.lines.recv_timeout(PATIENCE).is_ok() {}
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
