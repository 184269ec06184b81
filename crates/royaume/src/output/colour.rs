//! Colours, sparsely, and only where the terminal shows them: `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb` and pipes are
//! obeyed.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

/// A heading on standard output.
pub(super) fn heading(text: &str) -> String {
    worn(text, Style::new().bold(), AutoStream::choice(&std::io::stdout()))
}

/// What announces trouble on standard error.
pub(super) fn trouble(text: &str) -> String {
    worn(text, AnsiColor::Red.on_default().bold(), AutoStream::choice(&std::io::stderr()))
}

fn worn(text: &str, style: Style, choice: ColorChoice) -> String {
    match choice {
        ColorChoice::Never => text.to_owned(),
        ColorChoice::Auto | ColorChoice::AlwaysAnsi | ColorChoice::Always => {
            format!("{style}{text}{style:#}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_worn_where_it_is_shown_and_plain_elsewhere() {
        let style = Style::new().bold();
        assert_eq!(worn("a", style, ColorChoice::Never), "a");
        assert_eq!(worn("a", style, ColorChoice::Always), "\u{1b}[1ma\u{1b}[0m");
    }
}
