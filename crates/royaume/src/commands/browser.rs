//! The browser of whoever sits at this machine.

use std::process::{Command, Stdio};

/// What opens addresses here, the usual one first. `xdg-open` obeys `BROWSER` and the desktop's choice.
const OPENERS: &[&str] =
    if cfg!(target_os = "macos") { &["open"] } else { &["xdg-open", "wslview", "x-www-browser"] };

/// Variables that are for us alone: a browser, its extensions and whatever it starts would have them for days.
const SECRETS: [&str; 4] =
    ["ROYAUME_CLIENT_SECRET", "ROYAUME_SERVER_KEY", "ROYAUME_DATABASE_URL", "ROYAUME_PASSPHRASE"];

/// Opens an address, and says so if nothing could. In a thread of its own, since a browser may stay in front for as long
/// as the person uses it; nobody waits for that thread.
pub(super) fn open(address: String, or_else: impl FnOnce() + Send + 'static) {
    std::thread::spawn(move || {
        if !OPENERS.iter().any(|opener| opened(opener, &address)) {
            or_else();
        }
    });
}

/// The address is ours, begins with its scheme and is one argument: no opener takes it for anything else.
fn opened(opener: &str, address: &str) -> bool {
    let mut command = Command::new(opener);
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for secret in SECRETS {
        command.env_remove(secret);
    }
    command.status().is_ok_and(|status| status.success())
}
