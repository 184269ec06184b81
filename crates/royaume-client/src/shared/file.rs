//! A directory that the processes of one machine and one user share: for each key a file, and a lock beside it.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::failpoint::reached;

use super::background::in_background;
use super::{Answered, Held, LARGEST_VALUE, SharedCache, SharedCacheError, SharedKey, fits};

/// What of a mode is for others than the owner.
const OTHERS: u32 = 0o077;
/// Whoever waits for a lock looks again after so long at first, then after twice as long each time,
const FIRST_STEP: Duration = Duration::from_millis(1);
/// and after so long at last.
const LAST_STEP: Duration = Duration::from_millis(20);

/// The directory. A clone is the same.
///
/// Files are readable for their owner only, replaced whole and on disk before a write answers. The lock is the operating
/// system's, which lets it go when its process ends in whatever way. Not for a directory on a network, whose locks are
/// not to be relied on.
#[derive(Debug, Clone)]
pub struct FileCache {
    directory: Arc<Path>,
    patience: Duration,
}

impl FileCache {
    /// How long [`SharedCache::hold`] waits unless told otherwise: longer than a request and its repetition take.
    pub const PATIENCE: Duration = Duration::from_secs(75);

    /// The directory, made if it is missing. It may hold nothing else: names are 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`SharedCacheError::Exposed`] if others can enter it, [`SharedCacheError::Unavailable`] if it cannot be made.
    pub fn open(directory: impl Into<PathBuf>) -> Result<Self, SharedCacheError> {
        let directory = directory.into();
        let cannot = |error: io::Error| unavailable(&directory, &error);
        DirBuilder::new().recursive(true).mode(0o700).create(&directory).map_err(cannot)?;
        private(&directory, fs::metadata(&directory).map_err(cannot)?.mode(), 0o700)?;
        Ok(Self { directory: directory.into(), patience: Self::PATIENCE })
    }

    /// Waits so long for whoever holds a key, and no longer.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    fn path(&self, key: &SharedKey, ending: &str) -> PathBuf {
        self.directory.join(format!("{key}.{ending}"))
    }
}

impl SharedCache for FileCache {
    fn hold<'a>(&'a self, key: &'a SharedKey) -> Answered<'a, Box<dyn Held>> {
        let (lock, value) = (self.path(key, "lock"), self.path(key, "tokens"));
        let patience = self.patience;
        Box::pin(async move {
            let lock = elsewhere(&value, move || locked(&lock, patience)).await?;
            Ok(Box::new(HeldFile { value, _lock: lock }) as Box<dyn Held>)
        })
    }

    fn read<'a>(&'a self, key: &'a SharedKey) -> Answered<'a, Option<Vec<u8>>> {
        let value = self.path(key, "tokens");
        Box::pin(async move { elsewhere(&value.clone(), move || read(&value)).await })
    }
}

/// A file whose lock is held.
struct HeldFile {
    value: PathBuf,
    _lock: File,
}

impl Held for HeldFile {
    fn read(&mut self) -> Answered<'_, Option<Vec<u8>>> {
        let value = self.value.clone();
        Box::pin(async move { elsewhere(&self.value, move || read(&value)).await })
    }

    fn write<'a>(&'a mut self, value: &'a [u8]) -> Answered<'a, ()> {
        let (path, bytes) = (self.value.clone(), value.to_vec());
        Box::pin(async move {
            fits(&bytes)?;
            elsewhere(&self.value, move || replace(&path, &bytes).map_err(|error| unavailable(&path, &error)))
                .await
        })
    }

    fn remove(&mut self) -> Answered<'_, ()> {
        let path = self.value.clone();
        Box::pin(async move {
            elsewhere(&self.value, move || match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(unavailable(&path, &error)),
                Ok(()) | Err(_) => Ok(()),
            })
            .await
        })
    }
}

/// A disk may be slow, and a lock is waited for: neither stops a thread that has other tasks.
async fn elsewhere<A: Send + 'static>(
    place: &Path,
    work: impl FnOnce() -> Result<A, SharedCacheError> + Send + 'static,
) -> Result<A, SharedCacheError> {
    in_background(work).await.map_err(|error| unavailable(place, &error))?
}

/// The lock of a key: a file that is never removed, or two could hold what they think is the same.
fn locked(path: &Path, patience: Duration) -> Result<File, SharedCacheError> {
    let cannot = |error: io::Error| unavailable(path, &error);
    let open = || OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let lock = open().map_err(cannot)?;
    let (mut waited, mut step) = (Duration::ZERO, FIRST_STEP);
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
            Err(TryLockError::WouldBlock) if waited >= patience => {
                return Err(SharedCacheError::Busy(path.display().to_string()));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(step),
        }
        waited += step;
        step = (step * 2).min(LAST_STEP);
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, SharedCacheError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unavailable(path, &error)),
    };
    let metadata = file.metadata().map_err(|error| unavailable(path, &error))?;
    private(path, metadata.mode(), 0o600)?;
    let mut value = Vec::new();
    file.take(LARGEST_VALUE as u64 + 1).read_to_end(&mut value).map_err(|error| unavailable(path, &error))?;
    if value.len() > LARGEST_VALUE {
        return Err(SharedCacheError::Unreadable {
            place: path.display().to_string(),
            reason: format!("it has more than {LARGEST_VALUE} bytes"),
        });
    }
    Ok(Some(value))
}

