//! The key that seals what this user keeps: in the system's keyring, in a file, or from a passphrase.
//!
//! Where it is, is decided once, when it is made: what one command sealed, the next one opens.

use std::fs;
use std::io;
use std::num::NonZeroU32;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use royaume_jose::{Entropy, ServerKey, SystemEntropy, base64url, random};
use tokio::sync::OnceCell;

use super::keyring::{Keyring, SystemKeyring};
use crate::failure::Failure;
use crate::language::Language;
use crate::place;

/// Rounds of PBKDF2: what OWASP asks for with SHA-256.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).expect("it is not zero");
/// No passphrase is longer.
const LONGEST: u64 = 64 * 1024;

/// The key, and where it is from.
pub(crate) struct Sealing {
    pub(crate) key: ServerKey,
    source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Source {
    Passphrase,
    File(PathBuf),
    Keyring,
}

/// `ROYAUME_KEYRING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    Auto,
    On,
    Off,
}

/// What decides where the key is.
struct Wanted {
    directory: PathBuf,
    choice: Choice,
    passphrase: Option<String>,
}

impl Sealing {
    /// Where the key is from, for people.
    pub(super) fn whence(&self) -> String {
        let language = Language::of_environment();
        match &self.source {
            Source::Passphrase => {
                language.say("celle de ROYAUME_PASSPHRASE", "that of ROYAUME_PASSPHRASE").to_owned()
            }
            Source::File(path) => format!("{} {}", language.say("celle de", "that of"), path.display()),
            Source::Keyring => language.say("celle du trousseau", "that of the keyring").to_owned(),
        }
    }
}

/// The key of this process: found once, and in the background, since a keyring may wait for a person.
pub(super) async fn sealing() -> Result<&'static Sealing, Failure> {
    static SEALING: OnceCell<Sealing> = OnceCell::const_new();
    SEALING
        .get_or_try_init(|| async {
            let wanted = Wanted::of_environment(super::directory())?;
            let found = move || wanted.found(&SystemKeyring, &SystemEntropy);
            tokio::task::spawn_blocking(found).await.map_err(Failure::other)?
        })
        .await
}

impl Wanted {
    fn of_environment(directory: PathBuf) -> Result<Self, Failure> {
        let said = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let choice = match said("ROYAUME_KEYRING").as_deref() {
            None | Some("auto") => Choice::Auto,
            Some("on") => Choice::On,
            Some("off") => Choice::Off,
            Some(_) => return Err(Failure::usage("ROYAUME_KEYRING is auto, on or off")),
        };
        let passphrase = match (said("ROYAUME_PASSPHRASE"), said("ROYAUME_PASSPHRASE_FILE")) {
            (Some(passphrase), _) => Some(passphrase),
            (None, Some(path)) => {
                let text = place::read_private(Path::new(&path), LONGEST).map_err(|error| {
                    Failure::Usage(format!("ROYAUME_PASSPHRASE_FILE: {path} cannot be read: {error}"))
                })?;
                let passphrase = text.trim_end_matches(['\r', '\n']).to_owned();
                if passphrase.is_empty() {
                    return Err(Failure::Usage(format!("ROYAUME_PASSPHRASE_FILE: {path} is empty")));
                }
                Some(passphrase)
            }
            (None, None) => None,
        };
        Ok(Self { directory, choice, passphrase })
    }

