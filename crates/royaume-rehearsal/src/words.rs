//! What invented offers and people are made of: `data/words.toml`, read once, when somebody first asks for it.

use std::sync::LazyLock;

use serde::Deserialize;

/// The word list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    pub(crate) regions: Vec<Coded>,
    pub(crate) departements: Vec<Departement>,
    pub(crate) communes: Vec<Commune>,
    pub(crate) secteurs: Vec<Coded>,
    pub(crate) entreprises: Vec<Name>,
    #[serde(rename = "metier")]
    pub(crate) metiers: Vec<Metier>,
}

/// A name, and how it is compared.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(crate) struct Name {
    pub(crate) text: String,
    /// As [`plain`] has it.
    pub(crate) plain: String,
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self { plain: plain(&text), text }
    }
}

/// A code, and what it means.
#[derive(Debug, Deserialize)]
pub(crate) struct Coded(pub(crate) String, pub(crate) String);

/// A department: code, name, code of its region.
#[derive(Debug, Deserialize)]
pub(crate) struct Departement(pub(crate) String, pub(crate) String, pub(crate) String);

/// A town.
#[derive(Debug, Deserialize)]
#[serde(from = "(String, String, String, f64, f64)")]
pub(crate) struct Commune {
    /// INSEE.
    pub(crate) code: String,
    pub(crate) code_postal: String,
    pub(crate) libelle: Name,
    /// Degrees.
    pub(crate) latitude: f64,
    /// Degrees.
    pub(crate) longitude: f64,
}

/// A trade of the ROME.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metier {
    pub(crate) code: String,
    pub(crate) libelle: Name,
    /// A division of the NAF.
    pub(crate) secteur: String,
    pub(crate) appellations: Vec<Name>,
    pub(crate) competences: Vec<String>,
    /// Lowest and highest, in euros a month.
    pub(crate) salaire: (u32, u32),
}

impl Words {
    /// The list that comes with the crate.
    pub(crate) fn bundled() -> &'static Self {
        static WORDS: LazyLock<Words> = LazyLock::new(|| {
            toml::from_str(include_str!("../data/words.toml")).expect("the bundled words read")
        });
        &WORDS
    }

    pub(crate) fn departement(&self, code: &str) -> Option<&Departement> {
        self.departements.iter().find(|departement| departement.0 == code)
    }

    pub(crate) fn commune(&self, code: &str) -> Option<&Commune> {
        self.communes.iter().find(|commune| commune.code == code)
    }

    /// What a division of the NAF is called.
    pub(crate) fn secteur(&self, code: &str) -> &str {
        self.secteurs.iter().find(|secteur| secteur.0 == code).map_or("", |secteur| &secteur.1)
    }

    /// The region of a department.
    pub(crate) fn region_of(&self, departement: &str) -> &str {
        self.departement(departement).map_or("", |departement| &departement.2)
    }
}

impl Commune {
    /// Its department: the beginning of the INSEE code, which is longer overseas.
    pub(crate) fn departement(&self) -> &str {
        let length = if self.code.starts_with("97") { 3 } else { 2 };
        &self.code[..length]
    }

    /// How far it is, in kilometres, on a sphere.
    pub(crate) fn distance(&self, other: &Commune) -> f64 {
        const EARTH: f64 = 6371.0;
        let (from, to) = (self.latitude.to_radians(), other.latitude.to_radians());
        let across = (other.longitude - self.longitude).to_radians();
        let half = ((to - from) / 2.0).sin().powi(2) + from.cos() * to.cos() * (across / 2.0).sin().powi(2);
        2.0 * EARTH * half.sqrt().min(1.0).asin()
    }
}

impl From<(String, String, String, f64, f64)> for Commune {
    fn from((code, code_postal, libelle, latitude, longitude): (String, String, String, f64, f64)) -> Self {
        Self { code, code_postal, libelle: libelle.into(), latitude, longitude }
    }
}

/// Lower case, without accents: as words are compared.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        .map(|letter| match letter {
            'à' | 'â' | 'ä' => 'a',
            'é' | 'è' | 'ê' | 'ë' => 'e',
            'î' | 'ï' => 'i',
            'ô' | 'ö' => 'o',
            'ù' | 'û' | 'ü' => 'u',
            'ç' => 'c',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_that_is_used_is_explained() {
        let words = Words::bundled();
        for commune in &words.communes {
            assert!(words.departement(commune.departement()).is_some(), "{commune:?}");
        }
        for departement in &words.departements {
            assert!(words.regions.iter().any(|region| region.0 == departement.2), "{departement:?}");
        }
        for metier in &words.metiers {
            assert!(!words.secteur(&metier.secteur).is_empty(), "{metier:?}");
            assert!(!metier.appellations.is_empty() && metier.salaire.0 < metier.salaire.1, "{metier:?}");
        }
        assert_eq!((words.regions.len(), words.departements.len()), (18, 101));
    }

    #[test]
    fn a_distance_is_in_kilometres_and_nothing_to_oneself() {
        let words = Words::bundled();
        let (lyon, paris) = (words.commune("69383").unwrap(), words.commune("75101").unwrap());
        assert!((385.0..400.0).contains(&lyon.distance(paris)), "{}", lyon.distance(paris));
        assert!(lyon.distance(lyon) < 0.001);
    }

    #[test]
    fn words_are_compared_without_accents() {
        assert_eq!(plain("Développeuse Œuvre ÉTÉ"), "developpeuse œuvre ete");
    }
}
