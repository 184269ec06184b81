//! `Content-Range`: which part of how much an answer is (RFC 9110 §14.4), whatever it is counted in.

/// What a page says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ContentRange {
    /// The first and the last one that it has; nothing for `*`.
    pub(super) range: Option<(u64, u64)>,
    /// How many there are, if that is known.
    pub(super) total: Option<u64>,
}

impl ContentRange {
    /// Reads `offres 0-149/9215`, `offres */0`, and `*/0` as France Travail writes it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let numbers = text.split_once(' ').map_or(text, |(_, numbers)| numbers.trim_start());
        let (range, total) = numbers.split_once('/')?;
        let range = match range.trim() {
            "*" => None,
            range => {
                let (first, last) = range.split_once('-')?;
                let (first, last) = (number(first)?, number(last)?);
                Some((first, last)).filter(|(first, last)| first <= last).map(Some)?
            }
        };
        let total = match total.trim() {
            "*" => None,
            total => Some(number(total)?),
        };
        let is_whole = range.is_some() || total.is_some();
        is_whole.then_some(Self { range, total })
    }
}

fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (text, range, total) in [
            ("offres 0-149/9215", Some((0, 149)), Some(9215)),
            ("items 5-5/*", Some((5, 5)), None),
            ("*/0", None, Some(0)),
            (" offres  */0 ", None, Some(0)),
            ("0-1/2", Some((0, 1)), Some(2)),
            ("communes */36000", None, Some(36_000)),
        ] {
            assert_eq!(ContentRange::parse(text), Some(ContentRange { range, total }), "{text}");
        }
    }

    #[test]
    fn what_is_no_range_is_none() {
        for text in [
            "",
            "offres",
            "offres 0-149",
            "offres 149-0/200",
            "offres -1-3/9",
            "offres 0-+3/9",
            "*/*",
            "offres a-b/c",
            "offres 0-99999999999999999999999/9",
            "offres 0-1/-2",
        ] {
            assert_eq!(ContentRange::parse(text), None, "{text}");
        }
    }
}
