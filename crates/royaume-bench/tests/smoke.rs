//! The benchmark works: every scenario is answered and prints a figure. How fast anything is, a test cannot say.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use serde_json::Value;

const NAMES: [&str; 22] = [
    "live-sqlite",
    "jwks-sqlite",
    "discovery-sqlite",
    "token-es256-sqlite",
    "token-eddsa-sqlite",
    "token-rs256-sqlite",
    "token-opaque-sqlite",
    "code-flow-es256-sqlite",
    "code-flow-rs256-sqlite",
    "refresh-es256-sqlite",
    "refresh-rs256-sqlite",
    "userinfo-opaque-sqlite",
    "userinfo-signed-sqlite",
    "introspection-sqlite",
    "login-sqlite",
    "token-es256-postgres",
    "token-opaque-postgres",
    "code-flow-es256-postgres",
    "refresh-es256-postgres",
    "userinfo-opaque-postgres",
    "introspection-postgres",
    "login-postgres",
];

/// The server beside the benchmark. A test of the whole workspace has just built it; otherwise cargo does so here.
fn server() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_royaume-bench")).with_file_name("royaume");
    let built = beside.metadata().and_then(|metadata| metadata.modified()).ok();
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let sources = crates.read_dir().unwrap().map(|entry| entry.unwrap().path().join("src"));
    if built.is_none_or(|built| sources.filter_map(|sources| newest(&sources)).any(|source| source > built)) {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let built = Command::new(cargo).args(["build", "--package", "royaume"]).status().unwrap();
        assert!(built.success(), "cargo builds the server");
    }
    beside
}

/// When a file below that directory was last changed.
fn newest(directory: &Path) -> Option<SystemTime> {
    let entries = directory.read_dir().ok()?.map(|entry| entry.unwrap());
    let changed = entries.filter_map(|entry| {
        let path = entry.path();
        if path.is_dir() { newest(&path) } else { entry.metadata().ok()?.modified().ok() }
    });
    changed.max()
}

#[test]
fn every_scenario_prints_a_figure() {
    let run = Command::new(env!("CARGO_BIN_EXE_royaume-bench"))
        .args(["--json", "--connections", "2", "--rounds", "1", "--milliseconds", "100", "--server"])
        .arg(server())
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    let named = |list: &str| report[list].as_array().unwrap().clone();
    let scenarios = named("scenarios");
    let names: Vec<_> = scenarios.iter().map(|scenario| scenario["name"].as_str().unwrap()).collect();
    assert_eq!(names, NAMES);
    for scenario in &scenarios {
        for side in ["floor", "server"] {
            assert!(scenario[side]["per_second"].as_f64().unwrap() > 0.0, "{scenario:#}");
        }
    }
    let storms = named("storms");
    assert_eq!(storms.len(), 2);
    for storm in &storms {
        assert!(storm["logins_per_second"].as_f64().unwrap() > 0.0, "{storm:#}");
    }
    let starts = named("starts");
    assert_eq!(starts.len(), 2);
    for start in &starts {
        assert!(start["seconds"].as_f64().unwrap() > 0.0 && start["idle_bytes"].as_u64().unwrap() > 0);
    }
}
