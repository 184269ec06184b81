//! What a search asks for. Parameters that the API does not know are ignored, as the deployed one does.

use std::time::Duration;

use jiff::Timestamp;
use royaume_protocol::Parameters;

use super::Wrong;
use super::offer::{CONTRACTS, NATURES, Offer, Origin};
use crate::words::{Commune, Words, plain};

/// What is asked for; an empty list asks for nothing.
pub(crate) struct Criteria<'a> {
    keywords: Vec<String>,
    departements: Vec<&'a str>,
    regions: Vec<&'a str>,
    communes: Vec<&'a str>,
    /// Kilometres.
    distance: f64,
    trades: Vec<&'a str>,
    domain: Option<&'a str>,
    sectors: Vec<&'a str>,
    contracts: Vec<&'a str>,
    natures: Vec<&'a str>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    origin: Option<Origin>,
    /// At least and less than so many months.
    experience: Option<(u32, u32)>,
    experience_code: Option<&'a str>,
    manager: Option<bool>,
    /// Euros a month.
    salary: f64,
    full_time: Option<bool>,
    adapted: bool,
    accessible: bool,
    sort: Sort,
}

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Relevance,
    Date,
    Distance,
}

/// The parameters that narrow a search; the others order and cut it.
const FILTERS: [&str; 22] = [
    "motsCles",
    "departement",
    "region",
    "commune",
    "codeROME",
    "domaine",
    "grandDomaine",
    "secteurActivite",
    "typeContrat",
    "natureContrat",
    "publieeDepuis",
    "minCreationDate",
    "maxCreationDate",
    "origineOffre",
    "experience",
    "experienceExigence",
    "qualification",
    "salaireMin",
    "periodeSalaire",
    "tempsPlein",
    "entreprisesAdaptees",
    "accesTravailleurHandicape",
];

impl<'a> Criteria<'a> {
    /// Reads a query.
    pub(crate) fn read(query: &'a Parameters, now: Timestamp) -> Result<Self, Wrong> {
        let words = Words::bundled();
        let known = |name, codes: &[&str]| one_of(query, name, codes);
        let departements = list(query, "departement", |code| words.departement(code).is_some())?;
        let regions = list(query, "region", |code| words.regions.iter().any(|region| region.0 == code))?;
        let contract = |code: &str| CONTRACTS.iter().any(|contract| contract.code == code);
        let nature = |code: &str| NATURES.iter().any(|nature| nature.code == code);
        let (since, until) = created(query, now)?;
        let origin = match known("origineOffre", &["1", "2"])? {
            Some("2") => Some(Origin::Partner),
            Some(_) => Some(Origin::FranceTravail),
            // A search without any filter is one for the provider's own offers; nothing in the answer says so.
            None => {
                let none = FILTERS.iter().all(|filter| query.optional(filter).is_none());
                none.then_some(Origin::FranceTravail)
            }
        };
        Ok(Self {
            keywords: keywords(query)?,
            departements,
            regions,
            communes: list(query, "commune", is_insee)?,
            distance: number(query, "distance")?.unwrap_or(10.0),
            trades: list(query, "codeROME", is_rome)?,
            domain: query.optional("grandDomaine").or_else(|| query.optional("domaine")),
            sectors: list(query, "secteurActivite", |code| code.bytes().all(|byte| byte.is_ascii_digit()))?,
            contracts: list(query, "typeContrat", contract)?,
            natures: list(query, "natureContrat", nature)?,
            since,
            until,
            origin,
            experience: known("experience", &["1", "2", "3"])?.map(|code| match code {
                "1" => (0, 12),
                "2" => (12, 36 + 1),
                _ => (36 + 1, u32::MAX),
            }),
            experience_code: known("experienceExigence", &["D", "S", "E"])?,
            manager: known("qualification", &["0", "9"])?.map(|code| code == "9"),
            salary: salary(query)?,
            full_time: flag(query, "tempsPlein")?,
            adapted: flag(query, "entreprisesAdaptees")? == Some(true),
            accessible: flag(query, "accesTravailleurHandicape")? == Some(true),
            sort: match known("sort", &["0", "1", "2"])? {
                Some("1") => Sort::Date,
                Some("2") => Sort::Distance,
                Some(_) | None => Sort::Relevance,
            },
        })
    }

    /// The offers that fit, in order; they come in with the newest first.
    pub(crate) fn found_among(&self, all: &'a [Offer]) -> Vec<&'a Offer> {
        let words = Words::bundled();
        let centres: Vec<_> = self.communes.iter().filter_map(|code| words.commune(code)).collect();
        let fits = all.iter().filter(|offer| self.fits(offer, &centres));
        let mut found: Vec<_> = fits.map(|offer| (self.rank(offer, &centres), offer)).collect();
        // Stable: of two alike the newer comes first.
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, offer)| offer).collect()
    }

    /// What comes before what.
    fn rank(&self, offer: &Offer, centres: &[&Commune]) -> u64 {
        match self.sort {
            Sort::Date => 0,
            Sort::Distance => nearest(offer, centres).map_or(0, |kilometres| (kilometres * 1000.0) as u64),
            // In the title a word counts more than elsewhere.
            Sort::Relevance => {
                let title = &offer.appellation.plain;
                self.keywords.iter().filter(|word| !title.contains(word.as_str())).count() as u64
            }
        }
    }

    fn fits(&self, offer: &Offer, centres: &[&Commune]) -> bool {
        let departement = offer.commune.departement();
        let near = || nearest(offer, centres).is_some_and(|kilometres| kilometres <= self.distance);
        any(&self.departements, |code| *code == departement)
            && any(&self.regions, |code| *code == Words::bundled().region_of(departement))
            && (self.communes.is_empty() || near())
            && any(&self.trades, |code| *code == offer.metier.code)
            && self.domain.is_none_or(|code| offer.metier.code.starts_with(code))
            && any(&self.sectors, |code| *code == offer.metier.secteur)
            && any(&self.contracts, |code| *code == offer.contract.code)
            && any(&self.natures, |code| *code == offer.nature.code)
            && self.since.is_none_or(|since| offer.created >= since)
            && self.until.is_none_or(|until| offer.created <= until)
            && self.origin.is_none_or(|origin| offer.origin == origin)
            && self.experience.is_none_or(|(least, below)| (least..below).contains(&offer.experience))
            && self.experience_code.is_none_or(|code| offer.experience_code() == code)
            && self.manager.is_none_or(|manager| (offer.qualification.code == "9") == manager)
            && f64::from(offer.salary) >= self.salary
            && self.full_time.is_none_or(|full_time| offer.full_time() == full_time)
            && (!self.adapted || offer.adapted)
            && (!self.accessible || offer.accessible)
            && self.says_all_words(offer)
    }

    /// Each of the words is somewhere in the offer.
    fn says_all_words(&self, offer: &Offer) -> bool {
        let names = [offer.appellation, &offer.metier.libelle, offer.entreprise, &offer.commune.libelle];
        self.keywords.iter().all(|word| names.iter().any(|name| name.plain.contains(word.as_str())))
    }
}

