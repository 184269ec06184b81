//! One invented offer, and how the API describes it.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::words::{Commune, Metier, Name, Words};

/// An offer.
#[derive(Debug)]
pub(crate) struct Offer {
    pub(crate) id: String,
    pub(crate) metier: &'static Metier,
    pub(crate) appellation: &'static Name,
    pub(crate) commune: &'static Commune,
    pub(crate) entreprise: &'static Name,
    pub(crate) contract: Contract,
    pub(crate) nature: Nature,
    pub(crate) created: Timestamp,
    pub(crate) origin: Origin,
    /// Months that are asked for; 0 for a beginner.
    pub(crate) experience: u32,
    /// They are wished for only.
    pub(crate) experience_wished: bool,
    /// Euros a month, for the hours that are worked.
    pub(crate) salary: u32,
    /// Hours a week.
    pub(crate) hours: u32,
    pub(crate) adapted: bool,
    pub(crate) accessible: bool,
    pub(crate) qualification: &'static Qualification,
}

/// What is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contract {
    pub(crate) code: &'static str,
    pub(crate) libelle: &'static str,
}

/// The contracts that there are.
pub(crate) const CONTRACTS: [Contract; 8] = [
    Contract { code: "CDI", libelle: "Contrat à durée indéterminée" },
    Contract { code: "CDD", libelle: "Contrat à durée déterminée" },
    Contract { code: "MIS", libelle: "Mission intérimaire" },
    Contract { code: "SAI", libelle: "Contrat travail saisonnier" },
    Contract { code: "LIB", libelle: "Profession libérale" },
    Contract { code: "FRA", libelle: "Franchise" },
    Contract { code: "DIN", libelle: "CDI Intérimaire" },
    Contract { code: "DDI", libelle: "CDD insertion" },
];

/// Under which law.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nature {
    pub(crate) code: &'static str,
    pub(crate) libelle: &'static str,
}

pub(crate) const NATURES: [Nature; 3] = [
    Nature { code: "E1", libelle: "Contrat travail" },
    Nature { code: "E2", libelle: "Contrat apprentissage" },
    Nature { code: "FS", libelle: "Cont. professionnalisation" },
];

/// How much is known beforehand.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Qualification {
    pub(crate) code: &'static str,
    pub(crate) libelle: &'static str,
}

pub(crate) const QUALIFICATIONS: [Qualification; 7] = [
    Qualification { code: "1", libelle: "Manœuvre" },
    Qualification { code: "3", libelle: "Ouvrier qualifié (P1,P2)" },
    Qualification { code: "5", libelle: "Employé non qualifié" },
    Qualification { code: "6", libelle: "Employé qualifié" },
    Qualification { code: "7", libelle: "Technicien" },
    Qualification { code: "8", libelle: "Agent de maîtrise" },
    Qualification { code: "9", libelle: "Cadre" },
];

/// Where it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    FranceTravail,
    Partner,
}

impl Origin {
    /// Its code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::FranceTravail => "1",
            Self::Partner => "2",
        }
    }
}

impl Offer {
    pub(crate) fn full_time(&self) -> bool {
        self.hours >= 35
    }

    /// `D` a beginner may come, `S` experience is wished for, `E` it is asked for.
    pub(crate) fn experience_code(&self) -> &'static str {
        match (self.experience, self.experience_wished) {
            (0, _) => "D",
            (_, true) => "S",
            (_, false) => "E",
        }
    }

    fn experience_label(&self) -> String {
        match self.experience {
            0 => "Débutant accepté".to_owned(),
            months if months < 12 => format!("{months} mois"),
            12 => "1 An(s)".to_owned(),
            months => format!("{} An(s)", months / 12),
        }
    }

    /// The offer as the API describes it.
    pub(crate) fn described(&self) -> Value {
        let words = Words::bundled();
        let Commune { code, code_postal, libelle: Name { text: town, .. }, latitude, longitude } =
            self.commune;
        let (appellation, entreprise) = (&self.appellation.text, &self.entreprise.text);
        let [first, second] = [0, 1].map(|at| self.metier.competences.get(at).map_or("", String::as_str));
        let created = self.created.to_string();
        json!({
            "id": self.id,
            "intitule": format!("{appellation} (H/F)"),
            "description": format!(
                "Offre inventée pour la répétition. {entreprise} recherche : {appellation}, à {town}. Au quotidien : {first} ; {second}.",
            ),
            "dateCreation": created,
            "dateActualisation": created,
            "lieuTravail": {
                "libelle": format!("{} - {town}", self.commune.departement()),
                "latitude": latitude,
                "longitude": longitude,
                "codePostal": code_postal,
                "commune": code,
            },
            "romeCode": self.metier.code,
            "romeLibelle": self.metier.libelle.text,
            "appellationlibelle": appellation,
            "entreprise": { "nom": entreprise, "entrepriseAdaptee": self.adapted },
            "typeContrat": self.contract.code,
            "typeContratLibelle": self.contract.libelle,
            "natureContrat": self.nature.libelle,
            "experienceExige": self.experience_code(),
            "experienceLibelle": self.experience_label(),
            "competences": self.metier.competences.iter().map(|one| json!({ "libelle": one, "exigence": "S" }))
                .collect::<Vec<_>>(),
            "salaire": { "libelle": format!("Mensuel de {}.0 Euros sur 12.0 mois", self.salary) },
            "dureeTravailLibelle": format!("{}H/semaine", self.hours),
            "dureeTravailLibelleConverti": if self.full_time() { "Temps plein" } else { "Temps partiel" },
            "alternance": self.nature != NATURES[0],
            "nombrePostes": 1,
            "accessibleTH": self.accessible,
            "qualificationCode": self.qualification.code,
            "qualificationLibelle": self.qualification.libelle,
            "secteurActivite": self.metier.secteur,
            "secteurActiviteLibelle": words.secteur(&self.metier.secteur),
            "origineOffre": {
                "origine": self.origin.code(),
                "urlOrigine": format!("https://offres.example/{}", self.id),
            },
        })
    }
}
