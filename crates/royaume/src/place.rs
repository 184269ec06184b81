//! The place of a server's data: a directory with its database and its key, or a configured database.
//!
//! Files that hold secrets are created for their owner only, and refused when others can read them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use royaume_jose::{Entropy, ServerKey, SystemEntropy};
use royaume_store::{Missing, Postgres, PostgresOptions, Sqlite, SqliteOptions, Store};

use crate::failure::Failure;

/// The database in a data directory.
const DATABASE: &str = "royaume.db";
/// The server key in a data directory.
const SERVER_KEY: &str = "server.key";

/// What of a file's mode is for others than its owner.
const OTHERS: u32 = 0o077;
/// No secret that a person was given is longer.
pub(crate) const LONGEST_SECRET: u64 = 64 * 1024;

/// Where the rehearsal keeps its data unless told otherwise.
pub(crate) fn default_data() -> PathBuf {
    user_data().join("dev")
}

/// Where this user's own data is.
pub(crate) fn user_data() -> PathBuf {
    of_user("XDG_DATA_HOME", ".local/share")
}

/// Where this user's configuration is.
pub(crate) fn user_configuration() -> PathBuf {
    of_user("XDG_CONFIG_HOME", ".config")
}

/// Our directory where a variable says, or at its usual place (XDG Base Directory Specification 0.8).
fn of_user(variable: &str, usual: &str) -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(home()?.join(usual)))
        .unwrap_or_else(|| PathBuf::from("."))
        .join("royaume")
}

/// Makes a directory that only its owner enters, and refuses one that others can enter.
pub(crate) fn private_directory(path: &Path) -> Result<(), Failure> {
    let cannot = |error: io::Error| {
        Failure::Usage(format!("the directory {} cannot be made: {error}", path.display()))
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(cannot)?;
    if fs::metadata(path).map_err(cannot)?.mode() & OTHERS != 0 {
        return Err(Failure::Usage(format!(
            "the directory {0} holds secrets and can be entered by others: run chmod 700 {0}",
            quoted(path)
        )));
    }
    Ok(())
}

/// Replaces a file whole, readable for its owner only: whoever looks sees the old one or the new one, also after a
/// crash.
pub(crate) fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    let unfinished = unfinished(path, contents)?;
    fs::rename(&unfinished, path)?;
    sync_directory(path)
}

/// Makes a file whole, readable for its owner only, where there is none: of several that do so at once one wins, and
/// the others are told [`io::ErrorKind::AlreadyExists`].
pub(crate) fn create_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    let unfinished = unfinished(path, contents)?;
    let made = fs::hard_link(&unfinished, path);
    // Of no use any more, whether it has its name now or not.
    let _ = fs::remove_file(&unfinished);
    made?;
    sync_directory(path)
}

/// Writes a file beside its place, whole and on disk.
fn unfinished(path: &Path, contents: &[u8]) -> io::Result<PathBuf> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(contents)?;
    file.sync_all()?;
    Ok(beside)
}

/// A name lasts once its directory is on disk.
fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory)?.sync_all()
}

/// Reads a file of secrets, at most so much of it, and refuses one that others can read.
pub(crate) fn read_private(path: &Path, longest: u64) -> io::Result<String> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    if metadata.mode() & OTHERS != 0 {
        let advice = format!("it can be read by others: run chmod 600 {}", quoted(path));
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, advice));
    }
    let mut text = String::new();
    file.take(longest + 1).read_to_string(&mut text)?;
    if text.len() as u64 > longest {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {longest} bytes")));
    }
    Ok(text)
}

/// A file to lock: made for its owner only, empty, and never removed, or two could hold what they think is the same.
pub(crate) fn private_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+,:@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// Opens the database of a data directory.
pub(crate) fn open_data(data: &Path) -> Result<Arc<dyn Store>, Failure> {
    open_sqlite(&data.join(DATABASE), false)
}

/// The server key and the database of a data directory, made at its first start.
///
/// A first start makes the key, then the database, then `last`: one that was cut short is taken up where it ended, and
/// of several at once each finds what another made. Where a key and `last` are, a database was: an empty one never
/// takes its place, and never a new key that of a lost one.
pub(crate) fn make_or_open_data(data: &Path, last: &Path) -> Result<(ServerKey, Arc<dyn Store>), Failure> {
    let (key, database) = (data.join(SERVER_KEY), data.join(DATABASE));
    // In the opposite order of their making: what is found was there when its forerunner was looked for.
    let was_complete = last.exists() && key.exists();
    let was_made = database.exists();
    if !key.exists() {
        if was_made {
            return Err(Failure::Usage(format!(
                "{} is missing although {} is there: put the key back, or start with another --data directory",
                key.display(),
                database.display()
            )));
        }
        match create_key(&key, &SystemEntropy) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(unwritten(&key, &error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok((read_key(&key)?, open_sqlite(&database, !was_complete)?))
}

/// Opens an SQLite file, or makes it: an empty database must never take the place of one that was lost.
pub(crate) fn open_sqlite(path: &Path, create: bool) -> Result<Arc<dyn Store>, Failure> {
    let options = SqliteOptions { missing: missing(create), ..SqliteOptions::default() };
    Ok(Arc::new(Sqlite::open(path, options)?))
}

/// Connects to PostgreSQL, or to an engine that speaks its protocol, and makes the schema only if that is asked for.
pub(crate) async fn open_postgres(
    url: &str,
    authorities: Option<&Path>,
    create: bool,
) -> Result<Arc<dyn Store>, Failure> {
    let options = PostgresOptions {
        missing: missing(create),
        authorities: authorities.map(Path::to_owned),
        ..PostgresOptions::default()
    };
    Ok(Arc::new(Postgres::connect(url, options).await?))
}

fn missing(create: bool) -> Missing {
    if create { Missing::Create } else { Missing::Refuse }
}

/// The server key of a data directory that has been furnished.
pub(crate) fn data_key(data: &Path) -> Result<ServerKey, Failure> {
    let key = data.join(SERVER_KEY);
    if !key.exists() {
        return Err(Failure::Usage(format!(
            "there is no server key {}: start royaume dev once, or name --data DIR or --config FILE",
            key.display()
        )));
    }
    read_key(&key)
}

/// Writes a new server key to a file that must not exist.
pub(crate) fn new_key(path: &Path, entropy: &dyn Entropy) -> Result<(), Failure> {
    create_key(path, entropy).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::Usage(format!(
            "{} exists: a server key is never overwritten, since what it protects would be lost",
            path.display()
        )),
        _ => unwritten(path, &error),
    })
}

fn create_key(path: &Path, entropy: &dyn Entropy) -> io::Result<()> {
    create_private(path, format!("{}\n", ServerKey::generate(entropy).to_text().as_str()).as_bytes())
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("the server key {} cannot be written: {error}", path.display()))
}

/// Reads a server key, and refuses one that others can read.
pub(crate) fn read_key(path: &Path) -> Result<ServerKey, Failure> {
    let cannot = |why: String| Failure::Usage(format!("the server key {} {why}", path.display()));
    let text = read_private(path, LONGEST_SECRET).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            cannot(format!("is not there; make one with: royaume key new-server-key {}", quoted(path)))
        }
        _ => cannot(format!("cannot be read: {error}")),
    })?;
    ServerKey::from_text(text.trim())
        .map_err(|_| cannot("is damaged: it must be 43 characters of base64url".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_a_shell_would_take_it_apart() {
        for (path, shown) in [
            ("/var/lib/royaume-dev", "/var/lib/royaume-dev"),
            ("/a b", "'/a b'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quoted(Path::new(path)), shown);
        }
    }
}
