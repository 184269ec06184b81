//! The place of a server's data: a directory with its database and its key, or a configured database.
//!
//! Files that hold secrets are created for their owner only, and refused when others can read them.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
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

/// Where the rehearsal keeps its data unless told otherwise.
pub(crate) fn default_data() -> PathBuf {
    let home = || std::env::var_os("HOME").map(PathBuf::from);
    std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(home()?.join(".local/share")))
        .unwrap_or_else(|| PathBuf::from("."))
        .join("royaume")
        .join("dev")
}

/// Makes a directory that only its owner enters.
pub(crate) fn private_directory(path: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| Failure::usage(format!("the directory {} cannot be made: {error}", path.display())))
}

/// Replaces a file whole, readable for its owner only: written beside, synced, then renamed.
pub(crate) fn write_private(path: &Path, contents: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let _ = fs::remove_file(&beside);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(contents)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// Opens the database of a data directory.
pub(crate) fn open_data(data: &Path, first_start: bool) -> Result<Arc<dyn Store>, Failure> {
    open_sqlite(&data.join(DATABASE), first_start)
}

/// Is nothing there yet? Then, and only then, a database may be made.
pub(crate) fn is_first_start(data: &Path) -> bool {
    !data.join(DATABASE).exists() && !data.join(SERVER_KEY).exists()
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

/// The server key of a data directory, made at the first start.
pub(crate) fn data_key(data: &Path) -> Result<ServerKey, Failure> {
    let path = data.join(SERVER_KEY);
    if !path.exists() {
        // Never beside a database that another key protects: its signing keys would not open.
        if data.join(DATABASE).exists() {
            return Err(Failure::Usage(format!(
                "{} is missing although {} is there: put the key back, or start with another --data directory",
                path.display(),
                data.join(DATABASE).display()
            )));
        }
        new_key(&path, &SystemEntropy)?;
    }
    read_key(&path)
}

/// Writes a new server key to a file that must not exist.
pub(crate) fn new_key(path: &Path, entropy: &dyn Entropy) -> Result<(), Failure> {
    if path.exists() {
        return Err(Failure::Usage(format!(
            "{} exists: a server key is never overwritten, since what it protects would be lost",
            path.display()
        )));
    }
    let key = ServerKey::generate(entropy);
    write_private(path, format!("{}\n", key.to_text().as_str()).as_bytes()).map_err(|error| {
        Failure::usage(format!("the server key {} cannot be written: {error}", path.display()))
    })
}

/// Reads a server key, and refuses one that others can read.
pub(crate) fn read_key(path: &Path) -> Result<ServerKey, Failure> {
    let cannot = |why: String| Failure::Usage(format!("the server key {} {why}", path.display()));
    let metadata = fs::metadata(path).map_err(|error| {
        cannot(format!(
            "cannot be read: {error}; make one with: royaume key new-server-key {}",
            path.display()
        ))
    })?;
    if metadata.mode() & 0o077 != 0 {
        return Err(cannot(format!("can be read by others: run chmod 600 {}", path.display())));
    }
    let text = fs::read_to_string(path).map_err(|error| cannot(format!("cannot be read: {error}")))?;
    ServerKey::from_text(text.trim())
        .map_err(|_| cannot("is damaged: it must be 43 characters of base64url".into()))
}