/// Whoever looks sees the old value or the new one, also after a crash. Only the holder of the lock writes beside it.
fn replace(path: &Path, value: &[u8]) -> io::Result<()> {
    let beside = path.with_extension("new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
    file.write_all(value)?;
    file.sync_all()?;
    reached("shared.before_rename");
    fs::rename(&beside, path)?;
    reached("shared.after_rename");
    // A name lasts once its directory is on disk.
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn private(path: &Path, mode: u32, wanted: u32) -> Result<(), SharedCacheError> {
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(SharedCacheError::Exposed { place: path.display().to_string(), mode: wanted })
}

fn unavailable(path: &Path, error: &io::Error) -> SharedCacheError {
    SharedCacheError::Unavailable { place: path.display().to_string(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::super::{Seal, Sealed, conformance};
    use super::*;

    const KEY: [u8; 32] = [9; 32];

    fn place(directory: &tempfile::TempDir) -> FileCache {
        FileCache::open(directory.path().join("shared")).unwrap()
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    /// Every byte the other way round, and the key before it: enough to see that nothing passes unsealed.
    struct Turned;

    impl Seal for Turned {
        fn seal(&self, key: &SharedKey, value: &[u8]) -> Vec<u8> {
            key.as_bytes().iter().copied().chain(value.iter().map(|byte| !byte)).collect()
        }

        fn open(&self, key: &SharedKey, sealed: &[u8]) -> Option<Vec<u8>> {
            Some(sealed.strip_prefix(key.as_bytes())?.iter().map(|byte| !byte).collect())
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_directory_is_a_shared_place() {
        let directory = tempfile::tempdir().unwrap();
        let places: Vec<Arc<dyn SharedCache>> = (0..3).map(|_| Arc::new(place(&directory)) as _).collect();
        conformance::holds(&places).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_sealed_directory_is_a_shared_place() {
        let directory = tempfile::tempdir().unwrap();
        let places: Vec<Arc<dyn SharedCache>> =
            (0..3).map(|_| Arc::new(Sealed::new(place(&directory), Turned)) as _).collect();
        conformance::holds(&places).await;
    }

    #[tokio::test]
    async fn what_is_sealed_is_not_read_by_whoever_reads_the_place() {
        let (directory, key) = (tempfile::tempdir().unwrap(), SharedKey::from_bytes(KEY));
        let (plain, sealed) = (place(&directory), Sealed::new(place(&directory), Turned));
        sealed.hold(&key).await.unwrap().write(b"token").await.unwrap();
        let kept = plain.read(&key).await.unwrap().unwrap();
        assert!(!kept.windows(5).any(|five| five == b"token"));
        plain.hold(&key).await.unwrap().write(b"token").await.unwrap();
        let refused = sealed.read(&key).await;
        assert!(matches!(refused, Err(SharedCacheError::Unreadable { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn what_is_shared_is_for_its_owner_alone() {
        let (directory, key) = (tempfile::tempdir().unwrap(), SharedKey::from_bytes(KEY));
        let cache = place(&directory);
        cache.hold(&key).await.unwrap().write(b"token").await.unwrap();
        assert_eq!(mode(&cache.directory), 0o700);
        for entry in fs::read_dir(&cache.directory).unwrap() {
            assert_eq!(mode(&entry.unwrap().path()), 0o600);
        }
        fs::set_permissions(cache.path(&key, "tokens"), fs::Permissions::from_mode(0o644)).unwrap();
        let refused = cache.read(&key).await.unwrap_err();
        assert!(refused.to_string().contains("run chmod 600 "), "{refused}");
        // Whoever writes replaces it by one that is not.
        let mut held = cache.hold(&key).await.unwrap();
        held.write(b"another").await.unwrap();
        assert_eq!(held.read().await.unwrap().as_deref(), Some(&b"another"[..]));
        fs::set_permissions(&*cache.directory, fs::Permissions::from_mode(0o750)).unwrap();
        let refused = FileCache::open(&*cache.directory).unwrap_err();
        assert!(refused.to_string().contains("run chmod 700 "), "{refused}");
    }

    #[tokio::test]
    async fn a_file_that_is_too_large_is_not_read() {
        let (directory, key) = (tempfile::tempdir().unwrap(), SharedKey::from_bytes(KEY));
        let cache = place(&directory);
        replace(&cache.path(&key, "tokens"), &vec![0; LARGEST_VALUE + 1]).unwrap();
        let refused = cache.read(&key).await;
        assert!(matches!(refused, Err(SharedCacheError::Unreadable { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn whoever_holds_for_too_long_is_named() {
        let (directory, key) = (tempfile::tempdir().unwrap(), SharedKey::from_bytes(KEY));
        let cache = place(&directory);
        let first = cache.hold(&key).await.unwrap();
        let hasty = cache.clone().with_patience(Duration::ZERO);
        let busy = hasty.hold(&key).await.err();
        assert!(matches!(&busy, Some(SharedCacheError::Busy(_))), "{busy:?}");
        drop(first);
        hasty.hold(&key).await.unwrap();
    }

    #[tokio::test]
    async fn a_write_that_was_cut_short_leaves_the_old_value() {
        let (directory, key) = (tempfile::tempdir().unwrap(), SharedKey::from_bytes(KEY));
        let cache = place(&directory);
        cache.hold(&key).await.unwrap().write(b"old").await.unwrap();
        fs::write(cache.path(&key, "new"), b"ha").unwrap();
        assert_eq!(cache.read(&key).await.unwrap().as_deref(), Some(&b"old"[..]));
        cache.hold(&key).await.unwrap().write(b"new").await.unwrap();
        assert_eq!(cache.read(&key).await.unwrap().as_deref(), Some(&b"new"[..]));
    }
}
