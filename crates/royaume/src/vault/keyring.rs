//! The system's keyring: on Linux the Secret Service, on macOS the keychain. It never holds a command up for long.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use crate::language::Language;
use crate::output;

/// Whoever has a keyring that works is answered sooner.
const SOON: Duration = Duration::from_secs(3);
/// A person who is asked to unlock it may type that long.
const PATIENCE: Duration = Duration::from_secs(40);

/// The name of ours among the entries of everybody.
const SERVICE: &str = "royaume";

/// A place for short texts that only this user reads. Why it cannot be used is a phrase without secrets.
pub(super) trait Keyring {
    fn read(&self, entry: &str) -> Result<Option<String>, String>;
    fn write(&self, entry: &str, text: &str) -> Result<(), String>;
}

/// The one of the system.
pub(super) struct SystemKeyring;

impl Keyring for SystemKeyring {
    fn read(&self, entry: &str) -> Result<Option<String>, String> {
        let entry = entry.to_owned();
        bounded(move || match keyring::Entry::new(SERVICE, &entry)?.get_password() {
            Ok(text) => Ok(Some(text)),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    fn write(&self, entry: &str, text: &str) -> Result<(), String> {
        let (entry, text) = (entry.to_owned(), text.to_owned());
        bounded(move || keyring::Entry::new(SERVICE, &entry)?.set_password(&text))
    }
}

/// Asks in a thread of its own, and goes on without it if it takes too long: a keyring waits for its person, or for a
/// service that hangs.
fn bounded<A: Send + 'static>(
    ask: impl FnOnce() -> keyring::Result<A> + Send + 'static,
) -> Result<A, String> {
    if !may_be_there() {
        return Err("there is none in this session".to_owned());
    }
    let (asked, answer) = mpsc::channel();
    std::thread::spawn(move || asked.send(ask().map_err(|error| kind(&error).to_owned())));
    let late = match answer.recv_timeout(SOON) {
        Ok(answered) => return answered,
        Err(_) => "it takes too long".to_owned(),
    };
    if !std::io::stderr().is_terminal() {
        return Err(late);
    }
    output::remark(Language::of_environment().say(
        "Le trousseau du système attend peut-être que vous le déverrouilliez.",
        "The system's keyring may be waiting for you to unlock it.",
    ));
    answer.recv_timeout(PATIENCE).unwrap_or(Err(late))
}

/// Without a session bus nobody would answer, and where there is none nothing must start one.
fn may_be_there() -> bool {
    if cfg!(target_os = "macos") || std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some() {
        return true;
    }
    std::env::var_os("XDG_RUNTIME_DIR").is_some_and(|directory| Path::new(&directory).join("bus").exists())
}

/// What a keyring says of a failure may hold what was to be kept.
fn kind(error: &keyring::Error) -> &'static str {
    match error {
        keyring::Error::NoStorageAccess(_) => "it is locked, or refused",
        keyring::Error::NoDefaultStore | keyring::Error::PlatformFailure(_) => "it cannot be reached",
        keyring::Error::Ambiguous(_) => "it has several entries of that name",
        _ => "what it holds does not read",
    }
}
