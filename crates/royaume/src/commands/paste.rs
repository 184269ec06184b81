//! A callback that is pasted: for a machine without a browser, and for applications whose callback is elsewhere.
//!
//! What is pasted may stay in the terminal's history: a code is good once, and only with the verifier that this process
//! alone knows (RFC 7636 §1).

use std::io::{BufRead as _, IsTerminal as _, Read as _};

use royaume_client::{ClientError, Pending, Provider};
use tokio::sync::mpsc;

use crate::language::Language;
use crate::output;

/// No address that a browser shows is longer.
const LONGEST: u64 = 64 * 1024;

/// Does it look as if no browser could come back to this machine by itself?
pub(super) fn is_likely() -> bool {
    std::io::stdin().is_terminal() && (is_remote() || !has_display())
}

/// Is this terminal on another machine than its person?
pub(super) fn is_remote() -> bool {
    said("SSH_CONNECTION") || said("SSH_TTY")
}

fn has_display() -> bool {
    cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(said)
}

fn said(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// The first line of standard input that is this login's callback: a whole address, or its query. What is not is said to
/// be none, and asked for again. Nothing, once there are no more lines.
pub(super) async fn callback(
    pending: &Pending,
    provider: &Provider,
    client_id: &str,
    language: Language,
) -> Option<String> {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        let line = line.trim();
        if line.is_empty() {
            output::remark(language.say(
                "Rien n'a été collé : collez l'adresse entière où le navigateur est arrivé.",
                "Nothing was pasted: paste the whole address where the browser has arrived.",
            ));
            continue;
        }
        match pending.read(line, provider, client_id) {
            Err(error @ (ClientError::Callback(_) | ClientError::MalformedCallback(_))) => {
                let why = output::harmless(&error.to_string());
                output::remark(&match language {
                    Language::French => format!(
                        "Ce n'est pas le retour de cette connexion ({why}). Elle attend toujours : collez l'adresse où le \
                         navigateur est arrivé."
                    ),
                    Language::English => format!(
                        "That is not the callback of this login ({why}). It still waits: paste the address where the \
                         browser has arrived."
                    ),
                });
            }
            // What became of the login is told by whoever finishes it.
            Ok(_) | Err(_) => return Some(line.to_owned()),
        }
    }
    None
}

/// The lines of standard input, read by a thread that nobody waits for: a line that never comes holds nothing up.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (read, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = Vec::new();
            match input.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            if read.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    lines
}