    fn found(&self, keyring: &dyn Keyring, entropy: &dyn Entropy) -> Result<Sealing, Failure> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        made.map_err(|error| unwritten(&self.directory, &error))?;
        if let Some(passphrase) = &self.passphrase {
            let salt = self.salt(entropy)?;
            let key = ServerKey::from_passphrase(passphrase.as_bytes(), &salt, ROUNDS);
            return Ok(Sealing { key, source: Source::Passphrase });
        }
        // Of several that begin at once, one makes the key and the others find it.
        let lock = self.directory.join("sealing.lock");
        let locked = place::private_lock(&lock).and_then(|file| file.lock().map(|()| file));
        let _lock = locked
            .map_err(|error| Failure::Usage(format!("{} cannot be locked: {error}", lock.display())))?;
        match self.choice {
            Choice::Off => self.of_file(entropy),
            Choice::On => self.of_keyring(keyring, entropy),
            Choice::Auto if self.file().exists() => self.of_file(entropy),
            Choice::Auto if self.mark().exists() => self.of_keyring(keyring, entropy),
            // A machine without a keyring is no trouble: there is a file then.
            Choice::Auto => self.of_keyring(keyring, entropy).or_else(|_| self.of_file(entropy)),
        }
    }

    /// The file that holds the key.
    fn file(&self) -> PathBuf {
        self.directory.join("sealing.key")
    }

    /// The file that says which entry of the keyring holds the key.
    fn mark(&self) -> PathBuf {
        self.directory.join("sealing.keyring")
    }

    fn of_file(&self, entropy: &dyn Entropy) -> Result<Sealing, Failure> {
        let path = self.file();
        let key = match read(&path)? {
            Some(text) => ServerKey::from_text(&text).map_err(|_| damaged(&path))?,
            None => {
                let key = ServerKey::generate(entropy);
                write(&path, &key.to_text())?;
                key
            }
        };
        Ok(Sealing { key, source: Source::File(path) })
    }

    /// A key that was in a file moves into the keyring, so that what it sealed opens still.
    fn of_keyring(&self, keyring: &dyn Keyring, entropy: &dyn Entropy) -> Result<Sealing, Failure> {
        let mark = self.mark();
        let key = match read(&mark)? {
            Some(entry) => {
                let text = keyring.read(&entry).map_err(|why| unreachable_keyring(&why))?;
                let text = text.ok_or_else(|| lost(&mark))?;
                ServerKey::from_text(&text).map_err(|_| lost(&mark))?
            }
            None => {
                let file = self.file();
                let key = match read(&file)? {
                    Some(text) => ServerKey::from_text(&text).map_err(|_| damaged(&file))?,
                    None => ServerKey::generate(entropy),
                };
                let entry = base64url::encode(&random::<12>(entropy));
                keyring.write(&entry, &key.to_text()).map_err(|why| unreachable_keyring(&why))?;
                write(&mark, &entry)?;
                let _ = fs::remove_file(&file);
                key
            }
        };
        Ok(Sealing { key, source: Source::Keyring })
    }

    fn salt(&self, entropy: &dyn Entropy) -> Result<Vec<u8>, Failure> {
        let path = self.directory.join("sealing.salt");
        let made = base64url::encode(&random::<16>(entropy));
        match place::create_private(&path, made.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(unwritten(&path, &error)),
            Ok(()) | Err(_) => {
                let text = read(&path)?.ok_or_else(|| damaged(&path))?;
                base64url::decode(&text).map_err(|_| damaged(&path))
            }
        }
    }
}

fn read(path: &Path) -> Result<Option<String>, Failure> {
    match place::read_private(path, LONGEST) {
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::Usage(format!("{} cannot be read: {error}", path.display()))),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    place::write_private(path, text.as_bytes()).map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &io::Error) -> Failure {
    Failure::Usage(format!("{} cannot be written: {error}", path.display()))
}

fn damaged(path: &Path) -> Failure {
    Failure::Usage(match Language::of_environment() {
        Language::French => format!(
            "{} est abîmé : remettez-le d'une sauvegarde, ou supprimez-le et connectez-vous de nouveau",
            path.display()
        ),
        Language::English => {
            format!("{} is damaged: put it back from a copy, or remove it and sign in again", path.display())
        }
    })
}

fn lost(mark: &Path) -> Failure {
    Failure::Usage(match Language::of_environment() {
        Language::French => format!(
            "la clé qui scelle vos connexions n'est plus dans le trousseau : supprimez {} et connectez-vous de nouveau",
            mark.display()
        ),
        Language::English => format!(
            "the key that seals your logins is no longer in the keyring: remove {} and sign in again",
            mark.display()
        ),
    })
}

