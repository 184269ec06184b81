//! Texts that a client says of itself: what people are shown is what is there (RFC 7591 §5).

use super::unfit::{Unfit, Why};

/// Longest text, in characters.
const LONGEST: usize = 200;
/// Most entries of a list.
const MOST: usize = 20;

/// Judges a text.
pub(super) fn text(member: &'static str, text: &str) -> Result<(), Unfit> {
    judge(text).map_err(|why| Unfit::of(member, why))
}

/// Judges a list of texts.
pub(super) fn texts(member: &'static str, texts: &[String]) -> Result<(), Unfit> {
    few(member, texts)?;
    let mut entries = texts.iter().enumerate();
    entries.try_for_each(|(at, text)| judge(text).map_err(|why| Unfit::entry(member, at, why)))
}

/// Are there few enough of them?
pub(super) fn few<T>(member: &'static str, entries: &[T]) -> Result<(), Unfit> {
    if entries.len() > MOST { Err(Unfit::of(member, Why::TooMany)) } else { Ok(()) }
}

fn judge(text: &str) -> Result<(), Why> {
    if text.trim().is_empty() || text.chars().nth(LONGEST).is_some() {
        return Err(Why::Length);
    }
    if text.chars().any(is_invisible) { Err(Why::Invisible) } else { Ok(()) }
}

/// Controls, marks of direction (UAX #9 §2), and what has no width: with them one name looks like another.
fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{AD}'
                | '\u{61C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF9}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}
