//! The rules of the house itself: who may import whom, how files begin, what is never written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who may import whom: the floors of ARCHITECTURE.md, arrows only down.
const FLOORS: [(&str, &[&str]); 14] = [
    ("royaume-jose", &[]),
    ("royaume-store", &[]),
    ("royaume-listen", &[]),
    ("royaume-fetch", &[]),
    ("royaume-protocol", &["royaume-jose"]),
    ("royaume-realm", &["royaume-jose", "royaume-protocol"]),
    ("royaume-server", &["royaume-jose", "royaume-protocol", "royaume-realm", "royaume-store"]),
    ("royaume-client", &["royaume-jose", "royaume-protocol", "royaume-realm"]),
    (
        "royaume",
        &[
            "royaume-client",
            "royaume-fetch",
            "royaume-jose",
            "royaume-listen",
            "royaume-protocol",
            "royaume-realm",
            "royaume-rehearsal",
            "royaume-server",
            "royaume-store",
        ],
    ),
    ("royaume-rehearsal", &["royaume-jose", "royaume-protocol", "royaume-realm"]),
    (
        "royaume-spec",
        &[
            "royaume-client",
            "royaume-fetch",
            "royaume-jose",
            "royaume-listen",
            "royaume-protocol",
            "royaume-realm",
            "royaume-rehearsal",
            "royaume-server",
            "royaume-store",
        ],
    ),
    (
        "royaume-bench",
        &[
            "royaume-client",
            "royaume-fetch",
            "royaume-jose",
            "royaume-listen",
            "royaume-protocol",
            "royaume-realm",
            "royaume-server",
            "royaume-spec",
            "royaume-store",
        ],
    ),
    ("royaume-examples", &["royaume-client"]),
    ("royaume-fuzz", &[]),
];

/// The crates that are in no release: they may use what they like.
const BESIDE: [&str; 4] = ["royaume-spec", "royaume-bench", "royaume-examples", "royaume-fuzz"];

/// Packages that only these may import, because only they know of such things.
const RESERVED: [(&str, &[&str]); 12] = [
    ("argon2", &["royaume-server"]),
    ("askama", &["royaume-server"]),
    ("aws-lc-rs", &["royaume-jose"]),
    ("clap", &["royaume"]),
    ("deadpool-postgres", &["royaume-store"]),
    ("hyper", &["royaume-fetch", "royaume-listen"]),
    ("rand", &["royaume-jose"]),
    ("reqwest", &["royaume-client"]),
    ("rusqlite", &["royaume-store"]),
    (
        "tokio",
        &["royaume", "royaume-client", "royaume-fetch", "royaume-listen", "royaume-server", "royaume-store"],
    ),
    ("tokio-postgres", &["royaume-client", "royaume-store"]),
    ("tokio-rustls", &["royaume-fetch"]),
];

/// The most lines that a source file has before its tests.
const LONG: usize = 400;

/// The files that are longer, each for a reason.
const LONGER: [(&str, &str); 1] =
    [("crates/royaume-server/src/refusal.rs", "one table from rule to wire, a line or three for each rule")];

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every text file that is kept or about to be, by its path from the root.
fn files() -> Vec<(String, String)> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files that are kept");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    let kept = names.split_terminator('\0');
    let texts: Vec<_> = kept
        .filter_map(|name| Some((name.to_owned(), std::fs::read_to_string(root().join(name)).ok()?)))
        .collect();
    assert!(
        texts.iter().any(|(name, _)| name == "Cargo.toml"),
        "git lists {} files, without Cargo.toml",
        texts.len()
    );
    texts
}

fn files_ending(end: &str) -> Vec<(String, String)> {
    let found: Vec<_> = files().into_iter().filter(|(name, _)| name.ends_with(end)).collect();
    assert!(!found.is_empty(), "no file ends in {end}");
    found
}

/// What cargo answers about the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let answer = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(answer.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&answer.stderr));
    String::from_utf8(answer.stdout).unwrap()
}

/// What each crate of the house imports outside its tests.
fn imports() -> BTreeMap<String, BTreeSet<String>> {
    let answer = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&answer).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let crates = metadata["packages"].as_array().unwrap().iter();
    crates
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap().iter();
            (name(package), dependencies.filter(|one| one["kind"] != "dev").map(name).collect())
        })
        .collect()
}

#[test]
fn crates_import_downward_only() {
    let floors = BTreeMap::from(FLOORS);
    for (crate_name, imported) in imports() {
        let allowed = floors.get(crate_name.as_str()).unwrap_or_else(|| {
            panic!("{crate_name} has no floor: give it a line in FLOORS and in ARCHITECTURE.md")
        });
        for other in imported.iter().filter(|other| other.starts_with("royaume")) {
            assert!(allowed.contains(&other.as_str()), "{crate_name} imports {other}, which is not below it");
        }
    }
}

#[test]
fn what_only_one_crate_should_know_only_one_imports() {
    let imports = imports();
    for (package, holders) in RESERVED {
        let importers = imports.iter().filter(|(_, imported)| imported.contains(package));
        for (importer, _) in importers.filter(|(importer, _)| !BESIDE.contains(&importer.as_str())) {
            assert!(
                holders.contains(&importer.as_str()),
                "{importer} imports {package}: that is for {holders:?}"
            );
        }
    }
}

