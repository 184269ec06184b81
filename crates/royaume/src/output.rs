//! What is printed: results on standard output, complaints on standard error, never a control character of a server.

use std::io::Write as _;

use serde::Serialize;

/// A line of result.
pub(crate) fn line(text: &str) {
    // A reader that went away (a pipe that closed) is no reason to complain.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A result for programs.
pub(crate) fn json(value: &impl Serialize) {
    line(&serde_json::to_string_pretty(value).expect("results always serialise"));
}

/// A remark that is no result.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Why something was not done.
pub(crate) fn complain(text: &str) {
    remark(&format!("royaume: {}", harmless(text)));
}

/// Text of somebody else, without the characters that would drive the terminal (CWE-150).
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c }).collect()
}

/// Rows under headings, in columns.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..headings.len()).map(width).collect();
    let print = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        line(padded.collect::<Vec<_>>().join("  ").trim_end());
    };
    print(&headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>());
    for row in rows {
        print(&row.iter().map(|cell| harmless(cell)).collect::<Vec<_>>());
    }
}
