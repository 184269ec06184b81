//! Rows under headings, in columns as wide as what they show, and together no wider than the terminal.

use std::io::IsTerminal as _;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{colour, harmless, line};

/// Between two columns.
const GAP: usize = 2;
/// No column is made narrower than this for the sake of another.
const NARROWEST: usize = 10;

/// Rows under headings, in columns. In a terminal a cell that does not fit goes on in the next line; elsewhere, where
/// programs read, a row is a line.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) {
    let mut lines = laid_out(headings, rows, terminal_width()).into_iter();
    if let Some(first) = lines.next() {
        line(&colour::heading(&first));
    }
    lines.for_each(|row| line(&row));
}

/// The columns of the terminal that shows standard output, if one does.
fn terminal_width() -> Option<usize> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(stdout).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

fn laid_out(headings: &[&str], rows: &[Vec<String>], most: Option<usize>) -> Vec<String> {
    let headings = headings.iter().map(|heading| (*heading).to_owned()).collect();
    let cells = rows.iter().map(|row| row.iter().map(|cell| harmless(cell)).collect::<Vec<_>>());
    let all: Vec<Vec<String>> = std::iter::once(headings).chain(cells).collect();
    let columns = all[0].len();
    let widest = |column: usize| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max();
    let mut widths: Vec<_> = (0..columns).map(|column| widest(column).unwrap_or_default()).collect();
    if let Some(most) = most {
        narrow(&mut widths, most);
    }
    all.iter().flat_map(|row| lines(row, &widths)).collect()
}

/// Takes from the widest column until all fit, or none can be narrower.
fn narrow(widths: &mut [usize], most: usize) {
    let room = most.saturating_sub(GAP * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            Some(_) | None => return,
        }
    }
}

/// The lines of one row.
fn lines(row: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<_> = row.iter().zip(widths).map(|(cell, width)| folded(cell, *width)).collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or_default();
    let shown = |at: usize| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let text = cell.get(at).map_or("", String::as_str);
            let padding = (width + GAP).saturating_sub(text.width());
            line.push_str(text);
            line.extend(std::iter::repeat_n(' ', padding));
        }
        line.trim_end().to_owned()
    };
    (0..height).map(shown).collect()
}

/// A text in lines of at most that width: broken between words, or within one that is wider by itself.
fn folded(text: &str, width: usize) -> Vec<String> {
    if text.width() <= width {
        return vec![text.to_owned()];
    }
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if !line.is_empty() && line.width() + c.width().unwrap_or_default() > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[&[&str]]) -> Vec<Vec<String>> {
        cells.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
    }

    /// UAX #11: what takes two places is counted as two, and what takes none as none.
    #[test]
    fn columns_are_as_wide_as_what_they_show() {
        let table = laid_out(&["A", "B"], &rows(&[&["日本", "x"], &["e\u{301}", "y"], &["abc", "z"]]), None);
        assert_eq!(table, ["A     B", "日本  x", "e\u{301}     y", "abc   z"]);
    }

    #[test]
    fn a_table_is_no_wider_than_the_terminal() {
        let long = "a sentence that goes on and on";
        let table =
            laid_out(&["NAME", "WHAT"], &rows(&[&["one", long], &["two", &"x".repeat(40)]]), Some(24));
        assert!(table.iter().all(|line| line.width() <= 24), "{table:?}");
        let said = table.join(" ").split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("one a sentence that goes on and on"), "{said}");
        assert_eq!(said.matches('x').count(), 40, "nothing is cut off");
    }

    #[test]
    fn a_table_for_programs_has_a_line_for_each_row() {
        let table = laid_out(&["A", "B"], &rows(&[&["x y z", &"long ".repeat(40)]]), None);
        assert_eq!(table.len(), 2);
    }

    /// CWE-150.
    #[test]
    fn a_cell_of_somebody_else_drives_no_terminal() {
        let table = laid_out(&["A"], &rows(&[&["a\u{1b}[2J\nb"]]), Some(5));
        assert!(table.iter().all(|line| line.chars().all(|c| !c.is_control())), "{table:?}");
    }

    #[test]
    fn a_table_in_no_room_at_all_is_a_table_still() {
        assert!(laid_out(&["A", "B"], &rows(&[&["abcdefghijklmnop", "b"], &[]]), Some(1)).len() > 2);
        assert!(laid_out(&[], &[], Some(80)).is_empty());
    }
}