#[test]
fn every_crate_has_its_place_in_the_plan() {
    let plan = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for crate_name in imports().keys() {
        let named = plan.lines().any(|line| line.split_whitespace().any(|word| word == crate_name));
        assert!(named, "ARCHITECTURE.md says nothing of {crate_name}");
    }
}

#[test]
fn every_manifest_inherits_what_the_workspace_decides() {
    for (name, text) in files_ending("Cargo.toml").iter().filter(|(name, _)| name.starts_with("crates/")) {
        let manifest: toml::Table = text.parse().unwrap();
        for field in ["version", "edition", "rust-version", "license", "publish"] {
            let inherited = manifest["package"][field].get("workspace").and_then(toml::Value::as_bool);
            assert_eq!(inherited, Some(true), "{name}: write {field}.workspace = true");
        }
        assert_eq!(
            manifest["lints"]["workspace"].as_bool(),
            Some(true),
            "{name}: write lints.workspace = true"
        );
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (package, source) in manifest.get(table).and_then(toml::Value::as_table).into_iter().flatten()
            {
                let said_once = source.get("workspace").is_some() || source.get("path").is_some();
                assert!(said_once, "{name}: the version of {package} belongs to the workspace");
            }
        }
    }
}

#[test]
fn every_source_file_says_first_what_it_is() {
    for (name, text) in files_ending(".rs") {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! ") && first.len() > 8, "{name} begins with {first:?}");
    }
}

#[test]
fn names_say_what_is_in_a_file() {
    for (name, text) in files_ending(".rs") {
        let stem = Path::new(&name).file_stem().unwrap().to_str().unwrap();
        let drawer =
            ["util", "utils", "helper", "helpers", "common", "misc", "shared", "types"].contains(&stem);
        assert!(!drawer, "{name} is a drawer: its contents belong to the concepts that own them");
        let getter = concat!("fn ", "get_");
        assert!(!text.contains(getter), "{name}: a reader is named for what it reads, without get_");
    }
}

/// What is never written; each in two pieces, so that this file does not find itself.
const NEVER: [&str; 9] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[ign", "ore"),
    concat!("crates", ".io"),
    concat!("npm", "js."),
    concat!("pypi", ".org"),
    concat!("deb.deb", "ian"),
];

/// A path that begins at a folder which other machines lack: `/home/…`, but not the `/root/` within an address.
fn path_of_one_machine(text: &str) -> Option<&str> {
    ["/home/", "/root/", "/tmp/", "/work/", "/Users/"].into_iter().find_map(|folder| {
        let mut places = text.match_indices(folder).map(|(at, _)| at);
        let begins = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || "}_-.]".contains(c));
        places.find(|at| begins(*at)).map(|at| text[at..].lines().next().unwrap_or_default())
    })
}

#[test]
fn nothing_is_left_for_later_and_nothing_is_of_one_machine_only() {
    let itself = "crates/royaume-spec/tests/it/house.rs";
    for (name, text) in files().iter().filter(|(name, _)| name != "Cargo.lock") {
        for words in NEVER {
            assert!(!text.contains(words), "{name} contains {words}");
        }
        if name != itself {
            assert_eq!(path_of_one_machine(text), None, "{name} names a path of one machine");
        }
    }
}

#[test]
fn a_path_of_one_machine_is_told_from_an_address() {
    for path in ["/home/ada/royaume.db", "see `/tmp/x`", "(/root/.cargo)", "url = file:///work/a"] {
        assert!(path_of_one_machine(path).is_some(), "{path}");
    }
    for address in
        ["/connexion/oauth2/realms/root/realms/individu", "https://a.test/home/", "{base}/root/x", "/homes"]
    {
        assert_eq!(path_of_one_machine(address), None, "{address}");
    }
}

#[test]
fn every_link_of_a_page_leads_somewhere() {
    for (name, text) in files_ending(".md") {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()) {
            let place = link.split('#').next().unwrap_or_default();
            if link.contains("://") || link.starts_with("mailto:") || place.is_empty() {
                continue;
            }
            let target = root().join(&name).parent().unwrap().join(place);
            assert!(target.exists(), "{name} leads to {link}, which does not exist");
        }
    }
}

#[test]
fn source_files_fit_in_the_head() {
    let sources = files_ending(".rs").into_iter().filter(|(name, _)| name.contains("/src/"));
    let before_tests = |text: &str| text.split("#[cfg(test)]").next().unwrap_or_default().lines().count();
    let lengths: BTreeMap<_, _> = sources.map(|(name, text)| (name, before_tests(&text))).collect();
    for (name, lines) in &lengths {
        let reason = LONGER.iter().find(|(longer, _)| longer == name);
        assert!(
            *lines <= LONG || reason.is_some(),
            "{name} has {lines} lines before its tests: is it two ideas?"
        );
    }
    for (name, _) in LONGER {
        assert!(
            lengths.get(name).is_some_and(|lines| *lines > LONG),
            "{name} is no longer long: strike it from LONGER"
        );
    }
}
