//! The keys of the provider (RFC 7517 §5): without one that can be used, no id token is believed.

use royaume_client::{ClientError, ReqwestTransport, Transport as _, answers, requests};
use royaume_jose::{JwkSet, VerifyingKey};

use super::discovery::Document;
use super::finding::{Check, Finding, Trouble, both};
use super::realm::Ground;
use super::report::Report;

pub(super) async fn check(
    ground: &Ground,
    document: &Document,
    transport: &ReqwestTransport,
    report: &mut Report,
) {
    let (authorization, jwks) = match &ground.addresses {
        Some(addresses) => (addresses.authorization.as_ref(), addresses.jwks.as_ref()),
        None => match document {
            Document::Believed(found) => (found.authorization.as_ref(), found.jwks.as_ref()),
            Document::Absent | Document::Disbelieved => {
                let unknown = both("leur adresse n'est pas connue", "their address is not known");
                report.skip(&[Check::Keys], &unknown);
                return;
            }
        },
    };
    if authorization.is_none() {
        let unneeded = both(
            "personne ne s'y connecte : il n'y a pas d'id tokens à vérifier",
            "nobody signs in there: there are no id tokens to verify",
        );
        report.skip(&[Check::Keys], &unneeded);
        return;
    }
    let Some(address) = jwks else {
        let seen = both("le fournisseur ne publie pas de clés", "the provider publishes no keys");
        let next = both(
            "sans clés, aucun id token n'est cru : demandez son jwks_uri au fournisseur",
            "without keys no id token is believed: ask the provider for its jwks_uri",
        );
        report.add(Finding::wrong(Check::Keys, Trouble::Other, seen, next));
        return;
    };
    match usable(address, transport).await {
        Ok(0) => {
            let seen = both(
                format!("aucune clé de {address} n'est utilisable"),
                format!("no key of {address} can be used"),
            );
            let next = both(
                "aucun id token n'est cru : demandez au fournisseur des clés RSA ou EC publiées par jwks_uri",
                "no id token is believed: ask the provider for RSA or EC keys published at jwks_uri",
            );
            report.add(Finding::wrong(Check::Keys, Trouble::Other, seen, next));
        }
        Ok(count) => report.add(Finding::well(
            Check::Keys,
            both(format!("{count} utilisables à {address}"), format!("{count} usable at {address}")),
        )),
        Err(error) => report.add(Finding::unforeseen(Check::Keys, &error)),
    }
}

async fn usable(address: &str, transport: &ReqwestTransport) -> Result<usize, ClientError> {
    let set: JwkSet = answers::json(&transport.send(requests::document(address)?).await?, "a key set")?;
    Ok(set.keys.iter().filter(|key| VerifyingKey::from_jwk(key).is_ok()).count())
}
