//! What pages show of the command line is a command line, and the guide says the same in both languages.

use std::path::{Path, PathBuf};

use clap::Parser as _;

use super::Cli;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of a page: what language each is in, and its text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut parts = page.split("```");
    parts.next();
    while let (Some(block), _) = (parts.next(), parts.next()) {
        let (language, text) = block.split_once('\n').unwrap_or((block, ""));
        blocks.push((language.to_owned(), text.to_owned()));
    }
    blocks
}

/// The words of a line as a shell takes them: quotes, escapes, and what comes after `#`, `|`, `>` or `&&` is not ours.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '|' | '>' | '#' | '&' | ')' | ';') if word.is_none() || matches!(c, ')' | ';' | '|') => {
                break;
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Every command of ours in a page.
fn commands(page: &str) -> Vec<Vec<String>> {
    let shell = blocks(page).into_iter().filter(|(language, _)| language == "sh" || language.is_empty());
    let text: String = shell.map(|(_, text)| text.replace("\\\n", " ")).collect();
    let ours = |line: &str| {
        let line = line.replace("royaume -- ", "royaume ");
        let at = line.find("royaume ").filter(|at| *at == 0 || line[..*at].ends_with(['(', ' ', '/']))?;
        let words = words(&line[at..]);
        // What is in brackets or ends in dots is for whoever reads it to fill in.
        let whole = words.iter().all(|word| !word.contains('…') && !word.contains("..."));
        (words.len() > 1 && whole).then_some(words)
    };
    text.lines().filter_map(ours).collect()
}

#[test]
fn every_command_that_a_page_shows_is_one() {
    let mut shown = 0;
    let mut pages = vec![docs().join("../README.md"), docs().join("command-line.md")];
    for language in ["fr", "en"] {
        let guide = std::fs::read_dir(docs().join("guide").join(language)).unwrap();
        pages.extend(guide.map(|page| page.unwrap().path()));
    }
    for page in pages {
        for command in commands(&read(&page)) {
            shown += 1;
            if let Err(error) = Cli::try_parse_from(&command) {
                panic!("{}: {command:?}: {error}", page.display());
            }
        }
    }
    assert!(shown > 60, "{shown} commands are shown");
}

#[test]
fn the_guide_says_the_same_in_both_languages() {
    let guide = docs().join("guide");
    let pages = |language: &str| {
        let pages = std::fs::read_dir(guide.join(language)).unwrap();
        let mut names: Vec<_> = pages.map(|page| page.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(pages("fr"), pages("en"));
    for name in pages("fr") {
        let [french, english] = ["fr", "en"].map(|language| read(&guide.join(language).join(&name)));
        assert_eq!(blocks(&french), blocks(&english), "{name:?}");
        let shape = |page: &str| {
            let heading =
                |line: &&str| line.starts_with('#') || line.starts_with("| ") || line.starts_with("- ");
            page.lines()
                .filter(heading)
                .map(|line| line.split(' ').next().map(str::to_owned))
                .collect::<Vec<_>>()
        };
        assert_eq!(shape(&french), shape(&english), "{name:?}");
    }
}

#[test]
fn the_command_line_is_sound() {
    use clap::CommandFactory as _;

    Cli::command().debug_assert();
}
