//! `range=p-d`: which of the offers found are shown.

use super::Wrong;

/// From one offer to another, both counted from 0 and both shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: usize,
    last: usize,
}

/// At most so many at once.
const MOST: usize = 150;
// The last offers that a range may begin and end with: what lies beyond is reached by narrower searches alone.
const LAST_FIRST: usize = 3000;
const LAST_LAST: usize = 3149;

impl Range {
    /// What is shown to whoever asks for no range.
    pub(crate) const FIRST: Self = Self { first: 0, last: MOST - 1 };

    pub(crate) fn parse(text: &str) -> Result<Self, Wrong> {
        let (first, last) = text.split_once('-').ok_or(Wrong::RangeForm)?;
        let number = |digits: &str| {
            // No sign: `+1` would be read as a number.
            let digits = Some(digits).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
            digits.and_then(|digits| digits.parse::<u32>().ok()).map(|number| number as usize)
        };
        let (Some(first), Some(last)) = (number(first), number(last)) else { return Err(Wrong::RangeForm) };
        if last < first {
            return Err(Wrong::RangeForm);
        }
        if first > LAST_FIRST || last > LAST_LAST {
            return Err(Wrong::RangeEnd);
        }
        if last - first >= MOST {
            return Err(Wrong::RangeLength);
        }
        Ok(Self { first, last })
    }

    /// The last that there is, and all that are shown; nothing if the range begins beyond the end.
    pub(crate) fn of<T>(self, found: &[T]) -> Option<(usize, &[T])> {
        let last = self.last.min(found.len().checked_sub(1)?);
        found.get(self.first..=last).filter(|shown| !shown.is_empty()).map(|shown| (last, shown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_two_numbers_within_bounds() {
        for good in ["0-0", "0-149", "150-299", "3000-3149", "2999-3148"] {
            assert!(Range::parse(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("", Wrong::RangeForm),
            ("0", Wrong::RangeForm),
            ("-", Wrong::RangeForm),
            ("0-", Wrong::RangeForm),
            ("+0-+1", Wrong::RangeForm),
            ("0 - 1", Wrong::RangeForm),
            ("5-4", Wrong::RangeForm),
            ("0-99999999999999999999", Wrong::RangeForm),
            ("0-150", Wrong::RangeLength),
            ("2999-3149", Wrong::RangeLength),
            ("3001-3002", Wrong::RangeEnd),
            ("3000-3150", Wrong::RangeEnd),
        ] {
            assert_eq!(Range::parse(bad), Err(why), "{bad}");
        }
    }

    #[test]
    fn what_is_shown_ends_where_the_offers_end() {
        let found: Vec<_> = (0..10).collect();
        assert_eq!(Range::FIRST.of(&found), Some((9, &found[..])));
        assert_eq!(Range::parse("4-6").unwrap().of(&found), Some((6, &found[4..7])));
        assert_eq!(Range::parse("9-20").unwrap().of(&found), Some((9, &found[9..])));
        assert_eq!(Range::parse("10-20").unwrap().of(&found), None);
        assert_eq!(Range::FIRST.of::<usize>(&[]), None);
    }
}