fn any(asked: &[&str], fits: impl Fn(&&str) -> bool) -> bool {
    asked.is_empty() || asked.iter().any(fits)
}

fn nearest(offer: &Offer, centres: &[&Commune]) -> Option<f64> {
    centres.iter().map(|centre| centre.distance(offer.commune)).min_by(f64::total_cmp)
}

/// More words and values than that are refused: each is looked for in every offer.
const MOST_WORDS: usize = 20;
const MOST_VALUES: usize = 200;

/// Words apart by commas or spaces, as they are compared.
fn keywords(query: &Parameters) -> Result<Vec<String>, Wrong> {
    let words = query.optional("motsCles").unwrap_or_default();
    let words: Vec<_> = words.split([',', ' ']).filter(|word| !word.is_empty()).map(plain).collect();
    if words.len() <= MOST_WORDS { Ok(words) } else { Err(Wrong::Value("motsCles")) }
}

/// Values apart by commas, each of which must be one.
fn list<'a>(
    query: &'a Parameters,
    name: &'static str,
    good: impl Fn(&str) -> bool,
) -> Result<Vec<&'a str>, Wrong> {
    let values: Vec<_> =
        query.optional(name).into_iter().flat_map(|values| values.split(',')).map(str::trim).collect();
    let good = values.len() <= MOST_VALUES && values.iter().all(|value| good(value));
    if good { Ok(values) } else { Err(Wrong::Value(name)) }
}

fn one_of<'a>(query: &'a Parameters, name: &'static str, codes: &[&str]) -> Result<Option<&'a str>, Wrong> {
    let value = query.optional(name);
    if value.is_none_or(|value| codes.contains(&value)) { Ok(value) } else { Err(Wrong::Value(name)) }
}

fn flag(query: &Parameters, name: &'static str) -> Result<Option<bool>, Wrong> {
    Ok(one_of(query, name, &["true", "false"])?.map(|value| value == "true"))
}

fn number(query: &Parameters, name: &'static str) -> Result<Option<f64>, Wrong> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match query.optional(name) {
        None => Ok(None),
        Some(text) if digits(text) => text.parse().map(Some).map_err(|_| Wrong::Value(name)),
        Some(_) => Err(Wrong::Value(name)),
    }
}

/// Euros a month: an amount and its period go together.
fn salary(query: &Parameters) -> Result<f64, Wrong> {
    let period = one_of(query, "periodeSalaire", &["M", "A", "H", "C"])?;
    match (number(query, "salaireMin")?, period) {
        (None, None) => Ok(0.0),
        (Some(amount), Some("A")) => Ok(amount / 12.0),
        (Some(amount), Some("H")) => Ok(amount * 151.67),
        (Some(amount), Some(_)) => Ok(amount),
        (Some(_), None) | (None, Some(_)) => Err(Wrong::Alone("salaireMin", "periodeSalaire")),
    }
}

/// From when to when the offers were created.
fn created(query: &Parameters, now: Timestamp) -> Result<(Option<Timestamp>, Option<Timestamp>), Wrong> {
    let moment = |name| {
        let text = query.optional(name);
        text.map(|text| text.parse::<Timestamp>().map_err(|_| Wrong::Value(name))).transpose()
    };
    let (since, until) = (moment("minCreationDate")?, moment("maxCreationDate")?);
    if since.is_some() != until.is_some() {
        return Err(Wrong::Alone("minCreationDate", "maxCreationDate"));
    }
    let days = one_of(query, "publieeDepuis", &["1", "3", "7", "14", "31"])?;
    let published = days
        .and_then(|days| days.parse::<u64>().ok())
        .and_then(|days| now.saturating_sub(Duration::from_secs(days * 24 * 3600)).ok());
    Ok((since.max(published), until))
}

/// Five digits, of which the second may be the letter of a Corsican department.
fn is_insee(code: &str) -> bool {
    let digit = |(at, byte): (usize, u8)| byte.is_ascii_digit() || (at == 1 && matches!(byte, b'A' | b'B'));
    code.len() == 5 && code.bytes().enumerate().all(digit)
}

/// A letter and four digits.
fn is_rome(code: &str) -> bool {
    let fits =
        |(at, byte): (usize, u8)| if at == 0 { byte.is_ascii_uppercase() } else { byte.is_ascii_digit() };
    code.len() == 5 && code.bytes().enumerate().all(fits)
}
