//! The clocks: the server's `Date` (RFC 9110 §6.6.1) against ours. Id tokens of a clock that is far ahead are refused.

use jiff::fmt::rfc2822::DateTimeParser;
use jiff::{SignedDuration, Timestamp};

use super::connection::Answered;
use super::finding::{Check, Finding, Trouble, both};
use super::report::Report;

/// A larger difference is a finding, in seconds.
const TOLERATED: i64 = 30;

/// What the two clocks say of each other.
#[derive(Debug, PartialEq, Eq)]
enum Clocks {
    /// The same, within what is tolerated: so many seconds at least.
    Agree(i64),
    /// The server's is so many seconds ahead at least; behind, where it is negative.
    Differ(i64),
    /// No date, or none that reads.
    Unsaid,
}

pub(super) fn check(answered: &Answered, report: &mut Report) {
    match compared(answered.date.as_deref(), answered.before, answered.after) {
        Clocks::Agree(seconds) => report.add(Finding::well(
            Check::Clock,
            both(
                format!("les deux horloges s'accordent à {} s près", seconds.abs() + 1),
                format!("both clocks agree within {} s", seconds.abs() + 1),
            ),
        )),
        Clocks::Unsaid => {
            let why = both(
                "le serveur ne dit pas l'heure (en-tête Date)",
                "the server does not say the time (Date header)",
            );
            report.skip(&[Check::Clock], &why);
        }
        Clocks::Differ(ahead) => report.add(differing(ahead)),
    }
}

fn differing(ahead: i64) -> Finding {
    let by = ahead.abs();
    let seen = if ahead > 0 {
        both(
            format!("l'horloge de cette machine retarde de {by} s sur celle du serveur"),
            format!("the clock of this machine is {by} s behind the server's"),
        )
    } else {
        both(
            format!("l'horloge de cette machine avance de {by} s sur celle du serveur"),
            format!("the clock of this machine is {by} s ahead of the server's"),
        )
    };
    let next = both(
        "mettez cette machine à l'heure (timedatectl set-ntp true) ; si elle l'est, c'est le serveur qui ne l'est pas. Des \
         id tokens seraient refusés comme venant du futur, et des jetons gardés trop longtemps",
        "set the time of this machine (timedatectl set-ntp true); if it is right, the server's is wrong. Id tokens would be \
         refused as coming from the future, and tokens kept for too long",
    );
    Finding::wrong(Check::Clock, Trouble::Usage, seen, next)
}

/// The date has whole seconds, and was written at some moment between the request and its answer.
fn compared(date: Option<&str>, before: Timestamp, after: Timestamp) -> Clocks {
    let Some(date) = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()) else {
        return Clocks::Unsaid;
    };
    let second = SignedDuration::from_secs(1);
    let ahead = if date > after {
        date.duration_since(after)
    } else if date.duration_since(before) < -second {
        date.duration_since(before) + second
    } else {
        SignedDuration::ZERO
    };
    let seconds = ahead.as_secs();
    if seconds.abs() > TOLERATED { Clocks::Differ(seconds) } else { Clocks::Agree(seconds) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn clocks_agree_within_half_a_minute_and_the_time_that_the_answer_took() {
        let (before, after) = (at("2026-03-01T12:00:00.9Z"), at("2026-03-01T12:00:05.1Z"));
        for (date, clocks) in [
            ("Sun, 01 Mar 2026 12:00:00 GMT", Clocks::Agree(0)),
            ("Sun, 01 Mar 2026 12:00:05 GMT", Clocks::Agree(0)),
            ("Sun, 01 Mar 2026 12:00:35 GMT", Clocks::Agree(29)),
            ("Sun, 01 Mar 2026 12:00:37 GMT", Clocks::Differ(31)),
            ("Sun, 01 Mar 2026 11:59:29 GMT", Clocks::Agree(-30)),
            ("Sun, 01 Mar 2026 11:59:28 GMT", Clocks::Differ(-31)),
            ("Thu, 01 Jan 2015 00:00:00 GMT", Clocks::Differ(-352_295_999)),
        ] {
            assert_eq!(compared(Some(date), before, after), clocks, "{date}");
        }
    }

    #[test]
    fn a_date_that_does_not_read_says_nothing() {
        let now = at("2026-03-01T12:00:00Z");
        for date in [None, Some(""), Some("yesterday"), Some("Sun, 99 Mar 2026 12:00:00 GMT")] {
            assert_eq!(compared(date, now, now), Clocks::Unsaid, "{date:?}");
        }
    }
}
