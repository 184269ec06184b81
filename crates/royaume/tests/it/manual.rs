//! What the command line says of itself: completions that shells take, manual pages that render, and a page of the
//! documentation that leaves nothing out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::User;

/// Variables for whoever works on Royaume, which no command's help tells of.
const OF_DEVELOPERS: [&str; 5] = [
    "ROYAUME_ABORT_AT",
    "ROYAUME_FUZZ_INPUTS",
    "ROYAUME_FUZZ_SEED",
    "ROYAUME_SPEC_STORE",
    "ROYAUME_TEST_DATABASE_URL",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    std::fs::read_to_string(root().join("docs/command-line.md")).unwrap()
}

/// The commands that help lists.
fn commands(user: &User) -> Vec<String> {
    let help = user.run(&["--help"]);
    let listed = help.ok().split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap().to_owned();
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

fn sources(directory: &Path, all: &mut Vec<String>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            all.push(std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Every `ROYAUME_…` in the sources.
fn variables() -> BTreeSet<String> {
    let mut texts = Vec::new();
    for crate_directory in std::fs::read_dir(root().join("crates")).unwrap() {
        let source = crate_directory.unwrap().path().join("src");
        if source.is_dir() {
            sources(&source, &mut texts);
        }
    }
    let named = texts.iter().flat_map(|text| {
        text.match_indices("ROYAUME_").map(|(at, _)| {
            let ends = text[at..].find(|c: char| !(c.is_ascii_uppercase() || c == '_'));
            text[at..].chars().take(ends.unwrap_or(text.len() - at)).collect::<String>()
        })
    });
    named.filter(|name| name != "ROYAUME_").collect()
}

#[test]
fn every_variable_is_documented() {
    let (page, help, variables) = (page(), User::new().run(&["--help"]), variables());
    assert!(variables.len() > 10, "{variables:?}");
    for name in &variables {
        assert!(page.contains(&format!("`{name}`")), "docs/command-line.md says nothing of {name}");
        let of_users = !OF_DEVELOPERS.contains(&name.as_str());
        let in_help = help.ok().contains(&format!("\n  {name} "));
        assert_eq!(in_help, of_users, "royaume --help and {name}");
    }
    for name in OF_DEVELOPERS {
        assert!(variables.contains(name), "{name} is no longer read");
    }
}

#[test]
fn every_command_and_exit_code_is_documented() {
    let (page, user) = (page(), User::new());
    let commands = commands(&user);
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        assert!(
            page.contains(&format!("`royaume {command}")),
            "docs/command-line.md says nothing of {command}"
        );
    }
    for code in 0..=5 {
        assert!(page.contains(&format!("| {code} |")), "exit code {code}");
    }
}

#[test]
fn completions_name_every_command_and_bash_takes_them() {
    let user = User::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = user.run(&["completions", shell]);
        for command in commands(&user) {
            assert!(script.ok().contains(&command), "{shell} does not complete {command}");
        }
    }
    let script = user.home().join("royaume.bash");
    std::fs::write(&script, &user.run(&["completions", "bash"]).out).unwrap();
    let ask = "source \"$1\"; COMP_WORDS=(royaume whoa); COMP_CWORD=1; _royaume royaume whoa royaume; \
               printf %s \"${COMPREPLY[*]}\"";
    let bash = Command::new("bash")
        .args(["--norc", "-c", ask, "bash"])
        .arg(&script)
        .stdin(Stdio::null())
        .output()
        .expect("bash is there");
    assert!(bash.status.success() && bash.stderr.is_empty(), "{bash:?}");
    assert_eq!(String::from_utf8(bash.stdout).unwrap(), "whoami");
    user.run(&["completions", "no-such-shell"]).failed(2);
}

#[test]
fn there_is_a_manual_page_for_each_command() {
    let user = User::new();
    let one = user.run(&["man"]);
    assert!(one.ok().contains(".TH royaume 1"), "{one:?}");
    let directory = user.home().join("man/man1");
    user.run(&["man", "--directory", directory.to_str().unwrap()]).ok();
    for command in commands(&user) {
        let page = directory.join(format!("royaume-{command}.1"));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{page:?}: {error}"));
        for heading in [".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS"] {
            assert!(text.contains(heading), "{page:?} lacks {heading}");
        }
        assert!(!text.contains(user.home().to_str().unwrap()), "a page is of no one machine");
    }
    for page in ["royaume.1", "royaume-profile-add.1", "royaume-token.1"] {
        let text = std::fs::read_to_string(directory.join(page)).unwrap();
        assert!(text.starts_with(".ie") || text.contains(".TH "), "{page}");
    }
    let file = user.home().join("file");
    std::fs::write(&file, "").unwrap();
    user.run(&["man", "--directory", file.to_str().unwrap()]).failed(2);
}

/// A colour is for whoever looks: in a pipe there is none, unless it is asked for, and never where it is unwanted.
#[test]
fn colours_obey_the_environment() {
    let complaint = |name: &str, value: &str| {
        User::new().with(name, value).run(&["token", "--realm", "nowhere"]).failed(2).to_owned()
    };
    assert!(complaint("TERM", "xterm-256color").starts_with("royaume: "));
    assert!(complaint("CLICOLOR_FORCE", "1").starts_with("\u{1b}["));
    let forced = User::new().with("CLICOLOR_FORCE", "1").with("NO_COLOR", "1");
    assert!(forced.run(&["token", "--realm", "nowhere"]).failed(2).starts_with("royaume: "));
}
