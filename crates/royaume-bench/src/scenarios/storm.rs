//! A storm of logins: two hundred people sign in as fast as they are let, while applications ask for tokens as before.

use std::sync::PoisonError;
use std::thread;

use super::{login, token};
use crate::Failure;
use crate::comparison::median;
use crate::load::{self, Callers};
use crate::options::Options;
use crate::process::Process;
use crate::served::Place;

/// People who sign in at once.
const PEOPLE: usize = 200;

/// What came of it: medians of the rounds.
#[derive(Debug, Clone)]
pub(crate) struct Storm {
    /// All but a hundredth of the token requests were answered in less, in microseconds, while nobody signed in.
    pub(crate) quiet: f64,
    /// And while everybody did.
    pub(crate) stormy: f64,
    /// Of neighbouring rounds.
    pub(crate) ratio: f64,
    /// Logins, per second.
    pub(crate) logins: f64,
    /// All but a hundredth of the logins took less, in microseconds, from the link to the tokens.
    pub(crate) login_p99: f64,
}

/// Rounds without and with the storm, in turns.
pub(crate) fn run(place: &Place, server: &Process, options: &Options) -> Result<Storm, Failure> {
    // As many as applications would be: a queue of requests that never pause would hide what a storm does to one.
    let mut applications = token::opaque(place, 4)?;
    let (mut people, durations) = login::newcomers(place, PEOPLE)?;
    let lasting = options.round() * 4;
    load::round(server, &mut applications, lasting / 4)?;
    let (mut quiet, mut stormy, mut logins, mut whole) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        quiet.push(load::round(server, &mut applications, lasting)?.p99);
        durations.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let (tokens, signed_in) = together(server, &mut applications, &mut people, lasting)?;
        stormy.push(tokens.p99);
        logins.push(signed_in.rate);
        let mut took = durations.lock().unwrap_or_else(PoisonError::into_inner).clone();
        took.sort_unstable();
        let last = (took.len() * 99 / 100).min(took.len().saturating_sub(1));
        whole.push(took.get(last).copied().map_or(0.0, f64::from));
    }
    let ratios = stormy.iter().zip(&quiet).map(|(stormy, quiet)| stormy / quiet).collect();
    Ok(Storm {
        quiet: median(quiet),
        stormy: median(stormy),
        ratio: median(ratios),
        logins: median(logins),
        login_p99: median(whole),
    })
}

fn together(
    server: &Process,
    applications: &mut Callers,
    people: &mut Callers,
    lasting: std::time::Duration,
) -> Result<(load::Round, load::Round), Failure> {
    thread::scope(|scope| {
        let storm = scope.spawn(|| load::round(server, people, lasting));
        let tokens = load::round(server, applications, lasting)?;
        let signed_in = storm.join().unwrap_or_else(|_| Err("a thread of the storm panicked".into()))?;
        Ok((tokens, signed_in))
    })
}