fn unreachable_keyring(why: &str) -> Failure {
    let why = crate::output::harmless(why);
    Failure::Unavailable(match Language::of_environment() {
        Language::French => format!(
            "le trousseau du système ne répond pas ({why}) : déverrouillez-le, ou posez ROYAUME_KEYRING=off pour une clé \
             dans un fichier, et connectez-vous de nouveau"
        ),
        Language::English => format!(
            "the system's keyring does not answer ({why}): unlock it, or set ROYAUME_KEYRING=off for a key in a file, \
             and sign in again"
        ),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt as _;
    use std::sync::Mutex;

    use royaume_jose::SeededEntropy;

    use super::*;

    /// A keyring in memory, or one that is not there.
    #[derive(Default)]
    struct Memory {
        entries: Mutex<BTreeMap<String, String>>,
        away: bool,
    }

    impl Keyring for Memory {
        fn read(&self, entry: &str) -> Result<Option<String>, String> {
            if self.away {
                return Err("it is locked".to_owned());
            }
            Ok(self.entries.lock().unwrap().get(entry).cloned())
        }

        fn write(&self, entry: &str, text: &str) -> Result<(), String> {
            if self.away {
                return Err("it is locked".to_owned());
            }
            self.entries.lock().unwrap().insert(entry.to_owned(), text.to_owned());
            Ok(())
        }
    }

    fn away() -> Memory {
        Memory { away: true, ..Memory::default() }
    }

    struct Home(tempfile::TempDir, SeededEntropy);

    impl Home {
        fn new() -> Self {
            let private = fs::Permissions::from_mode(0o700);
            let directory = tempfile::Builder::new().permissions(private).tempdir().unwrap();
            Self(directory, SeededEntropy::new(7))
        }

        fn find(
            &self,
            choice: Choice,
            passphrase: Option<&str>,
            keyring: &Memory,
        ) -> Result<Sealing, Failure> {
            let directory = self.0.path().to_owned();
            let wanted = Wanted { directory, choice, passphrase: passphrase.map(str::to_owned) };
            wanted.found(keyring, &self.1)
        }
    }

    /// What one sealed, does the other open?
    fn same(one: &Sealing, other: &Sealing) -> bool {
        other.key.open("a", &one.key.seal("a", b"x", &SeededEntropy::new(3))).is_ok()
    }

    #[test]
    fn a_machine_without_a_keyring_has_a_key_in_a_file_of_its_owner_and_keeps_it() {
        let home = Home::new();
        let made = home.find(Choice::Auto, None, &away()).unwrap();
        let path = home.0.path().join("sealing.key");
        assert_eq!(made.source, Source::File(path.clone()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let keyring = Memory::default();
        assert!(same(&made, &home.find(Choice::Auto, None, &keyring).unwrap()));
        assert!(keyring.entries.lock().unwrap().is_empty(), "a keyring that appears later changes nothing");
    }

    #[test]
    fn a_key_in_the_keyring_is_in_no_file_and_is_not_replaced_while_the_keyring_is_locked() {
        let (home, keyring) = (Home::new(), Memory::default());
        let made = home.find(Choice::Auto, None, &keyring).unwrap();
        assert_eq!(made.source, Source::Keyring);
        for entry in fs::read_dir(home.0.path()).unwrap() {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains(made.key.to_text().as_str()));
        }
        assert!(same(&made, &home.find(Choice::Auto, None, &keyring).unwrap()));
        for choice in [Choice::Auto, Choice::On] {
            let refused = home.find(choice, None, &away()).err().unwrap();
            assert!(matches!(refused, Failure::Unavailable(_)), "{refused}");
        }
        keyring.entries.lock().unwrap().clear();
        let refused = home.find(Choice::Auto, None, &keyring).err().unwrap();
        assert!(matches!(refused, Failure::Usage(_)) && refused.to_string().contains("sealing.keyring"));
    }

    #[test]
    fn a_key_moves_from_its_file_into_the_keyring_when_that_is_asked_for() {
        let (home, keyring) = (Home::new(), Memory::default());
        let made = home.find(Choice::Off, None, &keyring).unwrap();
        assert!(home.find(Choice::On, None, &away()).is_err());
        assert!(same(&made, &home.find(Choice::Auto, None, &away()).unwrap()), "nothing was lost meanwhile");
        let moved = home.find(Choice::On, None, &keyring).unwrap();
        assert!(same(&made, &moved) && !home.0.path().join("sealing.key").exists());
        assert!(same(&made, &home.find(Choice::Auto, None, &keyring).unwrap()));
    }

    #[test]
    fn a_passphrase_makes_the_same_key_each_time_and_another_makes_another() {
        let (home, keyring) = (Home::new(), Memory::default());
        let one = home.find(Choice::Auto, Some("correct horse"), &keyring).unwrap();
        assert!(same(&one, &home.find(Choice::On, Some("correct horse"), &away()).unwrap()));
        assert!(!same(&one, &home.find(Choice::Auto, Some("correct house"), &keyring).unwrap()));
        assert!(keyring.entries.lock().unwrap().is_empty() && !home.0.path().join("sealing.key").exists());
    }

    #[test]
    fn a_key_that_is_damaged_or_that_others_can_read_is_refused_and_left() {
        let home = Home::new();
        let path = home.0.path().join("sealing.key");
        place::write_private(&path, b"not a key").unwrap();
        assert!(home.find(Choice::Auto, None, &away()).err().unwrap().to_string().contains("damaged"));
        assert_eq!(fs::read(&path).unwrap(), b"not a key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(home.find(Choice::Auto, None, &away()).err().unwrap().to_string().contains("chmod 600"));
    }
}
