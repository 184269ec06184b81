//! `filtresPossibles`: how many of the offers found have which value.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::offer::Offer;

/// One filter: its name, and the value of an offer.
type Facet = (&'static str, fn(&Offer) -> &'static str);

const FACETS: [Facet; 4] = [
    ("typeContrat", |offer| offer.contract.code),
    ("experience", |offer| match offer.experience {
        0..12 => "1",
        12..=36 => "2",
        37.. => "3",
    }),
    ("qualification", |offer| if offer.qualification.code == "9" { "9" } else { "0" }),
    ("natureContrat", |offer| offer.nature.code),
];

/// The four filters of the deployed answer.
pub(crate) fn of(found: &[&Offer]) -> Vec<Value> {
    let facet = |(name, value): Facet| {
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for offer in found {
            *counted.entry(value(offer)).or_default() += 1;
        }
        let aggregation =
            counted.iter().map(|(value, many)| json!({ "valeurPossible": value, "nbResultats": many }));
        json!({ "filtre": name, "agregation": aggregation.collect::<Vec<_>>() })
    };
    FACETS.into_iter().map(facet).collect()
}
