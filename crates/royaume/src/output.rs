//! What is printed: results on standard output, complaints on standard error, never a control character of a server.

mod colour;
mod progress;
mod table;

use std::io::Write as _;

use serde::Serialize;

#[allow(unused_imports, reason = "for the commands that ask an API for many pages")]
pub(crate) use progress::progress;
pub(crate) use table::table;

/// A line of result.
pub(crate) fn line(text: &str) {
    // A reader that went away (a pipe that closed) is no reason to complain.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// A result that is a file.
pub(crate) fn whole(bytes: &[u8]) {
    let _ = std::io::stdout().lock().write_all(bytes);
}

/// A result for programs, which people look at too.
pub(crate) fn json(value: &impl Serialize) {
    line(&escaped(&serde_json::to_string_pretty(value).expect("results always serialise")));
}

/// The same JSON, without the control characters that RFC 8259 §7 lets stand: they can only be inside strings.
fn escaped(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() && c != '\n' {
            escaped.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else {
            escaped.push(c);
        }
    }
    escaped
}

/// A remark that is no result.
pub(crate) fn remark(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Why something was not done.
pub(crate) fn complain(text: &str) {
    let lines: Vec<_> = text.split('\n').map(harmless).collect();
    remark(&format!("{} {}", colour::trouble("royaume:"), lines.join("\n")));
}

/// Text of somebody else, on one line and without the characters that would drive the terminal (CWE-150).
pub(crate) fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// CWE-150: C0, DEL and C1 alike.
    #[test]
    fn json_says_the_same_and_drives_no_terminal() {
        let every: String = (0..0xa0).filter_map(char::from_u32).collect();
        let value = json!({ every.as_str(): [every, "é"] });
        let text = escaped(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.chars().all(|c| !c.is_control() || c == '\n'), "{text:?}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }

    #[test]
    fn text_of_somebody_else_stays_on_its_line() {
        let text = harmless("a\u{1b}[2J\nroyaume: all is well\u{9b}m é");
        assert_eq!(text, "a\u{FFFD}[2J\u{FFFD}royaume: all is well\u{FFFD}m é");
    }
}
