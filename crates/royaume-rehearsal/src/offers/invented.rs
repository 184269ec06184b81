//! The invented offers: the same at every start, each some time before the gateway was opened.

use std::time::Duration;

use jiff::Timestamp;

use super::offer::{CONTRACTS, NATURES, Offer, Origin, QUALIFICATIONS};
use crate::chance::Chance;
use crate::words::Words;

/// All of them, the newest first.
pub(crate) struct Offers {
    all: Vec<Offer>,
}

/// How many: the provider's own among them are more than can be reached without a narrower search.
const MANY: usize = 6_400;
/// The oldest is that old.
const OLDEST: u64 = 60 * 24 * 3600;
const SEED: u64 = 2_026;

impl Offers {
    /// Invents them, for a gateway that was opened then.
    pub(crate) fn invent(opened: Timestamp) -> Self {
        let mut chance = Chance::new(SEED);
        Self { all: (0..MANY).map(|at| invented(at, opened, &mut chance)).collect() }
    }

    /// All of them, the newest first.
    pub(crate) fn all(&self) -> &[Offer] {
        &self.all
    }
}

fn invented(at: usize, opened: Timestamp, chance: &mut Chance) -> Offer {
    let words = Words::bundled();
    let (adapts, others) = words.entreprises.split_last().expect("the last company is one that adapts");
    let metier = chance.pick(&words.metiers);
    let contract = *match chance.below(100) {
        0..52 => &CONTRACTS[0],
        52..78 => &CONTRACTS[1],
        78..93 => &CONTRACTS[2],
        93..97 => &CONTRACTS[3],
        _ => chance.pick(&CONTRACTS[4..]),
    };
    let manager = metier.salaire.1 > 4_000 && chance.percent(60);
    let hours = if chance.percent(75) { 35 } else { *chance.pick(&[20, 24, 28, 30]) };
    let monthly = metier.salaire.0 as usize + chance.below((metier.salaire.1 - metier.salaire.0) as usize);
    let origin = if chance.percent(58) { Origin::FranceTravail } else { Origin::Partner };
    let adapted = chance.percent(4);
    Offer {
        id: identifier(at, origin),
        metier,
        appellation: chance.pick(&metier.appellations),
        commune: chance.pick(&words.communes),
        entreprise: if adapted { adapts } else { chance.pick(others) },
        contract,
        nature: NATURES[if chance.percent(92) { 0 } else { 1 + chance.below(2) }],
        created: before(opened, age(at, chance)),
        origin,
        experience: *chance.pick(&[0, 0, 0, 6, 12, 24, 36, 60]),
        experience_wished: chance.percent(30),
        salary: u32::try_from(monthly * hours as usize / 35).unwrap_or_default(),
        hours,
        adapted,
        accessible: adapted || chance.percent(20),
        qualification: if manager { &QUALIFICATIONS[6] } else { chance.pick(&QUALIFICATIONS[..6]) },
    }
}

/// So long before, in whole seconds, as the API writes moments.
fn before(opened: Timestamp, age: Duration) -> Timestamp {
    let opened = Timestamp::from_second(opened.as_second()).unwrap_or(opened);
    opened.saturating_sub(age).unwrap_or(opened)
}

/// Older from one to the next, and closer together the newer they are.
fn age(at: usize, chance: &mut Chance) -> Duration {
    let (at, many) = (at as u64, MANY as u64);
    let from = OLDEST * at * at / (many * many);
    let to = OLDEST * (at + 1) * (at + 1) / (many * many);
    Duration::from_secs(from + chance.below((to - from) as usize) as u64)
}

/// An identifier in the shape of its origin: `048KLTP`, or digits alone for a partner's.
fn identifier(at: usize, origin: Origin) -> String {
    // Steps that share no factor with the size of the space: no two are alike.
    match origin {
        Origin::FranceTravail => {
            let letters = (at * 12_347 + 4_711) % 26_usize.pow(4);
            let letter = |place: u32| char::from(b'A' + (letters / 26_usize.pow(place) % 26) as u8);
            format!("{:03}{}{}{}{}", 190 + at % 10, letter(3), letter(2), letter(1), letter(0))
        }
        Origin::Partner => format!("{:07}", 5_000_000 + (at * 7_919) % 999_983),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn opened() -> Timestamp {
        "2026-11-24T12:00:00.5Z".parse().unwrap()
    }

    #[test]
    fn the_offers_are_the_same_at_every_start() {
        let described = || Offers::invent(opened()).all().iter().map(Offer::described).collect::<Vec<_>>();
        assert_eq!(described(), described());
    }

    #[test]
    fn no_two_offers_have_one_identifier() {
        let offers = Offers::invent(opened());
        let identifiers: HashSet<_> = offers.all().iter().map(|offer| &offer.id).collect();
        assert_eq!(identifiers.len(), MANY);
        assert!(identifiers.iter().all(|id| id.len() == 7));
    }

    #[test]
    fn each_is_older_than_the_one_before_and_none_is_of_the_future() {
        let offers = Offers::invent(opened());
        assert!(offers.all().is_sorted_by(|newer, older| newer.created >= older.created));
        assert!(offers.all().iter().all(|offer| offer.created <= opened()));
        let oldest = offers.all().last().unwrap().created;
        assert!(oldest <= opened() - Duration::from_secs(59 * 24 * 3600), "{oldest}");
    }

    #[test]
    fn the_provider_s_own_are_more_than_can_be_reached() {
        let offers = Offers::invent(opened());
        let own = offers.all().iter().filter(|offer| offer.origin == Origin::FranceTravail).count();
        assert!(own > 3_149, "{own}");
    }
}
