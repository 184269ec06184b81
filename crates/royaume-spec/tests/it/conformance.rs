//! `docs/conformance.md`: which sentences of the specification hold what each module of the OpenID Foundation's plans
//! demands. The page is written from the sentences' own doc lines, where a module stands in backquotes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::house::root;

/// The plans and their modules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plans {
    plan: Vec<Plan>,
    /// Modules that no sentence names yet. One that a sentence names does not belong here.
    not_shown: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan {
    name: String,
    about: String,
    modules: Vec<String>,
}

/// A sentence: the name of its test, and the file where it is.
type Sentence = (String, String);

/// The page is written with this in the environment.
const WRITE: &str = "ROYAUME_WRITE_CONFORMANCE";

fn plans() -> Plans {
    toml::from_str(include_str!("conformance.toml")).expect("the plans read")
}

/// Every sentence by the modules that its doc lines name.
fn sentences() -> BTreeMap<String, Vec<Sentence>> {
    let mut found: BTreeMap<String, Vec<Sentence>> = BTreeMap::new();
    let here = root().join("crates/royaume-spec/tests/it");
    for path in files(&here) {
        let text = fs::read_to_string(&path).expect("a file of ours reads");
        let file = path.strip_prefix(&here).expect("below").display().to_string();
        let mut named: Vec<String> = Vec::new();
        for line in text.lines().map(str::trim) {
            if let Some(doc) = line.strip_prefix("///") {
                named.extend(
                    doc.split('`').skip(1).step_by(2).filter(|word| is_module(word)).map(str::to_owned),
                );
            } else if let Some((_, rest)) = line.split_once("fn ") {
                let name = rest.split('(').next().unwrap_or_default();
                for module in named.drain(..) {
                    found.entry(module).or_default().push((name.to_owned(), file.clone()));
                }
            }
        }
    }
    found
}

fn is_module(word: &str) -> bool {
    word.starts_with("oidcc-")
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Rust files below a directory, in the order of their paths.
fn files(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut entries: Vec<_> = fs::read_dir(directory)
        .expect("a directory of ours")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    entries
        .into_iter()
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

/// The page, from the plans and the sentences.
fn page(plans: &Plans, sentences: &BTreeMap<String, Vec<Sentence>>) -> String {
    let mut page = String::from(
        "# Conformance, module by module\n\n\
         The OpenID Foundation certifies providers and relying parties by plans, and a plan is a list of modules. Beside each\n\
         module stand the sentences of the specification that hold what it demands: tests in `crates/royaume-spec/tests/it`, on\n\
         memory, SQLite and PostgreSQL. The suite itself has not been run; nothing here is a certificate. This page is written by\n\
         `tests/it/conformance.rs` from the sentences' own doc lines, and fails when it is no longer true.\n",
    );
    for plan in &plans.plan {
        let _ = write!(page, "\n## {}\n\n{}\n\n| module | held by |\n|---|---|\n", plan.name, plan.about);
        for module in &plan.modules {
            let held: Vec<_> = sentences
                .get(module)
                .into_iter()
                .flatten()
                .map(|(name, file)| format!("{} ({file})", name.replace('_', " ")))
                .collect();
            let held = if held.is_empty() { "not shown by a sentence".to_owned() } else { held.join("; ") };
            let _ = writeln!(page, "| `{module}` | {held} |");
        }
    }
    page
}

#[test]
fn the_page_about_conformance_is_what_the_sentences_say() {
    let (plans, sentences) = (plans(), sentences());
    let page = page(&plans, &sentences);
    let path = root().join("docs/conformance.md");
    if std::env::var_os(WRITE).is_some() {
        fs::write(&path, &page).expect("the page is written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == page,
        "docs/conformance.md is not what the sentences say: run this test with {WRITE}=1, then look"
    );
}

#[test]
fn every_module_of_the_plans_is_held_by_a_sentence_or_owned_up_to() {
    let (plans, sentences) = (plans(), sentences());
    let modules: BTreeSet<_> = plans.plan.iter().flat_map(|plan| &plan.modules).collect();
    for module in &modules {
        let shown = sentences.contains_key(*module);
        let owned_up = plans.not_shown.contains(module);
        assert!(shown != owned_up, "{module}: shown by a sentence {shown}, in not_shown {owned_up}");
    }
    for module in sentences.keys().chain(&plans.not_shown) {
        assert!(modules.contains(module), "{module} is in no plan: is its name right?");
    }
}
