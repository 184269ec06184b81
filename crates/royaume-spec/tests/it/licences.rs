//! What the house depends on: under which licences, from where, and what it does without. `deny.toml` says so, for
//! `cargo deny` and for these tests alike.

use std::collections::BTreeSet;

use spdx::{Expression, ParseMode};
use toml::Table;

use crate::house::{cargo, root};

/// A package that some platform or some feature brings in.
struct Package {
    /// Its name, then its version, then where it comes from unless that is the usual registry.
    described: String,
    /// SPDX, as its manifest has it.
    licence: String,
}

impl Package {
    fn name(&self) -> &str {
        self.described.split(' ').next().unwrap_or_default()
    }
}

/// Every package but our own. `cargo metadata` would name those too that the lock file holds for features which nobody
/// turns on; `cargo tree` does not.
fn packages() -> Vec<Package> {
    let arguments =
        ["tree", "--workspace", "--all-features", "--target", "all", "--locked", "--prefix", "none"];
    let listed = cargo(&[&arguments[..], &["--format", "{p}|{l}"]].concat());
    let lines: BTreeSet<_> = listed.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    let foreign: Vec<_> = lines
        .into_iter()
        .filter_map(|line| line.split_once('|'))
        .filter(|(described, _)| !described.starts_with("royaume"))
        .map(|(described, licence)| Package { described: described.to_owned(), licence: licence.to_owned() })
        .collect();
    assert!(foreign.len() > 100, "only {} packages: is that all?", foreign.len());
    foreign
}

fn policy() -> Table {
    std::fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

#[test]
fn every_dependency_may_be_used_under_a_licence_that_we_allow() {
    let policy = policy();
    let allowed = policy["licenses"]["allow"].as_array().unwrap().iter();
    let allowed: BTreeSet<_> = allowed.map(|licence| licence.as_str().unwrap()).collect();
    let mut used = BTreeSet::new();
    for Package { described, licence } in packages() {
        // Some manifests still separate alternatives by a slash.
        let expression = Expression::parse_mode(&licence, ParseMode::LAX)
            .unwrap_or_else(|error| panic!("{described}: {licence:?}: {error}"));
        let permitted = expression.evaluate(|one| allowed.contains(one.to_string().as_str()));
        assert!(permitted, "{described} is under {licence:?}, which deny.toml does not allow");
        used.extend(expression.requirements().map(|one| one.req.to_string()));
    }
    for licence in allowed {
        assert!(used.contains(licence), "nothing is under {licence} any more: strike it from deny.toml");
    }
}

#[test]
fn what_is_banned_is_not_there() {
    let packages = packages();
    for banned in policy()["bans"]["deny"].as_array().unwrap() {
        let banned = banned["crate"].as_str().unwrap();
        let found = packages.iter().any(|package| package.name() == banned);
        assert!(
            !found,
            "{banned} is banned in deny.toml: cargo tree --target all -i {banned} says who brings it"
        );
    }
}

#[test]
fn everything_comes_from_the_registry_that_cargo_knows_by_itself() {
    for Package { described, .. } in packages() {
        let elsewhere = described.replace("(proc-macro)", "").contains('(');
        assert!(!elsewhere, "{described} comes from elsewhere");
    }
}
