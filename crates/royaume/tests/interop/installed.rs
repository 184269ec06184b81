//! What is not ours, as `./check` has installed it.

use std::path::{Path, PathBuf};

const PACKAGES: &str = include_str!("programs/package.json");
const REQUIREMENTS: &str = include_str!("programs/requirements.txt");

/// `target/interop`, with everything in the versions that stand beside the programs.
pub(crate) fn directory() -> PathBuf {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/interop");
    let installed = std::fs::read_to_string(place.join("installed")).unwrap_or_default();
    assert!(
        installed == [PACKAGES, REQUIREMENTS].concat(),
        "the interoperation tests need what programs/package.json and programs/requirements.txt name in {}: run ./check, \
         which installs it",
        place.display()
    );
    place.canonicalize().unwrap()
}

/// A file that a Debian package brings.
pub(crate) fn file(place: &str, package: &str) -> PathBuf {
    let place = PathBuf::from(place);
    assert!(
        place.exists(),
        "the interoperation tests need {}: install Debian's package {package}, or run ./check, which does",
        place.display()
    );
    place
}
