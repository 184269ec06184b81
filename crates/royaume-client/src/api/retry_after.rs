//! `Retry-After`: seconds or a date (RFC 9110 §10.2.3).

use std::time::Duration;

use http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use jiff::fmt::rfc2822;

/// Nobody is believed who wants to be left alone for longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// How long to wait, a day at most. A date counts from the server's own `Date`, if it says one, and else from our clock.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number has: for ever.
        return Some(text.parse().map_or(LONGEST, Duration::from_secs).min(LONGEST));
    }
    let until = date(text)?;
    let from = headers.get(&header::DATE).and_then(|value| date(value.to_str().ok()?)).unwrap_or(now);
    Some(Duration::try_from(until.duration_since(from)).unwrap_or_default().min(LONGEST))
}

/// A date as HTTP writes it (RFC 9110 §5.6.7).
fn date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text.trim()).ok()
}

/// The least of the numbers in fields whose names begin so: France Travail adds what is counted (`-Clientidlimiter`).
pub(crate) fn least(headers: &HeaderMap, named: &str) -> Option<f64> {
    let counted = |name: &HeaderName| name.as_str().starts_with(named);
    let numbers = headers.iter().filter(|(name, _)| counted(name));
    numbers
        .filter_map(|(_, value)| value.to_str().ok()?.trim().parse::<f64>().ok())
        .filter(|number| number.is_finite() && *number >= 0.0)
        .reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
        let pairs = pairs.iter();
        let headers: HeaderMap = pairs
            .map(|(name, value)| (HeaderName::from_static(name), http::HeaderValue::from_static(value)))
            .collect();
        retry_after(&headers, "2026-11-26T12:00:00Z".parse().unwrap())
    }

    #[test]
    fn seconds_and_dates_are_read() {
        for (value, wait) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Thu, 26 Nov 2026 12:01:30 GMT", Some(90)),
            ("Thu, 26 Nov 2026 11:00:00 GMT", Some(0)),
            ("99999999999999999999999", Some(86_400)),
            ("Fri, 26 Nov 2027 12:00:00 GMT", Some(86_400)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(told(&[("retry-after", value)]), wait.map(Duration::from_secs), "{value}");
        }
    }

    #[test]
    fn a_date_counts_from_the_clock_of_whoever_wrote_it() {
        let skewed =
            [("date", "Thu, 26 Nov 2026 09:00:00 GMT"), ("retry-after", "Thu, 26 Nov 2026 09:00:05 GMT")];
        assert_eq!(told(&skewed), Some(Duration::from_secs(5)));
    }

    #[test]
    fn of_several_limits_the_least_counts() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("X-Ratelimit-Remaining-Clientidlimiter", "3"),
            ("x-rateLimit-remaining-Apilimiter", "2"),
            ("x-ratelimit-remaining-other", "-1"),
            ("x-ratelimit-remaining-another", "NaN"),
        ] {
            headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        assert_eq!(least(&headers, "x-ratelimit-remaining"), Some(2.0));
        assert_eq!(least(&headers, "x-ratelimit-burst-capacity"), None);
    }
}
