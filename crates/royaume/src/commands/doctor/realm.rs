//! The realm: is there one of that name, and where is its server?

use royaume_realm::{BaseUrl, Catalogue, Place, ProviderAddresses, Realm, Topology};

use super::finding::{Check, Finding, Trouble, both};
use super::report::Report;
use crate::cli::Who;
use crate::commands::asked::{Asked, Where};
use crate::commands::explain::place;
use crate::failure::Failure;

/// What everything else stands on.
#[derive(Debug)]
pub(super) struct Ground {
    /// What `iss` must be.
    pub(super) issuer: String,
    /// The realm of a topology; nothing of an issuer that only its own document describes.
    pub(super) addresses: Option<ProviderAddresses>,
    pub(super) realm: Option<Realm>,
    pub(super) place: Option<Place>,
    pub(super) catalogue: Catalogue,
}

impl Ground {
    /// Is it the real one?
    pub(super) fn is_france_travail(&self) -> bool {
        self.place == Some(Place::Production)
    }

    /// The realm's name, or the issuer.
    pub(super) fn name(&self) -> &str {
        self.realm.as_ref().map_or(self.issuer.as_str(), |realm| realm.name.as_str())
    }
}

/// Finds the ground. What cannot be read ends the command; a name that is not known is a finding.
pub(super) fn check(who: &Who, report: &mut Report) -> Result<Option<Ground>, Failure> {
    let (topology, catalogue) = who.realms.catalogue()?;
    let (server, asked) = match Asked::of(who)?.place {
        Where::Server { server, realm } => (server, realm),
        Where::Issuer(issuer) => {
            BaseUrl::parse(&issuer).map_err(|error| Failure::usage(format!("--issuer: {error}")))?;
            let unnamed =
                both("--issuer nomme le fournisseur lui-même", "--issuer names the provider itself");
            report.skip(&[Check::Realm], &unnamed);
            return Ok(Some(Ground { issuer, addresses: None, realm: None, place: None, catalogue }));
        }
    };
    let (place, asked) = (place(&server)?, asked.as_str());
    let Some(realm) = topology.realm(asked) else {
        report.add(unknown(&topology, asked));
        return Ok(None);
    };
    let addresses = topology.provider(asked, &place).map_err(Failure::usage)?;
    let (name, slashed) = (&realm.name, realm.slashed());
    report.add(Finding::well(
        Check::Realm,
        if asked.trim_start_matches('/') == name.as_str() {
            both(
                format!("{slashed}, jetons à {}", addresses.token),
                format!("{slashed}, tokens at {}", addresses.token),
            )
        } else {
            both(
                format!("{asked} est un autre nom de {slashed}, jetons à {}", addresses.token),
                format!("{asked} is another name of {slashed}, tokens at {}", addresses.token),
            )
        },
    ));
    Ok(Some(Ground {
        issuer: addresses.issuer.clone(),
        addresses: Some(addresses),
        realm: Some(realm.clone()),
        place: Some(place),
        catalogue,
    }))
}

fn unknown(topology: &Topology, asked: &str) -> Finding {
    let names: Vec<_> = topology.realms.iter().map(|realm| realm.name.as_str()).collect();
    let names = names.join(", ");
    let seen = both(format!("il n'y a pas de royaume {asked}"), format!("there is no realm {asked}"));
    let next = match topology.nearest_realm(asked) {
        Some(nearest) => both(
            format!("vouliez-vous dire --realm {nearest} ? Il y a : {names}"),
            format!("did you mean --realm {nearest}? There are: {names}"),
        ),
        None => both(
            format!("choisissez parmi {names} ; un royaume d'un autre serveur se nomme par --issuer URL"),
            format!("choose one of {names}; a realm of another server is named by --issuer URL"),
        ),
    };
    Finding::wrong(Check::Realm, Trouble::Usage, seen, next)
}
